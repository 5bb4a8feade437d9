//! An item of the catalogue, and how the wire shows it.

use diesel::Queryable;
use model::id::Uid;
use model::time::Timestamp;
use serde_json::Value;

use super::Kind;
use crate::id::ItemId;
use crate::money::{self, Currency, Rate};
use crate::names;
use crate::wire::json;
use crate::wire::shape::{self, Kind as Of, Shape};

/// An item of any kind. What its kind does not have is empty, and not shown.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// What it is known by in copies.
    pub uid: Uid,
    /// What a client may say of it.
    pub what: What,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// Counts its changes, from 1.
    pub version: i64,
}

/// What a client may say of an item.
#[derive(Clone, Debug, Default, PartialEq, Eq, Queryable)]
pub struct What {
    /// Its name.
    pub name: String,
    /// More about it.
    pub description: String,
    /// What it belongs to; that may have been deleted since.
    pub parent: Option<ItemId>,
    /// `#rrggbb`, in small letters.
    pub color: Option<String>,
    /// Whether new tracks are billable; `None` leaves it to what it belongs to.
    pub billable_default: Option<bool>,
    /// Its rate, as it is kept.
    pub rate: Priced,
    /// Whether it is out of use: nothing new is booked on it.
    pub archived: bool,
}

/// The two columns of a rate: both are there or neither is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Queryable)]
pub struct Priced {
    /// See [`Rate::amount`].
    pub amount: Option<i64>,
    /// See [`Rate::currency`].
    pub currency: Option<Currency>,
}

impl From<Option<Rate>> for Priced {
    fn from(rate: Option<Rate>) -> Self {
        let (amount, currency) = rate.map(|rate| (rate.amount, rate.currency)).unzip();
        Self { amount, currency }
    }
}

impl From<Priced> for Option<Rate> {
    fn from(priced: Priced) -> Self {
        priced.amount.zip(priced.currency).map(|(amount, currency)| Rate { amount, currency })
    }
}

/// A field of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as what it is of an item")]
pub enum Field {
    Id,
    Name,
    Description,
    Uid,
    Project,
    Client,
    Color,
    BillableDefault,
    Rate,
    Archived,
    CreatedAt,
    UpdatedAt,
    Version,
}

impl Field {
    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Name => "name",
            Self::Description => "description",
            Self::Uid => "uid",
            Self::Project => "project",
            Self::Client => "client",
            Self::Color => "color",
            Self::BillableDefault => "billable_default",
            Self::Rate => "rate",
            Self::Archived => "archived",
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
            Self::Version => "version",
        }
    }

    /// What it is.
    pub(super) const fn described(self) -> shape::Field {
        let (kind, help) = match self {
            Self::Id => (Of::Id, "Its number."),
            Self::Name => (Of::Text { most: names::LONGEST, may_be_blank: false }, "Its name."),
            Self::Description => (Of::Text { most: 10_000, may_be_blank: true }, "More about it."),
            Self::Uid => {
                (Of::Uid, "What it is known by in copies. A client may choose it when it makes one.")
            }
            Self::Project => (Of::Key, "The project it belongs to."),
            Self::Client => (Of::Key, "Whom it is for."),
            Self::Color => (Of::Color, "As `#rrggbb`."),
            Self::BillableDefault => {
                (Of::Boolean, "Whether new tracks are billable; null leaves it to what it belongs to.")
            }
            Self::Rate => (Of::Object(&RATE), "What an hour costs. Only for tokens with `rates:read`."),
            Self::Archived => (Of::Boolean, "Whether it is out of use: nothing new is booked on it."),
            Self::CreatedAt => (Of::Instant, "When it was made."),
            Self::UpdatedAt => (Of::Instant, "When it was changed last."),
            Self::Version => (Of::Whole(None, None), "Counts its changes, from 1."),
        };
        let field = shape::Field::new(self.name(), kind, help);
        match self {
            Self::Id | Self::CreatedAt | Self::UpdatedAt => field.read_only(),
            Self::Version => field.read_only().example("1"),
            Self::Name => field.required(),
            Self::Description => field.example(r#""What others wrote""#),
            Self::Project | Self::Client | Self::BillableDefault => field.nullable().example("null"),
            Self::Color => field.nullable(),
            Self::Rate => field.nullable().sometimes(),
            Self::Uid | Self::Archived => field,
        }
    }
}

/// What an hour costs.
static RATE: Shape = Shape {
    name: "Rate",
    help: "What an hour costs, in the smallest unit of the currency.",
    fields: &[
        shape::Field::new("amount", Of::Whole(Some(0), Some(money::MOST)), "9500 is 95.00 EUR.")
            .required()
            .example("9500"),
        shape::Field::new("currency", Of::Currency, "A code of ISO 4217.").required(),
    ],
};

/// The fields of a kind that are shown.
pub(super) fn shown(kind: Kind, with_rate: bool) -> impl Iterator<Item = Field> {
    kind.fields().iter().copied().filter(move |field| with_rate || *field != Field::Rate)
}

/// What OPTIONS says of the fields of a kind.
pub(super) fn described(kind: Kind, with_rate: bool) -> Value {
    shape::metadata(shown(kind, with_rate).map(Field::described))
}

/// An item, as the wire shows it; its rate only to who may see it.
pub(crate) fn write(out: &mut Vec<u8>, kind: Kind, item: &Item, with_rate: bool) {
    for (position, field) in shown(kind, with_rate).enumerate() {
        out.push(if position == 0 { b'{' } else { b',' });
        json::name(out, field.name());
        value(out, item, field);
    }
    out.push(b'}');
}

fn value(out: &mut Vec<u8>, item: &Item, field: Field) {
    match field {
        Field::Id => json::number(out, item.id.0),
        Field::Name => json::text(out, &item.what.name),
        Field::Description => json::text(out, &item.what.description),
        Field::Uid => json::uid(out, item.uid),
        Field::Project | Field::Client => {
            json::or_null(out, item.what.parent, |out, parent| json::number(out, parent.0));
        }
        Field::Color => json::or_null(out, item.what.color.as_deref(), json::text),
        Field::BillableDefault => json::or_null(out, item.what.billable_default, json::boolean),
        Field::Rate => json::or_null(out, item.what.rate.clone().into(), |out, rate: Rate| {
            out.extend_from_slice(b"{\"amount\":");
            json::number(out, rate.amount);
            out.extend_from_slice(b",\"currency\":");
            json::text(out, rate.currency.code());
            out.push(b'}');
        }),
        Field::Archived => json::boolean(out, item.what.archived),
        Field::CreatedAt => json::instant(out, Some(item.created_at)),
        Field::UpdatedAt => json::instant(out, Some(item.updated_at)),
        Field::Version => json::number(out, item.version),
    }
}

pub(super) fn text(kind: Kind, item: &Item, with_rate: bool) -> Vec<u8> {
    let mut body = Vec::with_capacity(384);
    write(&mut body, kind, item, with_rate);
    body
}
