//! Pages of other origins, those that are configured: what a browser is told before they send something, and that they
//! may read the answer. Never with cookies; there are none here.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::App;
use crate::routes::Endpoint;

/// The request headers that a page may send.
const HEADERS: &str =
    "Authorization, Content-Type, DPoP, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, Prefer";
/// The answer's headers that a page may read beside the few it always may.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "WWW-Authenticate, ETag, Retry-After, Location, Link, Idempotency-Replayed, Preference-Applied, \
     RateLimit, RateLimit-Policy",
);
/// Seconds for which a browser need not ask again.
const MAX_AGE: HeaderValue = HeaderValue::from_static("3600");

/// The origin of the page that sent a request, if it is a configured one.
pub fn origin(app: &App, headers: &HeaderMap) -> Option<HeaderValue> {
    if app.allowed_origins().is_empty() {
        return None;
    }
    let origin = headers.get(header::ORIGIN)?;
    let is_allowed = app.allowed_origins().iter().any(|each| each.as_bytes() == origin.as_bytes());
    is_allowed.then(|| origin.clone())
}

/// What a browser is told that asks, on behalf of such a page, whether it may send something that exists here. It asks
/// without the token, so it is told before anybody is asked for one.
pub fn preflight(endpoint: Option<&Endpoint>, method: &Method, headers: &HeaderMap) -> Option<HttpResponse> {
    let said = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let wanted = said(header::ACCESS_CONTROL_REQUEST_METHOD)?;
    let endpoint = endpoint.filter(|_| method == Method::OPTIONS)?;
    let known = |each: &str| HEADERS.split(", ").any(|known| known.eq_ignore_ascii_case(each.trim()));
    let knows_headers =
        said(header::ACCESS_CONTROL_REQUEST_HEADERS).is_none_or(|names| names.split(',').all(known));
    if !knows_headers || !endpoint.allow.split(", ").any(|allowed| allowed == wanted) {
        return None;
    }
    let mut response = HttpResponse::NoContent();
    response
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, endpoint.allow))
        .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, MAX_AGE));
    Some(response.finish())
}

/// Lets the page read the answer.
pub fn dress(headers: &mut HeaderMap, origin: &HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}
