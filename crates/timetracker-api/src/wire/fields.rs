//! Values of fields as a client sends them, and what each may be.
//! Every failing field is reported at once.

use std::borrow::Cow;
use std::time::Duration;

use actix_web::http::Method;
use chrono_tz::Tz;
use model::id::Uid;
use model::time::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::error::{ApiError, Message};
use super::instant::{self, InstantError};

/// The message for a required field that did not come.
pub const REQUIRED: &str = "This field is required.";
const NULL: &str = "This field may not be null.";
const BLANK: &str = "This field may not be blank.";
const NUL: &str = "Null characters are not allowed.";
const INSTANT: &str = "Datetime has wrong format. Use one of these formats instead: \
                       YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].";

/// What a request says about one field.
#[derive(Clone, Debug, PartialEq)]
pub enum Given<'a> {
    /// Nothing.
    Missing,
    /// `null`, or in a form the empty value of a field that may be null.
    Null,
    /// A value.
    Value(Cow<'a, Value>),
}

/// The problems found so far, in the order of the fields.
#[derive(Debug, Default)]
pub struct Problems(Vec<(&'static str, Vec<Message>)>);

impl Problems {
    /// Records that `field` will not do.
    pub fn note(&mut self, field: &'static str, message: impl Into<Message>) {
        self.0.push((field, vec![message.into()]));
    }

    /// Unwraps a field's value or records why there is none.
    pub fn take<T>(&mut self, field: &'static str, read: Result<T, Vec<Message>>) -> Option<T> {
        read.map_err(|messages| self.0.push((field, messages))).ok()
    }

    /// Ends the validation.
    ///
    /// # Errors
    /// Everything that was recorded.
    pub fn finish(self) -> Result<(), ApiError> {
        if self.0.is_empty() { Ok(()) } else { Err(ApiError::Fields(self.0)) }
    }
}

/// Whether every required field must be there (POST, PUT), or any subset will do (PATCH).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// POST and PUT.
    Whole,
    /// PATCH.
    Part,
}

impl Extent {
    /// What a method wants.
    pub fn of(method: &Method) -> Self {
        if *method == Method::PATCH { Self::Part } else { Self::Whole }
    }

    /// What the absence of a required field means.
    ///
    /// # Errors
    /// [`REQUIRED`], unless any subset will do.
    pub fn absent<T>(self) -> Result<Option<T>, Vec<Message>> {
        match self {
            Self::Whole => Err(vec![REQUIRED.into()]),
            Self::Part => Ok(None),
        }
    }
}

/// A text, trimmed, of at most `most` characters; numbers are taken as texts. `None` when it did not come.
///
/// # Errors
/// What is wrong with it.
pub fn text(given: &Given<'_>, most: usize, may_be_blank: bool) -> Result<Option<String>, Vec<Message>> {
    let text = match given {
        Given::Missing => return Ok(None),
        Given::Null => return Err(vec![NULL.into()]),
        Given::Value(value) => match value.as_ref() {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            _ => return Err(vec!["Not a valid string.".into()]),
        },
    };
    if text.is_empty() && !may_be_blank {
        return Err(vec![BLANK.into()]);
    }
    let mut problems = Vec::new();
    if text.len() > most && text.chars().count() > most {
        problems.push(format!("Ensure this field has no more than {most} characters.").into());
    }
    if text.contains('\0') {
        problems.push(NUL.into());
    }
    if problems.is_empty() { Ok(Some(text)) } else { Err(problems) }
}

/// What is to become of a value that is there already, perhaps as null.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// Nothing was said.
    #[default]
    Keep,
    /// This was.
    To(T),
}

impl<T> Change<T> {
    /// The value afterwards.
    pub fn over(self, before: T) -> T {
        match self {
            Self::Keep => before,
            Self::To(after) => after,
        }
    }
}

/// An instant that may be null.
///
/// # Errors
/// What is wrong with it.
pub fn instant(given: &Given<'_>) -> Result<Change<Option<Timestamp>>, Vec<Message>> {
    let value = match given {
        Given::Missing => return Ok(Change::Keep),
        Given::Null => return Ok(Change::To(None)),
        Given::Value(value) => value,
    };
    let text = value.as_str().ok_or_else(|| vec![Message::from(INSTANT)])?;
    instant::parse(text).map(|at| Change::To(Some(at))).map_err(|error| {
        vec![match error {
            InstantError::Format => INSTANT.into(),
            InstantError::Range => "Datetime value out of range.".into(),
        }]
    })
}

