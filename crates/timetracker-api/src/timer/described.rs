//! The timer in words: for the document.

use crate::openapi::customs::{CONDITIONS, HELD, OVERLAPS, RETRIES, WAITS};
use crate::openapi::{Answer, Operation};
use crate::tracks::described::TRACK;
use crate::wire::shape::{Field, Kind, Shape, Side};

const RUNNING: Field = Field::new("running", Kind::Object(&TRACK), "What runs.").nullable();
const NOW: Field = Field::new(
    "server_time",
    Kind::Instant,
    "What the server's clock says, so that nobody need trust another.",
);

/// What runs.
static TIMER: Shape = Shape { name: "Timer", help: "What runs, if anything does.", fields: &[RUNNING, NOW] };

/// What a change of it answers.
static CHANGED: Shape = Shape {
    name: "ChangedTimer",
    help: "What runs, and what was stopped.",
    fields: &[
        RUNNING,
        Field::new("stopped", Kind::Object(&TRACK), "What ran until now, or last.").nullable(),
        Field::new("clamped", Kind::Boolean, "There when it was stopped elsewhere than was asked.")
            .sometimes(),
        NOW,
    ],
};

/// `GET`.
pub static RETRIEVE: Operation = Operation::new("What runs", &[Answer::tagged(&TIMER)])
    .help("With `wait`, as soon as something else runs than `If-None-Match` says, or than did at first.")
    .follows(&[&WAITS, &HELD]);

/// `PUT`.
pub static START: Operation = Operation::new("Start, or switch", &[Answer::ok(&CHANGED)])
    .help(
        "What is sent runs from now on, or from its start on, and what ran stops then. Without an activity it is the one used \
         last. With a `uid` it can be sent again. With `timer:write` alone it starts about now, and says nothing of whose it is or of \
         overlaps.",
    )
    .asks(&[Field::new("on_running", Kind::Choice(&["stop", "reject"]), "`reject`: 409 instead of stopping anything.")])
    .takes_such(&TRACK, Side::Part, r#"{"activity": 1, "description": "Reading"}"#)
    .follows(&[&OVERLAPS, &CONDITIONS, &RETRIES]);

/// `PATCH`.
pub static EDIT: Operation = Operation::new("Change what runs", &[Answer::ok(&CHANGED)])
    .help("409 when nothing runs.")
    .takes_such(&TRACK, Side::Part, r#"{"description": "Writing"}"#)
    .follows(&[&OVERLAPS, &CONDITIONS, &RETRIES]);

/// `DELETE`.
pub static STOP: Operation = Operation::new("Stop", &[Answer::ok(&CHANGED)])
    .help(
        "Sent again it changes nothing and answers the same. With `timer:write` alone it ends about now, and what was stopped before is \
         not told.",
    )
    .asks(&[
        Field::new("at", Kind::Instant, "When it ended, if not now."),
        Field::new("discard", Kind::Boolean, "Delete it instead; needs `tracks:write`."),
    ])
    .follows(&[&OVERLAPS, &CONDITIONS, &RETRIES]);

/// `POST /api/tracks/{id}/continue/`.
pub static CONTINUE: Operation = Operation::new("The same again, from now on", &[Answer::ok(&CHANGED)])
    .follows(&[&OVERLAPS, &CONDITIONS, &RETRIES]);
