//! Fills the databases for the benchmark and writes the requests' bodies, one to a line, into a folder.
//!
//! Tokens and codes are sealed and stored nowhere, so ten thousand of them are made without a server, by the
//! library itself. JWT access tokens are not: `run.py` asks the server for some. Settings come from the same variables
//! that the servers get.

#![expect(clippy::disallowed_methods, reason = "a program of its own, which reads its environment")]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use authz::app::App;
use authz::audit::Origin;
use authz::client_metadata::{AccessTokenFormat, ClientMetadata};
use authz::config::Config;
use authz::crypto::seal::{AccessToken, Code, OpenId, RefreshToken};
use authz::crypto::signing::SigningAlg;
use authz::profile::{ClaimSet, Profile};
use authz::registration::{self, Kind, Registration};
use authz::store::grants::{self, Grant};
use authz::store::json::Json;
use authz::store::users::{self, User};
use model::id::{GrantId, TokenId};
use model::scope::ScopeSet;
use model::secret::{Secret, sha256};
use model::settings::Settings;
use model::time::{Clock, Timestamp};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const TOKENS: usize = 10_000;
const GRANTS: usize = 4_000;
const CODES: usize = 200_000;
const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters";
const CLIENT: &str = "bench";
/// Without `openid`: otherwise the signature of an ID token would be most of what is measured.
const PLAIN: &str = "read write";
const OPENID: &str = "openid profile email read";

#[actix_web::main]
async fn main() -> Outcome<()> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("usage: bench_data FOLDER")?);
    let app =
        App::open(Config::from_settings(Settings::new("AUTHZ_", std::env::vars()))?, Clock::system()).await?;
    let user = person(&app).await?;
    for registration in registrations() {
        registration::register(&app, &Origin::CommandLine(None), registration).await?;
    }
    let data = Data { now: app.now(), user, app };
    let token = |token: Outcome<String>| Ok(format!("token={}", token?));
    write(&folder, "valid", (0..TOKENS).map(|_| token(data.access(CLIENT, PLAIN))))?;
    write(&folder, "unknown", (0..TOKENS).map(|_| token(data.unknown())))?;
    write(&folder, "codes", (0..CODES).map(|number| data.exchange(CLIENT, PLAIN, number)))?;
    write(&folder, "warm", std::iter::once(data.access(CLIENT, PLAIN)))?;
    write(&folder, "refreshes", data.refreshes(CLIENT, PLAIN).await?.into_iter().map(Ok))?;
    write(&folder, "userinfo", (0..TOKENS).map(|_| data.access(CLIENT, OPENID)))?;
    for alg in SigningAlg::ALL {
        let (name, client) = (alg.as_str(), id_client(alg));
        write(&folder, &format!("codes-{name}"), (0..CODES / 2).map(|n| data.exchange(&client, OPENID, n)))?;
        write(&folder, &format!("userinfo-{name}"), (0..TOKENS).map(|_| data.access(&client, OPENID)))?;
        let refreshes = data.refreshes(&client, OPENID).await?;
        write(&folder, &format!("refreshes-{name}"), refreshes.into_iter().map(Ok))?;
    }
    Ok(())
}

async fn person(app: &App) -> Outcome<User> {
    let password = Secret::new("a bench has four legs".to_owned());
    let user = authz::sign_up::create(app, &Origin::CommandLine(None), "bench", password).await?;
    let profile = Json::new(Profile {
        name: Some("Ada Lovelace".to_owned()),
        given_name: Some("Ada".to_owned()),
        family_name: Some("Lovelace".to_owned()),
        locale: Some("en-GB".to_owned()),
        email: Some("ada@example.org".to_owned()),
        email_verified: Some(true),
        ..Profile::default()
    })?;
    app.db.write(move |conn| users::set_profile(conn, "bench", &profile)).await?;
    Ok(user)
}

/// Who asks for tokens, who asks about them, and for each algorithm a client whose ID tokens and UserInfo are signed with
/// it, and one whose access tokens are.
fn registrations() -> Vec<Registration> {
    let mut all = vec![
        client(CLIENT, &[], ClientMetadata::default()),
        client("api", &["timetracker"], ClientMetadata::default()),
    ];
    for alg in SigningAlg::ALL {
        let states = ClientMetadata {
            id_token_signed_response_alg: alg,
            userinfo_signed_response_alg: Some(alg),
            ..ClientMetadata::default()
        };
        let format = ClientMetadata {
            access_token_format: AccessTokenFormat::Jwt,
            access_token_signed_response_alg: alg,
            ..ClientMetadata::default()
        };
        all.push(client(&id_client(alg), &[], states));
        all.push(client(&format!("jwt-{}", alg.as_str()), &[], format));
    }
    all
}

