//! The one middleware: who may come in, what every answer carries, and the line in the log. One that does several
//! small things costs half of what five would.
//!
//! The order of refusals is the framework's but for one: the token is judged before a byte
//! of the body is read, so that a stranger cannot make us parse. 406, 401, 403, 429, 405, then 404, 400, 413, 415.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, ResponseError};
use futures_util::FutureExt;
use model::request_id::RequestId;

use super::allowance::Allowance;
use super::challenge::Scheme;
use super::error::ApiError;
use super::query::Parameters;
use super::{conditional, cors, headers, json, negotiate, problem};
use crate::App;
use crate::auth::proofs::Sent;
use crate::auth::scopes::Needs;
use crate::auth::{Caller, bearer};
use crate::live::events;
use crate::live::waiting::Waited;
use crate::pages::{self, PageError, browsable, scripted};
use crate::protected_resource;
use crate::routes::Endpoint;

/// Slower requests leave a line in the log.
const SLOW: Duration = Duration::from_secs(1);

/// Around everything under `/api`.
///
/// # Errors
/// Only to carry a finished answer past a handler that panicked.
pub async fn api(
    app: App,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if negotiate::wants_page(request.headers(), request.path(), request.query_string()) {
        // Boxed: those who want JSON should not carry the room for a page.
        return Box::pin(browsable::answer(app, request, next)).await;
    }
    if scripted::is_by_session(&app, request.headers()) {
        return Box::pin(scripted::answer(app, request, next)).await;
    }
    answer(&app, request, &next, false).await
}

/// The answer as JSON. What is asked `aside`, for the sake of another answer, costs nothing.
///
/// # Errors
/// As [`api`].
pub async fn answer(
    app: &App,
    request: ServiceRequest,
    next: &Next<BoxBody>,
    aside: bool,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let endpoint = Endpoint::find(request.match_info().unprocessed());
    let mut visit = Visit { aside, ..Visit::begin(app, &request, endpoint) };
    if visit.page.is_some()
        && let Some(preflight) = cors::preflight(endpoint, request.method(), request.headers())
    {
        return Ok(visit.end(ServiceResponse::new(request.into_parts().0, preflight)));
    }
    match admit(app, &request, &mut visit).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            visit.go_on(request, next).await
        }
        Err(error) => {
            let (request, _unread) = request.into_parts();
            Ok(visit.end(ServiceResponse::new(request, HttpResponse::from_error(error))))
        }
    }
}

/// Around what needs no token: health, and paths that do not exist.
///
/// # Errors
/// As [`api`].
pub async fn open(
    app: App,
    endpoint: Option<&'static Endpoint>,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let visit = Visit::begin(&app, &request, endpoint);
    let id = visit.id;
    let response = visit.go_on(request, &next).await?;
    Ok(if error_is_page(&response) { pages::error::personal(&app, id, response).await } else { response })
}

/// Refuses what was on its way to the API.
pub fn refuse_script(app: &App, request: ServiceRequest, error: ApiError) -> ServiceResponse<BoxBody> {
    let visit = Visit::begin(app, &request, Endpoint::find(request.match_info().unprocessed()));
    let (request, _unread) = request.into_parts();
    visit.end(ServiceResponse::new(request, HttpResponse::from_error(error)))
}

/// Refuses with a page what was on its way to the API.
pub async fn refuse(app: &App, request: ServiceRequest, error: PageError) -> ServiceResponse<BoxBody> {
    let visit = Visit::begin(app, &request, Endpoint::find(request.match_info().unprocessed()));
    let (request, _unread) = request.into_parts();
    let response = visit.end(ServiceResponse::new(request, HttpResponse::from_error(error)));
    pages::error::personal(app, visit.id, response).await
}

