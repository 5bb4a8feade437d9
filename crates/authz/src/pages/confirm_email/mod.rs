//! `/accounts/email/{token}/`: proves that an address is a person's, who must be signed in: somebody else at that address, whose it was
//! entered for by mistake or on purpose, confirms nothing. Opening it changes nothing: mail is opened by machines, too.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::browser::{self, Browser, PageForm, SignedIn};
use super::destination::{Destination, is_token};
use super::error::{Kind, PageError};
use super::views::{Frame, MessagePage, PageLink};
use super::words::displayed;
use crate::app::App;
use crate::email;
use crate::store::mail_links::MailLink;

/// The question.
#[derive(Template)]
#[template(path = "pages/confirm_email/question.html")]
struct QuestionPage<'a> {
    /// `person` is always `Some` here.
    frame: Frame<'a>,
    username: &'a str,
    address: &'a str,
    /// The page's own path.
    action: &'a str,
}

/// Asks whether the address is theirs.
///
/// # Errors
/// When it is no link of ours, or the database cannot be asked.
pub async fn get(
    app: web::Data<App>,
    browser: Browser,
    token: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let Some(signed_in) = browser.signed_in().await? else { return to_sign_in(&app, &token) };
    let Some(link) = find(&app, &signed_in, &token).await?.filter(|link| link.used_at.is_none()) else {
        return no_longer(&browser, &signed_in);
    };
    let csrf_token = browser.csrf_token();
    super::page(
        &browser,
        &QuestionPage {
            frame: browser::frame(&csrf_token, Some(&signed_in)),
            username: &signed_in.user.username,
            address: &displayed(&link.address),
            action: &format!("/accounts/email/{token}/"),
        },
    )
}

/// Confirms it.
///
/// # Errors
/// When the form is not ours, it is no link of ours, or the database cannot be asked.
pub async fn post(
    app: web::Data<App>,
    form: PageForm,
    token: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let browser = form.browser;
    let Some(signed_in) = browser.signed_in().await? else { return to_sign_in(&app, &token) };
    let Some(link) = find(&app, &signed_in, &token).await? else { return no_longer(&browser, &signed_in) };
    if email::confirm(&app, browser.address(), &signed_in.user, link).await? {
        return Ok(Destination::Account("").go(&app.config.issuer));
    }
    no_longer(&browser, &signed_in)
}

async fn find(app: &App, signed_in: &SignedIn, token: &str) -> Result<Option<MailLink>, PageError> {
    if is_token(token) { Ok(email::open(app, &signed_in.user, token).await?) } else { Ok(None) }
}

fn to_sign_in(app: &App, token: &str) -> Result<HttpResponse, PageError> {
    if !is_token(token) {
        return Err(PageError::new(Kind::NotFound));
    }
    Ok(Destination::ConfirmEmail(token.to_owned()).after_sign_in(&app.config.issuer))
}

fn no_longer(browser: &Browser, signed_in: &SignedIn) -> Result<HttpResponse, PageError> {
    let csrf_token = browser.csrf_token();
    let page = MessagePage {
        frame: browser::frame(&csrf_token, Some(signed_in)),
        heading: "This link is no longer good",
        sentences: &[
            "It was used, a newer one was sent, it is more than a day old, or it is for another account than yours.",
        ],
        link: Some(PageLink { href: "/o/account/", label: "Go to your account" }),
    };
    let mut page = super::page(browser, &page)?;
    *page.status_mut() = StatusCode::GONE;
    Ok(page)
}
