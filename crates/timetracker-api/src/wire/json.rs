//! Answers written by hand, straight from rows into bytes: the hot list is made of these.

use actix_web::HttpResponse;
use actix_web::body::MessageBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Bytes;
use chrono::NaiveDate;
use model::id::Uid;
use model::time::Timestamp;
use uuid::Uuid;

use super::{conditional, instant};

/// A JSON answer; the edge adds every other header.
pub fn response(status: StatusCode, body: impl MessageBody + 'static) -> HttpResponse {
    let mut response = HttpResponse::with_body(status, body).map_into_boxed_body();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A list or a view, with the tag of what it says. One of many rows is made on the database's thread that read them: rows are given
/// back where they were made, and a worker, on which all others' requests are as well, is not kept for long.
#[derive(Clone, Debug)]
pub struct Tagged {
    body: Bytes,
    tag: HeaderValue,
}

impl Tagged {
    /// What says this.
    pub fn of(body: Vec<u8>) -> Self {
        Self { tag: conditional::of_body(&body), body: body.into() }
    }

    /// Bytes that it has elsewhere.
    pub fn weight(&self) -> usize {
        self.body.len() + self.tag.len()
    }

    /// The same without room for more, which writing it took.
    #[must_use]
    pub fn without_room(self) -> Self {
        Self { body: Bytes::copy_from_slice(&self.body), ..self }
    }

    /// The answer.
    pub fn response(self) -> HttpResponse {
        let mut response = response(StatusCode::OK, self.body);
        response.headers_mut().insert(header::ETAG, self.tag);
        response
    }
}

/// `text` in quotes, escaped; letters beyond ASCII stay as they are.
pub fn text(out: &mut Vec<u8>, text: &str) {
    // Counted, not looked for: that goes through many at once.
    let special = text.bytes().filter(|byte| *byte < b' ' || matches!(byte, b'"' | b'\\')).count();
    if special == 0 {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        // Writing into memory does not fail.
        let _ = serde_json::to_writer(out, text);
    }
}

/// The name of a member, in which nothing needs to be escaped, and the colon behind it.
pub fn name(out: &mut Vec<u8>, name: &str) {
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

/// A list, each item written by `item`.
pub fn list<T>(out: &mut Vec<u8>, items: impl IntoIterator<Item = T>, item: impl FnMut(&mut Vec<u8>, T)) {
    out.push(b'[');
    separated(out, items, item);
    out.push(b']');
}

/// An object, each member written by `member`.
pub fn object<T>(out: &mut Vec<u8>, of: impl IntoIterator<Item = T>, member: impl FnMut(&mut Vec<u8>, T)) {
    out.push(b'{');
    separated(out, of, member);
    out.push(b'}');
}

fn separated<T>(out: &mut Vec<u8>, of: impl IntoIterator<Item = T>, mut one: impl FnMut(&mut Vec<u8>, T)) {
    for (position, each) in of.into_iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        one(out, each);
    }
}

/// A UUID in quotes, with hyphens.
pub fn uid(out: &mut Vec<u8>, uid: Uid) {
    out.push(b'"');
    out.extend_from_slice(uid.0.hyphenated().encode_lower(&mut Uuid::encode_buffer()).as_bytes());
    out.push(b'"');
}

/// A whole number.
pub fn number(out: &mut Vec<u8>, number: i64) {
    // Writing into memory does not fail.
    let _ = serde_json::to_writer(out, &number);
}

/// `true` or `false`.
pub fn boolean(out: &mut Vec<u8>, is: bool) {
    out.extend_from_slice(if is { b"true" } else { b"false" });
}

/// What `write` writes of a value, or `null`.
pub fn or_null<T>(out: &mut Vec<u8>, value: Option<T>, write: impl FnOnce(&mut Vec<u8>, T)) {
    match value {
        None => out.extend_from_slice(b"null"),
        Some(value) => write(out, value),
    }
}

/// An instant in quotes, or `null`.
pub fn instant(out: &mut Vec<u8>, at: Option<Timestamp>) {
    match at {
        None => out.extend_from_slice(b"null"),
        Some(at) => {
            out.push(b'"');
            instant::write(out, at);
            out.push(b'"');
        }
    }
}

/// A date in quotes.
pub fn date(out: &mut Vec<u8>, date: NaiveDate) {
    out.push(b'"');
    instant::write_date(out, date);
    out.push(b'"');
}

/// The same JSON, indented by `width` spaces; unchanged if it is none.
pub fn indented(body: &[u8], width: usize) -> Vec<u8> {
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(body) else { return body.to_vec() };
    let indent = vec![b' '; width];
    let mut out = Vec::with_capacity(body.len() * 2);
    let formatter = serde_json::ser::PrettyFormatter::with_indent(&indent);
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    match serde::Serialize::serialize(&value, &mut serializer) {
        Ok(()) => out,
        Err(_) => body.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_and_unicode_stays() {
        for sample in ["", "plain", "é ∑ 🕰", "a\"b\\c", "line\nbreak\t\u{1}", "</script>"] {
            let mut out = Vec::new();
            text(&mut out, sample);
            assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(sample).unwrap());
        }
    }

    #[test]
    fn indenting_keeps_the_order_of_keys() {
        assert_eq!(indented(br#"{"b":1,"a":[]}"#, 2), b"{\n  \"b\": 1,\n  \"a\": []\n}");
    }
}
