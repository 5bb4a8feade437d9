//! What a browser sees of the API: any address under `/api/`, answered as it always is, and shown as a page.
//!
//! The request that a page or a form stands for is put to the API itself, with the token of whoever is signed in: it goes
//! through the same gate, the same rules and the same handlers as everybody's. Nothing is decided here.
//!
//! [`posted`] reads a form, [`view`] makes the page of an answer: [`body`] shows it, [`forms`] is what can be done, [`errors`] what
//! was wrong with it, [`place`] where one is.

mod body;
mod errors;
mod forms;
mod place;
mod posted;
mod view;

use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};
pub use errors::Errors;
use model::csrf;
use posted::Posted;
use serde_json::Value;
use view::Answered;

use super::error::{Kind, PageError};
use super::form::Sender;
use super::sessions::{self, SignedIn, Visitor, cookie};
use super::{dress, form, scripted, store};
use crate::App;
use crate::auth::Caller;
use crate::auth::scopes::Scope;
use crate::id::ActivityId;
use crate::routes::Endpoint;
use crate::wire::edge;
use crate::wire::error::ApiError;

/// What of a browser's request is not the API's to see: it would answer for what is shown, and not for the page.
const KEPT_BACK: [HeaderName; 10] = [
    header::COOKIE,
    header::ORIGIN,
    header::IF_NONE_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_MATCH,
    header::ACCESS_CONTROL_REQUEST_METHOD,
    header::ACCESS_CONTROL_REQUEST_HEADERS,
    header::RANGE,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
];

const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The most activities that a form offers.
const MOST_ACTIVITIES: i64 = 200;

/// Answers with a page.
///
/// # Errors
/// As the API's.
pub async fn answer(
    app: App,
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    // Who shows a token needs no cookie, and is not mistaken for whoever has one.
    let has_token = request.headers().contains_key(header::AUTHORIZATION);
    // What changes something is a form that was posted: no page of ours asks for it in any other way.
    let may_be_ours = request.method().is_safe() || *request.method() == Method::POST;
    let visitor = if has_token || !may_be_ours {
        Visitor::Stranger
    } else {
        match sessions::visitor(&app, request.request()).await {
            Ok(visitor) => visitor,
            Err(error) => return Ok(edge::refuse(&app, request, PageError::from(error)).await),
        }
    };
    let mut posted = None;
    if !has_token {
        posted = match read(&app, &mut request, &visitor).await {
            Ok(posted) => posted,
            Err(error) => return Ok(edge::refuse(&app, request, error).await),
        };
        speak_for(&mut request, &visitor, posted.as_ref());
    }
    show(&app, request, &next, visitor, posted).await
}

/// What a page of ours has posted. Whoever is not signed in has posted nothing that counts, but sees it again.
async fn read(
    app: &App,
    request: &mut ServiceRequest,
    visitor: &Visitor,
) -> Result<Option<Posted>, PageError> {
    if *request.method() != Method::POST {
        return Ok(None);
    }
    let (inside, payload) = request.parts_mut();
    let from = if matches!(visitor, Visitor::SignedIn(_)) { Sender::Api } else { Sender::Stranger };
    let form = form::read(app, inside, std::mem::replace(payload, Payload::None), from).await?;
    let posted = Posted::read(form);
    match visitor {
        // A form of somebody's own, as the framework takes it: its fields are what is sent.
        Visitor::SignedIn(_)
            if posted.typed.get("_csrf").is_none() && posted.typed.get(csrf::FIELD).is_some() =>
        {
            let field = posted.typed.get(csrf::FIELD);
            let judged = scripted::from_our_page(app, request.request(), field);
            judged.map_err(|refused| PageError::because(Kind::StaleForm, refused.to_string()))?;
            Ok(Some(Posted { kind: posted::Kind::Fields, method: Method::POST, ..posted }))
        }
        Visitor::SignedIn(person)
            if !person.secret.has_shown(posted.typed.get("_csrf").unwrap_or_default()) =>
        {
            // Typed before its person signed in: shown again, which is as good as nothing for who has made somebody send it.
            if posted.kind == posted::Kind::Button {
                return Err(PageError::new(Kind::StaleForm));
            }
            Ok(Some(Posted { is_unsent: true, ..posted }))
        }
        _ => Ok(Some(posted)),
    }
}

