//! `/api/tracks/{id}/continue/`: the same again, from now on.

use actix_web::web::{Path, ThinData};
use actix_web::{HttpRequest, HttpResponse};

use super::store;
use crate::App;
use crate::auth::allowed::Allowed;
use crate::id::TrackId;
use crate::retries::{self, Retry};
use crate::tracks::{self, KIND};
use crate::wire::error::ApiError;
use crate::wire::path;
use crate::wire::sent::Sent;

/// `POST`: a copy of it runs from now on, and what ran stops. Answers the timer.
///
/// # Errors
/// 404, or 400 when its activity is there no more.
pub async fn post(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let id = TrackId(path::key(&id, KIND)?);
    let (retry, asked) = (Retry::read(&request, &Sent::default())?, tracks::asked(&request)?);
    retries::once(&app, caller.caller(), retry, move |conn, caller, stamp| {
        Ok(store::again(conn, caller, id, &asked, stamp)?.map(|timer| timer.reply()))
    })
    .await
}