async fn admit(app: &App, request: &ServiceRequest, visit: &mut Visit<'_>) -> Result<Arc<Caller>, ApiError> {
    let (headers, query) = (request.headers(), request.query_string());
    let query_format = if query.contains("format") { Some(Parameters::parse(query)?) } else { None };
    let format = query_format.as_ref().and_then(|query| query.said("format"));
    // A stream has a form of its own, which those who listen may ask for by its name.
    let is_stream = visit.endpoint.is_some_and(|endpoint| endpoint.path == events::PATH);
    if !is_stream {
        let others = visit.endpoint.map_or(&[][..], Endpoint::forms);
        (_, visit.indent) = negotiate::form(headers, request.path(), format, others)?;
    }
    let (scheme, token) = bearer::token(headers, query, app.allowed())?;
    let caller = match scheme {
        Scheme::Bearer | Scheme::Token | Scheme::Basic => app.gate().admit(scheme, token, None).await?,
        Scheme::Dpop => {
            let url = app.url(request.path());
            let proof = Sent { headers, method: request.method(), url: &url };
            app.gate().admit(scheme, token, Some(&proof)).await?
        }
    };
    let declared = visit.endpoint.and_then(|endpoint| endpoint.needs(request.method()));
    let needs = declared.unwrap_or_else(|| Needs::undeclared(request.method()));
    if !needs.are_met_by(caller.scopes) {
        return Err(ApiError::LacksScope(scheme, needs));
    }
    if let Some(limit) = app.limit() {
        let is_free =
            visit.aside || visit.endpoint.is_some_and(|endpoint| endpoint.is_free(request.method()));
        let told = Allowance::take(&caller.meter, limit, is_free, app.clock().steady());
        let refused = told.retry_after;
        visit.allowance = Some(told);
        if let Some(seconds) = refused {
            return Err(ApiError::Throttled(seconds));
        }
    }
    // A few compressed bytes can unfold into gigabytes, so none are unfolded (R146).
    match headers.get(header::CONTENT_ENCODING) {
        Some(encoding) if !encoding.as_bytes().eq_ignore_ascii_case(b"identity") => {
            Err(ApiError::Encoding(String::from_utf8_lossy(encoding.as_bytes()).into_owned()))
        }
        _ => Ok(caller),
    }
}

/// One request on its way through.
struct Visit<'a> {
    app: &'a App,
    id: RequestId,
    began: Instant,
    method: Method,
    endpoint: Option<&'static Endpoint>,
    indent: usize,
    /// The tags of what the client has already.
    held: Option<Vec<String>>,
    /// What it took of the caller's quota.
    allowance: Option<Allowance>,
    /// Whether errors are to be problems.
    wants_problems: bool,
    /// The configured origin of the page it comes from.
    page: Option<HeaderValue>,
    logged: bool,
    /// Whether it is asked for the sake of another answer.
    aside: bool,
}

impl<'a> Visit<'a> {
    fn begin(app: &'a App, request: &ServiceRequest, endpoint: Option<&'static Endpoint>) -> Self {
        Self {
            app,
            page: cors::origin(app, request.headers()),
            wants_problems: problem::is_wanted(request.headers()),
            id: RequestId::new(),
            began: Instant::now(),
            method: request.method().clone(),
            endpoint,
            indent: 0,
            allowance: None,
            held: conditional::held(request.headers()).filter(|_| request.method().is_safe()),
            logged: app.logs_everything(),
            aside: false,
        }
    }

    async fn go_on(self, request: ServiceRequest, next: &Next<BoxBody>) -> Result<ServiceResponse, Error> {
        match AssertUnwindSafe(next.call(request)).catch_unwind().await {
            Ok(Ok(response)) => Ok(self.end(response)),
            Ok(Err(error)) => Err(error),
            // The request went down with the handler; the error carries the finished answer instead.
            Err(_panic) => {
                let fault = ApiError::Internal("a handler panicked".into());
                let mut response = fault.error_response();
                self.log(response.status(), Some("a handler panicked"), Duration::ZERO);
                self.dress(&mut response);
                let response = match self.problem(&fault, None) {
                    Some(problem) => as_problem(response, problem),
                    None => self.name_fault(response),
                };
                Err(InternalError::from_response("a handler panicked", response).into())
            }
        }
    }

