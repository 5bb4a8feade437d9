//! `/auth/invalidate-sessions`, `/auth/invalidate-refresh-tokens`, `/auth/disconnect-backend`: what a person ends by an
//! access token.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use diesel::result::Error::RollbackTransaction;
use model::db::{Conn, DbError};
use model::id::ClientId;

use crate::access;
use crate::app::App;
use crate::audit::{Origin, What};
use crate::protocol::caller::{Caller, INVALID};
use crate::protocol::refused::{FORBIDDEN, Refused};
use crate::protocol::sent::Sent;
use crate::store::audit_events::{self, AuditEvent};
use crate::store::clients::Client;
use crate::store::ended_access::Which;
use crate::store::linked_accounts::{self, Removed};
use crate::store::users;

/// Ends all that a client may do for the person, with its access tokens and its refresh tokens, which end together here.
/// A client ends what is its own; that of this server's own ends any.
///
/// # Errors
/// 401 without a person's token; 400 when it is for another client's access, or that of none.
pub async fn invalidate(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Refused> {
    let sent = Sent::with(&request, &mut payload.into_inner()).await?;
    let wanted = sent.field("client_id").map_err(|what| Refused::Fields(vec![("client_id", what)]))?;
    let by = caller.client.as_deref().unwrap_or_default();
    let client = match app.clients.find(&wanted).await? {
        Some(client) if wanted == by || app.config.first_party.is(by) => client,
        _ => {
            let sentence = "The application linked to the provided client_id could not be found.";
            return Err(Refused::Whole(sentence));
        }
    };
    let (origin, id): (_, &ClientId) = (Origin::Address(caller.address), &client.id);
    access::end(&app, &origin, caller.user, id, Which::All).await?;
    Ok(done())
}

/// How long after they proved who they are a person may take a way in away.
const RECENT: Duration = Duration::from_secs(600);

/// Unlinks an account at a provider, or all there are at it, unless the person could not sign in any more, and ends
/// everything that was made for them, this token too. Only by a client of ours, soon after the person proved who they are.
///
/// # Errors
/// 401 without a person's token; 403 by any other client, or later; 400 when nothing of that kind is there or it is the last
/// way in.
pub async fn disconnect(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Refused> {
    may_disconnect(&app, &caller).await?;
    let sent = Sent::with(&request, &mut payload.into_inner()).await?;
    let backend = sent.field("backend").map_err(|what| Refused::Fields(vec![("backend", what)]))?;
    let number = |text: String| text.parse().map_err(|_| "association_id must be a valid integer.");
    let id: Option<i64> = sent
        .optional("association_id")
        .and_then(|text| text.map(number).transpose())
        .map_err(|what| Refused::Fields(vec![("association_id", what)]))?;
    if app.config.providers.find(&backend).is_none() {
        return Err(Refused::Fields(vec![("backend", "Invalid backend.")]));
    }
    let configured: Vec<String> = app.config.providers.with_button().map(|each| each.name.clone()).collect();
    let (user, since, clock) = (caller.user, caller.since, app.clock.clone());
    let origin = Origin::Address(caller.address);
    let unlink = move |conn: &mut Conn| {
        if !users::hold_alone(conn, user, since)? {
            return Ok(false);
        }
        let (now, mut is_unlinked) = (clock.now(), false);
        for account in linked_accounts::of(conn, user)? {
            if account.provider != backend || id.is_some_and(|id| id != account.id) {
                continue;
            }
            match linked_accounts::remove(conn, user, account.id, &configured)? {
                Removed::Now(provider) => {
                    let event = What::ProviderUnlinked.of_user(user, &origin, now);
                    audit_events::insert(conn, &[AuditEvent { detail: provider, ..event }])?;
                    is_unlinked = true;
                }
                Removed::Unknown => {}
                // What was unlinked before it stays linked, too.
                Removed::LastWayIn => return Err(RollbackTransaction),
            }
        }
        if is_unlinked {
            // Somebody else may have come in by it.
            users::end_of(conn, user, &clock)?;
        }
        Ok(true)
    };
    let unlinked = app.db.write(unlink).await;
    app.feed.catch_up().await?;
    match unlinked {
        Ok(true) => Ok(done()),
        Ok(false) => Err(INVALID),
        Err(DbError::Query(RollbackTransaction)) => Err(Refused::Whole(LAST_WAY_IN)),
        Err(error) => Err(error.into()),
    }
}

const LAST_WAY_IN: &str = "This social account cannot be disconnected because it is your only way to log in.";

async fn may_disconnect(app: &App, caller: &Caller) -> Result<(), Refused> {
    let client = match &caller.client {
        Some(id) => app.clients.find(id).await?,
        None => None,
    };
    let is_ours =
        |client: Arc<Client>| client.metadata.is_first_party || app.config.first_party.is(client.id.as_str());
    if !client.is_some_and(is_ours) {
        return Err(Refused::Forbidden(FORBIDDEN));
    }
    let is_recent = caller.authenticated_at.is_some_and(|at| app.now().since(at) < RECENT);
    if is_recent { Ok(()) } else { Err(Refused::Forbidden("Sign in again to do this.")) }
}

fn done() -> HttpResponse {
    HttpResponse::NoContent().insert_header((header::CACHE_CONTROL, "no-store")).finish()
}
