//! `/o/applications/{id}/delete/`: asks first; then the application, its grants and every token issued to it are gone.

use actix_web::{HttpResponse, web};

use super::views::DeletePage;
use super::{Id, by, origin};
use crate::app::App;
use crate::pages::browser::{self, Browser, PageForm};
use crate::pages::destination::Destination;
use crate::pages::{PageError, page};
use crate::registration;

const PAGE: &str = "delete/";

/// Asks whether to.
///
/// # Errors
/// When the application is not theirs, or the database cannot be asked.
pub async fn get(app: web::Data<App>, id: Id, browser: Browser) -> Result<HttpResponse, PageError> {
    let Some(signed_in) = browser.signed_in().await? else {
        return Ok(id.page(PAGE).after_sign_in(&app.config.issuer));
    };
    let client = id.of(&app, &signed_in).await?;
    let csrf_token = browser.csrf_token();
    let frame = browser::frame(&csrf_token, Some(&signed_in));
    page(&browser, &DeletePage { frame, id: client.id.as_str(), name: &client.name })
}

/// Deletes it, and goes back to the others.
///
/// # Errors
/// When the form is not ours, the application is not theirs, or the database cannot be asked.
pub async fn post(app: web::Data<App>, id: Id, form: PageForm) -> Result<HttpResponse, PageError> {
    let browser = form.browser;
    let Some(signed_in) = browser.signed_in().await? else {
        return Ok(id.page(PAGE).after_sign_in(&app.config.issuer));
    };
    registration::delete(&app, &origin(&browser), by(&signed_in), &id.0).await?;
    Ok(Destination::Applications(String::new()).go(&app.config.issuer))
}
