//! `/o/account/password/`: a new password, by the one before. It ends everything that was made with that, everywhere else.

use actix_web::{HttpResponse, web};
use model::secret::Secret;

use super::views::PasswordPage;
use super::{just_signed_in, proved};
use crate::app::App;
use crate::audit::Origin;
use crate::crypto::random;
use crate::pages::browser::{self, Browser, PageForm, SignedIn};
use crate::pages::destination::Destination;
use crate::pages::error::{Kind, PageError};
use crate::pages::page;
use crate::password;
use crate::people::{self, MIN_PASSWORD};
use crate::protocol::Params;
use crate::sign_in::{self, SignIn};

const PAGE: &str = "password/";
const ACCOUNT: Destination = Destination::Account("");

/// What is wrong with each field.
#[derive(Default)]
struct Problems {
    current: Option<&'static str>,
    new: Option<&'static str>,
}

/// The form.
///
/// # Errors
/// When the database cannot be asked.
pub async fn get(app: web::Data<App>, browser: Browser) -> Result<HttpResponse, PageError> {
    match just_signed_in(&app, &browser, PAGE).await? {
        Ok(signed_in) => show(&browser, &signed_in, &Problems::default()),
        Err(to_sign_in) => Ok(to_sign_in),
    }
}

/// Changes it; or says what is wrong. The one before is judged and counted as when signing in.
///
/// # Errors
/// When the form is not ours, the database cannot be asked, or too many people are signing in.
pub async fn post(app: web::Data<App>, form: PageForm) -> Result<HttpResponse, PageError> {
    let PageForm { browser, params } = form;
    let signed_in = match just_signed_in(&app, &browser, PAGE).await? {
        Ok(signed_in) => signed_in,
        Err(to_sign_in) => return Ok(sent_before(&app, &browser, &params).await?.unwrap_or(to_sign_in)),
    };
    let (name, new) = (&signed_in.user.username, params.get("password").unwrap_or_default());
    if let Err(sentence) = people::password(new, name) {
        return show(&browser, &signed_in, &Problems { new: Some(sentence), current: None });
    }
    let since = match proved(&app, &browser, &signed_in, &params).await? {
        Ok(since) => since,
        Err(denied) => {
            let problems = Problems { current: Some(denied.sentence), new: None };
            return Ok(denied.answered(show(&browser, &signed_in, &problems)?));
        }
    };
    let origin = Origin::Address(browser.address());
    let (staying, spare) = (browser.clone(), random::secret("").map_err(PageError::internal)?);
    let new = Secret::new(new.to_owned());
    let has_proved = signed_in.user.has_password();
    let authenticated_at = if has_proved { app.now() } else { signed_in.session.authenticated_at };
    let changed = password::change(&app, &origin, &signed_in.user, since, new, move |conn, user| {
        staying.stay(conn, user, authenticated_at, spare)
    });
    let next = changed.await?.ok_or(PageError::new(Kind::StaleForm))?;
    Ok(next.welcomed(&ACCOUNT))
}

/// Who clicks twice has ended their session with the first click, and has the next one if they know the new password.
async fn sent_before(
    app: &App,
    browser: &Browser,
    params: &Params,
) -> Result<Option<HttpResponse>, PageError> {
    let name = params.get("username").unwrap_or_default();
    if !browser.has_missed_sign_in(name).await? {
        return Ok(None);
    }
    let new = Secret::new(params.get("password").unwrap_or_default().to_owned());
    match sign_in::check(app, browser.attempt(), name, new).await? {
        SignIn::Welcome(user, since) => browser.sign_in(&user, since, &ACCOUNT).await.map(Some),
        SignIn::Wrong | SignIn::Wait(_) => Ok(None),
    }
}

fn show(browser: &Browser, signed_in: &SignedIn, problems: &Problems) -> Result<HttpResponse, PageError> {
    page(
        browser,
        &PasswordPage {
            frame: browser::frame(&browser.csrf_token(), Some(signed_in)),
            username: &signed_in.user.username,
            has_password: signed_in.user.has_password(),
            password_min: MIN_PASSWORD,
            current_error: problems.current,
            password_error: problems.new,
        },
    )
}
