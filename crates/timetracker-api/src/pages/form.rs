//! Forms of ours: that one was shown in this browser, and what is in it.

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::{HttpMessage, HttpRequest};

use super::error::{Kind, PageError};
use crate::App;
use crate::wire::query::Parameters;
use crate::wire::sent;

/// The largest form in bytes: the largest body, percent-encoded.
const LARGEST: usize = 3 * sent::LARGEST + 16 * 1024;

const FORM: &str = "application/x-www-form-urlencoded";

/// Reads a form, if a browser says that a page of ours sent it. Whether it was shown in this browser is for whoever knows the
/// browser's secret to judge.
///
/// # Errors
/// 403 when a page of somebody else's sent it, or no form came; 503 when it did not arrive whole.
pub async fn read(app: &App, request: &HttpRequest, payload: Payload) -> Result<Parameters, PageError> {
    let media = request.content_type();
    if !media.eq_ignore_ascii_case(FORM) || !is_from_us(request.headers(), app.origin()) {
        return Err(PageError::new(Kind::StaleForm));
    }
    let body = sent::read_within(app.body_timeout(), request.headers(), payload, LARGEST).await;
    let body = body.map_err(|error| PageError::because(Kind::StaleForm, error))?;
    let text = std::str::from_utf8(&body).map_err(|error| PageError::because(Kind::StaleForm, error))?;
    Parameters::parse(text).map_err(|error| PageError::because(Kind::StaleForm, error))
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