/// The key of another object, as a whole number or a text of one. `None` when it did not come.
///
/// # Errors
/// What is wrong with it, a number beyond every key included.
pub fn key(given: &Given<'_>) -> Result<Option<i64>, Vec<Message>> {
    let value = match given {
        Given::Missing => return Ok(None),
        Given::Null => return Err(vec![NULL.into()]),
        Given::Value(value) => value.as_ref(),
    };
    let wrong = |kind| vec![format!("Incorrect type. Expected pk value, received {kind}.").into()];
    match value {
        Value::String(text) if text.is_empty() => Err(vec![NULL.into()]),
        Value::String(text) => {
            let trimmed = text.trim();
            let unsigned = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
            if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(wrong("str"));
            }
            trimmed.parse().map(Some).map_err(|_| vec![no_such_key(trimmed)])
        }
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(key), _) => Ok(Some(key)),
            (None, _) if number.is_u64() => Err(vec![no_such_key(number)]),
            (None, Some(float)) if float.fract() == 0.0 => whole(float).map(Some),
            _ => Err(wrong("float")),
        },
        other => Err(wrong(type_name(other))),
    }
}

/// A float without a fraction, `1.0`, stands for the whole number.
fn whole(float: f64) -> Result<i64, Vec<Message>> {
    let text = format!("{float:.0}");
    text.parse().map_err(|_| vec![no_such_key(&text)])
}

/// A whole number of seconds from 0; `None` when it did not come or is null.
///
/// # Errors
/// What is wrong with it.
pub fn seconds(given: &Given<'_>) -> Result<Option<Duration>, Vec<Message>> {
    const WRONG: &str = "A valid integer is required.";
    let number = match given {
        Given::Missing | Given::Null => return Ok(None),
        Given::Value(value) => match value.as_ref() {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        },
    };
    let number = number.ok_or_else(|| vec![Message::from(WRONG)])?;
    let seconds = u64::try_from(number);
    let seconds =
        seconds.map_err(|_| vec![Message::from("Ensure this value is greater than or equal to 0.")])?;
    Ok(Some(Duration::from_secs(seconds)))
}

/// Yes or no, in the words the framework takes. `None` when it did not come.
///
/// # Errors
/// What is wrong with it.
pub fn boolean(given: &Given<'_>) -> Result<Option<bool>, Vec<Message>> {
    let value = match given {
        Given::Missing => return Ok(None),
        Given::Null => return Err(vec![NULL.into()]),
        Given::Value(value) => value.as_ref(),
    };
    let said = match value {
        Value::Bool(said) => Some(*said),
        Value::Number(number) if number.as_i64() == Some(1) => Some(true),
        Value::Number(number) if number.as_i64() == Some(0) => Some(false),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "on" | "1" => Some(true),
            "false" | "f" | "no" | "n" | "off" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    };
    said.map(Some).ok_or_else(|| vec!["Must be a valid boolean.".into()])
}

/// One of a few words. `None` when it did not come.
///
/// # Errors
/// What is wrong with it.
pub fn choice(
    given: &Given<'_>,
    known: &'static [&'static str],
) -> Result<Option<&'static str>, Vec<Message>> {
    named(given, |said| known.iter().copied().find(|each| *each == said))
}

/// What is called so. `None` when it did not come.
///
/// # Errors
/// What is wrong with it.
pub fn named<T>(given: &Given<'_>, known: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Vec<Message>> {
    let Some(said) = text(given, 100, false)? else { return Ok(None) };
    known(&said).map(Some).ok_or_else(|| vec![not_a_choice(&said)])
}

/// The message for a word that is none of those.
pub fn not_a_choice(said: &str) -> Message {
    format!("\"{said}\" is not a valid choice.").into()
}

/// A UUID in any of its spellings. `None` when it did not come.
///
/// # Errors
/// What is wrong with it.
pub fn uid(given: &Given<'_>) -> Result<Option<Uid>, Vec<Message>> {
    let Some(said) = text(given, 100, false)? else { return Ok(None) };
    Uuid::parse_str(&said).map(|uid| Some(Uid(uid))).map_err(|_| vec!["Must be a valid UUID.".into()])
}

/// A zone of the IANA database. `None` when it did not come.
///
/// # Errors
/// What is wrong with it.
pub fn timezone(given: &Given<'_>) -> Result<Option<Tz>, Vec<Message>> {
    let Some(said) = text(given, 100, false)? else { return Ok(None) };
    said.parse()
        .map(Some)
        .map_err(|_| vec![format!("\"{said}\" is not a time zone of the IANA database.").into()])
}

