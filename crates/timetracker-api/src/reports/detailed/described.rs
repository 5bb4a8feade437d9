//! Detailed reports in words: for the document.

use crate::openapi::customs::HELD;
use crate::openapi::headers::Header;
use crate::openapi::operation::{Answer, Content, Operation, Text};
use crate::reports::described::{ASKED, ROUNDED, SECONDS, UNDERSTOOD};
use crate::wire::shape::{Field, Kind, Shape};

static ROW: Shape = Shape {
    name: "ReportRow",
    help: "What of a track lies in one day.",
    fields: &[
        Field::new("track", Kind::Key, "The track."),
        Field::new("uid", Kind::Uid, "What it is known by in copies."),
        Field::new("day", Kind::Date, "The local day."),
        Field::new("start", Kind::Instant, "When this part of it began."),
        Field::new("end", Kind::Instant, "When it ended; now, if it runs.")
            .example(r#""2026-11-23T10:30:00Z""#),
        SECONDS,
        ROUNDED,
        Field::new("activity", Kind::Key, "What it was spent on."),
        Field::new("activity_name", Kind::Any, "Its name."),
        Field::new("project", Kind::Key, "Its project, if it has one.").shown_null(),
        Field::new("project_name", Kind::Any, "Its name.").shown_null().example(r#""Pumps""#),
        Field::new("client", Kind::Key, "Whom it is for, if for anybody.").shown_null(),
        Field::new("client_name", Kind::Any, "Their name.").shown_null().example(r#""Ada Ltd""#),
        Field::new("description", Kind::Any, "What was done.").example(r#""""#),
        Field::new("tags", Kind::List(&Kind::Any, 0), "Its tags.").example(r#"["deep"]"#),
        Field::new("billable", Kind::Boolean, "Whether somebody is to pay for it."),
        Field::new("running", Kind::Boolean, "Whether it runs."),
        Field::new("source", Kind::Any, "Who wrote it.").example(r#""human""#),
    ],
};

static DETAILED: Shape = Shape {
    name: "Detailed",
    help: "A page of the tracks behind a summary.",
    fields: &[
        Field::new("query", Kind::Object(&UNDERSTOOD), "How the question was understood."),
        Field::new("next", Kind::Url, "Where the next page is.").shown_null().example("null"),
        Field::new("results", Kind::List(&Kind::Object(&ROW), 0), "The rows, by when they began."),
    ],
};

const FORMS: [Text; 2] = [
    Text {
        media: "text/csv",
        example: "day,start,end,local_start,local_end,utc_offset,tz,seconds,rounded_seconds,client,project,activity,activity_id,\
                  description,tags,billable,running,source,track,uid\r\n2026-11-23,2026-11-23T09:00:00Z,2026-11-23T10:30:00Z,\
                  2026-11-23 10:00:00,2026-11-23 11:30:00,+01:00,Europe/Berlin,5400,5400,,,Reading,1,,deep,false,false,human,1,\
                  019ac9c2-0d3c-7cc0-9a51-5f0c6c0e7a11\r\n",
    },
    Text {
        media: "application/x-ndjson",
        example: "{\"track\":1,\"day\":\"2026-11-23\",\"seconds\":5400,\"activity\":1,\"activity_name\":\"Reading\"}\n",
    },
];

/// `GET /api/reports/detailed/`.
pub static DETAILED_OF: Operation = Operation::new(
    "The tracks behind it",
    &[Answer {
        status: 200,
        help: "A page; or all of it, as a table or as lines of JSON.",
        content: Content::OrText(&DETAILED, &FORMS),
        headers: &[Header::SomeETag],
    }],
)
.help(
    "Cut as a summary cuts them: the rows add up to its sums. A page is of 400 days at most; as a table or as lines of JSON, the rows of \
     up to a hundred years come at once.",
)
.asks(&[
    Field::new("cursor", Kind::Any, "As `next` has it.").example(r#""""#),
    Field::new("page_size", Kind::Whole(Some(1), Some(1_000)), "How many tracks a page has.").example("100"),
    Field::new("format", Kind::Choice(&["json", "csv", "ndjson"]), "In which form; `Accept` says it as well."),
])
.follows(&[&ASKED, &HELD])
.refuses(&[404]);
