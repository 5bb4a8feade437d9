//! Feeds: addresses under which a calendar program sees somebody's tracks, without a token of ours, until they end it.
//!
//! * [`list`], [`detail`]: making, seeing and ending them. [`calendar`]: what such an address shows. [`turns`]: how often.
//! * [`token`]: the secret in the address; the database has its digest alone. [`store`]: the SQL.
//! * [`described`]: all of it in words.

pub mod calendar;
pub mod described;
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
