//! `/api/tracks/{id}/continue/`: the same again, from now on.

use actix_web::HttpResponse;
use actix_web::web::{Path, ThinData};

use super::{Timer, store};
use crate::App;
use crate::auth::allowed::{Allowed, Write};
use crate::id::TrackId;
use crate::tracks::KIND;
use crate::wire::error::ApiError;
use crate::wire::path;

/// `POST`: a copy of it runs from now on, and what ran stops. Answers the timer.
///
/// # Errors
/// 404, or 400 when its activity is there no more.
pub async fn post(
    caller: Allowed<Write>,
    ThinData(app): ThinData<App>,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (id, clock) = (TrackId(path::key(&id, KIND)?), app.clock().clone());
    let timer: Timer = app.db().write(move |conn| store::again(conn, &caller, id, &clock)).await??;
    Ok(timer.response())
}
