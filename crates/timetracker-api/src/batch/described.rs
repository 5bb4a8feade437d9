//! A batch in words: for OPTIONS, and for the document.

use super::MOST;
use super::operation::{KINDS, POLICIES, VERBS};
use crate::catalogue::described::{ACTIVITY, CLIENT, PROJECT, TAG};
use crate::openapi::customs::{BRIEFLY, OVERLAPS, RETRIES};
use crate::openapi::{Answer, Operation};
use crate::tracks::described::TRACK;
use crate::wire::shape::{Field, Kind, Shape};

/// One of the changes.
pub static ONE: Shape = Shape {
    name: "Operation",
    help: "One change. `update` and `delete` say which by `id` or, of tracks, by `uid`; `upsert` makes a track of that `uid` or changes \
           it; all but `delete` have `data`.",
    fields: &[
        Field::new("op", Kind::Choice(&VERBS), "What is done.").required(),
        Field::new("type", Kind::Choice(&KINDS), "Of what; a track if nothing is said."),
        Field::new("id", Kind::Id, "Which one."),
        Field::new("uid", Kind::Uid, "Which track."),
        Field::new("data", Kind::PartOf(&[&TRACK, &ACTIVITY, &PROJECT, &CLIENT, &TAG]), "The fields."),
        Field::new("if_version", Kind::Whole(Some(1), None), "Only if it is of this version: otherwise 412."),
        Field::new("overlap", Kind::Choice(&POLICIES), "What becomes of a track that would overlap others."),
    ],
};

/// What is sent.
pub static BATCH: Shape = Shape {
    name: "Batch",
    help: "Changes, in the order in which they are done.",
    fields: &[
        Field::new("atomic", Kind::Boolean, "All are done, or none."),
        Field::new("operations", Kind::List(&Kind::Object(&ONE), MOST), "The changes.").required(),
    ],
};

static OUTCOME: Shape = Shape {
    name: "Outcome",
    help: "What became of one change: what it would have got alone.",
    fields: &[
        Field::new("status", Kind::Whole(Some(200), Some(599)), "The status.").example("201"),
        Field::new("id", Kind::Id, "Of the object, where it is not told whole.").sometimes(),
        Field::new("uid", Kind::Uid, "Of the object, where it is not told whole.").sometimes(),
        Field::new("version", Kind::Whole(Some(1), None), "The version of the object.").sometimes(),
        Field::new("etag", Kind::Any, "Its tag, where it is not told whole.").sometimes(),
        Field::new("body", Kind::Map, "The object, or the refusal.").sometimes(),
    ],
};

static OUTCOMES: Shape = Shape {
    name: "Outcomes",
    help: "What became of each change, in their order.",
    fields: &[Field::new("results", Kind::List(&Kind::Object(&OUTCOME), MOST), "One for each.")],
};

/// `POST`.
pub static POST: Operation = Operation::new("Many changes at once", &[Answer::ok(&OUTCOMES)])
    .help(
        "Up to 500 changes, 1 MiB of them, in one transaction. Each is answered by itself, and needs the scope that it would need alone; \
         with `atomic` all are done, or the answer is 409 with everything that failed. What takes too long is 503, an answer of more \
         than 2 MiB 413: nothing was done then.",
    )
    .takes_json(
        &BATCH,
        r#"{"operations": [
            {"op": "create", "data": {"activity": 1, "start": "2026-11-23T12:00:00Z", "duration": 5400}},
            {"op": "update", "id": 1, "data": {"description": "Reading"}},
            {"op": "create", "type": "tag", "data": {"name": "wide"}}
        ]}"#,
    )
    .follows(&[&OVERLAPS, &RETRIES, &BRIEFLY]);