/// Makes the request the one that is meant.
fn speak_for(request: &mut ServiceRequest, visitor: &Visitor, posted: Option<&Posted>) {
    let headers = request.headers_mut();
    for name in KEPT_BACK {
        headers.remove(name);
    }
    give_token(headers, visitor);
    let Some(posted) = posted else { return };
    headers.remove(header::CONTENT_TYPE);
    if posted.is_unsent {
        request.head_mut().method = Method::GET;
        return;
    }
    let body = Some(posted.body()).filter(|(_, body)| !body.is_empty());
    if let Some(shown) = posted.shown.as_deref().and_then(|shown| HeaderValue::from_str(shown).ok()) {
        headers.insert(header::IF_MATCH, shown);
    }
    if let Some(key) = posted.key.as_deref().and_then(|key| HeaderValue::from_str(key).ok()) {
        headers.insert(KEY, key);
    }
    if let Some((media, _)) = &body {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    }
    request.head_mut().method = posted.method.clone();
    request.set_payload(Payload::from(body.map(|(_, body)| body).unwrap_or_default()));
}

fn give_token(headers: &mut HeaderMap, visitor: &Visitor) {
    if let Visitor::SignedIn(SignedIn { access, .. }) = visitor
        && let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {}", access.expose()))
    {
        value.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, value);
    }
}

/// Puts the request to the API, and shows what it answers.
async fn show(
    app: &App,
    mut request: ServiceRequest,
    next: &Next<BoxBody>,
    mut visitor: Visitor,
    posted: Option<Posted>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let (method, path, query) =
        (request.method().clone(), request.path().to_owned(), request.query_string().to_owned());
    // Decoded, as the path is not: what is before it is counted in the same text.
    let inside = request.match_info().unprocessed();
    let (endpoint, before) = (Endpoint::find(inside), request.match_info().as_str().len() - inside.len());
    let (request, response) = edge::answer(app, request, next, false).await?.into_parts();
    let (head, body) = response.into_parts();
    let body = body.try_into_bytes().unwrap_or_default();
    let mut cookies = None;
    if head.status() == StatusCode::UNAUTHORIZED
        && let Visitor::SignedIn(person) = &visitor
    {
        // The token is not good any more, whatever became of it: neither is what would renew it.
        if let Err(error) = sessions::end(app, &person.secret).await {
            tracing::warn!(%error, "a session whose token is not good any more could not be ended");
        }
        visitor = Visitor::Ended;
    }
    if matches!(visitor, Visitor::Ended) {
        cookies = Some(cookie::Kind::Session.taken(app));
    }
    let caller = request.extensions().get::<Arc<Caller>>().cloned();
    let (request, metadata) = match (&caller, endpoint) {
        (Some(_), Some(endpoint)) if method != Method::OPTIONS && endpoint.allow.contains("OPTIONS") => {
            about(app, request, next, before).await?
        }
        (Some(_), Some(_)) if method == Method::OPTIONS => {
            (request, serde_json::from_slice(&body).unwrap_or_default())
        }
        _ => (request, Value::Null),
    };
    let meant = meant(&body, posted.as_ref());
    let activities = match &caller {
        Some(caller) if caller.may(Scope::ActivitiesRead) => activities(app, caller, meant).await,
        _ => Ok(Activities::default()),
    };
    let is_unsent = posted.as_ref().is_some_and(|posted| posted.is_unsent);
    let answered = Answered {
        app,
        method,
        path: &path,
        query: &query,
        endpoint,
        status: head.status(),
        headers: head.headers(),
        body: &body,
        metadata,
        posted,
        visitor: &visitor,
        activities: activities.unwrap_or_default(),
    };
    let page = match view::render(&answered) {
        Ok(page) => page,
        Err(error) => {
            return Ok(edge::refuse(app, ServiceRequest::from_request(request), error).await);
        }
    };
    let status = if is_unsent && head.status().is_success() { StatusCode::FORBIDDEN } else { head.status() };
    Ok(ServiceResponse::new(request, finish(page, status, head.headers(), cookies)))
}

