//! A request's body: JSON, form or multipart, on every URL alike, bounded in size, in the
//! time it may take to arrive, and in depth. It is read only after the caller was let in.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_multipart::Multipart;
use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{Bytes, BytesMut, ThinData};
use actix_web::{FromRequest, HttpRequest};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::Value;

use super::error::ApiError;
use super::fields::{Given, type_name};
use super::query::Parameters;
use crate::App;
use crate::auth::bearer;

/// The largest body in bytes (R145), and the largest of many changes at once.
pub const LARGEST: usize = 256 * 1024;
const LARGEST_OF_MANY: usize = 1024 * 1024;
/// How deeply a JSON body may be nested (R149).
const DEEPEST: usize = 32;

/// What a client sent, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub enum Sent {
    /// A JSON value.
    Json(Value),
    /// A form, from either form media type, or an empty body.
    Form(Parameters),
}

impl Default for Sent {
    /// An empty body.
    fn default() -> Self {
        Self::Form(Parameters::default())
    }
}

impl Sent {
    /// What is said about a field; in a form the empty value of a field that may be null is null.
    pub fn field(&self, name: &str, nullable: bool) -> Given<'_> {
        match self {
            Self::Json(value) => match value.get(name) {
                None => Given::Missing,
                Some(Value::Null) => Given::Null,
                Some(value) => Given::Value(Cow::Borrowed(value)),
            },
            Self::Form(form) => match form.get(name) {
                None => Given::Missing,
                Some("") if nullable => Given::Null,
                Some(text) => Given::Value(Cow::Owned(Value::String(text.to_owned()))),
            },
        }
    }

    /// What is said about a field that is a list; in a form it is there as often as it has items.
    pub fn list(&self, name: &str) -> Given<'_> {
        let Self::Form(form) = self else { return self.field(name, false) };
        let items: Vec<Value> = form.all(name).filter(|text| !text.is_empty()).map(Value::from).collect();
        if items.is_empty() && form.get(name).is_none() {
            return Given::Missing;
        }
        Given::Value(Cow::Owned(Value::Array(items)))
    }

    /// What is said about a field that is an object or null; in a form its members are fields, `name.member`.
    pub fn nested(&self, name: &str, members: &[&str]) -> Given<'_> {
        let Self::Form(form) = self else { return self.field(name, true) };
        let said = members.iter().filter_map(|member| {
            form.get(&format!("{name}.{member}")).map(|text| ((*member).to_owned(), Value::from(text)))
        });
        let object: serde_json::Map<String, Value> = said.collect();
        if object.is_empty() {
            self.field(name, true)
        } else {
            Given::Value(Cow::Owned(Value::Object(object)))
        }
    }

    /// The same bytes for the same thing, whatever white space was between its parts.
    pub fn canonical(&self) -> Vec<u8> {
        match self {
            Self::Json(value) => value.to_string().into_bytes(),
            Self::Form(form) => format!("{form:?}").into_bytes(),
        }
    }

    /// Only an object has fields.
    ///
    /// # Errors
    /// The framework's sentence about anything else.
    pub fn require_object(&self) -> Result<(), ApiError> {
        match self {
            Self::Json(Value::Object(_)) | Self::Form(_) => Ok(()),
            Self::Json(Value::Null) => Err(ApiError::object("No data provided")),
            Self::Json(other) => Err(ApiError::object(format!(
                "Invalid data. Expected a dictionary, but got {}.",
                type_name(other)
            ))),
        }
    }
}

/// As [`Sent`], where many changes come at once.
#[derive(Debug)]
pub struct Large(pub Sent);

type Reading<T> = Pin<Box<dyn Future<Output = Result<T, ApiError>>>>;

impl FromRequest for Sent {
    type Error = ApiError;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        Box::pin(receive(request.clone(), payload.take(), LARGEST))
    }
}

impl FromRequest for Large {
    type Error = ApiError;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let sent = receive(request.clone(), payload.take(), LARGEST_OF_MANY);
        Box::pin(async move { sent.await.map(Self) })
    }
}

async fn receive(request: HttpRequest, payload: Payload, largest: usize) -> Result<Sent, ApiError> {
    let app = request.app_data::<ThinData<App>>();
    let within = app.ok_or(ApiError::NotFound)?.body_timeout();
    let body = read_within(within, request.headers(), payload, largest).await?;
    parse(request.headers(), body).await
}

