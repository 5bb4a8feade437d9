//! `/api/timer/`: the one track that runs. Its answers say what the server's clock says, so that a client can show for how
//! long it has been running whatever its own clock thinks.

pub mod continuing;
pub mod described;
pub mod store;

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::ThinData;
use actix_web::{HttpRequest, HttpResponse};
use model::time::Timestamp;

use crate::App;
use crate::auth::allowed::Allowed;
use crate::auth::scopes::Scope;
use crate::changes;
use crate::live::waiting;
use crate::retries::{self, Retry};
use crate::tracks::form::Draft;
use crate::tracks::row::Track;
use crate::tracks::{self, schedule};
use crate::wire::error::{ApiError, or_refuse};
use crate::wire::fields::{self, Extent};
use crate::wire::query::Parameters;
use crate::wire::reply::Reply;
use crate::wire::sent::Sent;
use crate::wire::{conditional, json, metadata};

/// How long ago a timer may have started or stopped that nobody but a button was there for: longer, and it could make up what
/// was done, or undo it.
const A_MOMENT: Duration = Duration::from_secs(5 * 60);

/// What runs, and what has just been stopped.
#[derive(Debug)]
pub struct Timer {
    /// What runs.
    pub running: Option<Track>,
    /// What ran until now, or last.
    pub stopped: Option<Track>,
    /// Whether it was stopped elsewhere than was asked: not before it began, and not after the longest it may last.
    pub is_clamped: bool,
    /// When this was so.
    pub at: Timestamp,
}

impl Timer {
    /// The answer to a change.
    pub fn reply(&self) -> Reply {
        let mut body = Vec::with_capacity(1_024);
        member(&mut body, b"{\"running\":", self.running.as_ref());
        member(&mut body, b",\"stopped\":", self.stopped.as_ref());
        if self.is_clamped {
            body.extend_from_slice(b",\"clamped\":true");
        }
        Reply::plain(end(body, self.at))
    }
}

fn member(out: &mut Vec<u8>, name: &[u8], track: Option<&Track>) {
    out.extend_from_slice(name);
    match track {
        Some(track) => tracks::write(out, track),
        None => out.extend_from_slice(b"null"),
    }
}

fn end(mut body: Vec<u8>, at: Timestamp) -> Vec<u8> {
    body.extend_from_slice(b",\"server_time\":");
    json::instant(&mut body, Some(at));
    body.push(b'}');
    body
}

/// `GET`: 200 whether anything runs or not. With `?wait=` it comes when something else runs than the client knows, or than did
/// at first.
///
/// # Errors
/// 400 for a wait that is too long, and as [`waiting::until`].
pub async fn get(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let within = waiting::read(&Parameters::parse(request.query_string())?)?;
    let caller = caller.caller();
    let look = || {
        let caller = caller.clone();
        let found = app.db().read(move |conn| {
            // Only who waits has to know.
            let last = if within.is_zero() { 0 } else { changes::store::last(conn, caller.workspace)? };
            Ok((schedule::running(conn, caller.person)?, last))
        });
        async move { Ok(found.await?) }
    };
    let mut known = conditional::held(request.headers());
    let has_news = |running: &Option<Track>| {
        let tag = tag(running.as_ref());
        let known = known.get_or_insert_with(|| vec![tag.clone()]);
        !known.iter().any(|each| conditional::is_form_of(each, &tag))
    };
    let running = waiting::until((&app, &request, &caller), within, look, has_news).await?;
    let mut body = Vec::with_capacity(512);
    member(&mut body, b"{\"running\":", running.as_ref());
    let mut response = json::response(StatusCode::OK, end(body, app.clock().now()));
    if let Ok(tag) = HeaderValue::try_from(format!("W/{}", tag(running.as_ref()))) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// What runs, and as which version of it; the clock is not part of it.
fn tag(running: Option<&Track>) -> String {
    running.map_or("\"idle\"".to_owned(), |track| format!("\"track-{}-{}\"", track.id, track.version))
}

/// `PUT`: what is sent runs from now on, or from its `start` on, and what ran stops then: one call, whole or not at all.
/// Without an `activity` it is the one that was used last. A `uid` makes it safe to send again. `?on_running=reject` refuses
/// to stop anything.
///
/// # Errors
/// 400 with everything that is wrong, 409 as said; 403 for more than pressing a button by a token that does no more.
pub async fn put(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    request: HttpRequest,
    sent: Sent,
) -> Result<HttpResponse, ApiError> {
    let draft = Draft::read(&sent, Extent::Part)?;
    let asked = tracks::asked(&request)?;
    let may_switch = match Parameters::parse(request.query_string())?.said("on_running") {
        None | Some("stop") => true,
        Some("reject") => false,
        Some(other) => return Err(ApiError::no_such_choice("on_running", other)),
    };
    let retry = Retry::read(&request, &sent)?;
    retries::once(&app, caller.caller(), retry, move |conn, acting, stamp| {
        if draft.says_whose() || asked.policy.is_some() || is_past(draft.start(), stamp.at) {
            or_refuse!(caller.needs(MORE));
        }
        Ok(store::start(conn, acting, draft, (&asked, may_switch), stamp)?.map(|timer| timer.reply()))
    })
    .await
}

/// Who may do more than press a button.
const MORE: &[Scope] = &[Scope::TracksWrite];

fn is_past(at: Option<Timestamp>, now: Timestamp) -> bool {
    at.is_some_and(|at| at < now.minus(A_MOMENT))
}

/// `PATCH`: changes what runs.
///
/// # Errors
/// 400 with everything that is wrong, 409 when nothing runs.
pub async fn patch(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    request: HttpRequest,
    sent: Sent,
) -> Result<HttpResponse, ApiError> {
    let draft = Draft::read(&sent, Extent::Part);
    let asked = tracks::asked(&request)?;
    retries::once(&app, caller.caller(), Retry::read(&request, &sent)?, move |conn, caller, stamp| {
        Ok(store::edit(conn, caller, draft, &asked, stamp)?.map(|timer| timer.reply()))
    })
    .await
}

/// `DELETE`: stops what runs, now or `?at=` an instant; `?discard=true` deletes it instead, for who may delete tracks. Sent again it changes nothing and
/// answers the same.
///
/// # Errors
/// 400 for an instant that is none, or is still to come; 403 for more than pressing a button by a token that does no more.
pub async fn delete(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = Parameters::parse(request.query_string())?;
    let said = Sent::Form(query);
    let at = fields::instant(&said.field("at", true)).map_err(ApiError::of_field("at"))?.over(None);
    let discard = fields::boolean(&said.field("discard", false));
    let discard = discard.map_err(ApiError::of_field("discard"))?.unwrap_or(false);
    let asked = tracks::asked(&request)?;
    let retry = Retry::read(&request, &Sent::default())?.map(|retry| retry.shown(caller.sees_tracks()));
    retries::once(&app, caller.caller(), retry, move |conn, acting, stamp| {
        if discard || asked.policy.is_some() || is_past(at, stamp.at) {
            or_refuse!(caller.needs(MORE));
        }
        let timer = if discard {
            store::discard(conn, acting, &asked, stamp)?
        } else {
            store::stop(conn, acting, at, &asked, stamp)?
        };
        Ok(timer.map(|timer| timer.reply()))
    })
    .await
}

/// `OPTIONS`: what may be sent.
pub async fn options(caller: Allowed) -> HttpResponse {
    let may_write = caller.may(Scope::TimerWrite) || caller.may(Scope::TracksWrite);
    metadata::response("Timer", "What you are doing now.", tracks::action("PUT", may_write))
}
