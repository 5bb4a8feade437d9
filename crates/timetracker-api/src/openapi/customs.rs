//! What many methods understand, and the refusals that come with it.

use super::headers::Header;
use super::operation::Custom;
use crate::wire::shape::{Field, Kind};

/// An answer that a client may have already.
pub const HELD: Custom = Custom {
    query: &[],
    headers: &[Field::new("If-None-Match", Kind::Any, "Tags of what the client has: it is 304 then.")
        .example(r#""\"0\"""#)],
    answers: &[],
    refusals: &[304],
};

/// A change of something that is there.
pub const CONDITIONS: Custom = Custom {
    query: &[],
    headers: &[
        Field::new("If-Match", Kind::Any, "Only if it is as this tag says: otherwise 412.").example(r#""*""#),
        Field::new(
            "If-None-Match",
            Kind::Any,
            "Only if it is not as these tags say; `*`: only if it is not there.",
        )
        .example(r#""\"0\"""#),
    ],
    answers: &[],
    refusals: &[412],
};

/// A change that may be sent again.
pub const RETRIES: Custom = Custom {
    query: &[],
    headers: &[Field::new(
        "Idempotency-Key",
        Kind::Plain(255),
        "Sent again within a day, the request gets its first answer. The same key for another one is 422.",
    )
    .example(r#""4f1c8a""#)],
    answers: &[Header::Replayed],
    refusals: &[422],
};

/// A list.
pub const PAGES: Custom = Custom {
    query: &[
        Field::new("page", Kind::Whole(Some(1), None), "Which page; `last` is the last one.").example("1"),
        Field::new("page_size", Kind::Whole(Some(1), Some(1_000)), "How many rows it has.").example("20"),
        Field::new(
            "cursor",
            Kind::Any,
            "Instead of `page`, empty to begin, and then as `next` has it: as fast at any depth. With it, `ordering` is one field, \
             and perhaps `id`.",
        )
        .example(r#""""#),
        Field::new(
            "search",
            Kind::Text { most: 200, may_be_blank: true },
            "Words, or phrases in quotes, all of which must be there.",
        ),
    ],
    headers: &[Field::new(
        "Prefer",
        Kind::Choice(&["handling=strict", "handling=lenient"]),
        "Strictly, what is not known here is 400, and not passed over.",
    )],
    answers: &[Header::Link, Header::Applied],
    refusals: &[404],
};

/// An answer that may be told in few words.
pub const BRIEFLY: Custom = Custom {
    query: &[],
    headers: &[Field::new(
        "Prefer",
        Kind::Choice(&["return=minimal", "return=representation"]),
        "Minimally, of each object only what it is known by is told.",
    )],
    answers: &[Header::Applied],
    refusals: &[],
};

/// A track that may overlap others.
pub const OVERLAPS: Custom = Custom {
    query: &[Field::new(
        "overlap",
        Kind::Choice(&["allow", "reject", "trim"]),
        "What becomes of a track that would overlap others; without it, what the person has set up.",
    )],
    headers: &[],
    answers: &[],
    refusals: &[409],
};

/// An answer that may wait until there is something to say.
pub const WAITS: Custom = Custom {
    query: &[Field::new(
        "wait",
        Kind::Whole(Some(0), Some(25)),
        "For how many seconds the answer may wait until there is news.",
    )],
    headers: &[],
    answers: &[],
    refusals: &[],
};
