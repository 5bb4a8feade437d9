//! `/api/tracks/by-uid/{uid}/`: a track by the name its client gave it, which a client that was offline can send as often as
//! it takes.

use actix_web::web::{Path, ThinData};
use actix_web::{HttpRequest, HttpResponse};
use model::id::Uid;
use uuid::Uuid;

use super::form::Draft;
use super::store::memory::Memory;
use super::{KIND, change, store};
use crate::App;
use crate::auth::allowed::Allowed;
use crate::auth::scopes::Scope;
use crate::retries::{self, Retry};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::wire::sent::Sent;

const ABSENT: ApiError = ApiError::NoSuch(KIND);

fn read(segment: &str) -> Result<Uid, ApiError> {
    Uuid::parse_str(segment.strip_suffix(".json").unwrap_or(segment)).map(Uid).map_err(|_| ApiError::NotFound)
}

/// `GET`.
///
/// # Errors
/// 404.
pub async fn get(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    uid: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (uid, owner) = (read(&uid)?, caller.person);
    let found = app.db().read(move |conn| store::find_by_uid(conn, owner, uid)).await?;
    found.map(|track| super::reply(&track).response(&app)).ok_or(ABSENT)
}

/// `PUT`: makes it, 201, or changes it, 200. With `If-None-Match: *` it is only made.
///
/// # Errors
/// 400 with everything that is wrong, 409 when it was deleted, 412 when it is not as the client thinks.
pub async fn put(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    uid: Path<String>,
    request: HttpRequest,
    sent: Sent,
) -> Result<HttpResponse, ApiError> {
    let (uid, asked) = (read(&uid)?, super::asked(&request)?);
    let draft = Draft::known(&sent, uid);
    retries::once(&app, caller.caller(), Retry::read(&request, &sent)?, move |conn, caller, stamp| {
        let kept = change::upsert(conn, caller, draft, uid, &asked, (stamp, &mut Memory::default()))?;
        Ok(kept.map(|(track, is_new)| if is_new { super::created(&track) } else { super::reply(&track) }))
    })
    .await
}

/// `DELETE`: it can be restored.
///
/// # Errors
/// 404, and 412.
pub async fn delete(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    uid: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (uid, asked) = (read(&uid)?, super::asked(&request)?);
    let retry = Retry::read(&request, &Sent::default())?;
    retries::once(&app, caller.caller(), retry, move |conn, caller, stamp| {
        let Some(track) = store::find_by_uid(conn, caller.person, uid)? else { return Ok(Err(ABSENT)) };
        Ok(change::delete(conn, caller, track.id, &asked, stamp)?.map(|()| Reply::nothing()))
    })
    .await
}

/// `OPTIONS`: what may be sent.
pub async fn options(caller: Allowed) -> HttpResponse {
    super::description("Track Instance", "PUT", caller.may(Scope::TracksWrite))
}
