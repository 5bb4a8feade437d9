//! `authz user grants`, `revoke`, `sessions` and `sign-out`: where a person is signed in, and who acts for them.

use clap::Args;
use model::id::{ClientId, SessionId};
use serde_json::{Value, json};

use super::{NOBODY, change, done};
use crate::access;
use crate::app::App;
use crate::audit::{Origin, What};
use crate::cli::{Failure, Outcome, Report};
use crate::sign_in::username_key;
use crate::sign_out;
use crate::store::browser_access::BrowserAccess;
use crate::store::clients::Client;
use crate::store::consents::{self, Agreed};
use crate::store::ended_access;
use crate::store::grants::Grant;
use crate::store::sessions::Session;
use crate::store::users::{self, User};

#[derive(Args)]
pub(in crate::cli) struct Revoke {
    /// The name to sign in with.
    username: String,
    #[command(flatten)]
    which: Which,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// What this client may do.
    #[arg(long)]
    client: Option<String>,
    /// This grant, as `user grants` shows it.
    #[arg(long)]
    grant: Option<String>,
    /// Everything: sessions as well, and tokens that come from no grant.
    #[arg(long)]
    all: bool,
}

pub(super) async fn grants(app: &App, username: &str) -> Outcome {
    let user = person(app, username).await?;
    let live = access::live(app, &user, app.now()).await?;
    let direct = access::by_browser(app, &user, app.now()).await?;
    let agreed = app.db.read(move |conn| consents::of_user(conn, user.id)).await?;
    let mut lines: Vec<String> = live.iter().map(line).collect();
    lines.extend(direct.iter().map(|(each, client)| {
        let (scopes, since, last) = (each.scopes.as_str(), each.since, each.last_at);
        format!("no grant  {}  {scopes}  since {since}, last issued {last}", client.id)
    }));
    lines.extend(agreed.iter().map(|each| {
        format!("agreed to {} for {}, the last time {}", each.scopes.as_str(), each.client_id, each.agreed_at)
    }));
    Ok(Report {
        text: lines.join("\n"),
        json: json!({
            "grants": live.iter().map(described).collect::<Vec<_>>(),
            "without_grant": direct.iter().map(without_grant).collect::<Vec<_>>(),
            "consents": agreed.iter().map(agreement).collect::<Vec<_>>(),
        }),
    })
}

fn line((grant, client): &(Grant, Client)) -> String {
    let (scopes, since, used) = (grant.scopes.as_str(), grant.created_at, grant.rotated_at);
    format!("{}  {}  {scopes}  since {since}, last renewed {used}", grant.id, client.id)
}

fn described((grant, client): &(Grant, Client)) -> Value {
    json!({
        "id": grant.id.to_string(),
        "client_id": client.id,
        "client_name": client.name,
        "scopes": grant.scopes.iter().collect::<Vec<_>>(),
        "created_at": grant.created_at.to_string(),
        "renewed_at": grant.rotated_at.to_string(),
        "ends_at": grant.ends_at.to_string(),
    })
}

/// Access tokens from the authorization endpoint.
fn without_grant((access, client): &(BrowserAccess, Client)) -> Value {
    json!({
        "client_id": client.id,
        "client_name": client.name,
        "scopes": access.scopes.iter().collect::<Vec<_>>(),
        "created_at": access.since.to_string(),
        "issued_at": access.last_at.to_string(),
        "ends_at": access.ends_at.to_string(),
    })
}

fn agreement(agreed: &Agreed) -> Value {
    json!({
        "client_id": agreed.client_id,
        "scopes": agreed.scopes.iter().collect::<Vec<_>>(),
        "audiences": agreed.audiences.iter().collect::<Vec<_>>(),
        "agreed_at": agreed.agreed_at.to_string(),
    })
}

pub(super) async fn revoke(app: &App, origin: &Origin, revoke: Revoke) -> Outcome {
    let Revoke { username, which } = revoke;
    if which.all {
        return revoke_all(app, origin, &username).await;
    }
    let user = person(app, &username).await?;
    let live = access::live(app, &user, app.now()).await?;
    let is_meant = |(grant, client): &&(Grant, Client)| {
        which.grant.as_ref().is_some_and(|id| *id == grant.id.to_string())
            || which.client.as_ref().is_some_and(|id| id == client.id.as_str())
    };
    let meant: Vec<&(Grant, Client)> = live.iter().filter(is_meant).collect();
    let client = meant.first().map(|(_, client)| client.id.clone()).or(which.client.map(ClientId));
    let one = which.grant.and_then(|_| meant.first().map(|(grant, _)| grant.id));
    let what = one.map_or(ended_access::Which::All, ended_access::Which::Grant);
    let count = meant.len();
    let has_ended = match client {
        Some(client) => access::end(app, origin, user.id, &client, what).await?,
        None => false,
    };
    if !has_ended {
        return Err("there is nothing of that to end".into());
    }
    Ok(Report {
        text: format!("Ended {count} grant(s) of {username}; they are asked again."),
        json: json!({"username": username, "ended": count}),
    })
}

async fn revoke_all(app: &App, origin: &Origin, username: &str) -> Outcome {
    let clock = app.clock.clone();
    let ended = change(app, origin, username, What::AccessEnded, move |conn, key| {
        let ended = users::end(conn, key, &clock)?;
        if let Some(user) = ended {
            consents::forget_all(conn, user)?;
        }
        Ok(ended)
    });
    done(ended.await?, username, "has no session, grant or token any more, and is asked again")
}

pub(super) async fn sessions(app: &App, username: &str) -> Outcome {
    let (user, now) = (person(app, username).await?, app.now());
    let live = sign_out::live(app, &user, now).await?;
    let told = |session: &Session| {
        let (since, until) = (session.authenticated_at, session.ends_at);
        let (seen, address, agent) = (session.seen_at, &session.address, &session.user_agent);
        format!("{}  signed in {since}, until {until}, last seen {seen} at {address}: {agent:?}", session.sid)
    };
    let json = |session: &Session| {
        json!({
            "sid": session.sid.to_string(),
            "created_at": session.created_at.to_string(),
            "authenticated_at": session.authenticated_at.to_string(),
            "ends_at": session.ends_at.to_string(),
            "seen_at": session.seen_at.to_string(),
            "address": session.address,
            "user_agent": session.user_agent,
        })
    };
    Ok(Report {
        text: live.iter().map(told).collect::<Vec<_>>().join("\n"),
        json: live.iter().map(json).collect(),
    })
}

pub(super) async fn sign_out(app: &App, origin: &Origin, username: &str, session: Option<String>) -> Outcome {
    let user = person(app, username).await?.id;
    let which = match session {
        None => sign_out::Which::All,
        Some(sid) => sign_out::Which::One(SessionId(
            sid.parse().map_err(|_| "a session is named as `user sessions` shows it")?,
        )),
    };
    let ended = sign_out::end(app, origin, user, which).await?;
    if ended == 0 {
        return Err("they are not signed in there".into());
    }
    Ok(Report {
        text: format!("{username} is signed out of {ended} browser(s)."),
        json: json!({"username": username, "ended": ended}),
    })
}

async fn person(app: &App, username: &str) -> Result<User, Failure> {
    let key = username_key(username);
    Ok(app.db.read(move |conn| users::find(conn, &key)).await?.ok_or(NOBODY)?)
}
