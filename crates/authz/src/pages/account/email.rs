//! `/o/account/email/`: an address, which is somebody's once a link that was sent there comes back.

use actix_web::{HttpResponse, web};

use super::show::shown;
use super::views::EmailPage;
use super::{just_signed_in, proved};
use crate::app::App;
use crate::email::{self, Entered};
use crate::pages::browser::{self, Browser, PageForm, SignedIn};
use crate::pages::destination::Destination;
use crate::pages::error::{Kind, PageError};
use crate::pages::page;
use crate::people;

const PAGE: &str = "email/";

/// What was typed, and what is wrong with it.
#[derive(Default)]
struct Sent<'a> {
    typed: Option<&'a str>,
    email: Option<&'a str>,
    current: Option<&'a str>,
}

/// The form.
///
/// # Errors
/// When no mail is sent, or the database cannot be asked.
pub async fn get(app: web::Data<App>, browser: Browser) -> Result<HttpResponse, PageError> {
    if app.post.is_none() {
        return Err(PageError::new(Kind::NotFound));
    }
    match just_signed_in(&app, &browser, PAGE).await? {
        Ok(signed_in) => show(&app, &browser, &signed_in, Sent::default()).await,
        Err(to_sign_in) => Ok(to_sign_in),
    }
}

/// Has a link sent to the address, by the person's password: whoever has another's address sets the password next. The answer is
/// the same whoever may have it already.
///
/// # Errors
/// When no mail is sent, the form is not ours, the database cannot be asked, or too many people are signing in.
pub async fn post(app: web::Data<App>, form: PageForm) -> Result<HttpResponse, PageError> {
    if app.post.is_none() {
        return Err(PageError::new(Kind::NotFound));
    }
    let PageForm { browser, params } = form;
    let signed_in = match just_signed_in(&app, &browser, PAGE).await? {
        Ok(signed_in) => signed_in,
        Err(to_sign_in) => return Ok(to_sign_in),
    };
    let typed = params.get("email").unwrap_or_default();
    let address = match people::email(typed) {
        Ok(address) => address,
        Err(sentence) => {
            let sent = Sent { typed: Some(typed), email: Some(sentence), current: None };
            return show(&app, &browser, &signed_in, sent).await;
        }
    };
    let since = match proved(&app, &browser, &signed_in, &params).await? {
        Ok(since) => since,
        Err(denied) => {
            let sent = Sent { typed: Some(typed), email: None, current: Some(denied.sentence) };
            return show(&app, &browser, &signed_in, sent).await.map(|page| denied.answered(page));
        }
    };
    let entered = Entered::new(&app, browser.address(), address).map_err(PageError::internal)?;
    if !email::enter(&app, entered, &signed_in.user, since).await? {
        return Err(PageError::new(Kind::StaleForm));
    }
    Ok(Destination::Account("").go(&app.config.issuer))
}

async fn show(
    app: &App,
    browser: &Browser,
    signed_in: &SignedIn,
    sent: Sent<'_>,
) -> Result<HttpResponse, PageError> {
    let email = email::state(app, signed_in.user.id).await?;
    let there = email.pending.clone().or(email.address.clone()).unwrap_or_default();
    page(
        browser,
        &EmailPage {
            frame: browser::frame(&browser.csrf_token(), Some(signed_in)),
            email: shown(email),
            username: &signed_in.user.username,
            has_password: signed_in.user.has_password(),
            typed: sent.typed.unwrap_or(&there),
            email_error: sent.email,
            current_error: sent.current,
        },
    )
}
