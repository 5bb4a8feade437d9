//! What a method of a route says of itself: constants beside its handler, from which the document is made.

use super::headers::Header;
use crate::wire::shape::{Field, Kind, Shape, Side};

/// A method of a route.
#[derive(Debug)]
pub struct Operation {
    /// What it does, in a few words.
    pub summary: &'static str,
    /// More about it.
    pub help: &'static str,
    /// What it has in common with others.
    pub customs: &'static [&'static Custom],
    /// What it understands in the query.
    pub query: &'static [Field],
    /// What is sent.
    pub body: Option<Body>,
    /// What is answered when it goes well.
    pub answers: &'static [Answer],
    /// Statuses of refusals, beside those that every route has.
    pub refusals: &'static [u16],
}

/// What several methods understand and may answer.
#[derive(Debug)]
pub struct Custom {
    /// In the query.
    pub query: &'static [Field],
    /// In headers.
    pub headers: &'static [Field],
    /// Headers of answers that are no refusals.
    pub answers: &'static [Header],
    /// Refusals.
    pub refusals: &'static [u16],
}

/// What is sent.
#[derive(Debug)]
pub struct Body {
    /// What it is made of.
    pub shape: &'static Shape,
    /// Whether all that is required must be there.
    pub side: Side,
    /// One that would do, as JSON; without it, one of the examples of the fields.
    pub example: &'static str,
    /// Whether a form does as well.
    pub may_be_form: bool,
}

/// An answer that is no refusal.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// When it comes.
    pub help: &'static str,
    /// What is in it.
    pub content: Content,
    /// The headers it always has.
    pub headers: &'static [Header],
}

/// What is in an answer.
#[derive(Clone, Copy, Debug)]
pub enum Content {
    /// Nothing.
    Nothing,
    /// An object.
    Object(&'static Shape),
    /// A page of a list of them.
    Page(&'static Shape),
    /// An object, or the same in one of these forms.
    OrText(&'static Shape, &'static [Text]),
    /// One of these forms alone.
    Text(&'static [Text]),
}

/// A form that is no JSON.
#[derive(Debug)]
pub struct Text {
    /// Its media type.
    pub media: &'static str,
    /// What one looks like.
    pub example: &'static str,
}

impl Operation {
    /// One that needs nothing but its path.
    pub const fn new(summary: &'static str, answers: &'static [Answer]) -> Self {
        Self { summary, help: "", customs: &[], query: &[], body: None, answers, refusals: &[] }
    }

    /// Says more.
    #[must_use]
    pub const fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    /// It does as others do.
    #[must_use]
    pub const fn follows(mut self, customs: &'static [&'static Custom]) -> Self {
        self.customs = customs;
        self
    }

    /// What it understands in the query.
    #[must_use]
    pub const fn asks(mut self, query: &'static [Field]) -> Self {
        self.query = query;
        self
    }

    /// What is sent.
    #[must_use]
    pub const fn takes(mut self, shape: &'static Shape, side: Side) -> Self {
        self.body = Some(Body { shape, side, example: "", may_be_form: true });
        self
    }

    /// The same, with an example of its own, as JSON.
    #[must_use]
    pub const fn takes_such(mut self, shape: &'static Shape, side: Side, example: &'static str) -> Self {
        self.body = Some(Body { shape, side, example, may_be_form: true });
        self
    }

    /// The same, but a form will not do.
    #[must_use]
    pub const fn takes_json(mut self, shape: &'static Shape, example: &'static str) -> Self {
        self.body = Some(Body { shape, side: Side::Whole, example, may_be_form: false });
        self
    }

    /// How it may refuse.
    #[must_use]
    pub const fn refuses(mut self, statuses: &'static [u16]) -> Self {
        self.refusals = statuses;
        self
    }

    /// All that it understands in the query.
    pub fn parameters(&self) -> impl Iterator<Item = Field> {
        let said = self.query.iter().chain(self.customs.iter().flat_map(|custom| custom.query));
        let rows = self.answers.iter().filter_map(|answer| match answer.content {
            Content::Page(shape) => Some(shape),
            _ => None,
        });
        let of_rows = rows.flat_map(|shape| {
            let names = Kind::MembersOf(shape);
            [
                Field::new("fields", names, "Only these members of each row, separated by commas."),
                Field::new("omit", names, "All members of each row but these."),
            ]
        });
        said.copied().chain(of_rows)
    }

    /// All that it understands in headers.
    pub fn headers(&self) -> impl Iterator<Item = &'static Field> {
        self.customs.iter().flat_map(|custom| custom.headers)
    }

    /// The headers of an answer of its own.
    pub fn answered(&self, answer: &Answer) -> impl Iterator<Item = Header> {
        let by_custom = self.customs.iter().flat_map(|custom| custom.answers);
        answer.headers.iter().chain(by_custom).copied()
    }
}

impl Answer {
    /// 200, with an object.
    pub const fn ok(shape: &'static Shape) -> Self {
        Self { status: 200, help: "As it is.", content: Content::Object(shape), headers: &[] }
    }

    /// 200, with a page of a list.
    pub const fn page(shape: &'static Shape) -> Self {
        Self { status: 200, help: "A page.", content: Content::Page(shape), headers: &[Header::ETag] }
    }

    /// 200, with an object that has a tag.
    pub const fn tagged(shape: &'static Shape) -> Self {
        Self { status: 200, help: "As it is.", content: Content::Object(shape), headers: &[Header::ETag] }
    }

    /// 201, with the object that was made.
    pub const fn created(shape: &'static Shape) -> Self {
        Self {
            status: 201,
            help: "It was made.",
            content: Content::Object(shape),
            headers: &[Header::ETag, Header::Location],
        }
    }

    /// The same, of what has no version.
    pub const fn made(shape: &'static Shape) -> Self {
        Self { headers: &[Header::Location], ..Self::created(shape) }
    }

    /// 200, in one of these forms.
    pub const fn text(forms: &'static [Text]) -> Self {
        Self { status: 200, help: "As it is.", content: Content::Text(forms), headers: &[] }
    }

    /// 204.
    pub const fn nothing() -> Self {
        Self { status: 204, help: "It is done.", content: Content::Nothing, headers: &[] }
    }
}
