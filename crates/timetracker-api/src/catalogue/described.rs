//! The catalogue in words: for OPTIONS, and for the document.

use super::{Kind, item};
use crate::openapi::customs::{CONDITIONS, HELD, PAGES, RETRIES};
use crate::openapi::{Answer, Operation};
use crate::wire::shape::{self, Field, Shape, Side};

/// What can be done with a kind.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is named as what it does")]
pub struct Described {
    pub list: Operation,
    pub create: Operation,
    pub retrieve: Operation,
    pub update: Operation,
    pub patch: Operation,
    pub delete: Operation,
}

/// The fields of a kind.
const fn fields<const N: usize>(kind: Kind) -> [Field; N] {
    let known = kind.fields();
    assert!(known.len() == N, "a kind has other fields than are described");
    let mut fields = [item::Field::Id.described(); N];
    let (mut to, mut from) = (fields.as_mut_slice(), known);
    while let ([field, rest @ ..], [known, others @ ..]) = (to, from) {
        *field = known.described();
        (to, from) = (rest, others);
    }
    fields
}

const ORDERING: Field = Field::new(
    "ordering",
    shape::Kind::Choices(&[
        "id",
        "-id",
        "name",
        "-name",
        "created_at",
        "-created_at",
        "updated_at",
        "-updated_at",
    ]),
    "By what, separated by commas; `-` descends.",
);
const ARCHIVED: Field =
    Field::new("archived", shape::Kind::Boolean, "Only those that are out of use, or are not.");
const OF_PROJECT: Field = Field::new("project", shape::Kind::Key, "Only of this project.");
const OF_CLIENT: Field = Field::new("client", shape::Kind::Key, "Only for this client.");

macro_rules! described {
    ($all:ident, $one:ident, $kind:expr, $fields:literal, $name:literal, $help:literal, $a:literal, $many:literal, $narrowed:expr) => {
        #[doc = $help]
        pub static $one: Shape =
            Shape { name: $name, help: $help, fields: &const { fields::<$fields>($kind) } };

        #[doc = concat!("What can be done with ", $many, ".")]
        pub static $all: Described = Described {
            list: Operation::new(concat!("List ", $many), &[Answer::page(&$one)])
                .asks($narrowed)
                .follows(&[&PAGES, &HELD]),
            create: Operation::new(concat!("Make ", $a), &[Answer::created(&$one)])
                .takes(&$one, Side::Whole)
                .follows(&[&RETRIES]),
            retrieve: Operation::new(concat!("Show ", $a), &[Answer::tagged(&$one)]).follows(&[&HELD]),
            update: Operation::new(concat!("Replace ", $a), &[Answer::tagged(&$one)])
                .help("Required fields must be there; those left out keep their value.")
                .takes_such(&$one, Side::Whole, r##"{"name": "Writing", "color": "#1e90ff"}"##)
                .follows(&[&CONDITIONS, &RETRIES]),
            patch: Operation::new(concat!("Change ", $a), &[Answer::tagged(&$one)])
                .takes_such(&$one, Side::Part, r#"{"archived": true}"#)
                .follows(&[&CONDITIONS, &RETRIES]),
            delete: Operation::new(concat!("Delete ", $a), &[Answer::nothing()])
                .help("What refers to it stays.")
                .follows(&[&CONDITIONS, &RETRIES]),
        };
    };
}

described!(
    ACTIVITIES,
    ACTIVITY,
    Kind::Activity,
    12,
    "Activity",
    "What time is spent on.",
    "an activity",
    "activities",
    &[ORDERING, ARCHIVED, OF_PROJECT, OF_CLIENT]
);
described!(
    PROJECTS,
    PROJECT,
    Kind::Project,
    11,
    "Project",
    "What activities belong to.",
    "a project",
    "projects",
    &[ORDERING, ARCHIVED, OF_CLIENT]
);
described!(
    CLIENTS,
    CLIENT,
    Kind::Client,
    9,
    "Client",
    "Whom projects are for.",
    "a client",
    "clients",
    &[ORDERING, ARCHIVED]
);
described!(
    TAGS,
    TAG,
    Kind::Tag,
    8,
    "Tag",
    "A name that tracks have.",
    "a tag",
    "tags",
    &[ORDERING, ARCHIVED]
);
