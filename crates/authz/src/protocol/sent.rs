//! Bodies where a form is not all that is understood: JSON and multipart say the same, as with the toolkits for Django
//! REST Framework. At most 16 KiB, within ten seconds, and nothing in the address beside it.

use std::fmt;

use actix_web::dev::Payload;
use actix_web::{HttpMessage, HttpRequest};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::error::{Code, OAuthError};
use super::params::{self, Params, ParamsError};
use crate::edge::{self, BodyError};
use crate::multipart;

/// What was sent, in its order, not judged yet.
#[derive(Debug)]
pub(super) struct Sent(Vec<(String, Value)>);

/// Why a body cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// There is a query as well.
    Query,
    /// It is none of the three.
    MediaType,
    /// It is too large, too slow or not whole.
    Body(BodyError),
    /// It is not the JSON it says it is, or no object.
    Json,
    /// It is not the multipart it says it is.
    Multipart,
    /// It is not the form it says it is.
    Form(ParamsError),
}

impl Unread {
    /// A sentence for people and clients alike.
    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::Query => "URL query parameters are not allowed",
            Self::MediaType => "The body must be JSON, a form or multipart/form-data.",
            Self::Body(BodyError::TooLarge) => "The body is too large.",
            Self::Body(BodyError::TooSlow) => "The body did not arrive in time.",
            Self::Body(BodyError::Broken) => "The body did not arrive whole.",
            Self::Json => "The body is not a JSON object of texts.",
            Self::Multipart => "The body is not multipart/form-data of texts.",
            Self::Form(error) => error.sentence(),
        }
    }

    /// The code, which says the status.
    const fn code(self) -> Code {
        match self {
            Self::MediaType => Code::UnsupportedMediaType,
            Self::Body(BodyError::TooLarge) => Code::TooLarge,
            Self::Body(BodyError::TooSlow) => Code::TooSlow,
            _ => Code::InvalidRequest,
        }
    }
}

impl From<Unread> for OAuthError {
    fn from(unread: Unread) -> Self {
        Self::new(unread.code(), unread.sentence())
    }
}

impl Sent {
    /// Reads the body; an empty one says nothing, whatever it calls itself.
    pub(super) async fn with(request: &HttpRequest, payload: &mut Payload) -> Result<Self, Unread> {
        if !request.query_string().is_empty() {
            return Err(Unread::Query);
        }
        let body = edge::read_body(request, payload).await.map_err(Unread::Body)?.freeze();
        if body.is_empty() {
            return Ok(Self(Vec::new()));
        }
        match request.content_type().to_ascii_lowercase().as_str() {
            "application/x-www-form-urlencoded" => form(&body),
            "application/json" => serde_json::from_slice::<Members>(&body)
                .map(|members| Self(members.0))
                .map_err(|_| Unread::Json),
            "multipart/form-data" => {
                let pairs = multipart::texts(request, body).await.map_err(|_| Unread::Multipart)?;
                Ok(Self(pairs.into_iter().map(|(name, text)| (name, Value::String(text))).collect()))
            }
            _ => Err(Unread::MediaType),
        }
    }

    /// As parameters of an OAuth request: texts and numbers, each at most once; a list is for those that may be there more
    /// than once.
    pub(super) fn params(self) -> Result<Params, Unread> {
        let mut pairs = Vec::new();
        for (name, value) in self.0 {
            match value {
                Value::Null => {}
                Value::Array(items) => {
                    for item in items {
                        pairs.push((name.clone(), text(item)?));
                    }
                }
                other => pairs.push((name, text(other)?)),
            }
        }
        Params::of(pairs).map_err(Unread::Form)
    }

    /// A text that must be there, judged as the framework's `CharField` does: its sentence if it is not. Blanks around it are
    /// kept. The last one counts.
    pub(super) fn field(&self, name: &str) -> Result<String, &'static str> {
        let said = self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value);
        let text = match said {
            None => return Err(REQUIRED),
            Some(Value::Null) => return Err("This field may not be null."),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => return Err("Not a valid string."),
        };
        if text.trim().is_empty() {
            return Err("This field may not be blank.");
        }
        if text.contains('\0') { Err("Null characters are not allowed.") } else { Ok(text) }
    }

    /// The same of one that need not be there.
    pub(super) fn optional(&self, name: &str) -> Result<Option<String>, &'static str> {
        match self.field(name) {
            Err(REQUIRED) => Ok(None),
            said => said.map(Some),
        }
    }
}

const REQUIRED: &str = "This field is required.";

fn text(value: Value) -> Result<String, Unread> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(Unread::Json),
    }
}

fn form(body: &[u8]) -> Result<Sent, Unread> {
    let malformed = |error| Unread::Form(error);
    let text = std::str::from_utf8(body).map_err(|_| Unread::Form(ParamsError::Malformed))?;
    let mut pairs = Vec::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) =
            (params::decoded(name).map_err(malformed)?, params::decoded(value).map_err(malformed)?);
        pairs.push((name.into_owned(), Value::String(value.into_owned())));
    }
    Ok(Sent(pairs))
}

/// The members of a JSON object as they are there: what is there twice is not the last of the two.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Collect)
    }
}

struct Collect;

impl<'de> Visitor<'de> for Collect {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sent(value: Value) -> Sent {
        Sent(serde_json::from_value::<Members>(value).unwrap().0)
    }

    #[test]
    fn texts_and_numbers_are_parameters_and_lists_only_of_what_may_be_repeated() {
        let params = sent(json!({"a": "x", "b": 5, "c": null, "resource": ["p", "q"]})).params().unwrap();
        assert_eq!((params.get("a"), params.get("b"), params.get("c")), (Some("x"), Some("5"), None));
        assert_eq!(params.all("resource").collect::<Vec<_>>(), ["p", "q"]);
        assert_eq!(sent(json!({"a": ["x", "y"]})).params().unwrap_err(), Unread::Form(ParamsError::Repeated));
        for wrong in [json!({"a": true}), json!({"a": {}}), json!({"a": [[]]})] {
            assert_eq!(sent(wrong).params().unwrap_err(), Unread::Json);
        }
    }

    /// R12
    #[test]
    fn a_member_that_is_there_twice_is_noticed() {
        let members: Members = serde_json::from_str(r#"{"a":"x","a":"y"}"#).unwrap();
        assert_eq!(Sent(members.0).params().unwrap_err(), Unread::Form(ParamsError::Repeated));
        assert!(serde_json::from_str::<Members>("[]").is_err());
    }

    #[test]
    fn fields_are_judged_as_the_framework_does() {
        let sent = sent(json!({"a": "x", "n": 5, "z": null, "e": " ", "l": [], "t": true, "nul": "\0x"}));
        for (name, expected) in [
            ("a", Ok("x")),
            ("n", Ok("5")),
            ("z", Err("This field may not be null.")),
            ("e", Err("This field may not be blank.")),
            ("l", Err("Not a valid string.")),
            ("t", Err("Not a valid string.")),
            ("nul", Err("Null characters are not allowed.")),
            ("missing", Err("This field is required.")),
        ] {
            assert_eq!(sent.field(name), expected.map(str::to_owned), "{name}");
        }
        assert_eq!(sent.optional("missing"), Ok(None));
    }
}
