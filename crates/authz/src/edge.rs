//! What happens to every request on its way in and out: one middleware, because one that does several small
//! things costs less than several. And what a request says about where it comes from, and how its body is read.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::BytesMut;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use futures_util::{FutureExt, StreamExt};
use ipnet::IpNet;
use model::logging::LogRequests;
use model::request_id::RequestId;

use crate::app::App;
use crate::pages::PageError;
use crate::protocol::cors;

/// No form here is larger.
const MAX_BODY: usize = 16 * 1024;
/// actix gives a request's head five seconds and its body for ever.
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// A request that takes longer leaves a line in the log.
const SLOW: Duration = Duration::from_secs(1);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Sent with every answer.
const ALWAYS: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CROSS_ORIGIN_OPENER_POLICY, HeaderValue::from_static("same-origin")),
    (header::CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin")),
];

/// Sent unless the handler said something else.
const OTHERWISE: [(HeaderName, HeaderValue); 2] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
];

/// Nothing but our own style sheet and pictures, no scripts, no frames, forms to ourselves.
pub(crate) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const TWO_YEARS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");

/// Says which request an answer belongs to when the handler has already told a person.
#[derive(Clone, Copy)]
pub(crate) struct Reference(pub(crate) RequestId);

/// The middleware.
///
/// # Errors
/// As the inner service.
pub async fn edge(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let started = Instant::now();
    let encoded = is_encoded(request.headers());
    let from_a_page = request.headers().contains_key(header::ORIGIN);
    let mut response = if encoded {
        request.into_response(HttpResponse::UnsupportedMediaType().finish()).map_into_left_body()
    } else {
        match AssertUnwindSafe(next.call(request)).catch_unwind().await {
            Ok(response) => response?.map_into_right_body(),
            Err(_panic) => return Err(panicked()),
        }
    };
    let told = response.response().extensions().get::<Reference>().map(|reference| reference.0);
    let id = told.unwrap_or_else(RequestId::new);
    let app = response.request().app_data::<web::Data<App>>().cloned();
    let is_https = app.as_ref().is_some_and(|app| app.config.issuer.is_https());
    complete(response.headers_mut(), id, is_https);
    if from_a_page {
        cors::complete(&mut response);
    }
    let all = app.is_some_and(|app| app.config.log_requests == LogRequests::All);
    log(&response, id, started.elapsed(), all);
    Ok(response)
}

/// The request went down with its handler; what is left is a finished answer, and a line in the log.
fn panicked() -> Error {
    let mut response = PageError::internal("a handler panicked").error_response();
    let id = response.extensions().get::<Reference>().map_or_else(RequestId::new, |reference| reference.0);
    complete(response.headers_mut(), id, false);
    tracing::error!(request_id = %id, "a handler panicked");
    InternalError::from_response("a handler panicked", response).into()
}

fn complete(headers: &mut HeaderMap, id: RequestId, is_https: bool) {
    for (name, value) in &ALWAYS {
        headers.insert(name.clone(), value.clone());
    }
    for (name, value) in &OTHERWISE {
        if !headers.contains_key(name) {
            headers.insert(name.clone(), value.clone());
        }
    }
    if is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, TWO_YEARS);
    }
    if let Ok(value) = HeaderValue::from_bytes(&id.hex()) {
        headers.insert(REQUEST_ID, value);
    }
}

/// One line for what failed on our side or was slow (or for all, when asked). Never the query: it has codes.
fn log(response: &ServiceResponse<impl MessageBody>, id: RequestId, took: Duration, all: bool) {
    let status = response.status().as_u16();
    if status < 500 && took < SLOW && !all {
        return;
    }
    let method = response.request().method();
    // A token in an address that was sent by mail is a secret, and is not written down.
    let pattern = response.request().match_pattern().filter(|pattern| pattern.contains("{token}"));
    let path = pattern.as_deref().unwrap_or(response.request().path());
    let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    match response.response().error() {
        Some(error) if status >= 500 => {
            tracing::error!(request_id = %id, %method, path, status, milliseconds, %error, "failed");
        }
        _ => tracing::info!(request_id = %id, %method, path, status, milliseconds, "request"),
    }
}

/// Whether the body says that it is compressed. It is never unpacked: a few bytes can stand for gigabytes.
fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get_all(header::CONTENT_ENCODING).any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// Whether the body says that it is a form. A media type has no case (RFC 9110 section 8.3.1).
pub(crate) fn is_form(request: &HttpRequest) -> bool {
    request.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    TooLarge,
    TooSlow,
    Broken,
}

/// Reads a body of at most 16 KiB that arrives within ten seconds.
pub(crate) async fn read_body(request: &HttpRequest, payload: &mut Payload) -> Result<BytesMut, BodyError> {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if length.and_then(|length| length.parse().ok()).is_some_and(|length: usize| length > MAX_BODY) {
        return Err(BodyError::TooLarge);
    }
    let read = async {
        let mut body = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| BodyError::Broken)?;
            if body.len() + chunk.len() > MAX_BODY {
                return Err(BodyError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    };
    // A body mostly arrives with its head: then no timer is needed.
    let mut read = pin!(read);
    match futures_util::poll!(read.as_mut()) {
        Poll::Ready(read) => read,
        Poll::Pending => tokio::time::timeout(BODY_WITHIN, read).await.unwrap_or(Err(BodyError::TooSlow)),
    }
}

/// Who is asking: the peer, or what a trusted peer says in `X-Forwarded-For`. What cannot be read counts as the
/// peer, so that nonsense never opens a way round a limit.
pub(crate) fn client_address(request: &HttpRequest, trusted: &[IpNet]) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.ip());
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(&peer) {
        return peer;
    }
    let header = HeaderName::from_static("x-forwarded-for");
    let lines: Vec<&str> =
        request.headers().get_all(&header).filter_map(|value| value.to_str().ok()).collect();
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        match hop.trim().parse() {
            Ok(address) if is_trusted(&address) => {}
            Ok(address) => return address,
            Err(_) => return peer,
        }
    }
    peer
}

/// Whom an address is counted as: an IPv6 subscriber has 64 bits of addresses to themselves.
pub(crate) fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    /// R138, section 2 nos. 23 and 27 of the dossier (CVE-2024-47070)
    #[test]
    fn a_forwarded_address_counts_only_from_a_trusted_peer_and_only_when_it_can_be_read() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        for (peer, forwarded, expected) in [
            ("192.0.2.1:1", "198.51.100.7", "192.0.2.1"),
            ("10.0.0.1:1", "198.51.100.7", "198.51.100.7"),
            ("10.0.0.1:1", "203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
            ("10.0.0.1:1", "a", "10.0.0.1"),
            ("10.0.0.1:1", "", "10.0.0.1"),
            ("10.0.0.1:1", "198.51.100.7, a", "10.0.0.1"),
            ("10.0.0.1:1", "2001:db8::1", "2001:db8::1"),
        ] {
            let request = TestRequest::default()
                .peer_addr(peer.parse().unwrap())
                .insert_header(("X-Forwarded-For", forwarded))
                .to_http_request();
            assert_eq!(client_address(&request, &trusted).to_string(), expected, "{peer} {forwarded}");
        }
    }

    /// R153
    #[test]
    fn a_subscriber_is_counted_as_one_however_many_addresses_they_have() {
        for (address, expected) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ] {
            assert_eq!(network(address.parse().unwrap()), expected);
        }
    }
}