fn id_client(alg: SigningAlg) -> String {
    format!("id-{}", alg.as_str())
}

fn client(id: &str, introspects: &[&str], metadata: ClientMetadata) -> Registration {
    Registration {
        id: Some(id.to_owned()),
        name: id.to_owned(),
        kind: Kind::Confidential,
        grant_types: vec!["authorization_code".to_owned(), "client_credentials".to_owned()],
        redirect_uris: vec!["https://app.example/cb".to_owned()],
        scopes: Vec::new(),
        audiences: vec!["timetracker".to_owned()],
        introspects: introspects.iter().map(|each| (*each).to_owned()).collect(),
        secret: Some(Secret::new("bench-secret".to_owned())),
        metadata,
    }
}

struct Data {
    app: App,
    now: Timestamp,
    user: User,
}

impl Data {
    fn access(&self, client: &str, scopes: &str) -> Outcome<String> {
        let token = AccessToken {
            id: TokenId::new(self.now),
            grant: Some(GrantId::new(self.now)),
            user: Some(self.user.id),
            username: &self.user.username,
            client,
            scopes,
            audiences: "timetracker",
            issued_at: self.now,
            expires_at: self.now.plus(Duration::from_secs(86_400)),
            authenticated_at: Some(self.now),
            userinfo: Some(ClaimSet::default()).filter(|_| scopes == OPENID),
            key: None,
        };
        Ok(self.app.sealer.seal(&token, self.now)?)
    }

    /// A token of another server: the right length, and nobody's.
    fn unknown(&self) -> Outcome<String> {
        let mut token = self.access(CLIENT, PLAIN)?;
        let last = if token.ends_with('A') { 'B' } else { 'A' };
        token.pop();
        token.push(last);
        Ok(token)
    }

    /// The codes of people who allow twenty times a millisecond: ids are ordered by time, as they would be.
    fn exchange(&self, client: &str, scopes: &str, number: usize) -> Outcome<String> {
        let allowed_after = Duration::from_micros(50) * u32::try_from(number)?;
        let code = Code {
            grant: GrantId::new(self.now.plus(allowed_after)),
            user: self.user.id,
            username: &self.user.username,
            client,
            redirect_uri: "https://app.example/cb",
            scopes,
            audiences: "timetracker",
            challenge: Some(sha256(VERIFIER.as_bytes())),
            issued_at: self.now,
            expires_at: self.now.plus(Duration::from_secs(600)),
            authenticated_at: self.now,
            nonce: None,
            openid: OpenId::default(),
            key: None,
        };
        let code = self.app.sealer.seal(&code, self.now)?;
        Ok(format!("grant_type=authorization_code&code={code}&code_verifier={VERIFIER}"))
    }

    /// As many refresh tokens, each of a grant of its own.
    async fn refreshes(&self, client: &str, scopes: &str) -> Outcome<Vec<String>> {
        let mut all = Vec::new();
        for _ in 0..GRANTS {
            all.push(self.refresh(client, scopes).await?);
        }
        Ok(all)
    }

    async fn refresh(&self, client: &str, scopes: &str) -> Outcome<String> {
        let ends_at = self.now.plus(Duration::from_secs(86_400));
        let grant = Grant {
            id: GrantId::new(self.now),
            user_id: self.user.id,
            client_id: client.to_owned(),
            scopes: scopes.parse::<ScopeSet>()?,
            authenticated_at: self.now,
            created_at: self.now,
            ends_at,
            refresh_current: 1,
            refresh_previous: None,
            rotated_at: self.now,
            revoked_at: None,
        };
        let token = RefreshToken {
            grant: grant.id,
            client,
            username: &self.user.username,
            scopes,
            audiences: "timetracker",
            generation: 1,
            issued_at: self.now,
            expires_at: ends_at,
            openid: OpenId::default(),
            key: None,
        };
        let token = self.app.sealer.seal(&token, self.now)?;
        let now = self.now;
        if self.app.db.write(move |conn| grants::claim(conn, &grant, now)).await?.is_err() {
            return Err("a fresh grant was refused".into());
        }
        Ok(token)
    }
}

fn write(folder: &Path, name: &str, lines: impl Iterator<Item = Outcome<String>>) -> Outcome<()> {
    let mut text = String::new();
    for line in lines {
        writeln!(text, "{}", line?)?;
    }
    Ok(std::fs::write(folder.join(name), text)?)
}
