//! `/api/tracks/{id}/restore/`: a deleted track comes back.

use actix_web::http::StatusCode;
use actix_web::web::{Path, ThinData};
use actix_web::{HttpRequest, HttpResponse};

use super::{KIND, change};
use crate::App;
use crate::auth::allowed::{Allowed, Write};
use crate::id::TrackId;
use crate::wire::error::ApiError;
use crate::wire::path;

/// `POST`. One that is there stays as it is.
///
/// # Errors
/// 404 for one that never was, 400 and 409 when it would run or overlap as it may not.
pub async fn post(
    caller: Allowed<Write>,
    ThinData(app): ThinData<App>,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (id, clock) = (TrackId(path::key(&id, KIND)?), app.clock().clone());
    let policy = super::policy(request.query_string())?;
    let track = app.db().write(move |conn| change::restore(conn, &caller, id, policy, &clock)).await??;
    Ok(super::response(StatusCode::OK, &track))
}
