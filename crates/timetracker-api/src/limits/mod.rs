//! `/api/limits/`: what is left of the quota. It costs nothing to ask, also when nothing is left.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::ThinData;
use serde_json::json;

use crate::App;
use crate::auth::allowed::Allowed;
use crate::auth::meter::WINDOW;
use crate::openapi::{Answer, Operation};
use crate::wire::shape::{Field, Kind, Shape};
use crate::wire::{json, metadata};

const NONE: &str = "Null where there is no limit.";

static LIMITS: Shape = Shape {
    name: "Limits",
    help: "What is left of the quota.",
    fields: &[
        Field::new("limit", Kind::Whole(Some(0), None), NONE).shown_null().example("6000"),
        Field::new("window", Kind::Whole(Some(0), None), NONE).shown_null().example("3600"),
        Field::new("remaining", Kind::Whole(Some(0), None), NONE).shown_null().example("5990"),
        Field::new("more_in", Kind::Whole(Some(0), None), NONE).shown_null().example("1"),
        Field::new("whole_in", Kind::Whole(Some(0), None), NONE).shown_null().example("6"),
    ],
};

/// `GET`, in words.
pub static RETRIEVE: Operation = Operation::new("What is left of the quota", &[Answer::ok(&LIMITS)])
    .help("So many requests in a window of so many seconds; how many are left, and in how many seconds there is one more and all of them are there again. Costs nothing.");

/// `GET`: how many requests there are in a window of so many seconds, how many are left, and in how many seconds there is
/// one more and all of them are there again; `null` where there is no limit.
pub async fn get(caller: Allowed, ThinData(app): ThinData<App>) -> HttpResponse {
    let said =
        app.limit().map(|limit| (limit.quota, caller.meter.asked.left(limit.quota, app.clock().steady())));
    let body = json!({
        "limit": said.map(|(quota, _)| quota.requests()),
        "window": said.map(|_| WINDOW.as_secs()),
        "remaining": said.map(|(_, left)| left.requests),
        "more_in": said.map(|(_, left)| left.more_in),
        "whole_in": said.map(|(_, left)| left.whole_in),
    });
    json::response(StatusCode::OK, body.to_string().into_bytes())
}

/// `OPTIONS`.
pub async fn options(_: Allowed) -> HttpResponse {
    metadata::response("Limits", "What is left of your quota.", None)
}
