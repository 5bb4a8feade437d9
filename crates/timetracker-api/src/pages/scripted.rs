//! The session of a browser for scripts and forms of this site, as `SessionAuthentication` of Django REST Framework: whoever asks for
//! JSON with the cookie of a session and shows nothing else is whoever is signed in there. What changes something repeats the
//! cookie `csrftoken` ([`model::csrf`]), and comes from a page of this very origin.

use actix_web::body::BoxBody;
use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest};
use model::csrf;

use super::form::Sender;
use super::sessions::cookie::Kind;
use super::sessions::{self, Visitor};
use crate::App;
use crate::wire::edge;
use crate::wire::error::ApiError;
use crate::wire::query::Parameters;
use crate::wire::sent;

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a request may be one: it shows no token, and has a cookie.
pub fn is_by_session(app: &App, headers: &HeaderMap) -> bool {
    app.sign_in().is_some()
        && !headers.contains_key(header::AUTHORIZATION)
        && headers.contains_key(header::COOKIE)
        && !headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Answers as the API does, to whoever is signed in at the browser.
///
/// # Errors
/// As the API's.
pub async fn answer(
    app: App,
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let is_safe = request.method().is_safe();
    let visitor = if is_safe && !is_own(&app, request.headers()) {
        // Another site's page looks, and is not to see what is this person's.
        Visitor::Stranger
    } else if Kind::Session.read(&app, request.request()).is_none() {
        Visitor::Stranger
    } else {
        match sessions::visitor(&app, request.request()).await {
            Ok(visitor) => visitor,
            Err(error) => return Ok(edge::refuse_script(&app, request, error)),
        }
    };
    let Visitor::SignedIn(person) = visitor else {
        return edge::answer(&app, request, &next, false).await;
    };
    if !is_safe && let Err(error) = judge(&app, &mut request).await {
        return Ok(edge::refuse_script(&app, request, error));
    }
    let cookie = if is_safe { new_cookie(&app, request.request()) } else { None };
    let headers = request.headers_mut();
    headers.remove(header::COOKIE);
    if let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {}", person.access.expose())) {
        value.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, value);
    }
    let mut response = edge::answer(&app, request, &next, false).await?;
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept, Cookie"));
    if let Some(cookie) = cookie
        && let Err(error) = response.response_mut().add_cookie(&cookie)
    {
        tracing::error!(%error, "a cookie could not be written");
    }
    Ok(response)
}

/// Whether it is said to come from this site, or nothing is said of that.
fn is_own(app: &App, headers: &HeaderMap) -> bool {
    match headers.get(SITE) {
        // Typed into the address bar, or followed from there.
        Some(site) => site == "same-origin" || site == "none",
        None => headers.get(header::ORIGIN).is_none_or(|from| from == app.origin()),
    }
}

async fn judge(app: &App, request: &mut ServiceRequest) -> Result<(), ApiError> {
    let field = if *request.method() == Method::POST { field(app, request).await? } else { None };
    from_our_page(app, request.request(), field.as_deref()).map_err(ApiError::NotFromOurPage)
}

/// Whether a page of ours has sent what comes with the cookie of a session and perhaps this field.
///
/// # Errors
/// Why not.
pub fn from_our_page(app: &App, request: &HttpRequest, field: Option<&str>) -> Result<(), csrf::Refused> {
    let text = |name: HeaderName| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    let cookie = request.cookie_raw(csrf::COOKIE);
    let said = csrf::Sent {
        origin: text(header::ORIGIN),
        referer: text(header::REFERER),
        site: text(SITE),
        cookie: cookie.as_ref().map(Cookie::value),
        header: text(HeaderName::from_static(csrf::HEADER)),
        field,
    };
    csrf::judge(&said, app.origin())
}

/// The field of a form that repeats the cookie. The body is there for the handler afterwards.
async fn field(app: &App, request: &mut ServiceRequest) -> Result<Option<String>, ApiError> {
    if !request.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Ok(None);
    }
    let (inside, payload) = request.parts_mut();
    let (headers, payload) = (inside.headers(), std::mem::replace(payload, Payload::None));
    let body = sent::read_within(app.body_timeout(), headers, payload, Sender::Api.largest()).await?;
    let form = std::str::from_utf8(&body).ok().and_then(|text| Parameters::parse(text).ok());
    let field = form.and_then(|form| form.get(csrf::FIELD).map(str::to_owned));
    request.set_payload(Payload::from(body));
    Ok(field)
}

/// For a browser that has none yet. Scripts of the site read it.
fn new_cookie(app: &App, request: &HttpRequest) -> Option<Cookie<'static>> {
    if request.cookie_raw(csrf::COOKIE).is_some_and(|cookie| csrf::is_token(cookie.value())) {
        return None;
    }
    let cookie = Cookie::build(csrf::COOKIE, csrf::token()?)
        .path("/")
        .secure(app.is_https())
        .same_site(SameSite::Lax)
        .max_age(CookieDuration::seconds(csrf::KEPT));
    Some(cookie.finish())
}
