//! Which pages of other origins may call which endpoint from a browser (the Fetch standard, section 3.3), never with
//! cookies. What is not in the table is for no page of another origin.
//!
//! A preflight has no client id, so it is answered for the origins of all clients. That tells no more than that some
//! client has it; the answer itself is readable for the pages of the very client that proved who it is.

use actix_web::dev::ServiceResponse;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};

use super::error::OAuthError;
use crate::app::App;
use crate::store::clients::Client;

/// Who may call.
#[derive(Clone, Copy)]
enum Pages {
    /// All: there is nothing in the answer but for whoever may ask anyway.
    All { methods: &'static str },
    /// Those of the client's registered origins.
    OfClient,
}

/// The table, by path without the trailing slash.
const ENDPOINTS: [(&str, Pages); 9] = [
    ("/o/token", Pages::OfClient),
    ("/o/revoke_token", Pages::OfClient),
    ("/o/device-authorization", Pages::OfClient),
    ("/o/userinfo", Pages::All { methods: "GET, POST" }),
    ("/o/.well-known/jwks.json", Pages::All { methods: "GET" }),
    ("/o/.well-known/openid-configuration", Pages::All { methods: "GET" }),
    ("/.well-known/openid-configuration/o", Pages::All { methods: "GET" }),
    ("/o/.well-known/oauth-authorization-server", Pages::All { methods: "GET" }),
    ("/.well-known/oauth-authorization-server/o", Pages::All { methods: "GET" }),
];

/// The request headers that need permission and that our endpoints read.
const HEADERS: &str = "Authorization, Content-Type, DPoP";
/// The answer's headers that a page may read beside the few it always may.
const EXPOSED: HeaderValue = HeaderValue::from_static("WWW-Authenticate, Retry-After");
/// Seconds for which a browser need not ask again.
const MAX_AGE: &str = "3600";

/// The origin that may read the answer.
struct Allowed(HeaderValue);

/// Whether pages of other origins may call at all, so that there is something to say to a preflight.
pub(crate) fn is_open(path: &str) -> bool {
    pages(path).is_some()
}

fn pages(path: &str) -> Option<Pages> {
    let path = path.strip_suffix('/').unwrap_or(path);
    ENDPOINTS.iter().find(|(known, _)| *known == path).map(|(_, pages)| *pages)
}

/// Notes whether the page that sent this is one of the client's.
pub(super) fn note(request: &HttpRequest, client: &Client) {
    let origins = &client.metadata.allowed_origins;
    if origins.is_empty() {
        return;
    }
    let Some(origin) = request.headers().get(header::ORIGIN) else { return };
    if origins.iter().any(|each| each.as_bytes() == origin.as_bytes()) {
        request.extensions_mut().insert(Allowed(origin.clone()));
    }
}

/// What an answer to a page of another origin carries; called only when the request says where it comes from.
pub(crate) fn complete<B>(response: &mut ServiceResponse<B>) {
    let Some(pages) = pages(response.request().path()) else { return };
    let origin = match pages {
        Pages::All { .. } => Some(HeaderValue::from_static("*")),
        Pages::OfClient => {
            response.headers_mut().append(header::VARY, HeaderValue::from_static("Origin"));
            response.request().extensions_mut().remove::<Allowed>().map(|allowed| allowed.0)
        }
    };
    if let Some(origin) = origin {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}

/// A browser asks whether a page may send what it wants to send.
///
/// # Errors
/// 503 when the origins cannot be read.
pub async fn preflight(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, OAuthError> {
    let headers = request.headers();
    let methods = match pages(request.path()) {
        Some(Pages::All { methods }) => Some(methods),
        Some(Pages::OfClient) if asks_for_a_form(headers) => match headers.get(header::ORIGIN) {
            Some(origin) if app.clients.has_origin(origin.to_str().unwrap_or_default()).await? => {
                request.extensions_mut().insert(Allowed(origin.clone()));
                Some("POST")
            }
            _ => None,
        },
        _ => None,
    };
    let mut response = HttpResponse::NoContent();
    if let Some(methods) = methods {
        response
            .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, methods))
            .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS))
            .insert_header((header::ACCESS_CONTROL_MAX_AGE, MAX_AGE));
    }
    Ok(response.finish())
}

/// Whether a POST is announced, with no header but those we read.
fn asks_for_a_form(headers: &HeaderMap) -> bool {
    let said = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let known = |each: &str| HEADERS.split(", ").any(|known| known.eq_ignore_ascii_case(each.trim()));
    said(header::ACCESS_CONTROL_REQUEST_METHOD) == Some("POST")
        && said(header::ACCESS_CONTROL_REQUEST_HEADERS).is_none_or(|names| names.split(',').all(known))
}
