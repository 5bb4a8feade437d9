//! A request's body: JSON, a form or multipart, whichever its media type says.

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::http::header;
use serde_json::Value;

use super::refusal::Refusal;
use crate::{edge, multipart};

/// What was sent, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub enum Sent {
    /// A JSON value.
    Json(Value),
    /// A form of either kind, or an empty body; of a name that is there twice the last one counts.
    Form(Vec<(String, String)>),
}

/// What is said about a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Given<'a> {
    /// Nothing.
    Missing,
    /// A text of a form.
    Text(&'a str),
    /// A JSON value.
    Json(&'a Value),
}

impl Sent {
    /// Reads the body.
    ///
    /// # Errors
    /// 400, 408, 413 or 415.
    pub async fn read(request: &HttpRequest, payload: &mut Payload) -> Result<Self, Refusal> {
        let body = edge::read_body(request, payload).await?.freeze();
        if body.is_empty() {
            return Ok(Self::Form(Vec::new()));
        }
        let said = request.headers().get(header::CONTENT_TYPE);
        let said =
            said.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default();
        let media = said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match media.as_str() {
            "application/json" => serde_json::from_slice(&body)
                .map(Self::Json)
                .map_err(|error| Refusal::Malformed(format!("JSON parse error - {error}"))),
            "application/x-www-form-urlencoded" => form(&body).map(Self::Form),
            "multipart/form-data" => multipart::texts(request, body)
                .await
                .map(Self::Form)
                .map_err(|error| Refusal::Malformed(format!("Multipart form parse error - {error}"))),
            _ => Err(Refusal::MediaType(said)),
        }
    }

    /// A field of it.
    pub fn field(&self, name: &str) -> Given<'_> {
        match self {
            Self::Json(value) => value.get(name).map_or(Given::Missing, Given::Json),
            Self::Form(pairs) => {
                let named = pairs.iter().rev().find(|(each, _)| each == name);
                named.map_or(Given::Missing, |(_, text)| Given::Text(text))
            }
        }
    }

    /// Only an object has fields.
    ///
    /// # Errors
    /// The framework's sentence about anything else.
    pub fn require_object(&self) -> Result<(), Refusal> {
        let kind = match self {
            Self::Form(_) | Self::Json(Value::Object(_)) => return Ok(()),
            Self::Json(Value::Null) => return Err(Refusal::object("No data provided")),
            Self::Json(Value::Bool(_)) => "bool",
            Self::Json(Value::Number(number)) if number.is_f64() => "float",
            Self::Json(Value::Number(_)) => "int",
            Self::Json(Value::String(_)) => "str",
            Self::Json(Value::Array(_)) => "list",
        };
        Err(Refusal::object(format!("Invalid data. Expected a dictionary, but got {kind}.")))
    }
}

/// Strictly: what is not UTF-8 is refused rather than replaced.
fn form(body: &[u8]) -> Result<Vec<(String, String)>, Refusal> {
    let refused = || Refusal::Malformed("The request is not valid UTF-8.".to_owned());
    let text = std::str::from_utf8(body).map_err(|_| refused())?;
    let decoded = |part: &str| {
        let spaced = part.replace('+', " ");
        let text = percent_encoding::percent_decode_str(&spaced).decode_utf8();
        text.map(std::borrow::Cow::into_owned).map_err(|_| refused())
    };
    let parts = text.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Ok((decoded(name)?, decoded(value)?))
        })
        .collect()
}
