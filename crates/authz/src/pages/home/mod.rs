//! `/`: the front page.

use actix_web::{HttpResponse, web};

use super::browser::{self, Browser};
use super::error::PageError;
use super::views::HomePage;
use crate::app::App;

/// Says what this is, and to somebody signed in how to go on.
///
/// # Errors
/// When the database cannot be asked.
pub async fn get(app: web::Data<App>, browser: Browser) -> Result<HttpResponse, PageError> {
    let signed_in = browser.signed_in().await?;
    let base = app.config.issuer.base();
    let code_url = format!("{base}/o/code/");
    let register = [
        &format!("{} client create", app.config.command),
        "--name \"My client\"",
        "--type public",
        "--grant-type authorization_code",
        &format!("--redirect-uri {code_url}"),
        "--scope read",
        "--scope write",
    ]
    .join(" \\\n  ");
    let api_url = app.config.links.api_root(&app.config.issuer);
    super::page(
        &browser,
        &HomePage {
            frame: browser::frame(&browser.csrf_token(), signed_in.as_ref()),
            api_url: &api_url,
            app_url: app.config.links.app.as_ref().map(|app| app.0.as_str()),
            register_command: &register,
            code_url: &code_url,
            developer_pages: app.config.developer_pages,
        },
    )
}
