//! An item as a client sends it. Every key that its kind does not have is ignored: ids are never a client's to set (R159).

use model::id::Uid;

use super::Kind;
use super::item::{Field, What};
use crate::id::ItemId;
use crate::money::{self, Currency, Rate};
use crate::names;
use crate::wire::error::{ApiError, Message};
use crate::wire::fields::{self, Change, Extent, Given, Problems};
use crate::wire::sent::Sent;

/// What was said.
#[derive(Debug, Default)]
pub struct Draft {
    uid: Option<Uid>,
    name: Option<String>,
    description: Option<String>,
    parent: Change<Option<ItemId>>,
    color: Change<Option<String>>,
    billable_default: Change<Option<bool>>,
    rate: Change<Option<Rate>>,
    archived: Option<bool>,
    /// What is wrong so far. Kept until the database was asked: all of it is told at once.
    problems: Problems,
}

impl Draft {
    /// Reads every field of the kind. A rate that the client may not set is not read.
    ///
    /// # Errors
    /// 400 when what was sent has no fields.
    pub fn read(kind: Kind, sent: &Sent, extent: Extent, with_rate: bool) -> Result<Self, ApiError> {
        sent.require_object()?;
        let given = |field: Field, nullable| {
            if kind.has(field) { sent.field(field.name(), nullable) } else { Given::Missing }
        };
        let mut problems = Problems::default();
        let name = given(Field::Name, false);
        let name = if kind == Kind::Activity { fields::text(&name, 100, false) } else { names::read(&name) };
        let name = name.and_then(|name| name.map_or_else(|| extent.absent(), |name| Ok(Some(name))));
        let name = problems.take("name", name).flatten();
        let description = fields::text(&given(Field::Description, false), 10_000, true);
        let description = problems.take("description", description).flatten();
        let uid = problems.take("uid", fields::uid(&given(Field::Uid, false))).flatten();
        let mut parent = Change::Keep;
        if let Some(above) = kind.parent() {
            let said = sent.field(above.name(), true);
            let said = nullable(&said, |said| Ok(fields::key(said)?.map(ItemId)));
            parent = problems.take(above.name(), said).unwrap_or_default();
        }
        let color = nullable(&given(Field::Color, true), color);
        let color = problems.take("color", color).unwrap_or_default();
        let billable_default = nullable(&given(Field::BillableDefault, true), fields::boolean);
        let billable_default = problems.take("billable_default", billable_default).unwrap_or_default();
        let mut rate = Change::Keep;
        if with_rate && kind.has(Field::Rate) {
            rate =
                problems.take("rate", nullable(&sent.nested("rate", &RATE), read_rate)).unwrap_or_default();
        }
        let archived = problems.take("archived", fields::boolean(&given(Field::Archived, false))).flatten();
        Ok(Self { uid, name, description, parent, color, billable_default, rate, archived, problems })
    }

    /// One of this name.
    pub fn named(name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..Self::default() }
    }

    /// What it is to be known by, if that was said.
    pub fn uid(&self) -> Option<Uid> {
        self.uid
    }

    /// What it would belong to, if that is said.
    pub fn parent(&self) -> Option<ItemId> {
        match self.parent {
            Change::Keep => None,
            Change::To(parent) => parent,
        }
    }

    /// What the item would be, whether anything is wrong or not.
    pub fn onto(&self, before: What) -> What {
        What {
            name: self.name.clone().unwrap_or(before.name),
            description: self.description.clone().unwrap_or(before.description),
            parent: self.parent.over(before.parent),
            color: self.color.clone().over(before.color),
            billable_default: self.billable_default.over(before.billable_default),
            rate: match self.rate {
                Change::Keep => before.rate,
                Change::To(rate) => rate.into(),
            },
            archived: self.archived.unwrap_or(before.archived),
        }
    }

    /// Records that a field will not do, which only the database knew.
    pub fn refuse(&mut self, field: &'static str, message: impl Into<Message>) {
        self.problems.note(field, message);
    }

    /// Ends the validation.
    ///
    /// # Errors
    /// 400 with everything that is wrong.
    pub fn finish(self) -> Result<(), ApiError> {
        self.problems.finish()
    }
}