/// What the API says about this address: it is asked as a client would, by the same caller, at no cost. So much of the path is
/// `before` what the table of routes has.
async fn about(
    app: &App,
    request: HttpRequest,
    next: &Next<BoxBody>,
    before: usize,
) -> Result<(HttpRequest, Value), Error> {
    let mut question = ServiceRequest::from_request(request);
    question.head_mut().method = Method::OPTIONS;
    question.headers_mut().remove(header::CONTENT_TYPE);
    let way = question.match_info_mut();
    way.reset();
    way.skip(u16::try_from(before).unwrap_or_default());
    let (request, response) = edge::answer(app, question, next, true).await?.into_parts();
    let body = response.into_body().try_into_bytes().unwrap_or_default();
    Ok((request, serde_json::from_slice(&body).unwrap_or_default()))
}

/// What a track can be spent on: id and name of each.
#[derive(Clone, Debug, Default)]
pub struct Activities {
    choices: Vec<(String, String)>,
    /// Whether there are more than those.
    has_more: bool,
}

/// The activities that an answer and a form speak of: they can be chosen whether they are offered or not.
fn meant(body: &[u8], posted: Option<&Posted>) -> Vec<ActivityId> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let places = ["/activity", "/current/activity"].into_iter();
    let answered = places.filter_map(|place| body.pointer(place)?.as_i64());
    let typed = posted.and_then(|posted| posted.typed.get("activity")?.parse().ok());
    answered.chain(typed).map(ActivityId).collect()
}

async fn activities(app: &App, caller: &Caller, meant: Vec<ActivityId>) -> Result<Activities, ApiError> {
    let workspace = caller.workspace;
    let read = move |conn: &mut _| {
        let offered = store::choices(conn, workspace, MOST_ACTIVITIES + 1)?;
        let others = meant.into_iter().filter(|id| offered.iter().all(|(each, _)| each != id)).collect();
        let others = store::names(conn, workspace, others)?;
        Ok((offered, others))
    };
    let (offered, others) = app.db().read(read).await?;
    let has_more = i64::try_from(offered.len()).unwrap_or(i64::MAX) > MOST_ACTIVITIES;
    let choices = offered.into_iter().chain(others).map(|(id, name)| (id.to_string(), name)).collect();
    Ok(Activities { choices, has_more })
}

/// The page has the answer's status, and those of its headers that are about more than its body.
fn finish(
    mut page: HttpResponse,
    status: StatusCode,
    headers: &HeaderMap,
    cookie: Option<actix_web::cookie::Cookie<'static>>,
) -> HttpResponse {
    // A page is something, and nothing may be in an answer that says there is nothing.
    if page.status() == StatusCode::OK && status != StatusCode::NO_CONTENT && !status.is_redirection() {
        *page.status_mut() = status;
    }
    let own = [header::CONTENT_TYPE, header::ETAG, header::CACHE_CONTROL, header::VARY, header::LOCATION];
    let own = own.into_iter().chain([header::CONTENT_SECURITY_POLICY, header::CONTENT_LENGTH]);
    let own: Vec<HeaderName> = own.collect();
    for (name, value) in headers.iter().filter(|(name, _)| !own.contains(name)) {
        page.headers_mut().append(name.clone(), value.clone());
    }
    dress(page.headers_mut());
    if let Some(cookie) = cookie
        && let Err(error) = page.add_cookie(&cookie)
    {
        tracing::error!(%error, "a cookie could not be written");
    }
    page
}
