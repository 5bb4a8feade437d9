//! Makes people for `scale.py`, named as those that `seed_tracks` makes, and writes a token of each to a line of a file. Settings
//! come from the same variables that the servers get.
//!
//!     bench_people FILE COUNT

#![expect(clippy::disallowed_methods, reason = "a program of its own, which reads its environment")]

use std::fmt::Write;
use std::time::Duration;

use authz::app::App;
use authz::audit::Origin;
use authz::client_metadata::ClientMetadata;
use authz::config::Config;
use authz::crypto::seal::AccessToken;
use authz::registration::{self, Kind, Registration};
use model::id::{GrantId, TokenId};
use model::secret::Secret;
use model::settings::Settings;
use model::time::Clock;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[actix_web::main]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(count)) = (arguments.next(), arguments.next()) else {
        return Err("usage: bench_people FILE COUNT".into());
    };
    let app =
        App::open(Config::from_settings(Settings::new("AUTHZ_", std::env::vars()))?, Clock::system()).await?;
    for (id, introspects) in [("bench", Vec::new()), ("api", vec!["timetracker".to_owned()])] {
        registration::register(&app, &Origin::CommandLine(None), client(id, introspects)).await?;
    }
    let mut lines = String::new();
    for number in 1..=count.parse::<i64>()? {
        writeln!(lines, "{}", token(&app, number).await?)?;
    }
    Ok(std::fs::write(file, lines)?)
}

/// Signs the person up, and gives them a token for thirty days.
async fn token(app: &App, number: i64) -> Outcome<String> {
    let (name, password) = (format!("seed-{number}"), Secret::new("a bench has four legs".to_owned()));
    let user = authz::sign_up::create(app, &Origin::CommandLine(None), &name, password).await?;
    if user.id.0 != number {
        return Err("somebody is there already".into());
    }
    let now = app.now();
    let token = AccessToken {
        id: TokenId::new(now),
        grant: Some(GrantId::new(now)),
        user: Some(user.id),
        username: &user.username,
        client: "bench",
        scopes: "read write",
        audiences: "timetracker",
        issued_at: now,
        expires_at: now.plus(Duration::from_secs(30 * 86_400)),
        authenticated_at: Some(now),
        userinfo: None,
        key: None,
    };
    Ok(app.sealer.seal(&token, now)?)
}

fn client(id: &str, introspects: Vec<String>) -> Registration {
    Registration {
        id: Some(id.to_owned()),
        name: id.to_owned(),
        kind: Kind::Confidential,
        grant_types: vec!["client_credentials".to_owned()],
        redirect_uris: Vec::new(),
        scopes: Vec::new(),
        audiences: vec!["timetracker".to_owned()],
        introspects,
        secret: Some(Secret::new("bench-secret".to_owned())),
        metadata: ClientMetadata::default(),
    }
}