    fn end(&self, mut response: ServiceResponse) -> ServiceResponse {
        let status = response.status();
        let error = response.response().error();
        let cause = error.and_then(Error::as_error::<ApiError>).and_then(ApiError::cause);
        let cause = cause.or_else(|| error.and_then(Error::as_error::<PageError>).and_then(PageError::cause));
        let waited = response.request().extensions().get().map_or(Duration::ZERO, |Waited(waited)| *waited);
        match cause {
            Some(cause) => self.log(status, Some(&cause.to_string()), waited),
            None => self.log(status, None, waited),
        }
        let problem = error.and_then(Error::as_error::<ApiError>);
        let problem = problem.and_then(|error| self.problem(error, Some(response.request())));
        self.dress(response.response_mut());
        let is_held =
            self.held.as_ref().is_some_and(|held| conditional::shorten(response.response_mut(), held));
        if let (Some(allowance), Some(limit)) = (&self.allowance, self.app.limit()) {
            let names_it = self.held.as_ref().is_some_and(|held| !held.iter().any(|tag| tag == "*"));
            if is_held && names_it {
                allowance.give_back(limit);
            }
            allowance.tell(response.response_mut(), limit);
        }
        if is_held {
            return response.map_body(|_, _| BoxBody::new(()));
        }
        if let Some(problem) = problem {
            let (request, response) = response.into_parts();
            let problem = if self.indent > 0 { json::indented(&problem, self.indent) } else { problem };
            return ServiceResponse::new(request, as_problem(response, problem));
        }
        let is_page = error_is_page(&response);
        if status == StatusCode::INTERNAL_SERVER_ERROR && !is_page {
            let (request, response) = response.into_parts();
            return ServiceResponse::new(request, self.name_fault(response));
        }
        if self.indent > 0 {
            return response.map_body(|_, body| match body.try_into_bytes() {
                Ok(bytes) if !bytes.is_empty() => BoxBody::new(json::indented(&bytes, self.indent)),
                Ok(bytes) => BoxBody::new(bytes),
                Err(body) => body,
            });
        }
        response
    }

    /// Headers, also on answers that carry no body.
    fn dress(&self, response: &mut HttpResponse) {
        let status = response.status();
        let headers = response.headers_mut();
        headers::complete(self.app, headers, self.id);
        // What has a tag may be kept by the client alone, and asked about each time.
        let kept = if headers.contains_key(header::ETAG) { "private, no-cache" } else { "no-store" };
        if !headers.contains_key(header::CACHE_CONTROL) {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
        }
        if self.indent > 0
            && let Some(tag) =
                headers.get(header::ETAG).and_then(|tag| conditional::indented(tag, self.indent))
        {
            headers.insert(header::ETAG, tag);
        }
        if let Some(endpoint) = self.endpoint {
            let varies = if self.app.allowed_origins().is_empty() { "Accept" } else { "Accept, Origin" };
            if !headers.contains_key(header::VARY) {
                headers.insert(header::VARY, HeaderValue::from_static(varies));
            }
            headers.insert(header::ALLOW, HeaderValue::from_static(endpoint.allow));
        }
        if status == StatusCode::UNAUTHORIZED {
            self.say_where_tokens_are(headers);
        }
        if let Some(origin) = &self.page {
            cors::dress(headers, origin);
        }
    }

    /// Each challenge leads to the metadata (RFC 9728 section 5.1), spelled as the framework's parameters are.
    fn say_where_tokens_are(&self, headers: &mut HeaderMap) {
        let metadata = format!(r#",resource_metadata="{}""#, self.app.url(protected_resource::PATH));
        let challenges: Vec<HeaderValue> = headers.remove(header::WWW_AUTHENTICATE).collect();
        for challenge in challenges {
            let complete = [challenge.as_bytes(), metadata.as_bytes()].concat();
            headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_bytes(&complete).unwrap_or(challenge));
        }
    }

