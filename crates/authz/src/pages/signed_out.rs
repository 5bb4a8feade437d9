//! The page after signing out, wherever that was asked for. It loads, in frames nobody sees, what applications named to
//! hear of it in the browser (OpenID Connect Front-Channel Logout section 2).

use actix_web::http::header::{self, ContentType, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};
use askama::Template;
use model::db::DbError;

use super::browser::Browser;
use super::error::PageError;
use super::views::{Frame, PageLink, SignedOutPage};
use crate::app::App;
use crate::edge::CONTENT_SECURITY_POLICY;
use crate::protocol::redirect_uri;
use crate::store::session_clients::SessionClient;

/// How long a browser stays before it goes on by itself, for the frames to be loaded; seconds.
const STAYS: u64 = 2;

/// Where an application wants the person to go.
pub(crate) struct Back {
    /// An address that was verified.
    pub(crate) uri: String,
    /// What its link says.
    pub(crate) label: String,
}

/// Signs out, and goes where an application wants the person to go, or shows that it was done.
///
/// # Errors
/// When the database cannot be asked.
pub(crate) async fn sign_out(
    app: &App,
    browser: &Browser,
    back: Option<&Back>,
) -> Result<HttpResponse, PageError> {
    let (cookie, clients) = browser.sign_out().await?;
    let frames = frames(app, &clients).await?;
    if let Some(back) = back.filter(|_| frames.is_empty()) {
        let location = (header::LOCATION, back.uri.as_str());
        return Ok(HttpResponse::SeeOther().cookie(cookie).insert_header(location).finish());
    }
    let mut response = HttpResponse::Ok();
    if let Some(back) = back {
        response.insert_header((header::REFRESH, format!("{STAYS}; url={}", back.uri)));
    }
    response.cookie(cookie);
    show(response, &frames, back)
}

/// Shows that nobody is signed in.
///
/// # Errors
/// When the page cannot be made.
pub(crate) fn show(
    mut response: HttpResponseBuilder,
    frames: &[String],
    back: Option<&Back>,
) -> Result<HttpResponse, PageError> {
    let sign_in = PageLink { href: "/accounts/login/", label: "Sign in again" };
    let link = back.map_or(sign_in, |back| PageLink { href: &back.uri, label: &back.label });
    let page = SignedOutPage { frame: Frame::NOBODY, frames, link };
    let html = page.render().map_err(PageError::internal)?;
    if !frames.is_empty() {
        let mut sources: Vec<String> = frames.iter().map(|uri| redirect_uri::csp_source(uri)).collect();
        sources.sort();
        sources.dedup();
        let policy = format!("{CONTENT_SECURITY_POLICY}; frame-src {}", sources.join(" "));
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            response.insert_header((header::CONTENT_SECURITY_POLICY, policy));
        }
    }
    Ok(response.content_type(ContentType::html()).body(html))
}

/// What each client wants to be loaded, told which session it was if it wants to know.
async fn frames(app: &App, clients: &[SessionClient]) -> Result<Vec<String>, DbError> {
    let mut frames = Vec::new();
    for told in clients {
        let Some(client) = app.clients.find(&told.client_id).await? else { continue };
        let Some(uri) = &client.metadata.frontchannel_logout_uri else { continue };
        if client.metadata.frontchannel_logout_session_required {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("iss", app.config.issuer.as_str());
            query.append_pair("sid", &told.sid.to_string());
            let separator = if uri.contains('?') { '&' } else { '?' };
            frames.push(format!("{uri}{separator}{}", query.finish()));
        } else {
            frames.push(uri.clone());
        }
    }
    Ok(frames)
}
