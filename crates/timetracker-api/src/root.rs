//! `/api/`: where everything else is.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::ThinData;

use crate::App;
use crate::auth::allowed::Allowed;
use crate::wire::{json, metadata};

/// The collections, what always was there first.
const PLACES: [(&str, &str); 10] = [
    ("activities", "/api/activities/"),
    ("tracks", "/api/tracks/"),
    ("changes", "/api/changes/"),
    ("clients", "/api/clients/"),
    ("feeds", "/api/feeds/"),
    ("projects", "/api/projects/"),
    ("reports", "/api/reports/summary/"),
    ("tags", "/api/tags/"),
    ("timer", "/api/timer/"),
    ("me", "/api/me/"),
];

/// `GET /api/`.
pub async fn get(_: Allowed, ThinData(app): ThinData<App>) -> HttpResponse {
    let mut body = Vec::with_capacity(512);
    for (position, (name, path)) in PLACES.iter().enumerate() {
        body.push(if position == 0 { b'{' } else { b',' });
        json::text(&mut body, name);
        body.push(b':');
        json::text(&mut body, &app.url(path));
    }
    body.push(b'}');
    json::response(StatusCode::OK, body)
}

/// `OPTIONS /api/`.
pub async fn options(_: Allowed) -> HttpResponse {
    metadata::response("Api Root", "Where everything is.", None)
}
