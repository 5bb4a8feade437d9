//! Activities: what time is spent on. Shared by a workspace, which the wire does not mention.

pub mod detail;
pub mod form;
pub mod list;
pub mod store;

use actix_web::HttpResponse;

use crate::wire::reply::Reply;
use crate::wire::{json, metadata};

/// What the framework calls one in a 404.
const KIND: &str = "Activity";

const FIELDS: &str = r#"{"id":{"type":"integer","required":false,"read_only":true,"label":"ID"},"name":{"type":"string","required":true,"read_only":false,"label":"Name","max_length":100},"description":{"type":"string","required":false,"read_only":false,"label":"Description","max_length":10000}}"#;

/// An activity, as the wire shows it: `{"id":1,"name":"…","description":""}`.
pub(crate) fn write(out: &mut Vec<u8>, activity: &store::Activity) {
    out.extend_from_slice(b"{\"id\":");
    json::number(out, activity.id.0);
    out.extend_from_slice(b",\"name\":");
    json::text(out, &activity.name);
    out.extend_from_slice(b",\"description\":");
    json::text(out, &activity.description);
    out.push(b'}');
}

fn text(activity: &store::Activity) -> Vec<u8> {
    let mut body = Vec::with_capacity(128);
    write(&mut body, activity);
    body
}

/// The answer to a change of one.
fn reply(activity: &store::Activity) -> Reply {
    Reply::object(activity.version, text(activity))
}

fn description(name: &str, method: &'static str, may_write: bool) -> HttpResponse {
    metadata::response(name, "What time is spent on.", may_write.then_some((method, FIELDS)))
}
