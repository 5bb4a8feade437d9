//! What a person has set up, in words: for OPTIONS, and for the document.

use crate::openapi::customs::{CONDITIONS, HELD, RETRIES};
use crate::openapi::{Answer, Operation};
use crate::wire::shape::{Field, Kind, Shape, Side};

const TIMEZONE: Field =
    Field::new("timezone", Kind::Zone(Some(100)), "Of new tracks, and of the days of reports.");
const OVERLAP_POLICY: Field = Field::new(
    "overlap_policy",
    Kind::Choice(&["allow", "reject", "trim"]),
    "What becomes of tracks that would overlap others.",
);
const WEEK_START: Field = Field::new(
    "week_start",
    Kind::Choice(&["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
    "With which day the weeks of reports begin.",
);
const DAY_START: Field = Field::new(
    "day_start",
    Kind::Time,
    "When the days of reports begin: `05:00` lets the night belong to the day before.",
);

/// What may be sent.
pub static SETTINGS: [Field; 4] = [TIMEZONE, OVERLAP_POLICY, WEEK_START, DAY_START];

/// All of it.
static ME: Shape = Shape {
    name: "Me",
    help: "Whose token it is, what it allows, and what counts when a request does not say.",
    fields: &[
        Field::new("id", Kind::Id, "The person's number, as tracks show it.").read_only(),
        Field::new("username", Kind::Any, "Their name there.").read_only().example(r#""ada""#),
        TIMEZONE,
        OVERLAP_POLICY,
        WEEK_START,
        DAY_START,
        Field::new("client_id", Kind::Any, "To whom the token was issued.")
            .read_only()
            .example(r#""c4e024bf""#),
        Field::new("scopes", Kind::List(&Kind::Any, 100), "What the token allows.")
            .read_only()
            .example(r#"["read", "write"]"#),
    ],
};

/// `GET`.
pub static RETRIEVE: Operation =
    Operation::new("Whose token it is, and their settings", &[Answer::tagged(&ME)]).follows(&[&HELD]);

/// `PATCH`.
pub static PATCH: Operation = Operation::new("Change settings", &[Answer::tagged(&ME)])
    .help("What is recorded already stays as it is.")
    .takes(&ME, Side::Part)
    .follows(&[&CONDITIONS, &RETRIES]);
