//! `/api/tracks/{id}/split/`: one track becomes two.

use actix_web::web::{Path, ThinData};
use actix_web::{HttpRequest, HttpResponse};
use model::time::Timestamp;

use super::row::Track;
use super::{KIND, change};
use crate::App;
use crate::auth::allowed::Allowed;
use crate::id::TrackId;
use crate::retries::{self, Retry};
use crate::wire::error::ApiError;
use crate::wire::fields;
use crate::wire::json;
use crate::wire::path;
use crate::wire::reply::Reply;
use crate::wire::sent::Sent;

/// `POST` of `at`: what was before it stays, what came after becomes a track of its own. Answers both.
///
/// # Errors
/// 404, or 400 unless `at` is within the track.
pub async fn post(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    id: Path<String>,
    request: HttpRequest,
    sent: Sent,
) -> Result<HttpResponse, ApiError> {
    let id = TrackId(path::key(&id, KIND)?);
    let (at, asked) = (read(&sent), super::asked(&request)?);
    retries::once(&app, caller.caller(), Retry::read(&request, &sent)?, move |conn, caller, stamp| {
        Ok(change::split(conn, caller, id, at, &asked, stamp)?.map(|parts| Reply::plain(both(&parts))))
    })
    .await
}

fn both(parts: &[Track; 2]) -> Vec<u8> {
    let mut body = b"{\"tracks\":".to_vec();
    json::list(&mut body, parts, super::write);
    body.push(b'}');
    body
}

fn read(sent: &Sent) -> Result<Timestamp, ApiError> {
    sent.require_object()?;
    let at = fields::instant(&sent.field("at", true)).map_err(ApiError::of_field("at"))?.over(None);
    at.ok_or_else(|| ApiError::field("at", fields::REQUIRED))
}