    /// The body of a 500: nothing of the cause, and the id by which it is found in the log (R151).
    fn name_fault(&self, response: HttpResponse) -> HttpResponse {
        let body = format!(r#"{{"detail":"A server error occurred.","request_id":"{}"}}"#, self.id);
        response.set_body(BoxBody::new(body))
    }

    /// The error in the form of a problem, if that is wanted.
    fn problem(&self, error: &ApiError, request: Option<&HttpRequest>) -> Option<Vec<u8>> {
        let fault = (error.status_code() == StatusCode::INTERNAL_SERVER_ERROR).then(|| self.id.to_string());
        self.wants_problems.then(|| problem::body(error, request, fault.as_deref()))
    }

    /// Failures of ours and slow requests, or every one when asked. What was `waited` on purpose is not slow. Never the query,
    /// never a header.
    fn log(&self, status: StatusCode, cause: Option<&str>, waited: Duration) {
        let took = self.began.elapsed();
        let request_id = tracing::field::display(self.id);
        let (method, status) = (self.method.as_str(), status.as_u16());
        let route = self.endpoint.map_or("", |endpoint| endpoint.path);
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        if status >= 500 {
            tracing::error!(request_id, method, route, status, milliseconds, cause, "request failed");
        } else if took.saturating_sub(waited) > SLOW {
            tracing::warn!(request_id, method, route, status, milliseconds, "slow request");
        } else if self.logged {
            tracing::info!(request_id, method, route, status, milliseconds, "request");
        }
    }
}

/// Whether a person has been told already, on a page.
fn error_is_page(response: &ServiceResponse) -> bool {
    response.response().error().is_some_and(|error| error.as_error::<PageError>().is_some())
}

fn as_problem(mut response: HttpResponse, problem: Vec<u8>) -> HttpResponse {
    response.headers_mut().insert(header::CONTENT_TYPE, problem::MEDIA_TYPE);
    response.set_body(BoxBody::new(problem))
}

#[cfg(test)]
mod tests {
    use actix_web::middleware::from_fn;
    use actix_web::{App as Service, test, web};
    use model::db::testing::TestDatabase;
    use model::settings::Settings;
    use model::time::Clock;

    use super::*;
    use crate::config::{Config, PREFIX};

    fn app(database: &TestDatabase) -> App {
        let said = [
            ("DATABASE_URL", "sqlite://replaced.below"),
            ("ISSUER", "http://localhost/o"),
            ("CLIENT_ID", "api"),
            ("CLIENT_SECRET", "hush"),
        ];
        let said = said.map(|(key, value)| (format!("{PREFIX}{key}"), value.to_owned()));
        let config = Config::from_settings(Settings::new(PREFIX, said)).unwrap();
        App::open(&Config { database: database.url().clone(), ..config }, Clock::system()).unwrap()
    }

    async fn boom() -> HttpResponse {
        panic!("a secret cause")
    }

    /// R151: a panic is a 500 with the request's id and all the headers, and the worker lives on.
    #[actix_web::test]
    async fn a_panic_is_an_answer() {
        let database = TestDatabase::new();
        let app = app(&database);
        let resource = web::resource("/boom")
            .to(boom)
            .wrap(from_fn(move |request, next| open(app.clone(), None, request, next)));
        let service = test::init_service(Service::new().service(resource)).await;
        for _ in 0..3 {
            let request = test::TestRequest::get().uri("/boom").to_request();
            let error = test::try_call_service(&service, request).await.unwrap_err();
            let response = error.error_response();
            assert_eq!(response.status(), 500);
            let id = response.headers().get("x-request-id").unwrap().to_str().unwrap().to_owned();
            assert_eq!(response.headers().get("x-frame-options").unwrap(), "DENY");
            assert_eq!(response.headers().get("content-type").unwrap(), "application/json");
            let body = response.into_body().try_into_bytes().unwrap();
            let expected = format!(r#"{{"detail":"A server error occurred.","request_id":"{id}"}}"#);
            assert_eq!(body, expected.as_bytes());
        }
    }
}
