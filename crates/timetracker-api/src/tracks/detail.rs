//! `/api/tracks/{id}/`. Somebody else's track is not there, exactly as one that never was (R158).

use actix_web::web::{Path, ThinData};
use actix_web::{HttpRequest, HttpResponse};

use super::form::Draft;
use super::store::memory::Memory;
use super::{KIND, change, store};
use crate::App;
use crate::auth::allowed::Allowed;
use crate::auth::scopes::Scope;
use crate::id::TrackId;
use crate::retries::{self, Retry};
use crate::wire::error::ApiError;
use crate::wire::fields::Extent;
use crate::wire::path;
use crate::wire::reply::Reply;
use crate::wire::sent::Sent;

const ABSENT: ApiError = ApiError::NoSuch(KIND);

/// `GET`.
///
/// # Errors
/// 404.
pub async fn get(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (id, owner) = (TrackId(path::key(&id, KIND)?), caller.person);
    let found = app.db().read(move |conn| store::find(conn, owner, id)).await?;
    found.map(|track| super::reply(&track).response(&app)).ok_or(ABSENT)
}

/// `PUT`: required fields must be there, those left out keep their value; and `PATCH`: any subset.
///
/// # Errors
/// 404, 412, or 400 with everything that is wrong.
pub async fn change(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    id: Path<String>,
    request: HttpRequest,
    sent: Sent,
) -> Result<HttpResponse, ApiError> {
    let (id, asked) = (TrackId(path::key(&id, KIND)?), super::asked(&request)?);
    let draft = Draft::read(&sent, Extent::of(request.method()));
    retries::once(&app, caller.caller(), Retry::read(&request, &sent)?, move |conn, caller, stamp| {
        let kept = change::update(conn, caller, id, draft, &asked, (stamp, &mut Memory::default()))?;
        Ok(kept.map(|track| super::reply(&track)))
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
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (id, asked) = (TrackId(path::key(&id, KIND)?), super::asked(&request)?);
    let retry = Retry::read(&request, &Sent::default())?;
    retries::once(&app, caller.caller(), retry, move |conn, caller, stamp| {
        Ok(change::delete(conn, caller, id, &asked, stamp)?.map(|()| Reply::nothing()))
    })
    .await
}

/// `OPTIONS`: what may be sent, if the track is there.
///
/// # Errors
/// 404 for an id that can be none.
pub async fn options(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (id, owner) = (TrackId(path::key(&id, KIND)?), caller.person);
    let found = app.db().read(move |conn| store::find(conn, owner, id)).await?;
    let may_write = found.is_some() && caller.may(Scope::TracksWrite);
    Ok(super::description("Track Instance", "PUT", may_write))
}
