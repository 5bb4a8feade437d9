//! `/accounts/logout/`: signing out, by POST only.

use actix_web::{HttpResponse, web};

use super::browser::PageForm;
use super::error::PageError;
use super::signed_out;
use crate::app::App;

/// Ends the session on this side, removes the cookie, and lets applications know that want to.
///
/// # Errors
/// When the form is not ours, or the database cannot be asked.
pub async fn post(app: web::Data<App>, form: PageForm) -> Result<HttpResponse, PageError> {
    signed_out::sign_out(&app, &form.browser, None).await
}
