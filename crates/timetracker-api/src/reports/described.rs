//! Reports in words: for the document.

use crate::openapi::customs::HELD;
use crate::openapi::operation::{Answer, Custom, Operation};
use crate::wire::shape::{Field, Kind, Shape};

const FROM: Field = Field::new("from", Kind::Date, "The first local day.").example(r#""2026-11-23""#);
const TO: Field = Field::new("to", Kind::Date, "The last one.").example(r#""2026-11-29""#);
const TZ: Field = Field::new("tz", Kind::Zone(None), "Whose days: a name of the IANA database.");
const KEYS: [&str; 8] = ["day", "week", "month", "activity", "project", "client", "tags", "billable"];
const MIDNIGHT: Field = Field::new(
    "midnight",
    Kind::Choice(&["split", "start"]),
    "`split`: to each day what was in it; `start`: all of a track to the day it began in.",
);
const DAY_START: Field =
    Field::new("day_start", Kind::Time, "When days begin: `05:00` lets the night belong to the day before.");
const WEEK_START: Field = Field::new(
    "week_start",
    Kind::Choice(&["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
    "With which day weeks begin.",
);
const ROUNDING: Field = Field::new(
    "rounding",
    Kind::Choice(&["none", "up", "down", "nearest"]),
    "Each track's length, when it is reported and never when it is kept.",
);
const RUNNING: Field =
    Field::new("running", Kind::Choice(&["include", "exclude"]), "Whether what runs counts up to now.");

/// How long something was.
pub const SECONDS: Field =
    Field::new("seconds", Kind::Whole(Some(0), None), "How long it was.").example("5400");
/// The same, rounded.
pub const ROUNDED: Field =
    Field::new("rounded_seconds", Kind::Whole(Some(0), None), "The same, rounded, if that was asked for.")
        .sometimes();
const TRACKS: Field = Field::new("tracks", Kind::Whole(Some(0), None), "How many tracks.").example("1");

const AMOUNTS: Kind = Kind::List(&Kind::Object(&AMOUNT), 0);
const MONEY: Field =
    Field::new("money", AMOUNTS, "What it costs, by currency. Only for tokens with `rates:read`.")
        .sometimes();

static AMOUNT: Shape = Shape {
    name: "Amount",
    help: "An amount of money.",
    fields: &[
        Field::new("amount", Kind::Whole(Some(0), None), "In the smallest unit of the currency.")
            .example("14250"),
        Field::new("currency", Kind::Currency, "A code of ISO 4217."),
        Field::new("exponent", Kind::Whole(Some(0), None), "How many digits of it follow the point.")
            .example("2"),
    ],
};

/// How a question was understood.
pub static UNDERSTOOD: Shape = Shape {
    name: "ReportQuery",
    help: "How the question was understood.",
    fields: &[
        FROM,
        TO,
        TZ,
        Field::new("group_by", Kind::Any, "By what, separated by commas.").sometimes().example(r#""day""#),
        MIDNIGHT,
        DAY_START,
        WEEK_START,
        ROUNDING,
        Field::new("rounding_minutes", Kind::Any, "To how many minutes.").sometimes(),
        Field::new("billable", Kind::Choice(&["true", "false"]), "Only those.").sometimes(),
        Field::new("activity", Kind::Any, "Only of this one.").sometimes(),
        Field::new("project", Kind::Any, "Only of this one.").sometimes(),
        Field::new("client", Kind::Any, "Only for this one.").sometimes(),
        Field::new("tag", Kind::Any, "Only with this one, as it is compared.").sometimes(),
        RUNNING,
    ],
};

static SUM: Shape =
    Shape { name: "Sum", help: "What it comes to.", fields: &[SECONDS, ROUNDED, TRACKS, MONEY] };

static GROUP: Shape = Shape {
    name: "SummaryGroup",
    help: "A group, with a member for each of `group_by`.",
    fields: &[
        Field::new("day", Kind::Date, "The local day.").sometimes(),
        Field::new("week", Kind::Date, "The first day of the week.").sometimes(),
        Field::new("month", Kind::Any, "`2026-11`.").sometimes().example(r#""2026-11""#),
        Field::new("activity", Kind::Key, "The activity.").sometimes(),
        Field::new("project", Kind::Key, "Its project, if it has one.").sometimes().shown_null(),
        Field::new("client", Kind::Key, "Whom it is for, if for anybody.").sometimes().shown_null(),
        Field::new("tags", Kind::List(&Kind::Any, 20), "All tags of a track are one group.").sometimes(),
        Field::new("billable", Kind::Boolean, "Whether somebody is to pay for it.").sometimes(),
        SECONDS,
        ROUNDED,
        TRACKS,
        MONEY,
    ],
};

static SUMMARY: Shape = Shape {
    name: "Summary",
    help: "Where the time went.",
    fields: &[
        Field::new("query", Kind::Object(&UNDERSTOOD), "How the question was understood."),
        Field::new("total", Kind::Object(&SUM), "All of it."),
        Field::new("groups", Kind::List(&Kind::Object(&GROUP), 0), "The groups, in their order."),
    ],
};

/// What reports may be asked.
pub static ASKED: Custom = Custom {
    query: &[
        FROM,
        TO,
        TZ,
        MIDNIGHT,
        DAY_START,
        WEEK_START,
        ROUNDING,
        Field::new("rounding_minutes", Kind::Whole(Some(1), Some(480)), "To how many minutes.").example("15"),
        Field::new("billable", Kind::Boolean, "Only those."),
        Field::new("activity", Kind::Key, "Only of this one."),
        Field::new("project", Kind::Key, "Only of this one."),
        Field::new("client", Kind::Key, "Only for this one."),
        Field::new("tag", Kind::Any, "Only with this one.").example(r#""deep""#),
        RUNNING,
    ],
    headers: &[],
    answers: &[],
    refusals: &[],
};

/// `GET /api/reports/summary/`.
pub static SUMMARY_OF: Operation = Operation::new("Where the time went", &[Answer::tagged(&SUMMARY)])
    .help("What is not said is the seven days up to today, by day, and as the person has set it up. 400 days at most.")
    .asks(&[Field::new("group_by", Kind::Choices(&KEYS), "Up to three of them, separated by commas.")])
    .follows(&[&ASKED, &HELD]);
