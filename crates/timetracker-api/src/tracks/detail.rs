//! `/api/tracks/{id}/`. Somebody else's track is not there, exactly as one that never was (R158).

use actix_web::http::StatusCode;
use actix_web::web::{Path, ThinData};
use actix_web::{HttpRequest, HttpResponse};
use model::db::Conn;

use super::form::Draft;
use super::{KIND, store};
use crate::App;
use crate::auth::WRITE;
use crate::auth::allowed::{Allowed, Read, Write};
use crate::id::TrackId;
use crate::wire::error::ApiError;
use crate::wire::fields::Extent;
use crate::wire::path;
use crate::wire::sent::Sent;

const ABSENT: ApiError = ApiError::NoSuch(KIND);

/// `GET`.
///
/// # Errors
/// 404.
pub async fn get(
    caller: Allowed<Read>,
    ThinData(app): ThinData<App>,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (id, owner) = (TrackId(path::key(&id, KIND)?), caller.person);
    let found = app.db().read(move |conn| store::find(conn, owner, id)).await?;
    found.map(|track| super::response(StatusCode::OK, &track)).ok_or(ABSENT)
}

/// `PUT`: required fields must be there, those left out keep their value.
///
/// # Errors
/// 404, or 400 with everything that is wrong.
pub async fn put(
    caller: Allowed<Write>,
    ThinData(app): ThinData<App>,
    id: Path<String>,
    request: HttpRequest,
    sent: Sent,
) -> Result<HttpResponse, ApiError> {
    let id = TrackId(path::key(&id, KIND)?);
    change(caller, &app, (id, request.query_string()), Draft::read(&sent, Extent::Whole)).await
}

/// `PATCH`: any subset.
///
/// # Errors
/// As [`put`].
pub async fn patch(
    caller: Allowed<Write>,
    ThinData(app): ThinData<App>,
    id: Path<String>,
    request: HttpRequest,
    sent: Sent,
) -> Result<HttpResponse, ApiError> {
    let id = TrackId(path::key(&id, KIND)?);
    change(caller, &app, (id, request.query_string()), Draft::read(&sent, Extent::Part)).await
}

async fn change(
    caller: Allowed<Write>,
    app: &App,
    (id, query): (TrackId, &str),
    draft: Result<Draft, ApiError>,
) -> Result<HttpResponse, ApiError> {
    let (policy, clock) = (super::policy(query)?, app.clock().clone());
    let update = move |conn: &mut Conn| super::change::update(conn, &caller, id, draft, policy, &clock);
    let track = app.db().write(update).await??;
    Ok(super::response(StatusCode::OK, &track))
}

/// `DELETE`: it can be restored.
///
/// # Errors
/// 404.
pub async fn delete(
    caller: Allowed<Write>,
    ThinData(app): ThinData<App>,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (id, clock) = (TrackId(path::key(&id, KIND)?), app.clock().clone());
    let deleted = app.db().write(move |conn| super::change::delete(conn, &caller, id, &clock)).await?;
    if deleted { Ok(HttpResponse::NoContent().finish()) } else { Err(ABSENT) }
}

/// `OPTIONS`: what may be sent, if the track is there.
///
/// # Errors
/// 404 for an id that can be none.
pub async fn options(
    caller: Allowed<Read>,
    ThinData(app): ThinData<App>,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (id, owner) = (TrackId(path::key(&id, KIND)?), caller.person);
    let found = app.db().read(move |conn| store::find(conn, owner, id)).await?;
    let may_write = found.is_some() && caller.scopes.contains(WRITE);
    Ok(super::description("Track Instance", "PUT", may_write))
}
