//! Pages for people: [`home`], what a browser sees of the API ([`browsable`]), and signing in for both ([`sign_in`],
//! [`sessions`]). They work without scripts.
//!
//! | path | methods | module |
//! |---|---|---|
//! | `/time/` | GET POST | [`home`] |
//! | `/time/sign-in/`, `/time/callback/` | GET | [`sign_in`] |
//! | `/time/sign-out/` | POST | [`sign_out`] |
//! | `/api/docs/` | GET | [`docs`] |
//! | `/time/style.css`, `/time/mark.svg` | GET | [`statics`] |
//!
//! A cookie counts for what these pages show, for the forms on them, and for scripts of this site ([`scripted`]). What it stands
//! for is an access token like any other, which goes through the same gate ([`crate::auth`]).

mod address;
mod again;
pub mod browsable;
pub mod docs;
pub(crate) mod error;
pub mod form;
mod frame;
pub mod home;
pub mod scripted;
mod secret;
pub mod sessions;
pub mod sign_in;
pub mod sign_out;
pub mod statics;
mod store;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentType, HeaderMap, HeaderValue};
use askama::Template;

pub use error::PageError;
pub use frame::Frame;

/// Where the pages are.
pub const HOME: &str = "/time/";

/// The name of this site, as in the header and after the `·` of every title.
const SITE_NAME: &str = "Timetracker";

/// Nothing but our own style sheet and pictures, no scripts, no frames, forms to ourselves.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// A page.
///
/// # Errors
/// When the template cannot be filled in.
fn page(status: StatusCode, template: &impl Template) -> Result<HttpResponse, PageError> {
    let body = template.render().map_err(PageError::internal)?;
    let mut response = HttpResponse::build(status).content_type(ContentType::html()).body(body);
    dress(response.headers_mut());
    Ok(response)
}

/// What every page carries, beside what every answer does: it is this browser's, for now.
fn dress(headers: &mut HeaderMap) {
    headers.insert(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept, Cookie"));
}

/// Sends a browser on, to an address that was made here.
fn see_other(url: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, url))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish()
}
