//! For people: pages rendered here, each handler beside its template. They work without scripts.

pub mod account;
pub mod applications;
pub mod authorized_tokens;
pub(crate) mod browser;
pub(crate) mod client_about;
pub mod code;
pub mod confirm_email;
pub(crate) mod curl;
pub(crate) mod destination;
pub mod device;
pub(crate) mod display;
pub(crate) mod error;
pub mod home;
pub mod keys;
pub mod linked_accounts;
pub mod login;
pub mod logout;
pub mod password_reset;
pub mod provider_sign_in;
pub mod sessions;
pub(crate) mod signed_out;
pub mod signup;
pub mod statics;
pub(crate) mod views;
pub(crate) mod words;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentType, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::edge;
use crate::protocol::Params;
pub use error::PageError;

/// What pages call this installation.
pub(crate) const SITE_NAME: &str = "Timetracker";

/// A page, with the cookie that ties its forms to this browser.
pub(crate) fn page(browser: &browser::Browser, template: &impl Template) -> Result<HttpResponse, PageError> {
    let html = template.render().map_err(PageError::internal)?;
    let mut response = HttpResponse::Ok();
    if let Some(cookie) = browser.new_cookie() {
        response.cookie(cookie);
    }
    Ok(response.content_type(ContentType::html()).body(html))
}

/// The form in the body of a request.
///
/// # Errors
/// A page, when the body is no form, did not arrive, or says something twice.
pub(crate) async fn form(request: &HttpRequest, payload: &mut Payload) -> Result<Params, PageError> {
    let body = edge::read_body(request, payload).await.ok().filter(|_| edge::is_form(request));
    let params = Params::parse(&body.ok_or(no_form())?);
    params.map_err(|error| PageError::bad_request(error.sentence()))
}

/// What is said when a form was expected and none arrived.
pub(crate) const fn no_form() -> PageError {
    PageError::bad_request("The form did not arrive whole, or is too large.")
}

/// The same page, for somebody who must wait so many seconds (RFC 6585 section 4).
pub(crate) fn too_many(mut page: HttpResponse, seconds: u64) -> HttpResponse {
    *page.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    page
}
