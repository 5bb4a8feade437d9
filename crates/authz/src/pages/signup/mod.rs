//! `/accounts/signup/`: making an account.

use actix_web::{HttpRequest, HttpResponse, web};
use model::secret::Secret;

use super::browser::{self, Browser, PageForm};
use super::destination::Destination;
use super::display::Display;
use super::error::{Kind, PageError};
use super::views::{Frame, SignupPage};
use crate::app::App;
use crate::audit::Origin;
use crate::people::MIN_PASSWORD;
use crate::protocol::Params;
use crate::sign_up::{self, Refused};

/// What is wrong with each field, or with asking at all.
#[derive(Default)]
struct Problems {
    page: Option<&'static str>,
    username: Option<&'static str>,
    password: Option<&'static str>,
}

/// The form.
///
/// # Errors
/// When signing up is switched off, or the database cannot be asked.
pub async fn get(
    app: web::Data<App>,
    request: HttpRequest,
    browser: Browser,
) -> Result<HttpResponse, PageError> {
    if !app.config.signup {
        return Err(PageError::new(Kind::NotFound));
    }
    let query = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
    show(&browser, &Destination::parse(query.get("next")), "", &Problems::default()).await
}

/// Makes the account, signs in and goes on; or says what is wrong with each field.
///
/// # Errors
/// When signing up is switched off, the form is not ours, the database cannot be asked, or too many people are
/// signing in.
pub async fn post(app: web::Data<App>, form: PageForm) -> Result<HttpResponse, PageError> {
    if !app.config.signup {
        return Err(PageError::new(Kind::NotFound));
    }
    let PageForm { browser, params } = form;
    let destination = Destination::parse(params.get("next"));
    let given = params.get("username").unwrap_or_default();
    let password = params.get("password").unwrap_or_default();
    let origin = Origin::Address(browser.address());
    let problems = match sign_up::create(&app, &origin, given, Secret::new(password.to_owned())).await {
        Ok(user) => return browser.sign_in(&user, user.created_at, &destination).await,
        Err(Refused::Invalid { username, password }) => Problems { page: None, username, password },
        Err(Refused::Taken) => {
            Problems { username: Some("This name is taken. Choose another."), ..Problems::default() }
        }
        Err(Refused::Wait(wait)) => {
            let sentence = "Too many accounts were made from your network. Wait a while, then try again.";
            let problems = Problems { page: Some(sentence), ..Problems::default() };
            let page = show(&browser, &destination, given, &problems).await?;
            return Ok(super::too_many(page, wait.as_secs().max(1)));
        }
        Err(Refused::Failed(failed)) => return Err(failed.into()),
    };
    show(&browser, &destination, given, &problems).await
}

async fn show(
    browser: &Browser,
    destination: &Destination,
    username: &str,
    problems: &Problems,
) -> Result<HttpResponse, PageError> {
    let (signed_in, csrf_token) = (browser.signed_in().await?, browser.csrf_token());
    super::page(
        browser,
        &SignupPage {
            frame: Frame {
                display: Display::wished(&destination.asked()),
                ..browser::frame(&csrf_token, signed_in.as_ref())
            },
            next: destination.next().as_deref(),
            username,
            password_min: MIN_PASSWORD,
            error: problems.page,
            username_error: problems.username,
            password_error: problems.password,
        },
    )
}
