//! Feeds: addresses under which a calendar program sees somebody's tracks, without a token of ours, until they end it.
//!
//! * [`list`], [`detail`]: making, seeing and ending them. [`calendar`]: what such an address shows. [`turns`]: how often.
//! * [`token`]: the secret in the address; the database has its digest alone. [`store`]: the SQL.

pub mod calendar;
pub mod detail;
pub mod form;
pub mod list;
pub mod store;
pub mod token;
pub mod turns;

use actix_web::HttpResponse;
use store::Feed;

use crate::wire::{json, metadata};

/// What the framework calls one in a 404.
const KIND: &str = "Feed";

const MEMBERS: [&str; 7] = ["id", "name", "days", "created_at", "client_id", "last_read_at", "url"];

const FIELDS: &str = r#"{"id":{"type":"integer","required":false,"read_only":true,"label":"ID"},"name":{"type":"string","required":false,"read_only":false,"label":"Name","max_length":100},"days":{"type":"integer","required":false,"read_only":false,"label":"Days","min_value":1,"max_value":400},"created_at":{"type":"datetime","required":false,"read_only":true,"label":"Created at"},"client_id":{"type":"string","required":false,"read_only":true,"label":"Client id"},"last_read_at":{"type":"datetime","required":false,"read_only":true,"label":"Last read at"},"url":{"type":"url","required":false,"read_only":true,"label":"Url"}}"#;

/// A feed, as the wire shows it. Where it is, is told once, when it is made; from then on nobody here knows.
fn write(out: &mut Vec<u8>, feed: &Feed) {
    out.extend_from_slice(b"{\"id\":");
    json::number(out, feed.id.0);
    out.extend_from_slice(b",\"name\":");
    json::text(out, &feed.name);
    out.extend_from_slice(b",\"days\":");
    json::number(out, feed.days);
    out.extend_from_slice(b",\"created_at\":");
    json::instant(out, Some(feed.created_at));
    out.extend_from_slice(b",\"client_id\":");
    json::or_null(out, feed.client.as_deref(), json::text);
    out.extend_from_slice(b",\"last_read_at\":");
    json::instant(out, feed.last_read_at);
    out.extend_from_slice(b",\"url\":null}");
}

fn text(feed: &Feed) -> Vec<u8> {
    let mut body = Vec::with_capacity(192);
    write(&mut body, feed);
    body
}

fn description(name: &str, action: Option<metadata::Action>) -> HttpResponse {
    metadata::response(name, "Addresses for calendar programs.", action)
}