/// Reads a body of at most so many bytes, in the time it may take.
///
/// # Errors
/// 408, 413, or 400 when it ended early.
pub async fn read_within(
    within: Duration,
    headers: &HeaderMap,
    payload: Payload,
    largest: usize,
) -> Result<Bytes, ApiError> {
    let body = tokio::time::timeout(within, read(headers, payload, largest));
    body.await.map_err(|_elapsed| ApiError::TooSlow)?
}

async fn read(headers: &HeaderMap, mut payload: Payload, largest: usize) -> Result<Bytes, ApiError> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > largest as u64) {
        return Err(ApiError::TooLarge);
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_broken| ApiError::Malformed("The request ended early.".into()))?;
        if body.len() + chunk.len() > largest {
            return Err(ApiError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

async fn parse(headers: &HeaderMap, body: Bytes) -> Result<Sent, ApiError> {
    if body.is_empty() {
        return Ok(Sent::Form(Parameters::default()));
    }
    let said = headers.get(header::CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let said = said.unwrap_or_default();
    let media = said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match media.as_str() {
        "application/json" => json(&body).map(Sent::Json),
        "application/x-www-form-urlencoded" => form(headers, &body).map(Sent::Form),
        "multipart/form-data" => multipart(headers, body).await.map(Sent::Form),
        _ => Err(ApiError::MediaType(said.into_owned())),
    }
}

fn json(body: &[u8]) -> Result<Value, ApiError> {
    let refuse =
        |what: &dyn std::fmt::Display| ApiError::Malformed(format!("JSON parse error - {what}").into());
    if depth(body) > DEEPEST {
        return Err(refuse(&format_args!("nested more than {DEEPEST} deep")));
    }
    serde_json::from_slice(body).map_err(|error| refuse(&error))
}

/// How many brackets are open at once, those in texts not counted.
fn depth(body: &[u8]) -> usize {
    let (mut open, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                open += 1;
                deepest = deepest.max(open);
            }
            b'}' | b']' if !quoted => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn form(headers: &HeaderMap, body: &[u8]) -> Result<Parameters, ApiError> {
    let text = std::str::from_utf8(body)
        .map_err(|_| ApiError::Malformed("The request is not valid UTF-8.".into()))?;
    let form = Parameters::parse(text)?;
    // Whoever was let in by the header has sent a second token here (RFC 6750 section 2).
    match form.get("access_token") {
        Some(_) => Err(ApiError::TwoTokens(bearer::scheme(headers))),
        None => Ok(form),
    }
}

async fn multipart(headers: &HeaderMap, body: Bytes) -> Result<Parameters, ApiError> {
    let refuse = |error: &dyn std::fmt::Display| {
        ApiError::Malformed(format!("Multipart form parse error - {error}").into())
    };
    let body = futures_util::stream::iter([Ok(body)]);
    let mut parts = Multipart::new(headers, body);
    let mut pairs = Vec::new();
    while let Some(mut part) = parts.try_next().await.map_err(|error| refuse(&error))? {
        let name = part.name().unwrap_or_default().to_owned();
        let value = part.bytes(LARGEST).await.map_err(|_| ApiError::TooLarge)?;
        let value = value.map_err(|error| refuse(&error))?;
        let value = String::from_utf8(value.to_vec()).map_err(|_| refuse(&"a field is not valid UTF-8"))?;
        pairs.push((name, value));
    }
    Ok(Parameters::from_pairs(pairs))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R149.
    #[test]
    fn depth_counts_brackets_outside_texts() {
        assert_eq!(depth(br#"{"a":[1,{"b":"[[[\"[["}]}"#), 3);
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(json(deep(32).as_bytes()).is_ok());
        assert!(json(deep(33).as_bytes()).is_err());
        assert!(json("[".repeat(200_000).as_bytes()).is_err());
    }

    #[test]
    fn json_is_strict() {
        for body in ["{", "{'a':1}", "NaN", "1e999", "\u{feff}{}", "{}x", r#""\ud800""#] {
            assert!(json(body.as_bytes()).is_err(), "{body}");
        }
        assert!(json(b"{\"a\":\"\xff\"}").is_err());
        assert_eq!(json(br#"{"a":1,"a":2}"#).unwrap(), serde_json::json!({"a": 2}));
    }
}
