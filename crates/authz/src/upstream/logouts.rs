//! Tells clients that a session has ended (OpenID Connect Back-Channel Logout 1.0): off the way of the request that ended
//! it, and again, with growing pauses, if they are not reached.

use std::time::Duration;

use futures_util::future::join_all;
use model::db::DbError;
use model::id::TokenId;
use model::time::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Chosen, Unreachable};
use crate::app::App;
use crate::audit::{Origin, What};
use crate::store::audit_events;
use crate::store::clients::Client;
use crate::store::logout_deliveries::{self, Delivery};
use crate::{id_token, signatures};

/// What kind of event it is.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How long a logout token may be used: at most two minutes, says section 4.
const LOGOUT_TOKEN_TTL: Duration = Duration::from_secs(120);
/// How long is waited after each try that failed; after the last one it is given up.
const PAUSES: [Duration; 5] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(3 * 60),
    Duration::from_secs(15 * 60),
    Duration::from_secs(60 * 60),
];
/// What this process has taken is another's after so long, if this one has stopped.
const TAKEN_FOR: Duration = Duration::from_secs(60);
/// How many are told at once.
const AT_ONCE: i64 = 32;

/// A logout token (section 2.4). It has no nonce, so that it never passes as an ID token.
#[derive(Serialize)]
struct LogoutToken<'a> {
    iss: &'a str,
    sub: String,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
    sid: String,
    events: Value,
}

/// Tells everybody whose turn it is, until nobody is left whose turn it is now.
///
/// # Errors
/// When the database cannot be asked.
pub async fn deliver(app: &App) -> Result<(), DbError> {
    loop {
        let now = app.now();
        if !app.db.read(move |conn| logout_deliveries::are_due(conn, now)).await? {
            return Ok(());
        }
        let next_at = now.plus(TAKEN_FOR);
        let taken = app.db.write(move |conn| logout_deliveries::claim(conn, now, next_at, AT_ONCE)).await?;
        for written in join_all(taken.iter().map(|delivery| tell(app, delivery))).await {
            written?;
        }
    }
}

async fn tell(app: &App, delivery: &Delivery) -> Result<(), DbError> {
    let told = match app.clients.find(&delivery.client_id).await? {
        // One that listens no more, or only in the browser, has nothing to hear.
        Some(client) if client.metadata.backchannel_logout_uri.is_some() => {
            Some(post(app, &client, delivery).await)
        }
        _ => None,
    };
    let (id, now) = (delivery.id, app.now());
    let event = |what: What, detail: String| {
        let mut event = what.of_user(delivery.user_id, &Origin::Ourselves, now);
        event.client_id = Some(delivery.client_id.clone());
        event.detail = detail;
        event
    };
    let event = match told {
        None => None,
        Some(Ok(())) => Some(event(What::LogoutTold, String::new())),
        Some(Err(why)) => {
            tracing::warn!(client = delivery.client_id, tries = delivery.tries, %why, "a client did not hear of a logout");
            if let Some(due_at) = again_at(delivery.tries, now) {
                return app.db.write(move |conn| logout_deliveries::postpone(conn, id, due_at)).await;
            }
            Some(event(What::LogoutNotTold, format!("{} tries", delivery.tries)))
        }
    };
    let written = app.db.write(move |conn| {
        logout_deliveries::delete(conn, id)?;
        event.map_or(Ok(()), |event| audit_events::insert(conn, &[event]))
    });
    written.await
}

/// When it is tried again after so many tries; `None` when it is given up.
fn again_at(tries: i64, now: Timestamp) -> Option<Timestamp> {
    let pause = PAUSES.get(usize::try_from(tries).ok()?.checked_sub(1)?)?;
    Some(now.plus(*pause))
}

async fn post(app: &App, client: &Client, delivery: &Delivery) -> Result<(), Unreachable> {
    let Some(uri) = &client.metadata.backchannel_logout_uri else { return Ok(()) };
    let now = app.now();
    let token = LogoutToken {
        iss: app.config.issuer.as_str(),
        sub: id_token::subject(app, client, delivery.user_id),
        aud: client.id.as_str(),
        iat: now.unix_seconds(),
        exp: now.plus(LOGOUT_TOKEN_TTL).unix_seconds(),
        jti: TokenId::new(now).to_string(),
        sid: delivery.sid.to_string(),
        events: json!({ EVENT: {} }),
    };
    let alg = client.metadata.id_token_signed_response_alg;
    let token = signatures::sign(app, alg, "logout+jwt", &token).await;
    let token = token.map_err(|failed| Unreachable::Transport(failed.into()))?;
    app.fetch.post_form(uri, &[("logout_token", &token)], Chosen::by(&client.metadata)).await
}
