//! `/o/account/`: a person's own account. What changes how they get in needs a sign-in that is not old.

pub mod delete;
pub mod email;
pub mod password;
pub mod profile;
pub mod show;
mod views;

use actix_web::HttpResponse;

use super::browser::{Browser, SignedIn};
use super::destination::Destination;
use super::error::PageError;
use crate::app::App;

/// Who is signed in, or the way to sign in and back to this page.
async fn signed_in(
    app: &App,
    browser: &Browser,
    page: &'static str,
) -> Result<Result<SignedIn, HttpResponse>, PageError> {
    let signed_in = browser.signed_in().await?;
    Ok(signed_in.ok_or_else(|| Destination::Account(page).after_sign_in(&app.config.issuer)))
}

/// The same, for whoever has signed in a short while ago.
async fn just_signed_in(
    app: &App,
    browser: &Browser,
    page: &'static str,
) -> Result<Result<SignedIn, HttpResponse>, PageError> {
    let signed_in = browser.signed_in().await?.filter(SignedIn::is_recent);
    Ok(signed_in.ok_or_else(|| Destination::Account(page).after_sign_in(&app.config.issuer)))
}
