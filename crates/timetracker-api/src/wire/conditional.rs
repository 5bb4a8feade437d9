//! Entity tags (RFC 9110 section 8.8) and what is asked with them: `If-Match` before a change, `If-None-Match` before an
//! answer that the client may have.
//!
//! An object's tag is strong and made of its version and its form, `"7"` or indented `"7.4"`; of one that counts none, the version
//! is a digest of what it says. A list's tag is weak and such a digest.

use std::hash::{BuildHasher, Hasher};

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use foldhash::quality::FixedState;

use super::error::ApiError;

/// The tag of an object of this version.
pub fn of_version(version: i64) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// The tag of what says this.
pub fn of_body(body: &[u8]) -> HeaderValue {
    HeaderValue::try_from(format!("W/\"{:016x}\"", digest(body)))
        .unwrap_or(HeaderValue::from_static("W/\"\""))
}

/// The tag of these bytes, where there is no other form of them.
pub fn of_bytes(body: &[u8]) -> HeaderValue {
    HeaderValue::try_from(format!("\"{:016x}\"", digest(body))).unwrap_or(HeaderValue::from_static("\"\""))
}

/// The version of an object that has no other: what it says.
pub fn version_of(body: &[u8]) -> i64 {
    i64::try_from(digest(body) >> 1).unwrap_or(i64::MAX)
}

/// Whoever looks for two bodies of one digest can deceive themselves alone.
fn digest(body: &[u8]) -> u64 {
    let mut hasher = FixedState::with_seed(0).build_hasher();
    hasher.write(body);
    hasher.finish()
}

/// The tag of a view that is the same as long as these numbers are.
pub fn of_view(of: &[i64]) -> HeaderValue {
    let numbers: Vec<String> = of.iter().map(i64::to_string).collect();
    HeaderValue::try_from(format!("W/\"{}\"", numbers.join("-")))
        .unwrap_or(HeaderValue::from_static("W/\"\""))
}

/// The tag of the same in another form.
pub fn indented(tag: &HeaderValue, width: usize) -> Option<HeaderValue> {
    let tag = tag.to_str().ok()?.strip_suffix('"')?;
    HeaderValue::try_from(format!("{tag}.{width}\"")).ok()
}

/// What versions a field names.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Named {
    /// Whatever is there.
    Any,
    /// These.
    Versions(Vec<i64>),
}

impl Named {
    fn has(&self, version: i64) -> bool {
        match self {
            Self::Any => true,
            Self::Versions(versions) => versions.contains(&version),
        }
    }

    /// Reads a field. A tag that is none of ours names nothing, and so does a weak one where it has to be strong.
    fn read(headers: &HeaderMap, name: &HeaderName, is_strong: bool) -> Option<Self> {
        if !headers.contains_key(name) {
            return None;
        }
        let mut versions = Vec::new();
        for tag in tags(headers, name) {
            if tag == "*" {
                return Some(Self::Any);
            }
            let tag = if is_strong { tag } else { tag.trim_start_matches("W/") };
            let plain = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).unwrap_or_default();
            let version = plain.split_once('.').map_or(plain, |(version, _)| version);
            versions.extend(version.parse::<i64>());
        }
        Some(Self::Versions(versions))
    }
}

/// Which versions a change is for: `If-Match` and `If-None-Match` (RFC 9110 section 13.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    only: Option<Named>,
    except: Option<Named>,
}

impl Conditions {
    /// Reads both.
    pub fn read(request: &HttpRequest) -> Self {
        let headers = request.headers();
        Self {
            only: Named::read(headers, &header::IF_MATCH, true),
            except: Named::read(headers, &header::IF_NONE_MATCH, false),
        }
    }

    /// Only this version.
    pub fn of_version(version: i64) -> Self {
        Self { only: Some(Named::Versions(vec![version])), except: None }
    }

    /// Whether an object of this version may be changed.
    ///
    /// # Errors
    /// 412, with what is there.
    pub fn admit(&self, version: i64, shown: impl FnOnce() -> Vec<u8>) -> Result<(), ApiError> {
        let is_meant = self.only.as_ref().is_none_or(|named| named.has(version))
            && !self.except.as_ref().is_some_and(|named| named.has(version));
        if is_meant { Ok(()) } else { Err(ApiError::Stale(Some(shown()))) }
    }

    /// Whether something may be made that is not there.
    ///
    /// # Errors
    /// 412.
    pub fn admit_nothing(&self) -> Result<(), ApiError> {
        if self.only.is_none() { Ok(()) } else { Err(ApiError::Stale(None)) }
    }
}

/// What a client has already, so that it need not be sent again; `None` when it said nothing.
pub fn held(headers: &HeaderMap) -> Option<Vec<String>> {
    headers.contains_key(header::IF_NONE_MATCH).then(|| {
        tags(headers, &header::IF_NONE_MATCH).map(|tag| tag.trim_start_matches("W/").to_owned()).collect()
    })
}

/// Whether a client has what is of this tag already.
pub fn is_held(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let tag = tag.to_str().unwrap_or_default().trim_start_matches("W/");
    held(headers).is_some_and(|held| held.iter().any(|held| held == tag || held == "*"))
}

/// Whether a tag is that one, or the one of the same in another form.
pub fn is_form_of(tag: &str, plain: &str) -> bool {
    let bare = tag.strip_suffix('"').and_then(|tag| tag.split_once('.')).map_or(tag, |(tag, _)| tag);
    bare.trim_end_matches('"') == plain.trim_end_matches('"')
}

/// Empties an answer that the client has already.
pub fn shorten(response: &mut HttpResponse, held: &[String]) -> bool {
    let tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok());
    let Some(tag) = tag.map(|tag| tag.trim_start_matches("W/")) else { return false };
    let has = response.status() == StatusCode::OK && held.iter().any(|held| held == tag || held == "*");
    if has {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
    has
}

/// The tags of a field, as they are written. None of ours has a comma in it.
fn tags<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let fields = headers.get_all(name).filter_map(|value| value.to_str().ok());
    fields.flat_map(|field| field.split(',')).map(str::trim).filter(|tag| !tag.is_empty())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_strong_tags_of_ours_match() {
        for (field, expected) in [
            (None, None),
            (Some("*"), Some(Named::Any)),
            (Some(r#""7""#), Some(Named::Versions(vec![7]))),
            (Some(r#""7.4", "8""#), Some(Named::Versions(vec![7, 8]))),
            (Some(r#"W/"7", 7, "x", "", "-"#), Some(Named::Versions(vec![]))),
            (Some(""), Some(Named::Versions(vec![]))),
        ] {
            let mut request = TestRequest::default();
            if let Some(field) = field {
                request = request.insert_header((header::IF_MATCH, field));
            }
            assert_eq!(Conditions::read(&request.to_http_request()).only, expected, "{field:?}");
        }
    }

    #[test]
    fn another_form_has_another_tag() {
        assert_eq!(indented(&of_version(7), 4).unwrap(), r#""7.4""#);
        assert_ne!(of_body(b"a"), of_body(b"b"));
    }
}
