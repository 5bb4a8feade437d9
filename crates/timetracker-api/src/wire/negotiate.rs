//! Which representation is wanted: `Accept`, and `?format=` or a suffix.
//! There are two for everything, JSON, and the same as a page for people, and for some things others; q-values change nothing.

use actix_web::http::header::{self, HeaderMap};

use super::error::ApiError;

/// The widest indent a client may ask for.
const WIDEST: usize = 8;

/// Whether a page is wanted: HTML is named, and JSON is not. Nobody who takes anything (`*/*`) gets one, and neither does a program
/// that takes JSON as well: browsers show no token.
pub fn wants_page(headers: &HeaderMap, path: &str, query: &str) -> bool {
    if headers.contains_key(header::AUTHORIZATION) && indent(headers, None).is_ok() {
        return false;
    }
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
    let suffix = path.trim_end_matches('/').rsplit_once('.').map_or("", |(_, suffix)| suffix);
    let has_suffix = [Form::Json, Form::Csv, Form::Ndjson].iter().any(|form| form.name() == suffix);
    is_html && !has_suffix && !says_format()
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

/// A form that some answers have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As all answers.
    Json,
    /// A table (RFC 4180).
    Csv,
    /// JSON, an object to a line.
    Ndjson,
}

impl Form {
    /// What it is called in `?format=` and as a suffix.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }

    /// As an answer says it.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    /// Whether a media range names it, and whether it admits it.
    fn is_met_by(self, range: &str) -> (bool, bool) {
        let media = range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let own = self.media_type().split(';').next().unwrap_or_default();
        let kind = own.split('/').next().unwrap_or_default();
        let is_named = media == own;
        (is_named, is_named || media == "*/*" || media.strip_suffix("/*") == Some(kind))
    }
}

/// The form that is wanted of those there are beside JSON, and the indent if it is JSON. A suffix counts before `?format=`, and
/// that before `Accept`.
///
/// # Errors
/// As [`indent`].
pub fn form(
    headers: &HeaderMap,
    path: &str,
    said: Option<&str>,
    others: &[Form],
) -> Result<(Form, usize), ApiError> {
    let suffix = path.trim_end_matches('/').rsplit_once('.').map(|(_, suffix)| suffix);
    let by_suffix = others.iter().find(|form| suffix == Some(form.name()));
    let named = by_suffix.or_else(|| others.iter().find(|form| said == Some(form.name())));
    let ranges = || {
        let fields = headers.get_all(header::ACCEPT).filter_map(|value| value.to_str().ok());
        fields.flat_map(|field| field.split(','))
    };
    if let Some(named) = named {
        let is_admitted =
            !headers.contains_key(header::ACCEPT) || ranges().any(|range| named.is_met_by(range).1);
        return if is_admitted { Ok((*named, 0)) } else { Err(ApiError::NotAcceptable) };
    }
    let is_named = |form: &Form| ranges().any(|range| form.is_met_by(range).0);
    let other = others.iter().find(|form| said.is_none() && is_named(form));
    match other {
        Some(other) if !is_named(&Form::Json) => Ok((*other, 0)),
        _ => Ok((Form::Json, indent(headers, said)?)),
    }
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
        for (path, query) in [
            ("/api/tracks.json", ""),
            ("/api/reports/detailed.csv", ""),
            ("/api/tracks/1.json/", ""),
            ("/api/tracks/", "a=b&format=json"),
        ] {
            assert!(!wants(chromium, path, query), "{path} {query}");
        }
        assert!(!wants_page(&HeaderMap::new(), "/api/", ""));
        for (accept, expected) in [(chromium, false), ("text/html, */*", false), ("text/html", true)] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_str(accept).unwrap());
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer x"));
            assert_eq!(wants_page(&headers, "/api/tracks/", ""), expected, "{accept}");
        }
    }

    #[test]
    fn other_forms_are_for_those_who_ask_and_where_there_are_any() {
        let asked = |path: &str, said: Option<&str>, accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_str(accept).unwrap());
            let form = form(&headers, path, said, &[Form::Csv, Form::Ndjson]);
            form.map_err(|error| actix_web::ResponseError::status_code(&error).as_u16())
        };
        let (csv, ndjson, json) = (Ok((Form::Csv, 0)), Ok((Form::Ndjson, 0)), Ok((Form::Json, 0)));
        for (path, said, accept, expected) in [
            ("/x/", None, "*/*", json),
            ("/x/", Some("csv"), "*/*", csv),
            ("/x/", Some("csv"), "text/*", csv),
            ("/x/", Some("csv"), "text/html,*/*;q=0.8", csv),
            ("/x/", Some("csv"), "application/json", Err(406)),
            ("/x/", Some("ndjson"), "application/x-ndjson", ndjson),
            ("/x.csv", None, "*/*", csv),
            ("/x.csv/", Some("json"), "*/*", csv),
            ("/x.json", None, "*/*", json),
            ("/x/", Some("xls"), "*/*", Err(404)),
            ("/x/", None, "Text/CSV; charset=utf-8", csv),
            ("/x/", None, "application/x-ndjson, */*;q=0.1", ndjson),
            ("/x/", None, "text/csv, application/json", json),
            ("/x/", Some("json"), "text/csv, */*", json),
            ("/x/", None, "text/*", Err(406)),
            ("/x/", None, "text/html", Err(406)),
            ("/x/", None, "application/json; indent=2", Ok((Form::Json, 2))),
        ] {
            assert_eq!(asked(path, said, accept), expected, "{path} {said:?} {accept}");
        }
        assert!(form(&HeaderMap::new(), "/x.csv", Some("csv"), &[]).is_err());
    }

    #[test]
    fn an_unknown_format_is_not_found_before_accept_is_looked_at() {
        assert_eq!(asked("*/*", Some("json")), Ok(0));
        assert_eq!(asked("application/xml", Some("api")), Err(404));
        assert_eq!(indent(&HeaderMap::new(), None).unwrap(), 0);
    }
}
