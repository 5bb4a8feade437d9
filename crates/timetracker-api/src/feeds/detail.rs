//! `/api/feeds/{id}/`. Another person's is not there, exactly as one that never was (R158).

use actix_web::web::{Path, ThinData};
use actix_web::{HttpRequest, HttpResponse};

use super::{KIND, store};
use crate::App;
use crate::auth::allowed::Allowed;
use crate::id::FeedId;
use crate::retries::{self, Retry};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::wire::sent::Sent;
use crate::wire::{json, path};

/// `GET`.
///
/// # Errors
/// 404.
pub async fn get(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (id, person) = (FeedId(path::key(&id, KIND)?), caller.person);
    let found = app.db().read(move |conn| store::find(conn, person, id)).await?;
    found.map(|feed| json::Tagged::of(super::text(&feed)).response()).ok_or(ApiError::NoSuch(KIND))
}

/// `DELETE`: whoever has the address finds nothing there from now on.
///
/// # Errors
/// 404.
pub async fn delete(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let id = FeedId(path::key(&id, KIND)?);
    let retry = Retry::read(&request, &Sent::default())?;
    retries::once(&app, caller.caller(), retry, move |conn, caller, _| {
        let was_there = store::delete(conn, caller.person, id)?;
        Ok(if was_there { Ok(Reply::nothing()) } else { Err(ApiError::NoSuch(KIND)) })
    })
    .await
}

/// `OPTIONS`.
///
/// # Errors
/// 404 for an id that can be none.
pub async fn options(_: Allowed, id: Path<String>) -> Result<HttpResponse, ApiError> {
    path::key(&id, KIND)?;
    Ok(super::description("Feed Instance", None))
}
