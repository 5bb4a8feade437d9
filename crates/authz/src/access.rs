//! What applications may do for a person, and ending it: for the person's own page and for administrators.

use model::db::{Conn, DbError};
use model::id::{ClientId, GrantId, UserId};
use model::time::Timestamp;

use crate::app::App;
use crate::audit::{Origin, What};
use crate::store::audit_events::{self, AuditEvent};
use crate::store::browser_access::{self, BrowserAccess};
use crate::store::clients::Client;
use crate::store::ended_access::{self, Which};
use crate::store::grants::{self, Grant};
use crate::store::users::User;

/// No more are read at once. Somebody with more sees the newest, and the others when those are ended.
const SHOWN: i64 = 500;

/// A person's grants that still give something, newest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn live(app: &App, user: &User, now: Timestamp) -> Result<Vec<(Grant, Client)>, DbError> {
    let id = user.id;
    let found = app.db.read(move |conn| grants::of_user(conn, id, now, SHOWN)).await?;
    let gives = |(grant, client): &(Grant, Client)| {
        let lifetimes = client.metadata.lifetimes(app.config.lifetimes);
        let renewable = client.may_use("refresh_token");
        let lasts = if renewable {
            lifetimes.access_token.max(lifetimes.refresh_idle)
        } else {
            lifetimes.access_token
        };
        user.vouches_for(grant.created_at) && now < grant.rotated_at.plus(lasts)
    };
    Ok(found.into_iter().filter(gives).collect())
}

/// What clients may do for a person by tokens of no grant that may not have ended, the last first. One that its client has
/// revoked is among them: nobody knows by the token whether there is another.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_browser(
    app: &App,
    user: &User,
    now: Timestamp,
) -> Result<Vec<(BrowserAccess, Client)>, DbError> {
    let id = user.id;
    let found = app.db.read(move |conn| browser_access::of_user(conn, id, now)).await?;
    let gives = |(access, client): &(BrowserAccess, Client)| {
        let is_valid = client.disabled_at.is_none() && client.valid_from < access.last_at;
        is_valid && user.vouches_for(access.last_at)
    };
    Ok(found.into_iter().filter(gives).collect())
}

/// Ends what a client may do for a person, with what was on its way to a grant, and forgets what they agreed to: they are
/// asked again before it gets any more, which would otherwise give it back without a word. In force when this returns.
/// Whether there was anything to end.
///
/// # Errors
/// When the database cannot be asked.
pub async fn end(
    app: &App,
    origin: &Origin,
    user: UserId,
    client: &ClientId,
    which: Which,
) -> Result<bool, DbError> {
    let (client, now, clock) = (client.clone(), app.now(), app.clock.clone());
    let event = AuditEvent { user_id: Some(user), ..What::AccessEnded.of_client(&client, origin, now) };
    let revoke = move |conn: &mut Conn| {
        let ended = ended_access::end(conn, user, client.as_str(), which, &clock)?;
        let has_ended = ended.consent || ended.tokens || !ended.grants.is_empty();
        let named = ended.grants.iter().map(GrantId::to_string);
        for detail in named.chain(ended.tokens.then(|| "tokens of no grant".to_owned())) {
            audit_events::insert(conn, &[AuditEvent { detail, ..event.clone() }])?;
        }
        Ok(has_ended)
    };
    let has_ended = app.db.write(revoke).await?;
    app.feed.catch_up().await?;
    Ok(has_ended)
}
