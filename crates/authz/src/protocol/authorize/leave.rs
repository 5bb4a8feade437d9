//! The question before somebody goes on, with nothing but an error, to a client that nobody has vouched for: where that
//! leads, and a way to stay.

use actix_web::HttpResponse;
use actix_web::http::header::{self, ContentType};
use askama::Template;

use crate::edge::CONTENT_SECURITY_POLICY;
use crate::pages::PageError;
use crate::pages::views::Frame;
use crate::protocol::error::OAuthError;
use crate::protocol::redirect_uri;

/// How they would go on.
pub(super) enum Way<'a> {
    /// To this address, which has the error in it.
    Link(&'a str),
    /// By a form with the error in it.
    Form(&'a [(&'a str, &'a str)]),
}

/// The page.
#[derive(Template)]
#[template(path = "protocol/authorize/leave.html")]
struct LeavePage<'a> {
    frame: Frame<'a>,
    /// Where it leads, in words.
    redirect_host: &'a str,
    /// The verified redirect URI.
    action: &'a str,
    way: &'a Way<'a>,
    /// What the application would be told.
    error: &'a str,
    /// The same in a sentence of ours.
    description: &'a str,
}

/// Asks. `uri` must be verified: the page leads there.
pub(super) fn ask(uri: &str, way: &Way<'_>, error: &OAuthError) -> Result<HttpResponse, PageError> {
    let page = LeavePage {
        frame: Frame::NOBODY,
        redirect_host: &redirect_uri::destination(uri),
        action: uri,
        way,
        error: error.code().as_str(),
        description: error.description(),
    };
    let html = page.render().map_err(PageError::internal)?;
    let allowed = format!("form-action {};", redirect_uri::csp_source(uri));
    let policy = match way {
        Way::Link(_) => CONTENT_SECURITY_POLICY.to_owned(),
        Way::Form(_) => CONTENT_SECURITY_POLICY.replace("form-action 'self';", &allowed),
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .content_type(ContentType::html())
        .body(html))
}
