//! Tracks: entries of time, each a person's own.
//!
//! * [`list`], [`detail`], [`by_uid`], and what else can be done with one: [`splitting`], [`restoring`].
//! * [`form`]: a track as a client sends it, with [`crate::tags`]. [`store`]: the SQL.

pub mod by_uid;
pub mod detail;
pub mod form;
pub mod list;
pub mod restoring;
pub mod splitting;
pub mod store;

use actix_web::{HttpRequest, HttpResponse};
use store::change::Asked;
use store::row::Track;
use store::schedule::Policy;
pub use store::{change, row, schedule};

use crate::wire::conditional::Conditions;
use crate::wire::error::ApiError;
use crate::wire::query::Parameters;
use crate::wire::reply::Reply;
use crate::wire::{json, metadata};

/// What the framework calls one in a 404.
pub(crate) const KIND: &str = "Track";

/// What one has on the wire, in its order.
const MEMBERS: [&str; 16] = [
    "id",
    "description",
    "start",
    "end",
    "activity",
    "user",
    "uid",
    "tags",
    "billable",
    "duration",
    "running",
    "timezone",
    "source",
    "version",
    "created_at",
    "updated_at",
];

pub(crate) const FIELDS: &str = r#"{"id":{"type":"integer","required":false,"read_only":true,"label":"ID"},"description":{"type":"string","required":false,"read_only":false,"label":"Description","max_length":10000},"start":{"type":"datetime","required":false,"read_only":false,"label":"Start"},"end":{"type":"datetime","required":false,"read_only":false,"label":"End"},"activity":{"type":"field","required":true,"read_only":false,"label":"Activity"},"user":{"type":"field","required":false,"read_only":true,"label":"User"},"uid":{"type":"field","required":false,"read_only":false,"label":"Uid"},"tags":{"type":"list","required":false,"read_only":false,"label":"Tags","child":{"type":"string","required":true,"read_only":false,"max_length":100}},"billable":{"type":"boolean","required":false,"read_only":false,"label":"Billable"},"duration":{"type":"integer","required":false,"read_only":false,"label":"Duration","min_value":0},"running":{"type":"boolean","required":false,"read_only":true,"label":"Running"},"timezone":{"type":"string","required":false,"read_only":false,"label":"Timezone"},"source":{"type":"choice","required":false,"read_only":false,"label":"Source","choices":[{"value":"human","display_name":"Human"},{"value":"agent","display_name":"Agent"},{"value":"import","display_name":"Import"}]},"version":{"type":"integer","required":false,"read_only":true,"label":"Version"},"created_at":{"type":"datetime","required":false,"read_only":true,"label":"Created at"},"updated_at":{"type":"datetime","required":false,"read_only":true,"label":"Updated at"}}"#;

/// A track, as the wire shows it: what it always had, and then what it has come to have.
pub(crate) fn write(out: &mut Vec<u8>, track: &Track) {
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
    write_added(out, track);
    out.push(b'}');
}

fn write_added(out: &mut Vec<u8>, track: &Track) {
    out.extend_from_slice(b",\"uid\":");
    json::uid(out, track.uid);
    out.extend_from_slice(b",\"tags\":");
    json::list(out, track.tags(), json::text);
    out.extend_from_slice(b",\"billable\":");
    json::boolean(out, track.billable);
    out.extend_from_slice(b",\"duration\":");
    match track.duration() {
        Some(seconds) => json::number(out, seconds),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"running\":");
    json::boolean(out, track.is_running());
    out.extend_from_slice(b",\"timezone\":");
    match &track.timezone {
        Some(name) => json::text(out, name),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"source\":");
    json::text(out, &track.source);
    out.extend_from_slice(b",\"version\":");
    json::number(out, track.version);
    out.extend_from_slice(b",\"created_at\":");
    json::instant(out, Some(track.created_at));
    out.extend_from_slice(b",\"updated_at\":");
    json::instant(out, Some(track.updated_at));
}

pub(crate) fn text(track: &Track) -> Vec<u8> {
    let mut body = Vec::with_capacity(512);
    write(&mut body, track);
    body
}

/// The answer to a change of one.
pub(crate) fn reply(track: &Track) -> Reply {
    Reply::object(track.version, text(track))
}

/// The answer to whoever made one.
pub(crate) fn created(track: &Track) -> Reply {
    reply(track).created(format!("/api/tracks/{}/", track.id))
}

fn description(name: &str, method: &'static str, may_write: bool) -> HttpResponse {
    metadata::response(name, "Your entries of time.", may_write.then_some((method, FIELDS)))
}

/// What a request says besides what to change: its conditions, and `?overlap=`.
pub(crate) fn asked(request: &HttpRequest) -> Result<Asked, ApiError> {
    Ok(Asked { policy: policy(request.query_string())?, conditions: Conditions::read(request) })
}

/// What a request says about overlaps: `?overlap=allow`, `reject` or `trim`.
pub(crate) fn policy(query: &str) -> Result<Option<Policy>, ApiError> {
    let query = Parameters::parse(query)?;
    let Some(said) = query.said("overlap") else { return Ok(None) };
    match Policy::named(said) {
        Some(policy) => Ok(Some(policy)),
        None => Err(ApiError::no_such_choice("overlap", said)),
    }
}
