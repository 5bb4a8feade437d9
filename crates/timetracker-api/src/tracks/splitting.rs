//! `/api/tracks/{id}/split/`: one track becomes two.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Path, ThinData};
use model::time::Timestamp;

use super::{KIND, change};
use crate::App;
use crate::auth::allowed::{Allowed, Write};
use crate::id::TrackId;
use crate::wire::error::ApiError;
use crate::wire::fields::{self, Change};
use crate::wire::sent::Sent;
use crate::wire::{json, path};

/// `POST` of `at`: what was before it stays, what came after becomes a track of its own. Answers both.
///
/// # Errors
/// 404, or 400 unless `at` is within the track.
pub async fn post(
    caller: Allowed<Write>,
    ThinData(app): ThinData<App>,
    id: Path<String>,
    sent: Sent,
) -> Result<HttpResponse, ApiError> {
    let id = TrackId(path::key(&id, KIND)?);
    let at = read(&sent);
    let clock = app.clock().clone();
    let parts = app.db().write(move |conn| change::split(conn, &caller, id, at, &clock)).await??;
    let mut body = b"{\"tracks\":[".to_vec();
    for (position, track) in parts.iter().enumerate() {
        if position > 0 {
            body.push(b',');
        }
        super::write(&mut body, track);
    }
    body.extend_from_slice(b"]}");
    Ok(json::response(StatusCode::OK, body))
}

fn read(sent: &Sent) -> Result<Timestamp, ApiError> {
    sent.require_object()?;
    match fields::instant(&sent.field("at", true)) {
        Ok(Change::To(Some(at))) => Ok(at),
        Ok(Change::To(None) | Change::Keep) => Err(ApiError::field("at", fields::REQUIRED)),
        Err(messages) => Err(ApiError::Fields(vec![("at", messages)])),
    }
}
