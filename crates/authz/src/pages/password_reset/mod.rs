//! `/accounts/password/reset/`: a new password for whoever forgot theirs. Asking is answered the same for everybody; the mail tells.
//! The page behind the link leads nowhere else, and opening it changes nothing: mail is opened by machines, too.

mod views;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use model::secret::Secret;

use super::browser::{self, Browser, PageForm};
use super::destination::is_token;
use super::error::PageError;
use super::views::{Frame, MessagePage, PageLink};
use crate::app::App;
use crate::audit::Origin;
use crate::linking;
use crate::mail::path_of;
use crate::password::reset::{self, AtLink};
use crate::people::{self, MIN_PASSWORD};
use crate::sign_in::{self, SignIn};
use crate::store::mail_links::Kind;

use views::{AskPage, SetPage};

/// The form to ask.
///
/// # Errors
/// When the database cannot be asked.
pub async fn get(app: web::Data<App>, browser: Browser) -> Result<HttpResponse, PageError> {
    if app.post.is_none() {
        return without_mail(&browser);
    }
    ask(&browser, None).await
}

/// Takes what was asked. Whether anybody is there is found out behind the answer.
///
/// # Errors
/// When the form is not ours, or the database cannot be asked.
pub async fn post(app: web::Data<App>, form: PageForm) -> Result<HttpResponse, PageError> {
    let PageForm { browser, params } = form;
    if app.post.is_none() {
        return without_mail(&browser);
    }
    let typed = params.get("account").unwrap_or_default();
    if let Err(wait) = reset::ask(&app, browser.address(), typed).await? {
        let sentence = "Too many people asked from your network. Wait a while, then try again.";
        let page = ask(&browser, Some(sentence)).await?;
        return Ok(super::too_many(page, wait.as_secs().max(1)));
    }
    message(
        &browser,
        "Look at your mail",
        &[
            "If there is an account of that name, or with that address, and its address is confirmed, a link to a new password is on its way there.",
            "It works once, for half an hour. If nothing comes, look among the mail that was sorted out; only a few are sent within an hour.",
        ],
        None,
    )
    .await
}

/// The form behind the link.
///
/// # Errors
/// When the database cannot be asked.
pub async fn open(
    app: web::Data<App>,
    browser: Browser,
    token: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    match find(&app, &token).await?.filter(|at| !at.was_used()) {
        Some(at) => show(&browser, &at, &token, None),
        None => no_longer(&browser).await,
    }
}

/// Sets the password, and ends everything that was made with the one before.
///
/// # Errors
/// When the form is not ours, the database cannot be asked, or too many people are signing in.
pub async fn set(
    app: web::Data<App>,
    form: PageForm,
    token: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let PageForm { browser, params } = form;
    let Some(at) = find(&app, &token).await? else { return no_longer(&browser).await };
    let password = params.get("password").unwrap_or_default();
    let secret = || Secret::new(password.to_owned());
    if at.was_used() {
        // Who clicks twice has set it with the first click. It is judged and counted as when signing in.
        let check = sign_in::check(&app, browser.attempt(), &at.user.username, secret()).await?;
        return if matches!(check, SignIn::Welcome(..)) {
            done(&app, &browser, &at).await
        } else {
            no_longer(&browser).await
        };
    }
    if let Err(sentence) = people::password(password, &at.user.username) {
        return show(&browser, &at, &token, Some(sentence));
    }
    let origin = Origin::Address(browser.address());
    if reset::set(&app, &origin, &at, secret()).await? {
        return done(&app, &browser, &at).await;
    }
    // Somebody else has used it at this very moment, or the same person.
    match sign_in::check(&app, browser.attempt(), &at.user.username, secret()).await? {
        SignIn::Welcome(..) => done(&app, &browser, &at).await,
        SignIn::Wrong | SignIn::Wait(_) => no_longer(&browser).await,
    }
}

async fn find(app: &App, token: &str) -> Result<Option<AtLink>, PageError> {
    if is_token(token) { Ok(reset::find(app, token).await?) } else { Ok(None) }
}

/// Says as well who can still come in without the password, and leads to where that is ended.
async fn done(app: &App, browser: &Browser, at: &AtLink) -> Result<HttpResponse, PageError> {
    let services = linking::services(app, at.user.id).await?.join(", ");
    let others = format!("You can still be signed in without it by accounts at: {services}.");
    let signed_out = "You are signed out everywhere. Sign in with it now.";
    let all = [signed_out, &others, "Unlink those that you do not know."];
    let (sentences, href) = if services.is_empty() {
        (&all[..1], "/accounts/login/")
    } else {
        (&all[..], "/accounts/login/?next=%2Fo%2Faccount%2Fproviders%2F")
    };
    message(browser, "You have a new password", sentences, Some(PageLink { href, label: "Sign in" })).await
}

async fn no_longer(browser: &Browser) -> Result<HttpResponse, PageError> {
    let link = PageLink { href: "/accounts/password/reset/", label: "Ask for another" };
    let sentences = ["It was used, a newer one was sent, or it is more than half an hour old."];
    let mut page = message(browser, "This link is no longer good", &sentences, Some(link)).await?;
    *page.status_mut() = StatusCode::GONE;
    Ok(page)
}

fn without_mail(browser: &Browser) -> Result<HttpResponse, PageError> {
    let sentences =
        ["No mail is sent here, and so no link to a new password. Whoever runs this site can give you one."];
    let heading = "Forgot your password?";
    super::page(browser, &MessagePage { frame: Frame::NOBODY, heading, sentences: &sentences, link: None })
}

async fn message(
    browser: &Browser,
    heading: &str,
    sentences: &[&str],
    link: Option<PageLink<'_>>,
) -> Result<HttpResponse, PageError> {
    let (signed_in, csrf_token) = (browser.signed_in().await?, browser.csrf_token());
    let frame = browser::frame(&csrf_token, signed_in.as_ref());
    super::page(browser, &MessagePage { frame, heading, sentences, link })
}

async fn ask(browser: &Browser, error: Option<&str>) -> Result<HttpResponse, PageError> {
    let (signed_in, csrf_token) = (browser.signed_in().await?, browser.csrf_token());
    super::page(browser, &AskPage { frame: browser::frame(&csrf_token, signed_in.as_ref()), error })
}

fn show(browser: &Browser, at: &AtLink, token: &str, error: Option<&str>) -> Result<HttpResponse, PageError> {
    let frame = Frame { csrf_token: &browser.csrf_token(), ..Frame::NOBODY };
    let (username, action) = (at.user.username.as_str(), path_of(Kind::Reset, token));
    super::page(browser, &SetPage { frame, username, action: &action, password_min: MIN_PASSWORD, error })
}