/// The items of a list. `None` when it did not come.
///
/// # Errors
/// What is wrong with it.
pub fn list<'a>(given: &'a Given<'_>) -> Result<Option<&'a [Value]>, Vec<Message>> {
    match given {
        Given::Missing => Ok(None),
        Given::Null => Err(vec![NULL.into()]),
        Given::Value(value) => match value.as_ref() {
            Value::Array(items) => Ok(Some(items)),
            other => {
                Err(vec![format!("Expected a list of items but got type \"{}\".", type_name(other)).into()])
            }
        },
    }
}

/// The message for a key that names nothing the caller may use.
pub fn no_such_key(key: impl std::fmt::Display) -> Message {
    format!("Invalid pk \"{key}\" - object does not exist.").into()
}

/// What the framework's language calls a value's type.
pub fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn given(value: Value) -> Given<'static> {
        match value {
            Value::Null => Given::Null,
            other => Given::Value(Cow::Owned(other)),
        }
    }

    #[test]
    fn texts_are_coerced_trimmed_and_bounded() {
        let five = |value| text(&given(value), 5, false).map_err(|messages| messages.join(" "));
        for (value, expected) in [
            (json!(" ab "), Ok("ab")),
            (json!(12), Ok("12")),
            (json!(1.5), Ok("1.5")),
            (json!("ééééé"), Ok("ééééé")),
            (json!("éééééé"), Err("Ensure this field has no more than 5 characters.")),
            (json!(""), Err(BLANK)),
            (json!("  "), Err(BLANK)),
            (json!(null), Err(NULL)),
            (json!(true), Err("Not a valid string.")),
            (json!(["a"]), Err("Not a valid string.")),
            (json!({}), Err("Not a valid string.")),
            (json!("a\0"), Err(NUL)),
            (
                json!("abcde\0"),
                Err("Ensure this field has no more than 5 characters. Null characters are not allowed."),
            ),
        ] {
            let expected = expected.map(|text| Some(text.to_owned())).map_err(str::to_owned);
            assert_eq!(five(value.clone()), expected, "{value}");
        }
        assert_eq!(text(&Given::Missing, 5, false), Ok(None));
        assert_eq!(text(&given(json!("")), 5, true), Ok(Some(String::new())));
    }

    #[test]
    fn keys_are_whole_numbers_in_any_clothes() {
        let read = |value| key(&given(value)).map_err(|messages| messages.join(" "));
        for (value, expected) in [
            (json!(1), Ok(1)),
            (json!("1"), Ok(1)),
            (json!(" 1 "), Ok(1)),
            (json!(1.0), Ok(1)),
            (json!(-1), Ok(-1)),
            (json!(1.5), Err("Incorrect type. Expected pk value, received float.")),
            (json!("1.0"), Err("Incorrect type. Expected pk value, received str.")),
            (json!("x"), Err("Incorrect type. Expected pk value, received str.")),
            (json!(true), Err("Incorrect type. Expected pk value, received bool.")),
            (json!([1]), Err("Incorrect type. Expected pk value, received list.")),
            (json!({}), Err("Incorrect type. Expected pk value, received dict.")),
            (json!(""), Err(NULL)),
            (json!(null), Err(NULL)),
            (
                json!("99999999999999999999"),
                Err("Invalid pk \"99999999999999999999\" - object does not exist."),
            ),
            (json!(1e300), Err("")),
        ] {
            match (read(value.clone()), expected) {
                (Err(message), Err("")) => assert!(message.starts_with("Invalid pk"), "{message}"),
                (outcome, expected) => {
                    assert_eq!(outcome, expected.map(Some).map_err(str::to_owned), "{value}");
                }
            }
        }
    }

    #[test]
    fn instants_may_be_null_but_not_empty_or_numbers() {
        assert_eq!(instant(&given(json!(null))), Ok(Change::To(None)));
        assert_eq!(instant(&Given::Missing), Ok(Change::Keep));
        for value in [json!(""), json!(1_704_164_645), json!(true), json!([])] {
            assert_eq!(instant(&given(value)), Err(vec![INSTANT.into()]));
        }
        assert_eq!(
            instant(&given(json!("0001-01-01T00:00:00+10:00"))),
            Err(vec!["Datetime value out of range.".into()])
        );
    }
}
