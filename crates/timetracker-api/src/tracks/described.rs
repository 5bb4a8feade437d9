//! A track in words: for OPTIONS, and for the document.

use super::source::Source;
use crate::names;
use crate::openapi::customs::{CONDITIONS, HELD, OVERLAPS, PAGES, RETRIES};
use crate::openapi::{Answer, Operation};
use crate::tags;
use crate::wire::shape::{self, Field, Kind, Shape, Side};

const FIELDS: [Field; 16] = [
    Field::new("id", Kind::Id, "Its number.").read_only(),
    Field::new("description", Kind::Text { most: 10_000, may_be_blank: true }, "What was done."),
    Field::new("start", Kind::Instant, "When it began.").nullable(),
    Field::new("end", Kind::Instant, "When it ended: not before the start, and at most 31 days behind it.")
        .nullable()
        .example(r#""2026-11-23T10:30:00Z""#),
    Field::new("activity", Kind::Key, "What it was spent on.").required(),
    Field::new("user", Kind::Key, "Whose it is.").read_only(),
    Field::new("uid", Kind::Uid, "What it is known by in copies. A client may choose it when it makes one."),
    Field::new(
        "tags",
        Kind::List(&Kind::Name(names::LONGEST), tags::MOST),
        "Names; those that are not there yet are made.",
    )
    .example(r#"["deep"]"#),
    Field::new("billable", Kind::Boolean, "Whether somebody is to pay for it."),
    Field::new(
        "duration",
        Kind::Whole(Some(0), None),
        "Its length in seconds, null until it has ended. May be sent instead of the end; if both are, they must agree.",
    )
    .nullable()
    .example("5400"),
    Field::new("running", Kind::Boolean, "Whether it runs.").read_only(),
    Field::new("timezone", Kind::Zone(None), "Where the person was: a name of the IANA database. Null of what is older than the field.")
        .shown_null(),
    Field::new("source", Kind::Choice(&Source::NAMES), "Who wrote it."),
    Field::new("version", Kind::Whole(None, None), "Counts its changes, from 1.").read_only().example("1"),
    Field::new("created_at", Kind::Instant, "When it was made.").read_only(),
    Field::new("updated_at", Kind::Instant, "When it was changed last.").read_only(),
];

/// What one has on the wire, in its order.
pub const MEMBERS: [&str; 16] = shape::names(&FIELDS);

/// A track.
pub static TRACK: Shape = Shape {
    name: "Track",
    help: "An entry of time: without a start a draft, with a start and no end it runs.",
    fields: &FIELDS,
};

const NARROWED: &[Field] = &[
    Field::new(
        "ordering",
        Kind::Choices(&["id", "-id", "start", "-start", "activity", "-activity"]),
        "By what, separated by commas; `-` descends.",
    ),
    Field::new("activity", Kind::Key, "Only of this one."),
    Field::new("user", Kind::Key, "Only this person's, which can only be you."),
    Field::new(
        "tag",
        Kind::List(&Kind::Name(names::LONGEST), tags::MOST),
        "Only with this one; again for each.",
    )
    .example(r#"["deep"]"#),
    Field::new("start_after", Kind::Instant, "Only what began then or later."),
    Field::new("start_before", Kind::Instant, "Only what began before."),
    Field::new("end_after", Kind::Instant, "Only what ended then or later."),
    Field::new("end_before", Kind::Instant, "Only what ended before."),
    Field::new("running", Kind::Boolean, "Only what runs, or does not."),
    Field::new("billable", Kind::Boolean, "Only what somebody is to pay for, or nobody is."),
    Field::new("source", Kind::Choice(&Source::NAMES), "Only what these wrote."),
];

/// `GET /api/tracks/`.
pub static LIST: Operation =
    Operation::new("Your tracks, by page", &[Answer::page(&TRACK)]).asks(NARROWED).follows(&[&PAGES, &HELD]);

/// `POST /api/tracks/`.
pub static CREATE: Operation = Operation::new("Make a track", &[Answer::created(&TRACK)])
    .help("Without an end it runs, and what ran stops when it begins.")
    .takes_such(
        &TRACK,
        Side::Whole,
        r#"{"activity": 1, "description": "Reading", "start": "2026-11-24T09:00:00Z", "duration": 5400, "tags": ["deep"]}"#,
    )
    .follows(&[&OVERLAPS, &RETRIES]);

/// `GET` of one.
pub static RETRIEVE: Operation = Operation::new("A track", &[Answer::tagged(&TRACK)]).follows(&[&HELD]);

/// `PUT` of one.
pub static UPDATE: Operation = Operation::new("Replace a track", &[Answer::tagged(&TRACK)])
    .help("Required fields must be there; those left out keep their value.")
    .takes_such(
        &TRACK,
        Side::Whole,
        r#"{"activity": 1, "description": "Reading", "start": "2026-11-23T09:00:00Z", "duration": 3600}"#,
    )
    .follows(&[&OVERLAPS, &CONDITIONS, &RETRIES]);

/// `PATCH` of one.
pub static PATCH: Operation = Operation::new("Change a track", &[Answer::tagged(&TRACK)])
    .takes_such(&TRACK, Side::Part, r#"{"description": "Writing", "billable": true}"#)
    .follows(&[&OVERLAPS, &CONDITIONS, &RETRIES]);

/// `DELETE` of one.
pub static DELETE: Operation = Operation::new("Delete a track", &[Answer::nothing()])
    .help("It can be restored.")
    .follows(&[&CONDITIONS, &RETRIES]);

/// `PUT /api/tracks/by-uid/{uid}/`.
pub static UPSERT: Operation =
    Operation::new("Make a track, or replace it", &[Answer::tagged(&TRACK), Answer::created(&TRACK)])
        .help("As often as it is sent. With `If-None-Match: *` it is only made. 409 when it was deleted.")
        .takes_such(
            &TRACK,
            Side::Whole,
            r#"{"activity": 1, "start": "2026-11-23T09:00:00Z", "duration": 3600}"#,
        )
        .follows(&[&OVERLAPS, &CONDITIONS, &RETRIES]);

/// Where a track is cut.
static CUT: Shape = Shape {
    name: "Split",
    help: "Where a track is cut in two.",
    fields: &[Field::new("at", Kind::Instant, "An instant within the track.")
        .required()
        .write_only()
        .example(r#""2026-11-23T09:30:00Z""#)],
};

/// What becomes of it.
static PARTS: Shape = Shape {
    name: "Parts",
    help: "Both tracks: what was before the cut, which is the same one, and what came after.",
    fields: &[Field::new("tracks", Kind::List(&Kind::Object(&TRACK), 2), "Both.")],
};

/// `POST …/split/`.
pub static SPLIT: Operation = Operation::new("Cut a track in two", &[Answer::ok(&PARTS)])
    .takes(&CUT, Side::Whole)
    .follows(&[&OVERLAPS, &CONDITIONS, &RETRIES]);

/// `POST …/restore/`.
pub static RESTORE: Operation = Operation::new("Bring a deleted track back", &[Answer::tagged(&TRACK)])
    .help("One that is there stays as it is.")
    .follows(&[&OVERLAPS, &CONDITIONS, &RETRIES]);
