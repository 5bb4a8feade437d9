//! `/o/account/`: a person's own account. What changes how they get in needs a sign-in that is not old.

pub mod delete;
pub mod email;
pub mod password;
pub mod profile;
pub mod show;
mod views;

use actix_web::HttpResponse;
use model::secret::Secret;
use model::time::Timestamp;

use super::browser::{Browser, SignedIn};
use super::destination::Destination;
use super::error::PageError;
use super::too_many;
use crate::app::App;
use crate::protocol::Params;
use crate::sign_in::{self, SignIn};

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

/// What is wrong with the password that was sent along.
struct Denied {
    sentence: &'static str,
    /// For so many seconds none is looked at.
    wait: Option<u64>,
}

impl Denied {
    /// The page that says so.
    fn answered(&self, page: HttpResponse) -> HttpResponse {
        match self.wait {
            Some(seconds) => too_many(page, seconds),
            None => page,
        }
    }
}

/// As of when it is known that this is the person: a session may have been taken from them, so the form has their password
/// (`current`) as well, which is judged and counted as when signing in.
async fn proved(
    app: &App,
    browser: &Browser,
    signed_in: &SignedIn,
    params: &Params,
) -> Result<Result<Timestamp, Denied>, PageError> {
    // Who has none proves it with the sign-in, which is not old.
    if !signed_in.user.has_password() {
        return Ok(Ok(signed_in.at));
    }
    let current = Secret::new(params.get("current").unwrap_or_default().to_owned());
    let checked = sign_in::check(app, browser.attempt(), &signed_in.user.username, current).await?;
    Ok(match checked {
        SignIn::Welcome(user, at) if user.id == signed_in.user.id => Ok(at.min(signed_in.at)),
        SignIn::Welcome(..) | SignIn::Wrong => {
            Err(Denied { sentence: "This is not your password.", wait: None })
        }
        SignIn::Wait(seconds) => {
            let sentence = "There were too many wrong tries. Wait a while, then try again.";
            Err(Denied { sentence, wait: Some(seconds) })
        }
    })
}
