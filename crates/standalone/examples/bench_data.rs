//! Fills the databases for the benchmark and writes the requests' bodies, one to a line, into a folder.
//!
//! Tokens and codes are sealed and stored nowhere, so ten thousand of them are made without a server, by the
//! library itself. Settings come from the same variables that the servers get.

#![expect(clippy::disallowed_methods, reason = "a program of its own, which reads its environment")]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use authz::app::App;
use authz::audit::Origin;
use authz::client_metadata::ClientMetadata;
use authz::config::Config;
use authz::crypto::seal::{AccessToken, Code, OpenId, RefreshToken};
use authz::registration::{self, Kind, Registration};
use authz::store::grants::{self, Grant};
use authz::store::users::User;
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

#[actix_web::main]
async fn main() -> Outcome<()> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("usage: bench_data FOLDER")?);
    let app =
        App::open(Config::from_settings(Settings::new("AUTHZ_", std::env::vars()))?, Clock::system()).await?;
    let user = authz::sign_up::create(
        &app,
        &Origin::CommandLine(None),
        "bench",
        Secret::new("a bench has four legs".to_owned()),
    )
    .await?;
    for (id, introspects) in [(CLIENT, vec![]), ("api", vec!["timetracker".to_owned()])] {
        registration::register(&app, &Origin::CommandLine(None), client(id, introspects)).await?;
    }
    // Without `openid`: otherwise an RSA signature in each answer would be what is measured.
    let scopes = "read write".parse()?;
    let data = Data { now: app.now(), scopes, user, app };
    write(&folder, "valid", (0..TOKENS).map(|_| data.access().map(|token| format!("token={token}"))))?;
    write(&folder, "unknown", (0..TOKENS).map(|_| Ok(format!("token={}", data.unknown()?))))?;
    write(&folder, "codes", (0..CODES).map(|number| data.exchange(number)))?;
    write(&folder, "warm", std::iter::once(data.access()))?;
    let mut refreshes = Vec::new();
    for _ in 0..GRANTS {
        refreshes.push(data.refresh().await?);
    }
    write(&folder, "refreshes", refreshes.into_iter().map(Ok))
}

fn client(id: &str, introspects: Vec<String>) -> Registration {
    Registration {
        id: Some(id.to_owned()),
        name: id.to_owned(),
        kind: Kind::Confidential,
        grant_types: vec!["authorization_code".to_owned(), "client_credentials".to_owned()],
        redirect_uris: vec!["https://app.example/cb".to_owned()],
        scopes: Vec::new(),
        audiences: Vec::new(),
        introspects,
        secret: Some(Secret::new("bench-secret".to_owned())),
        metadata: ClientMetadata::default(),
    }
}

struct Data {
    app: App,
    now: Timestamp,
    scopes: ScopeSet,
    user: User,
}

impl Data {
    fn access(&self) -> Outcome<String> {
        let token = AccessToken {
            id: TokenId::new(self.now),
            grant: Some(GrantId::new(self.now)),
            user: Some(self.user.id),
            username: &self.user.username,
            client: CLIENT,
            scopes: self.scopes.as_str(),
            audiences: "timetracker",
            issued_at: self.now,
            expires_at: self.now.plus(Duration::from_secs(86_400)),
            authenticated_at: Some(self.now),
            userinfo: None,
            key: None,
        };
        Ok(self.app.sealer.seal(&token, self.now)?)
    }

    /// A token of another server: the right length, and nobody's.
    fn unknown(&self) -> Outcome<String> {
        let mut token = self.access()?;
        let last = if token.ends_with('A') { 'B' } else { 'A' };
        token.pop();
        token.push(last);
        Ok(token)
    }

    /// The codes of people who allow twenty times a millisecond: ids are ordered by time, as they would be.
    fn exchange(&self, number: usize) -> Outcome<String> {
        let allowed_after = Duration::from_micros(50) * u32::try_from(number)?;
        let code = Code {
            grant: GrantId::new(self.now.plus(allowed_after)),
            user: self.user.id,
            username: &self.user.username,
            client: CLIENT,
            redirect_uri: "https://app.example/cb",
            scopes: self.scopes.as_str(),
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

    async fn refresh(&self) -> Outcome<String> {
        let ends_at = self.now.plus(Duration::from_secs(86_400));
        let grant = Grant {
            id: GrantId::new(self.now),
            user_id: self.user.id,
            client_id: CLIENT.to_owned(),
            scopes: self.scopes.clone(),
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
            client: CLIENT,
            username: &self.user.username,
            scopes: self.scopes.as_str(),
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
