//! An item of the catalogue, and how the wire shows it.

use diesel::Queryable;
use model::id::Uid;
use model::time::Timestamp;

use super::Kind;
use crate::id::ItemId;
use crate::money::{Currency, Rate};
use crate::wire::json;

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

    /// What OPTIONS says of it.
    const fn metadata(self) -> &'static str {
        match self {
            Self::Id => r#"{"type":"integer","required":false,"read_only":true,"label":"ID"}"#,
            Self::Name => {
                r#"{"type":"string","required":true,"read_only":false,"label":"Name","max_length":100}"#
            }
            Self::Description => {
                r#"{"type":"string","required":false,"read_only":false,"label":"Description","max_length":10000}"#
            }
            Self::Uid => r#"{"type":"field","required":false,"read_only":false,"label":"Uid"}"#,
            Self::Project => r#"{"type":"field","required":false,"read_only":false,"label":"Project"}"#,
            Self::Client => r#"{"type":"field","required":false,"read_only":false,"label":"Client"}"#,
            Self::Color => {
                r#"{"type":"string","required":false,"read_only":false,"label":"Color","max_length":7}"#
            }
            Self::BillableDefault => {
                r#"{"type":"boolean","required":false,"read_only":false,"label":"Billable default"}"#
            }
            Self::Rate => {
                r#"{"type":"nested object","required":false,"read_only":false,"label":"Rate","children":{"amount":{"type":"integer","required":true,"read_only":false,"label":"Amount","min_value":0},"currency":{"type":"string","required":true,"read_only":false,"label":"Currency","max_length":3}}}"#
            }
            Self::Archived => r#"{"type":"boolean","required":false,"read_only":false,"label":"Archived"}"#,
            Self::CreatedAt => {
                r#"{"type":"datetime","required":false,"read_only":true,"label":"Created at"}"#
            }
            Self::UpdatedAt => {
                r#"{"type":"datetime","required":false,"read_only":true,"label":"Updated at"}"#
            }
            Self::Version => r#"{"type":"integer","required":false,"read_only":true,"label":"Version"}"#,
        }
    }
}

/// The fields of a kind that are shown.
pub(super) fn shown(kind: Kind, with_rate: bool) -> impl Iterator<Item = Field> {
    kind.fields().iter().copied().filter(move |field| with_rate || *field != Field::Rate)
}

/// What OPTIONS says of the fields of a kind.
pub(super) fn described(kind: Kind, with_rate: bool) -> String {
    let fields = shown(kind, with_rate).map(|field| format!("\"{}\":{}", field.name(), field.metadata()));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

/// An item, as the wire shows it; its rate only to who may see it.
pub(crate) fn write(out: &mut Vec<u8>, kind: Kind, item: &Item, with_rate: bool) {
    for (position, field) in shown(kind, with_rate).enumerate() {
        out.push(if position == 0 { b'{' } else { b',' });
        json::text(out, field.name());
        out.push(b':');
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
