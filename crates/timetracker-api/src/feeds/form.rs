//! A feed as a client asks for it. Every other key is ignored (R159).

use serde_json::Value;

use crate::wire::error::{ApiError, Message};
use crate::wire::fields::{self, Given, Problems};
use crate::wire::sent::Sent;

/// How many days a feed goes back when nobody says, and at most.
pub(super) const USUAL: i64 = 90;
pub(super) const MOST: i64 = 400;

/// What was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What the calendar is to be called; may be empty.
    pub name: String,
    /// How many days it goes back.
    pub days: i64,
}

impl Draft {
    /// Reads every field.
    ///
    /// # Errors
    /// 400 with everything that is wrong.
    pub fn read(sent: &Sent) -> Result<Self, ApiError> {
        sent.require_object()?;
        let mut problems = Problems::default();
        let name = problems.take("name", name(&sent.field("name", false))).unwrap_or_default();
        let days = problems.take("days", days(&sent.field("days", false))).unwrap_or(USUAL);
        problems.finish()?;
        Ok(Self { name, days })
    }
}

fn name(given: &Given<'_>) -> Result<String, Vec<Message>> {
    let name = fields::text(given, 100, true)?.unwrap_or_default();
    if name.chars().any(char::is_control) {
        return Err(vec!["Control characters are not allowed.".into()]);
    }
    Ok(name)
}

fn days(given: &Given<'_>) -> Result<i64, Vec<Message>> {
    let days = match given {
        Given::Missing => return Ok(USUAL),
        Given::Null => None,
        Given::Value(value) => match value.as_ref() {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        },
    };
    let days = days.filter(|days| (1..=MOST).contains(days));
    days.ok_or_else(|| vec![format!("Ensure this is a whole number from 1 to {MOST}.").into()])
}
