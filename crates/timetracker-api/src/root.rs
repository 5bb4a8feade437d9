//! `/api/`: where everything else is.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::ThinData;

use crate::App;
use crate::auth::allowed::Allowed;
use crate::openapi::headers::Header;
use crate::openapi::{self, Answer, Operation};
use crate::pages::docs;
use crate::wire::shape::{Field, Kind, Shape};
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
static ROOT: Shape = Shape {
    name: "Root",
    help: "Where everything is.",
    fields: &[
        Field::new("activities", Kind::Url, "What time is spent on."),
        Field::new("tracks", Kind::Url, "Entries of time."),
        Field::new("changes", Kind::Url, "What changed."),
        Field::new("clients", Kind::Url, "Whom projects are for."),
        Field::new("feeds", Kind::Url, "Addresses for calendar programs."),
        Field::new("projects", Kind::Url, "What activities belong to."),
        Field::new("reports", Kind::Url, "Where the time went."),
        Field::new("tags", Kind::Url, "Names that tracks have."),
        Field::new("timer", Kind::Url, "What runs."),
        Field::new("me", Kind::Url, "Whose token it is."),
    ],
};

/// `GET`, in words.
pub static RETRIEVE: Operation = Operation::new(
    "Where everything is",
    &[Answer { headers: &[Header::Link], ..Answer::ok(&ROOT) }],
)
.help("`Link` leads to this document (`service-desc`) and to the same for people (`service-doc`, RFC 8631).");

/// `GET /api/`. What describes it is linked in a header (RFC 8631): what is in the body is the framework's.
pub async fn get(_: Allowed, ThinData(app): ThinData<App>) -> HttpResponse {
    let mut body = Vec::with_capacity(512);
    for (position, (name, path)) in PLACES.iter().enumerate() {
        body.push(if position == 0 { b'{' } else { b',' });
        json::name(&mut body, name);
        json::text(&mut body, &app.url(path));
    }
    body.push(b'}');
    let mut response = json::response(StatusCode::OK, body);
    let (document, page) = (app.url(openapi::PATH), app.url(docs::PATH));
    let links = format!("<{document}>; rel=\"service-desc\", <{page}>; rel=\"service-doc\"");
    if let Ok(links) = HeaderValue::try_from(links) {
        response.headers_mut().insert(header::LINK, links);
    }
    response
}

/// `OPTIONS /api/`.
pub async fn options(_: Allowed) -> HttpResponse {
    metadata::response("Api Root", "Where everything is.", None)
}
