//! `/o/account/delete/`: asks first; then the account and everything that was made for it are gone, as with `authz user delete`.

use actix_web::{HttpResponse, web};
use askama::Template;

use super::views::DeletePage;
use super::{just_signed_in, proved};
use crate::app::App;
use crate::audit::{Origin, What};
use crate::mail;
use crate::pages::browser::{self, Browser, PageForm, SignedIn};
use crate::pages::error::{Kind, PageError};
use crate::pages::page;
use crate::pages::views::{Frame, MessagePage};
use crate::store::outgoing_mail;
use crate::store::{audit_events, emails, former_names, users};

const PAGE: &str = "delete/";

/// Asks whether to.
///
/// # Errors
/// When the database cannot be asked.
pub async fn get(app: web::Data<App>, browser: Browser) -> Result<HttpResponse, PageError> {
    let signed_in = match just_signed_in(&app, &browser, PAGE).await? {
        Ok(signed_in) => signed_in,
        Err(to_sign_in) => return Ok(to_sign_in),
    };
    show(&browser, &signed_in, None)
}

/// Deletes it, by the person's password. In force when this returns.
///
/// # Errors
/// When the form is not ours, the database cannot be asked, or too many people are signing in.
pub async fn post(app: web::Data<App>, form: PageForm) -> Result<HttpResponse, PageError> {
    let PageForm { browser, params } = form;
    let signed_in = match just_signed_in(&app, &browser, PAGE).await? {
        Ok(signed_in) => signed_in,
        Err(to_sign_in) => return Ok(to_sign_in),
    };
    let since = match proved(&app, &browser, &signed_in, &params).await? {
        Ok(since) => since,
        Err(denied) => {
            return show(&browser, &signed_in, Some(denied.sentence)).map(|page| denied.answered(page));
        }
    };
    let user = signed_in.user;
    let (now, clock, is_told) = (app.now(), app.clock.clone(), app.post.is_some());
    let event = What::UserDeleted.of_user(user.id, &Origin::Address(browser.address()), now);
    let deleted = app.db.write(move |conn| {
        if !users::hold_alone(conn, user.id, since)? {
            return Ok(false);
        }
        let address = emails::of(conn, user.id)?;
        let deleted = former_names::delete(conn, &user.username_key, false, &clock)?.is_some();
        mail::tell(conn, is_told, outgoing_mail::Kind::AccountDeleted, None, address, now)?;
        audit_events::insert_if(conn, deleted, event)
    });
    if !deleted.await? {
        return Err(PageError::new(Kind::StaleForm));
    }
    app.feed.catch_up().await?;
    // The session is gone already, and so is whoever would be told; the browser forgets its cookie.
    let (cookie, _) = browser.sign_out().await?;
    let sentences = ["Everything that was kept of it here is gone, and nobody else is ever given its name."];
    let gone = MessagePage {
        frame: Frame::NOBODY,
        heading: "Your account is deleted",
        sentences: &sentences,
        link: None,
    };
    let html = gone.render().map_err(PageError::internal)?;
    Ok(HttpResponse::Ok()
        .cookie(cookie)
        .content_type(actix_web::http::header::ContentType::html())
        .body(html))
}

fn show(
    browser: &Browser,
    signed_in: &SignedIn,
    current_error: Option<&str>,
) -> Result<HttpResponse, PageError> {
    page(
        browser,
        &DeletePage {
            frame: browser::frame(&browser.csrf_token(), Some(signed_in)),
            username: &signed_in.user.username,
            has_password: signed_in.user.has_password(),
            current_error,
        },
    )
}
