//! Forms of ours: that one was shown in this browser, and what is in it.

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::{HttpMessage, HttpRequest};

use super::error::{Kind, PageError};
use crate::App;
use crate::wire::error::ApiError;
use crate::wire::query::Parameters;
use crate::wire::sent;

/// The fields that are ours, and not what somebody typed, begin so.
pub const OWN: char = '_';

const FORM: &str = "application/x-www-form-urlencoded";

/// Whose form it is, and so how large it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// Whoever it is: what is typed by hand is small.
    Stranger,
    /// Somebody who is signed in, at a page of ours with fields.
    Page,
    /// Somebody who is signed in, at an address of the API, which takes so much.
    Api,
}

impl Sender {
    /// In bytes, percent-encoded.
    pub const fn largest(self) -> usize {
        match self {
            Self::Stranger => 32 * 1024,
            // Ten thousand letters of any language.
            Self::Page => 128 * 1024,
            Self::Api => 3 * sent::LARGEST + 16 * 1024,
        }
    }

    const fn too_large(self) -> Kind {
        match self {
            Self::Stranger => Kind::TooLargeFromStranger,
            Self::Page | Self::Api => Kind::TooLarge,
        }
    }
}

/// Reads a form, if a browser says that a page of ours sent it. Whether it was shown in this browser is for whoever knows the
/// browser's secret to judge. Line breaks are as they were before they were sent (HTML, "constructing the entry list").
///
/// # Errors
/// 403 when a page of somebody else's sent it, no form came, or it did not arrive whole; 413 when it is too large.
pub async fn read(
    app: &App,
    request: &HttpRequest,
    payload: Payload,
    from: Sender,
) -> Result<Parameters, PageError> {
    let media = request.content_type();
    if !media.eq_ignore_ascii_case(FORM) || !is_from_us(request.headers(), app.origin()) {
        return Err(PageError::new(Kind::StaleForm));
    }
    let body = sent::read_within(app.body_timeout(), request.headers(), payload, from.largest()).await;
    let body = body.map_err(|error| match error {
        ApiError::TooLarge => PageError::new(from.too_large()),
        error => PageError::because(Kind::StaleForm, error),
    })?;
    let text = std::str::from_utf8(&body).map_err(|error| PageError::because(Kind::StaleForm, error))?;
    let form = Parameters::parse(text).map_err(|error| PageError::because(Kind::StaleForm, error))?;
    let pairs = form.pairs().map(|(name, value)| (name.to_owned(), plain_lines(value)));
    Ok(Parameters::from_pairs(pairs.collect()))
}

/// A text with line breaks of one kind.
pub fn plain_lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Whether the browser says that a page of ours sent this. `Sec-Fetch-Site` decides where there is one.
fn is_from_us(headers: &HeaderMap, origin: &str) -> bool {
    if let Some(site) = headers.get(HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin";
    }
    headers.get(header::ORIGIN).is_none_or(|from| from == origin)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    /// R129
    #[test]
    fn a_form_from_another_site_is_not_ours_whatever_it_carries() {
        let ours = "https://time.example";
        for (site, origin, expected) in [
            (None, None, true),
            (None, Some(ours), true),
            (None, Some("https://evil.example"), false),
            (None, Some("null"), false),
            (Some("same-origin"), Some(ours), true),
            (Some("same-site"), Some(ours), false),
            (Some("cross-site"), Some(ours), false),
            (Some("none"), None, false),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
                if let Some(value) = value {
                    headers.insert(name.parse().unwrap(), HeaderValue::from_static(value));
                }
            }
            assert_eq!(is_from_us(&headers, ours), expected, "{site:?} {origin:?}");
        }
    }
}
