//! `/api/`: where everything else is.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::ThinData;

use crate::App;
use crate::auth::allowed::Allowed;
use crate::wire::{json, metadata};

/// `GET /api/`.
pub async fn get(_: Allowed, ThinData(app): ThinData<App>) -> HttpResponse {
    let mut body = b"{\"activities\":".to_vec();
    json::text(&mut body, &app.url("/api/activities/"));
    body.extend_from_slice(b",\"tracks\":");
    json::text(&mut body, &app.url("/api/tracks/"));
    body.extend_from_slice(b",\"changes\":");
    json::text(&mut body, &app.url("/api/changes/"));
    body.extend_from_slice(b",\"reports\":");
    json::text(&mut body, &app.url("/api/reports/summary/"));
    body.extend_from_slice(b",\"timer\":");
    json::text(&mut body, &app.url("/api/timer/"));
    body.extend_from_slice(b",\"me\":");
    json::text(&mut body, &app.url("/api/me/"));
    body.push(b'}');
    json::response(StatusCode::OK, body)
}

/// `OPTIONS /api/`.
pub async fn options(_: Allowed) -> HttpResponse {
    metadata::response("Api Root", "Where everything is.", None)
}
