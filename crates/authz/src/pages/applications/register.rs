//! `/o/applications/register/`: a new application. Its page is the answer, with the secret on it, this once.

use actix_web::{HttpResponse, web};

use super::{first_run, form, origin, owner, show};
use crate::app::App;
use crate::pages::PageError;
use crate::pages::browser::{Browser, PageForm};
use crate::pages::destination::Destination;
use crate::registration::{Refused, developer};

/// The form, filled in so that a name suffices.
///
/// # Errors
/// When the database cannot be asked.
pub async fn get(app: web::Data<App>, browser: Browser) -> Result<HttpResponse, PageError> {
    let Some(signed_in) = browser.signed_in().await? else { return Ok(sign_in_first(&app)) };
    form::show(&app, &browser, &signed_in, None, &form::blank(&app), &[])
}

/// Registers it, or says what is wrong with each field.
///
/// # Errors
/// When the form is not ours, or the database cannot be asked.
pub async fn post(app: web::Data<App>, form: PageForm) -> Result<HttpResponse, PageError> {
    let PageForm { browser, params } = form;
    let Some(signed_in) = browser.signed_in().await? else { return Ok(sign_in_first(&app)) };
    let given = form::read(&app, &params);
    let problems = match developer::register(&app, &origin(&browser), owner(&signed_in), given.clone()).await
    {
        Ok(made) => {
            let run = first_run::begin(&app, &made.client)?;
            return show::page_of(&app, &browser, &signed_in, &made.client, made.secret.as_ref(), &run);
        }
        Err(Refused::Invalid(problems)) => form::told(&problems),
        Err(Refused::TooMany) => vec![(
            "application-form",
            "You have as many applications as one person may have. Delete one first.".to_owned(),
        )],
        Err(refused) => return Err(refused.into()),
    };
    form::show(&app, &browser, &signed_in, None, &given, &problems)
}

fn sign_in_first(app: &App) -> HttpResponse {
    Destination::Applications("register/".to_owned()).after_sign_in(&app.config.issuer)
}
