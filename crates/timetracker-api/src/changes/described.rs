//! The feed of changes in words: for the document.

use crate::catalogue::described::{ACTIVITY, CLIENT, PROJECT, TAG};
use crate::openapi::customs::{HELD, WAITS};
use crate::openapi::operation::{Answer, Custom, Operation, Text};
use crate::tracks::described::TRACK;
use crate::wire::shape::{Field, Kind, Shape};

const UPSERT: Field = Field::new("op", Kind::Just("upsert"), "It is there.");

macro_rules! upserted {
    ($name:ident, $shape:expr, $type:literal, $called:literal) => {
        static $name: Shape = Shape {
            name: $called,
            help: "It was made or changed.",
            fields: &[
                Field::new("type", Kind::Just($type), "What it is."),
                UPSERT,
                Field::new("data", Kind::Object($shape), "As it is now."),
            ],
        };
    };
}

upserted!(TRACK_CHANGED, &TRACK, "track", "TrackUpserted");
upserted!(ACTIVITY_CHANGED, &ACTIVITY, "activity", "ActivityUpserted");
upserted!(TAG_CHANGED, &TAG, "tag", "TagUpserted");
upserted!(PROJECT_CHANGED, &PROJECT, "project", "ProjectUpserted");
upserted!(CLIENT_CHANGED, &CLIENT, "client", "ClientUpserted");

static DELETED: Shape = Shape {
    name: "Deleted",
    help: "It is there no more.",
    fields: &[
        Field::new("type", Kind::Choice(&["track", "activity", "tag", "project", "client"]), "What it was."),
        Field::new("op", Kind::Just("delete"), "It is gone."),
        Field::new("id", Kind::Id, "Its number."),
        Field::new("uid", Kind::Uid, "What it is known by in copies."),
        Field::new("version", Kind::Whole(None, None), "Counts its changes, from 1.").example("2"),
    ],
};

static CHANGES: Shape = Shape {
    name: "Changes",
    help: "What changed, in the order it was committed, each as it is now.",
    fields: &[
        Field::new(
            "changes",
            Kind::List(
                &Kind::OneOf(&[
                    &TRACK_CHANGED,
                    &ACTIVITY_CHANGED,
                    &TAG_CHANGED,
                    &PROJECT_CHANGED,
                    &CLIENT_CHANGED,
                    &DELETED,
                ]),
                super::MOST_AT_ONCE,
            ),
            "What changed.",
        ),
        Field::new("cursor", Kind::Any, "Where to go on.").example(r#""MSAxIDQyIHRyYWNrIDk""#),
        Field::new("has_more", Kind::Boolean, "Whether there is more already."),
    ],
};

const SINCE: Field = Field::new("since", Kind::Any, "A cursor of this feed.").example(r#""""#);
const TYPES: Field = Field::new(
    "types",
    Kind::Choices(&["tracks", "activities", "tags", "projects", "clients"]),
    "Only these, separated by commas.",
);

/// `GET /api/changes/`.
pub static LIST: Operation = Operation::new("What changed, for who keeps a copy", &[Answer::tagged(&CHANGES)])
    .help(
        "Ask without `since`, keep what comes, and ask again with the cursor: at once while `has_more`, and later whenever you \
         like. Without `types` it is all that the token shows.",
    )
    .asks(&[
        SINCE,
        TYPES,
        Field::new("limit", Kind::Whole(Some(1), Some(500)), "The most changes at once.").example("100"),
    ])
    .follows(&[&WAITS, &HELD])
    .refuses(&[410]);

/// Going on where a stream ended.
const GOES_ON: Custom = Custom {
    query: &[],
    headers: &[Field::new("Last-Event-ID", Kind::Any, "The last `id`, to go on behind it; before `since`.")
        .example(r#""""#)],
    answers: &[],
    refusals: &[],
};

/// `GET /api/events/`.
pub static EVENTS: Operation = Operation::new(
    "What changes, as it happens",
    &[Answer::text(&[Text {
        media: "text/event-stream",
        example: "event: change\nid: MSAxIDQyIHRyYWNrIDk\ndata: {\"type\": \"track\", \"op\": \"delete\", \"id\": 2, \
                  \"uid\": \"019ac9c2-0d3c-7cc0-9a51-5f0c6c0e7a11\", \"version\": 3}\n\n",
    }])],
)
.help(
    "Server-sent events. The `data` of each `change` is one of `/api/changes/`, its `id` a cursor of that feed; `reset` says that \
     the cursor led nowhere. It begins now, ends when the token does, and costs nothing.",
)
.asks(&[SINCE, TYPES])
.follows(&[&GOES_ON])
.refuses(&[410]);
