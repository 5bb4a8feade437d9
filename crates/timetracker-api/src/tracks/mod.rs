//! Tracks: entries of time, each a person's own.
//!
//! * [`list`], [`detail`], [`by_uid`], and what else can be done with one: [`splitting`], [`restoring`].
//! * [`form`]: a track as a client sends it, with [`crate::tags`] and [`source`]. [`store`]: the SQL. [`described`]: all of it in words.

pub mod by_uid;
pub mod described;
pub mod detail;
pub mod form;
pub mod list;
pub mod restoring;
pub mod source;
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
use crate::wire::{json, metadata, shape};

/// What the framework calls one in a 404.
pub(crate) const KIND: &str = "Track";

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
    json::text(out, track.source.name());
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

/// What may be sent, to whoever may write.
pub(crate) fn action(method: &'static str, may_write: bool) -> Option<metadata::Action> {
    may_write.then(|| (method, shape::metadata(described::TRACK.fields.iter().copied())))
}

fn description(name: &str, method: &'static str, may_write: bool) -> HttpResponse {
    metadata::response(name, "Your entries of time.", action(method, may_write))
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
