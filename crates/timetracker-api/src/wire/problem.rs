//! `application/problem+json` (RFC 9457), for clients whose `Accept` names it; all others get the framework's bodies. What is
//! wrong with the fields is a list here and an object there: the two are never mixed.

use actix_web::http::Method;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{HttpRequest, ResponseError};

use super::error::{ApiError, Message, UNKNOWN};
use super::json;

/// The media type of the answer.
pub const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Whether a client asks for it: by its name, not by a range that it lies in.
pub fn is_wanted(headers: &HeaderMap) -> bool {
    let fields = headers.get_all(header::ACCEPT).filter_map(|field| field.to_str().ok());
    fields.flat_map(|field| field.split(',')).any(|range| {
        let media = range.split(';').next().unwrap_or_default().trim();
        media.eq_ignore_ascii_case("application/problem+json")
    })
}

/// All that errors are called, for programs.
pub const CODES: [&str; 25] = [
    "invalid",
    "unknown_parameters",
    "parse_error",
    "two_tokens",
    "not_authenticated",
    "insufficient_scope",
    "permission_denied",
    "csrf_failed",
    "not_found",
    "invalid_page",
    "invalid_cursor",
    "overlap",
    "conflict",
    "not_done",
    "stale",
    "idempotency_key_reused",
    "cursor_gone",
    "method_not_allowed",
    "not_acceptable",
    "too_slow",
    "too_large",
    "unsupported_media_type",
    "throttled",
    "unavailable",
    "error",
];

/// What an error is called: one of [`CODES`].
fn code(error: &ApiError) -> &'static str {
    match error {
        ApiError::Fields(_) | ApiError::Messages(_) => "invalid",
        ApiError::UnknownParameters(_) => "unknown_parameters",
        ApiError::Malformed(_) => "parse_error",
        ApiError::TwoTokens(_) => "two_tokens",
        ApiError::Unauthenticated(..) => "not_authenticated",
        ApiError::LacksScope(..) => "insufficient_scope",
        ApiError::NoPerson => "permission_denied",
        ApiError::NotFromOurPage(_) => "csrf_failed",
        ApiError::NotFound | ApiError::NoSuch(_) => "not_found",
        ApiError::InvalidPage => "invalid_page",
        ApiError::InvalidCursor => "invalid_cursor",
        ApiError::Overlaps(_) => "overlap",
        ApiError::Conflict(_) => "conflict",
        ApiError::NotDone(_) => "not_done",
        ApiError::Stale(_) => "stale",
        ApiError::KeyReused => "idempotency_key_reused",
        ApiError::CursorGone => "cursor_gone",
        ApiError::MethodNotAllowed(_) => "method_not_allowed",
        ApiError::NotAcceptable => "not_acceptable",
        ApiError::TooSlow => "too_slow",
        ApiError::TooLarge => "too_large",
        ApiError::AnswerTooLarge => "answer_too_large",
        ApiError::Overrun => "overrun",
        ApiError::MediaType(_) | ApiError::Encoding(_) => "unsupported_media_type",
        ApiError::Throttled(_) => "throttled",
        ApiError::Unavailable(_) => "unavailable",
        ApiError::Internal(_) => "error",
    }
}

/// The body. `request` says where a field was: in the query or in what was sent; `fault` is the number of a fault of ours.
pub fn body(error: &ApiError, request: Option<&HttpRequest>, fault: Option<&str>) -> Vec<u8> {
    let status = error.status_code();
    let mut out = b"{\"type\":\"about:blank\",\"title\":".to_vec();
    json::text(&mut out, status.canonical_reason().unwrap_or_default());
    out.extend_from_slice(b",\"status\":");
    json::number(&mut out, i64::from(status.as_u16()));
    out.extend_from_slice(b",\"detail\":");
    json::text(&mut out, &error.detail());
    out.extend_from_slice(b",\"code\":");
    json::text(&mut out, code(error));
    error.write_more(&mut out);
    if status == StatusCode::BAD_REQUEST {
        errors(&mut out, error, request);
    }
    if let Some(fault) = fault {
        out.extend_from_slice(b",\"request_id\":");
        json::text(&mut out, fault);
    }
    out.push(b'}');
    out
}

/// Everything that is wrong, each with where it is.
fn errors(out: &mut Vec<u8>, error: &ApiError, request: Option<&HttpRequest>) {
    let unknown = Message::from(UNKNOWN);
    let wrong: Vec<(Option<Spot<'_>>, &Message)> = match error {
        ApiError::Fields(fields) => fields
            .iter()
            .flat_map(|(name, messages)| messages.iter().map(|message| (Some(spot(name, request)), message)))
            .collect(),
        ApiError::Messages(messages) => messages.iter().map(|message| (None, message)).collect(),
        ApiError::UnknownParameters(names) => {
            names.iter().map(|name| (Some(Spot::Parameter(name)), &unknown)).collect()
        }
        _ => return,
    };
    out.extend_from_slice(b",\"errors\":");
    json::list(out, wrong, |out, (spot, message)| {
        out.extend_from_slice(b"{\"detail\":");
        json::text(out, message);
        match spot {
            None => {}
            Some(Spot::Parameter(name)) => {
                out.extend_from_slice(b",\"parameter\":");
                json::text(out, name);
            }
            Some(Spot::Body) => out.extend_from_slice(b",\"pointer\":\"#\""),
            Some(Spot::Field(name)) => {
                out.extend_from_slice(b",\"pointer\":");
                json::text(out, &format!("#/{name}"));
            }
        }
        out.push(b'}');
    });
}

/// Where something is wrong.
enum Spot<'a> {
    Parameter(&'a str),
    Body,
    Field(&'a str),
}

fn spot<'a>(name: &'a str, request: Option<&HttpRequest>) -> Spot<'a> {
    let is_in_query = request.is_some_and(|request| {
        let has_body = matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH);
        let mut names = request.query_string().split('&').filter_map(|part| part.split('=').next());
        !has_body || names.any(|each| each == name)
    });
    match name {
        _ if is_in_query => Spot::Parameter(name),
        "non_field_errors" => Spot::Body,
        _ => Spot::Field(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_to_be_asked_for_by_name() {
        for (accept, expected) in [
            ("application/problem+json", true),
            ("application/json, Application/Problem+JSON;q=0.5", true),
            ("application/json", false),
            ("application/*, */*", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(is_wanted(&headers), expected, "{accept}");
        }
        assert!(!is_wanted(&HeaderMap::new()));
    }
}