/// A value that may be null, and else is as `read` reads it.
fn nullable<T>(
    given: &Given<'_>,
    read: impl FnOnce(&Given<'_>) -> Result<Option<T>, Vec<Message>>,
) -> Result<Change<Option<T>>, Vec<Message>> {
    if *given == Given::Null {
        return Ok(Change::To(None));
    }
    Ok(read(given)?.map_or(Change::Keep, |value| Change::To(Some(value))))
}

/// `#rrggbb`, in letters of any size.
fn color(given: &Given<'_>) -> Result<Option<String>, Vec<Message>> {
    let Some(said) = fields::text(given, 100, false)? else { return Ok(None) };
    let digits = said.strip_prefix('#').unwrap_or_default();
    if digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(Some(said.to_ascii_lowercase()))
    } else {
        Err(vec!["Enter a color as #rrggbb.".into()])
    }
}

/// The members of a rate.
const RATE: [&str; 2] = ["amount", "currency"];

/// `{"amount": …, "currency": …}`; other members are ignored.
fn read_rate(given: &Given<'_>) -> Result<Option<Rate>, Vec<Message>> {
    let Given::Value(value) = given else { return Ok(None) };
    let Some(members) = value.as_object() else {
        return Err(vec!["Enter a rate as an object of amount and currency, or null.".into()]);
    };
    let amount = members.get("amount").and_then(|amount| match amount {
        serde_json::Value::String(text) => text.trim().parse().ok(),
        other => other.as_i64(),
    });
    let amount = amount.filter(|amount| (0..=money::MOST).contains(amount));
    let said = members.get("currency").and_then(serde_json::Value::as_str).unwrap_or_default();
    let (currency, mut problems) = (Currency::named(said.trim()), Vec::<Message>::new());
    if amount.is_none() {
        let sentence = format!(
            "The amount must be a whole number of the smallest unit of the currency, from 0 to {}.",
            money::MOST
        );
        problems.push(sentence.into());
    }
    if currency.is_none() {
        problems.push("The currency must be a code of ISO 4217.".into());
    }
    amount.zip(currency).map(|(amount, currency)| Some(Rate { amount, currency })).ok_or(problems)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use serde_json::{Value, json};

    use super::*;

    fn given(value: Value) -> Given<'static> {
        Given::Value(Cow::Owned(value))
    }

    #[test]
    fn a_color_has_six_digits() {
        for (value, expected) in [
            ("#1E90ff", Some("#1e90ff")),
            ("#fff", None),
            ("1e90ff", None),
            ("#1e90fg", None),
            ("#1e90ff0", None),
            ("red", None),
            ("#é0ff0", None),
        ] {
            assert_eq!(color(&given(json!(value))).ok().flatten().as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn a_rate_is_a_whole_amount_of_a_known_currency() {
        let amount = format!(
            "The amount must be a whole number of the smallest unit of the currency, from 0 to {}.",
            money::MOST
        );
        let currency = "The currency must be a code of ISO 4217.".to_owned();
        for (value, expected) in [
            (json!({"amount": 9_500, "currency": "EUR", "exponent": 2}), Ok((9_500, "EUR"))),
            (json!({"amount": "0", "currency": "jpy"}), Ok((0, "JPY"))),
            (json!({"amount": 95.5, "currency": "EUR"}), Err(vec![amount.clone()])),
            (json!({"amount": -1, "currency": "EUR"}), Err(vec![amount.clone()])),
            (json!({"amount": money::MOST + 1, "currency": "EUR"}), Err(vec![amount.clone()])),
            (json!({"amount": 1, "currency": "EURO"}), Err(vec![currency.clone()])),
            (json!({"amount": 1, "currency": 978}), Err(vec![currency.clone()])),
            (json!({}), Err(vec![amount, currency])),
            (
                json!(9_500),
                Err(vec!["Enter a rate as an object of amount and currency, or null.".to_owned()]),
            ),
        ] {
            let read = read_rate(&given(value.clone()));
            let read =
                read.map(|rate| rate.map(|rate| (rate.amount, rate.currency.code().to_owned())).unwrap());
            let read = read.map_err(|messages| messages.iter().map(ToString::to_string).collect::<Vec<_>>());
            assert_eq!(read, expected.map(|(amount, code)| (amount, code.to_owned())), "{value}");
        }
    }
}
