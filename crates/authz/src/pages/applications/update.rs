//! `/o/applications/{id}/update/`: what an application is called and what it may do.

use actix_web::{HttpResponse, web};

use super::{Id, form, origin, owner};
use crate::app::App;
use crate::pages::PageError;
use crate::pages::browser::{Browser, PageForm};
use crate::registration::{Refused, developer};

const PAGE: &str = "update/";

/// The form, as the application is.
///
/// # Errors
/// When it is not theirs, or the database cannot be asked.
pub async fn get(app: web::Data<App>, id: Id, browser: Browser) -> Result<HttpResponse, PageError> {
    let Some(signed_in) = browser.signed_in().await? else {
        return Ok(id.page(PAGE).after_sign_in(&app.config.issuer));
    };
    let client = id.of(&app, &signed_in).await?;
    form::show(&app, &browser, &signed_in, Some(client.id.as_str()), &form::of(&client), &[])
}

/// Changes it and shows it, or says what is wrong with each field.
///
/// # Errors
/// When the form is not ours, the application is not theirs, or the database cannot be asked.
pub async fn post(app: web::Data<App>, id: Id, form: PageForm) -> Result<HttpResponse, PageError> {
    let PageForm { browser, params } = form;
    let Some(signed_in) = browser.signed_in().await? else {
        return Ok(id.page(PAGE).after_sign_in(&app.config.issuer));
    };
    let given = form::read(&app, &params);
    let problems =
        match developer::change(&app, &origin(&browser), owner(&signed_in), &id.0, given.clone()).await {
            Ok(_) => return Ok(id.page("").go(&app.config.issuer)),
            Err(Refused::Invalid(problems)) => form::told(&problems),
            Err(Refused::Changed) => {
                // It may be gone.
                id.of(&app, &signed_in).await?;
                vec![("application-form", "It was changed meanwhile. Save again to have it so.".to_owned())]
            }
            Err(refused) => return Err(refused.into()),
        };
    form::show(&app, &browser, &signed_in, Some(&id.0), &given, &problems)
}
