//! `/accounts/logout/`: signing out, by POST only.

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use askama::Template;

use super::SITE_NAME;
use super::browser::PageForm;
use super::error::PageError;
use super::views::{Frame, MessagePage, PageLink};

/// Ends the session on this side, and removes the cookie.
///
/// # Errors
/// When the form is not ours, or the database cannot be asked.
pub async fn post(form: PageForm) -> Result<HttpResponse, PageError> {
    let cookie = form.browser.sign_out().await?;
    let page = MessagePage {
        frame: Frame { site_name: SITE_NAME, person: None, csrf_token: "" },
        heading: "You are signed out",
        sentences: &["Applications you have allowed keep their access until it ends."],
        link: Some(PageLink { href: "/accounts/login/", label: "Sign in again" }),
    };
    let html = page.render().map_err(PageError::internal)?;
    Ok(HttpResponse::Ok().cookie(cookie).content_type(ContentType::html()).body(html))
}
