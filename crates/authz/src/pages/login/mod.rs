//! `/accounts/login/`: signing in.

use actix_web::{HttpRequest, HttpResponse, web};
use model::secret::Secret;

use super::browser::{self, Browser, PageForm, SignInForm};
use super::client_about::ClientAbout;
use super::destination::Destination;
use super::display::Display;
use super::error::PageError;
use super::provider_sign_in;
use super::views::{Frame, LoginPage};
use super::words::displayed;
use crate::app::App;
use crate::client_documents;
use crate::people;
use crate::protocol::Params;
use crate::sign_in::{self, SignIn};

/// The form.
///
/// # Errors
/// When the database cannot be asked.
pub async fn get(
    app: web::Data<App>,
    request: HttpRequest,
    browser: Browser,
) -> Result<HttpResponse, PageError> {
    let query = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
    let destination = Destination::parse(query.get("next"));
    let hint = hinted(&destination);
    let notice = provider_sign_in::declined(&app, &query);
    show(&app, &browser, &destination, &hint, Said { notice: notice.as_deref(), error: None }).await
}

/// Signs in and goes on, or says what every failure says.
///
/// # Errors
/// When the form is not ours, the database cannot be asked, or too many people are signing in.
pub async fn post(app: web::Data<App>, form: SignInForm) -> Result<HttpResponse, PageError> {
    let PageForm { browser, params } = match form {
        SignInForm::Good(form) => form,
        SignInForm::Done(response) => return Ok(response),
    };
    let destination = Destination::parse(params.get("next"));
    let username = params.get("username").unwrap_or_default();
    let password = Secret::new(params.get("password").unwrap_or_default().to_owned());
    match sign_in::check(&app, browser.attempt(), username, password).await? {
        SignIn::Welcome(user, since) => browser.sign_in(&user, since, &destination).await,
        SignIn::Wrong => {
            let sentence = "The name and the password do not belong together.";
            show(&app, &browser, &destination, username, Said::wrong(sentence)).await
        }
        SignIn::Wait(seconds) => {
            let sentence = "There were too many wrong tries. Wait a while, then try again.";
            let page = show(&app, &browser, &destination, username, Said::wrong(sentence)).await?;
            Ok(super::too_many(page, seconds))
        }
    }
}

/// The name the application expects (`login_hint`, OpenID Connect Core section 3.1.2.1), if it is one that a person
/// here can have.
fn hinted(destination: &Destination) -> String {
    let asked = destination.asked();
    asked.get("login_hint").and_then(|hint| people::username(hint).ok()).unwrap_or_default()
}

/// What the page says beside its form.
#[derive(Clone, Copy)]
struct Said<'a> {
    notice: Option<&'a str>,
    error: Option<&'a str>,
}

impl<'a> Said<'a> {
    fn wrong(error: &'a str) -> Self {
        Self { notice: None, error: Some(error) }
    }
}

async fn show(
    app: &App,
    browser: &Browser,
    destination: &Destination,
    username: &str,
    Said { notice, error }: Said<'_>,
) -> Result<HttpResponse, PageError> {
    let signed_in = browser.signed_in().await?;
    let asked = destination.asked();
    let client = match asked.get("client_id") {
        Some(id) => client_documents::named(app, id).await?,
        None => None,
    };
    let about = client.as_deref().map(ClientAbout::of).unwrap_or_default();
    let csrf_token = browser.csrf_token();
    let mut page = super::page(
        browser,
        &LoginPage {
            frame: Frame {
                display: Display::wished(&asked),
                ..browser::frame(&csrf_token, signed_in.as_ref())
            },
            client: client.as_ref().map(|client| displayed(&client.name)).as_deref(),
            about,
            next: destination.next().as_deref(),
            username,
            error,
            notice,
            providers: &provider_sign_in::choices(app),
        },
    )?;
    about.allow_logo(&mut page);
    Ok(page)
}
