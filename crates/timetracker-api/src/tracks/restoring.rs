//! `/api/tracks/{id}/restore/`: a deleted track comes back.

use actix_web::web::{Path, ThinData};
use actix_web::{HttpRequest, HttpResponse};

use super::{KIND, change};
use crate::App;
use crate::auth::allowed::Allowed;
use crate::id::TrackId;
use crate::retries::{self, Retry};
use crate::wire::error::ApiError;
use crate::wire::path;
use crate::wire::sent::Sent;

/// `POST`. One that is there stays as it is.
///
/// # Errors
/// 404 for one that never was, 400 and 409 when it would run or overlap as it may not.
pub async fn post(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (id, asked) = (TrackId(path::key(&id, KIND)?), super::asked(&request)?);
    let retry = Retry::read(&request, &Sent::default())?;
    retries::once(&app, caller.caller(), retry, move |conn, caller, stamp| {
        Ok(change::restore(conn, caller, id, &asked, stamp)?.map(|track| super::reply(&track)))
    })
    .await
}
