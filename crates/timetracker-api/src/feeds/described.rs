//! Feeds in words: for OPTIONS, and for the document.

use super::form::MOST;
use crate::names;
use crate::openapi::customs::{HELD, PAGES, RETRIES};
use crate::openapi::headers::Header;
use crate::openapi::operation::{Answer, Content, Operation, Text};
use crate::wire::shape::{Field, Kind, Shape, Side};

/// A feed.
pub static FEED: Shape = Shape {
    name: "Feed",
    help: "An address at which a calendar program sees tracks.",
    fields: &[
        Field::new("id", Kind::Id, "Its number.").read_only(),
        Field::new("name", Kind::Line(names::LONGEST), "What the calendar is called.").example(r#""Phone""#),
        Field::new(
            "days",
            Kind::Whole(Some(1), Some(MOST)),
            "How many days it goes back; 90 if nothing is said.",
        )
        .example("90"),
        Field::new("created_at", Kind::Instant, "When it was made.").read_only(),
        Field::new(
            "client_id",
            Kind::Any,
            "The client that made it; null for one from before that was kept.",
        )
        .read_only()
        .shown_null(),
        Field::new(
            "last_read_at",
            Kind::Instant,
            "When it was last read, give or take an hour; null if never.",
        )
        .read_only()
        .shown_null(),
        Field::new("url", Kind::Url, "The address: told once, when it is made, and null later.")
            .read_only()
            .shown_null()
            .example(r#""https://time.example.com/api/feeds/ttf_AAAAAdfHxi4g.ics""#),
    ],
};

const ORDERING: Field = Field::new("ordering", Kind::Choices(&["id", "-id"]), "By what; `-` descends.");

/// `GET /api/feeds/`.
pub static LIST: Operation =
    Operation::new("Your feeds, by page", &[Answer::page(&FEED)]).asks(&[ORDERING]).follows(&[&PAGES, &HELD]);

/// `POST /api/feeds/`.
pub static CREATE: Operation = Operation::new("Make a feed", &[Answer::made(&FEED)])
    .help("Whoever has its address sees your tracks, without a token, until it is ended. 409 when there are 20.")
    .takes(&FEED, Side::Whole)
    .follows(&[&RETRIES])
    .refuses(&[409]);

/// `GET` of one.
pub static RETRIEVE: Operation = Operation::new("A feed", &[Answer::tagged(&FEED)]).follows(&[&HELD]);

/// `DELETE` of one.
pub static DELETE: Operation = Operation::new("End a feed", &[Answer::nothing()])
    .help("Nothing is at its address from then on.")
    .follows(&[&RETRIES]);

/// `GET /api/feeds/{token}.ics`.
pub static CALENDAR: Operation = Operation::new(
    "The tracks of a feed, for calendar programs",
    &[Answer {
        status: 200,
        help: "A calendar (RFC 5545).",
        content: Content::Text(&[Text {
            media: "text/calendar",
            example: "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n",
        }]),
        headers: &[Header::ETag],
    }],
)
.help("The address is the secret: no token is asked for.")
.follows(&[&HELD])
.refuses(&[500, 503]);
