//! `/o/applications/{id}/rotate-secret/`: a new secret, shown this once; the one before stays valid for a while.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use model::time::Timestamp;

use super::views::RotatePage;
use super::{Id, by, first_run, moment, origin, show};
use crate::app::App;
use crate::pages::browser::{self, Browser, PageForm};
use crate::pages::error::Kind;
use crate::pages::{PageError, page};
use crate::registration;
use crate::store::clients::Client;

const PAGE: &str = "rotate-secret/";

/// Asks whether to.
///
/// # Errors
/// When the application is not theirs or has no secret, or the database cannot be asked.
pub async fn get(app: web::Data<App>, id: Id, browser: Browser) -> Result<HttpResponse, PageError> {
    let Some(signed_in) = browser.signed_in().await? else {
        return Ok(id.page(PAGE).after_sign_in(&app.config.issuer));
    };
    let client = id.of(&app, &signed_in).await?;
    if !client.has_a_secret() {
        return Err(PageError::new(Kind::NotFound));
    }
    let csrf_token = browser.csrf_token();
    let previous_until = previous_until(&client, app.now());
    let view = RotatePage {
        frame: browser::frame(&csrf_token, Some(&signed_in)),
        id: client.id.as_str(),
        name: &client.name,
        overlap: &in_words(app.config.lifetimes.secret_overlap),
        previous_until: previous_until.as_deref(),
    };
    page(&browser, &view)
}

/// Makes it, and shows it on the application's page.
///
/// # Errors
/// When the form is not ours, the application is not theirs or has no secret, or the database cannot be asked.
pub async fn post(app: web::Data<App>, id: Id, form: PageForm) -> Result<HttpResponse, PageError> {
    let browser = form.browser;
    let Some(signed_in) = browser.signed_in().await? else {
        return Ok(id.page(PAGE).after_sign_in(&app.config.issuer));
    };
    let (secret, _) = registration::rotate_secret(&app, &origin(&browser), by(&signed_in), &id.0).await?;
    let client = id.of(&app, &signed_in).await?;
    let run = first_run::begin(&app, &client)?;
    show::page_of(&app, &browser, &signed_in, &client, Some(&secret), &run)
}

/// Until when the secret before the present one is valid, if it still is.
pub(super) fn previous_until(client: &Client, now: Timestamp) -> Option<String> {
    client.previous_secret_until.filter(|until| now < *until).map(moment)
}

fn in_words(span: Duration) -> String {
    let seconds = span.as_secs();
    let (number, unit) = match seconds {
        _ if seconds >= 86_400 && seconds.is_multiple_of(86_400) => (seconds / 86_400, "day"),
        _ if seconds >= 3_600 && seconds.is_multiple_of(3_600) => (seconds / 3_600, "hour"),
        _ if seconds >= 60 && seconds.is_multiple_of(60) => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}
