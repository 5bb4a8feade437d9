//! `/o/applications/{id}/`: an application as it is, and a first run through what a client does.

use actix_web::{HttpResponse, web};
use model::secret::Secret;

use super::rotate_secret::previous_until;
use super::views::{FirstRun, ShowPage};
use super::{Id, first_run, moment};
use crate::app::App;
use crate::pages::browser::{self, Browser, PageForm, SignedIn};
use crate::pages::{PageError, page};
use crate::store::clients::Client;

/// The page, at the beginning of a first run.
///
/// # Errors
/// When the application is not theirs, or the database cannot be asked.
pub async fn get(app: web::Data<App>, id: Id, browser: Browser) -> Result<HttpResponse, PageError> {
    let Some(signed_in) = browser.signed_in().await? else {
        return Ok(id.page("").after_sign_in(&app.config.issuer));
    };
    let client = id.of(&app, &signed_in).await?;
    let run = first_run::begin(&app, &client)?;
    page_of(&app, &browser, &signed_in, &client, None, &run)
}

/// A step of the first run. It changes nothing about the application.
///
/// # Errors
/// When the form is not ours, the application is not theirs, or the database cannot be asked.
pub async fn post(app: web::Data<App>, id: Id, form: PageForm) -> Result<HttpResponse, PageError> {
    let PageForm { browser, params } = form;
    let Some(signed_in) = browser.signed_in().await? else {
        return Ok(id.page("").after_sign_in(&app.config.issuer));
    };
    let client = id.of(&app, &signed_in).await?;
    let run = first_run::go_on(&app, &client, &params, browser.address()).await?;
    page_of(&app, &browser, &signed_in, &client, None, &run)
}

/// The page; with the secret when it has just been made.
pub(super) fn page_of(
    app: &App,
    browser: &Browser,
    signed_in: &SignedIn,
    client: &Client,
    secret: Option<&Secret<String>>,
    run: &FirstRun,
) -> Result<HttpResponse, PageError> {
    let csrf_token = browser.csrf_token();
    let previous_until = previous_until(client, app.now());
    let view = ShowPage {
        frame: browser::frame(&csrf_token, Some(signed_in)),
        id: client.id.as_str(),
        name: &client.name,
        kind: kind(client),
        has_a_secret: client.has_a_secret(),
        is_disabled: client.disabled_at.is_some(),
        grant_types: &client.grant_types.split_whitespace().collect::<Vec<_>>(),
        redirect_uris: &client.redirect_uris().collect::<Vec<_>>(),
        scopes: client.scopes.as_str(),
        registered: &moment(client.created_at),
        previous_until: previous_until.as_deref(),
        secret: secret.map(|secret| secret.expose().as_str()),
        run,
    };
    page(browser, &view)
}

fn kind(client: &Client) -> &'static str {
    match (client.is_confidential, client.has_a_secret()) {
        (true, true) => "confidential: it keeps a secret",
        (true, false) => "confidential: it signs with a key of its own",
        (false, _) => "public: it has no secret",
    }
}
