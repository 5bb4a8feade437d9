//! Which representation is wanted: `Accept`, and `?format=` or a suffix.
//! There are two: JSON, and the same as a page for people; q-values change nothing.

use actix_web::http::header::{self, HeaderMap};

use super::error::ApiError;

/// The widest indent a client may ask for.
const WIDEST: usize = 8;

/// Whether a page is wanted: HTML is named, and JSON is not. Nobody who takes anything (`*/*`) gets one.
pub fn wants_page(headers: &HeaderMap, path: &str, query: &str) -> bool {
    let mut is_html = false;
    for wish in headers.get_all(header::ACCEPT) {
        for range in wish.to_str().unwrap_or_default().split(',') {
            match range.split(';').next().unwrap_or_default().trim() {
                "text/html" | "text/*" => is_html = true,
                "application/json" | "application/*" => return false,
                _ => {}
            }
        }
    }
    let says_format = || query.split('&').any(|part| part.split('=').next() == Some("format"));
    is_html && path.trim_end_matches('/').strip_suffix(".json").is_none() && !says_format()
}

/// Checks that JSON will do; answers the indent that was asked for, 0 for none.
///
/// # Errors
/// [`ApiError::NotFound`] for a `format` that does not exist, [`ApiError::NotAcceptable`] when `Accept` admits
/// nothing we have.
pub fn indent(headers: &HeaderMap, format: Option<&str>) -> Result<usize, ApiError> {
    if format.is_some_and(|format| format != "json") {
        return Err(ApiError::NotFound);
    }
    let mut wishes = headers.get_all(header::ACCEPT).peekable();
    if wishes.peek().is_none() {
        return Ok(0);
    }
    let mut best = None;
    for wish in wishes {
        match wish.as_bytes() {
            b"*/*" | b"application/json" => best = best.max(Some(0)),
            other => {
                let text = std::str::from_utf8(other).unwrap_or_default();
                best = best.max(text.split(',').filter_map(one).max());
            }
        }
    }
    best.ok_or(ApiError::NotAcceptable)
}

/// The indent of one media range that JSON satisfies.
fn one(range: &str) -> Option<usize> {
    let mut parts = range.split(';');
    let media = parts.next()?.trim().to_ascii_lowercase();
    // Who names the form of problems takes JSON when there is none.
    let are_json = ["*/*", "application/*", "application/json", "application/problem+json"];
    if !are_json.contains(&media.as_str()) {
        return None;
    }
    let indent = parts.filter_map(|part| part.trim().strip_prefix("indent=")).next_back();
    Some(indent.and_then(|width| width.parse::<usize>().ok()).map_or(0, |width| width.min(WIDEST)))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn asked(accept: &str, format: Option<&str>) -> Result<usize, u16> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_str(accept).unwrap());
        indent(&headers, format).map_err(|error| actix_web::ResponseError::status_code(&error).as_u16())
    }

    #[test]
    fn accept_is_matched_without_q_values() {
        for (accept, expected) in [
            ("*/*", Ok(0)),
            ("application/json", Ok(0)),
            ("Application/JSON", Ok(0)),
            ("application/*", Ok(0)),
            ("application/json; indent=4", Ok(4)),
            ("application/json;indent=99", Ok(8)),
            ("application/json; indent=x", Ok(0)),
            ("application/json;q=0.1, text/html", Ok(0)),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Ok(0)),
            ("application/problem+json", Ok(0)),
            ("application/xml", Err(406)),
            ("text/html", Err(406)),
            ("junk", Err(406)),
            ("", Err(406)),
        ] {
            assert_eq!(asked(accept, None), expected, "{accept}");
        }
    }

    #[test]
    fn a_page_is_for_who_names_html_and_not_json() {
        let wants = |accept: &str, path: &str, query: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_str(accept).unwrap());
            wants_page(&headers, path, query)
        };
        let chromium =
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";
        for (accept, expected) in [
            (chromium, true),
            ("text/html", true),
            ("text/*", true),
            ("text/html; charset=utf-8", true),
            ("*/*", false),
            ("", false),
            ("application/json", false),
            ("application/json, text/html", false),
            ("text/html, application/*", false),
            ("application/xml", false),
        ] {
            assert_eq!(wants(accept, "/api/tracks/", "page=2"), expected, "{accept}");
        }
        for (path, query) in
            [("/api/tracks.json", ""), ("/api/tracks/1.json/", ""), ("/api/tracks/", "a=b&format=json")]
        {
            assert!(!wants(chromium, path, query), "{path} {query}");
        }
        assert!(!wants_page(&HeaderMap::new(), "/api/", ""));
    }

    #[test]
    fn an_unknown_format_is_not_found_before_accept_is_looked_at() {
        assert_eq!(asked("*/*", Some("json")), Ok(0));
        assert_eq!(asked("application/xml", Some("api")), Err(404));
        assert_eq!(indent(&HeaderMap::new(), None).unwrap(), 0);
    }
}
