//! What the objects of the API are made of, said once: OPTIONS ([`metadata`](super::metadata)) and the OpenAPI document
//! ([`crate::openapi`]) are both made from it. [`options`] has the framework's words, [`schema`] JSON Schema.

mod options;
mod schema;

pub use options::metadata;
use serde_json::{Value, json};

/// An object: its name in the document, and its fields in the order of the wire.
#[derive(Debug)]
pub struct Shape {
    /// Its name.
    pub name: &'static str,
    /// What one is, in a sentence.
    pub help: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
}

/// A field of an object, or a parameter.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a word of its own about a field, and any may go with any"
)]
pub struct Field {
    /// Its name on the wire.
    pub name: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// More about it, for people.
    pub help: &'static str,
    /// One that would do, as JSON; without it, that of its kind.
    example: &'static str,
    /// Whether it has to be sent where an object is made.
    pub is_required: bool,
    /// Whether it is never sent by clients.
    pub is_read_only: bool,
    /// Whether it is never in an answer.
    pub is_write_only: bool,
    /// Whether an answer may leave it out.
    pub is_sometimes: bool,
    /// Whether `null` may be sent.
    pub takes_null: bool,
    /// Whether an answer may say `null`.
    pub shows_null: bool,
}

/// What a value may be.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// The number of an object.
    Id,
    /// The number of another object, or a name of it.
    Key,
    /// A UUID.
    Uid,
    /// A text of at most so many characters; blank only if that is said.
    Text {
        /// The most characters.
        most: usize,
        /// Whether nothing but white space will do.
        may_be_blank: bool,
    },
    /// A text of at most so many characters on one line, not blank.
    Name(usize),
    /// The same, which may be blank.
    Line(usize),
    /// `#rrggbb`.
    Color,
    /// A code of ISO 4217.
    Currency,
    /// Any text at all.
    Any,
    /// Up to so many plain letters, digits and signs, without white space.
    Plain(usize),
    /// A zone of the IANA database, whose name OPTIONS says to be as long as that.
    Zone(Option<usize>),
    /// One of these.
    Choice(&'static [&'static str]),
    /// Some of these, separated by commas.
    Choices(&'static [&'static str]),
    /// Some names of members of this object, separated by commas.
    MembersOf(&'static Shape),
    /// Yes or no.
    Boolean,
    /// A whole number, from the first to the last.
    Whole(Option<i64>, Option<i64>),
    /// An instant.
    Instant,
    /// A day.
    Date,
    /// `hh:mm`.
    Time,
    /// An address.
    Url,
    /// Up to so many of these; any number in answers.
    List(&'static Kind, usize),
    /// An object.
    Object(&'static Shape),
    /// One of several objects.
    OneOf(&'static [&'static Shape]),
    /// Some fields of one of several objects.
    PartOf(&'static [&'static Shape]),
    /// An object of members that depend.
    Map,
    /// Always this.
    Just(&'static str),
}

impl Field {
    /// A field that may be sent, and that every answer has.
    pub const fn new(name: &'static str, kind: Kind, help: &'static str) -> Self {
        Self {
            name,
            kind,
            help,
            example: "",
            is_required: false,
            is_read_only: false,
            is_write_only: false,
            is_sometimes: false,
            takes_null: false,
            shows_null: false,
        }
    }

    /// It has to be sent where an object is made.
    #[must_use]
    pub const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    /// It is never a client's to set.
    #[must_use]
    pub const fn read_only(self) -> Self {
        Self { is_read_only: true, ..self }
    }

    /// It is never in an answer.
    #[must_use]
    pub const fn write_only(self) -> Self {
        Self { is_write_only: true, ..self }
    }

    /// An answer may leave it out.
    #[must_use]
    pub const fn sometimes(self) -> Self {
        Self { is_sometimes: true, ..self }
    }

    /// It may be null.
    #[must_use]
    pub const fn nullable(self) -> Self {
        Self { takes_null: true, shows_null: true, ..self }
    }

    /// An answer may say null, but nobody may send it.
    #[must_use]
    pub const fn shown_null(self) -> Self {
        Self { shows_null: true, ..self }
    }

    /// One that would do, as JSON.
    #[must_use]
    pub const fn example(self, json: &'static str) -> Self {
        Self { example: json, ..self }
    }

    /// One that would do.
    pub fn sample(&self) -> Value {
        if self.example.is_empty() { self.kind.sample() } else { value(self.example) }
    }

    fn is_of(&self, side: Side) -> bool {
        if side.is_ours() { !self.is_write_only } else { !self.is_read_only }
    }
}

/// The names of fields.
pub const fn names<const N: usize>(fields: &[Field; N]) -> [&'static str; N] {
    let mut names = [""; N];
    let (mut to, mut from) = (names.as_mut_slice(), fields.as_slice());
    while let ([name, rest @ ..], [field, others @ ..]) = (to, from) {
        *name = field.name;
        (to, from) = (rest, others);
    }
    names
}

/// Examples are constants of ours; a test reads them all.
pub(crate) fn value(json: &'static str) -> Value {
    serde_json::from_str(json).unwrap_or_default()
}

impl Kind {
    fn sample(&self) -> Value {
        match self {
            Self::Id | Self::Key => Value::from(1),
            Self::Uid => Value::from("019ac9c2-0d3c-7cc0-9a51-5f0c6c0e7a11"),
            Self::Text { .. } | Self::Name(_) | Self::Line(_) | Self::Any | Self::Plain(_) => {
                Value::from("Reading")
            }
            Self::Zone(_) => Value::from("Europe/Berlin"),
            Self::Color => Value::from("#1e90ff"),
            Self::Currency => Value::from("EUR"),
            Self::Choice(words) => Value::from(words.first().copied()),
            Self::Choices(words) => json!(words.get(..1)),
            Self::MembersOf(shape) => json!(shape.names().take(2).collect::<Vec<_>>()),
            Self::Boolean => Value::from(false),
            Self::Whole(least, _) => Value::from(least.unwrap_or_default()),
            Self::Instant => Value::from("2026-11-23T09:00:00Z"),
            Self::Date => Value::from("2026-11-23"),
            Self::Time => Value::from("05:00"),
            Self::Url => Value::from("https://time.example.com/api/"),
            Self::List(kind, _) => json!([kind.sample()]),
            Self::Object(shape) => shape.sample(),
            Self::OneOf(shapes) | Self::PartOf(shapes) => {
                shapes.first().map(|shape| shape.sample()).unwrap_or_default()
            }
            Self::Map => json!({}),
            Self::Just(text) => Value::from(*text),
        }
    }

    /// The objects it is made of, and who says them where one says the whole.
    pub(crate) fn parts(&self, side: Side) -> Vec<(&'static Shape, Side)> {
        match self {
            Self::Object(shape) => vec![(shape, side.within())],
            Self::OneOf(shapes) => shapes.iter().map(|shape| (*shape, side.within())).collect(),
            Self::PartOf(shapes) => shapes.iter().map(|shape| (*shape, Side::Part)).collect(),
            Self::List(kind, _) => kind.parts(side),
            _ => vec![],
        }
    }
}

/// Who says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// A client that makes or replaces an object.
    Whole,
    /// A client that changes some of it.
    Part,
    /// We do.
    Answer,
    /// We do, of what was asked for alone.
    Row,
}

impl Side {
    fn is_ours(self) -> bool {
        matches!(self, Self::Answer | Self::Row)
    }

    /// Who says what is within: an object in another one is always whole.
    const fn within(self) -> Self {
        match self {
            Self::Whole | Self::Part => Self::Whole,
            Self::Answer | Self::Row => Self::Answer,
        }
    }
}

impl Shape {
    /// The names of its fields in answers, in their order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().filter(|field| field.is_of(Side::Answer)).map(|field| field.name)
    }

    /// One, as an answer shows it.
    pub fn sample(&self) -> Value {
        self.sample_of(Side::Answer)
    }

    /// One, as it is sent or answered.
    pub fn sample_of(&self, side: Side) -> Value {
        let fields = self.fields.iter().filter(|field| field.is_of(side) && !field.is_sometimes);
        Value::Object(fields.map(|field| (field.name.to_owned(), field.sample())).collect())
    }
}
