//! `/accounts/signup/`: making an account.

use actix_web::{HttpRequest, HttpResponse, web};
use model::db::Conn;
use model::secret::Secret;

use super::browser::{self, Browser, PageForm, SignInForm};
use super::destination::Destination;
use super::display::Display;
use super::error::{Kind, PageError};
use super::provider_sign_in;
use super::views::{Frame, SignupPage};
use crate::app::App;
use crate::audit::Origin;
use crate::email::Entered;
use crate::people::{self, MIN_PASSWORD};
use crate::protocol::Params;
use crate::sign_in::{self, SignIn};
use crate::sign_up::{self, Refused};
use crate::store::users::User;

/// What is wrong with each field, or with asking at all.
#[derive(Default)]
struct Problems {
    page: Option<&'static str>,
    username: Option<&'static str>,
    email: Option<&'static str>,
    password: Option<&'static str>,
}

/// What was typed, but for the password.
#[derive(Clone, Copy, Default)]
struct Typed<'a> {
    username: &'a str,
    email: &'a str,
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
    show(&app, &browser, &Destination::parse(query.get("next")), Typed::default(), &Problems::default()).await
}

/// Makes the account, signs in and goes on; or says what is wrong with each field.
///
/// # Errors
/// When signing up is switched off, the form is not ours, the database cannot be asked, or too many people are
/// signing in.
pub async fn post(app: web::Data<App>, form: SignInForm) -> Result<HttpResponse, PageError> {
    if !app.config.signup {
        return Err(PageError::new(Kind::NotFound));
    }
    let PageForm { browser, params } = match form {
        SignInForm::Good(form) => form,
        SignInForm::Done(response) => return Ok(response),
    };
    let destination = Destination::parse(params.get("next"));
    let given = params.get("username").unwrap_or_default();
    let email = params.get("email").filter(|_| app.post.is_some()).unwrap_or_default();
    let typed = Typed { username: given, email };
    let password = params.get("password").unwrap_or_default();
    let origin = Origin::Address(browser.address());
    let secret = || Secret::new(password.to_owned());
    let entered = match entered(&app, &browser, email) {
        Ok(entered) => entered?,
        Err(sentence) => {
            let name = people::username(given);
            let password = people::password(password, name.as_deref().unwrap_or(given)).err();
            let problems = Problems { username: name.err(), email: Some(sentence), password, page: None };
            return show(&app, &browser, &destination, typed, &problems).await;
        }
    };
    let opener = browser.clone();
    let begins = move |conn: &mut Conn, user: &User| {
        entered.map_or(Ok(()), |entered| entered.write(conn, user))?;
        opener.opening(&opener.after_sign_in(user), user, user.created_at)(conn).map(drop)
    };
    let problems = match sign_up::create_with(&app, &origin, given, secret(), begins).await {
        Ok(user) => return Ok(browser.after_sign_in(&user).welcomed(&destination)),
        Err(Refused::Invalid { username, password }) => {
            Problems { username, password, ..Problems::default() }
        }
        Err(Refused::Taken) => {
            if let Some(response) = sent_before(&app, &browser, given, secret(), &destination).await? {
                return Ok(response);
            }
            Problems { username: Some("This name is taken. Choose another."), ..Problems::default() }
        }
        Err(Refused::Wait(wait)) => {
            let sentence = "Too many accounts were made from your network. Wait a while, then try again.";
            let problems = Problems { page: Some(sentence), ..Problems::default() };
            let page = show(&app, &browser, &destination, typed, &problems).await?;
            return Ok(super::too_many(page, wait.as_secs().max(1)));
        }
        Err(Refused::Failed(failed)) => return Err(failed.into()),
    };
    show(&app, &browser, &destination, typed, &problems).await
}

/// The address, if one was typed; or what is wrong with it.
fn entered(
    app: &App,
    browser: &Browser,
    typed: &str,
) -> Result<Result<Option<Entered>, PageError>, &'static str> {
    if typed.trim().is_empty() {
        return Ok(Ok(None));
    }
    let entered = Entered::new(app, browser.address(), people::email(typed)?);
    Ok(entered.map(Some).map_err(PageError::internal))
}

/// Who clicks twice has made the account with the first click. The password is judged like any other.
async fn sent_before(
    app: &App,
    browser: &Browser,
    username: &str,
    password: Secret<String>,
    destination: &Destination,
) -> Result<Option<HttpResponse>, PageError> {
    if !browser.has_missed_sign_in(username).await? {
        return Ok(None);
    }
    match sign_in::check(app, browser.attempt(), username, password).await? {
        SignIn::Welcome(user, since) => browser.sign_in(&user, since, destination).await.map(Some),
        SignIn::Wrong | SignIn::Wait(_) => Ok(None),
    }
}

async fn show(
    app: &App,
    browser: &Browser,
    destination: &Destination,
    typed: Typed<'_>,
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
            username: typed.username,
            providers: &provider_sign_in::choices(app),
            password_min: MIN_PASSWORD,
            error: problems.page,
            username_error: problems.username,
            password_error: problems.password,
            email: app.post.is_some().then_some(typed.email),
            email_error: problems.email,
        },
    )
}
