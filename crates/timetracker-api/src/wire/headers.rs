//! What every answer carries, whatever it says.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use model::request_id::RequestId;

use crate::App;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What every answer carries. What is no page may load and frame nothing, and nothing is kept but what says so.
const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

const TWO_YEARS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");

/// What every answer carries, and the number to ask with.
pub fn complete(app: &App, headers: &mut HeaderMap, id: RequestId) {
    for (name, value) in &HEADERS {
        // A page says itself what it may load.
        if *name != header::CONTENT_SECURITY_POLICY || !headers.contains_key(name) {
            headers.insert(name.clone(), value.clone());
        }
    }
    if app.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, TWO_YEARS);
    }
    if let Ok(id) = HeaderValue::from_bytes(&id.hex()) {
        headers.insert(REQUEST_ID, id);
    }
}
