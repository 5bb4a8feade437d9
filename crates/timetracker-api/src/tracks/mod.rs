//! Tracks: entries of time, each a person's own.

pub mod detail;
pub mod form;
pub mod list;
pub mod store;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use crate::wire::{json, metadata};

/// What the framework calls one in a 404.
const KIND: &str = "Track";

const FIELDS: &str = r#"{"id":{"type":"integer","required":false,"read_only":true,"label":"ID"},"description":{"type":"string","required":false,"read_only":false,"label":"Description","max_length":10000},"start":{"type":"datetime","required":false,"read_only":false,"label":"Start"},"end":{"type":"datetime","required":false,"read_only":false,"label":"End"},"activity":{"type":"field","required":true,"read_only":false,"label":"Activity"},"user":{"type":"field","required":false,"read_only":true,"label":"User"}}"#;

/// A track, as the wire shows it: `id, description, start, end, activity, user`.
fn write(out: &mut Vec<u8>, track: &store::Track) {
    out.extend_from_slice(b"{\"id\":");
    json::number(out, track.id.0);
    out.extend_from_slice(b",\"description\":");
    json::text(out, &track.description);
    out.extend_from_slice(b",\"start\":");
    json::instant(out, track.start);
    out.extend_from_slice(b",\"end\":");
    json::instant(out, track.end);
    out.extend_from_slice(b",\"activity\":");
    json::number(out, track.activity.0);
    out.extend_from_slice(b",\"user\":");
    json::number(out, track.person.0);
    out.push(b'}');
}

fn response(status: StatusCode, track: &store::Track) -> HttpResponse {
    let mut body = Vec::with_capacity(192);
    write(&mut body, track);
    json::response(status, body)
}

fn description(name: &str, method: &'static str, may_write: bool) -> HttpResponse {
    metadata::response(name, "Your entries of time.", may_write.then_some((method, FIELDS)))
}
