//! `/o/authorized_tokens/`: which applications may do what for a person, and ending it. Only one's own is ever there.

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use super::browser::{self, Browser, PageForm};
use super::destination::Destination;
use super::error::{Kind, PageError};
use super::views::{
    AuthorizedApplication, AuthorizedGrant, AuthorizedTokensPage, ConsentScope, EndAccessPage,
};
use super::words::day;
use crate::access;
use crate::app::App;
use crate::audit::Origin;
use crate::store::clients::Client;
use crate::store::grants::Grant;

/// Lists them, by application, to the day: when exactly somebody worked is for nobody who looks over their shoulder.
///
/// # Errors
/// When the database cannot be asked.
pub async fn get(app: web::Data<App>, browser: Browser) -> Result<HttpResponse, PageError> {
    let Some(signed_in) = browser.signed_in().await? else { return Ok(to_sign_in(&app)) };
    let live = access::live(&app, &signed_in.user, signed_in.at).await?;
    let mut applications: Vec<AuthorizedApplication> = Vec::new();
    for (grant, client) in &live {
        let shown = AuthorizedGrant {
            id: grant.id.to_string(),
            scopes: described(&app, grant),
            since: day(grant.created_at),
            last_used: day(grant.rotated_at),
        };
        let id = client.id.as_str();
        if let Some(known) = applications.iter_mut().find(|application| application.id == id) {
            known.grants.push(shown);
        } else {
            let name = super::words::displayed(&client.name);
            applications.push(AuthorizedApplication { id, name, grants: vec![shown] });
        }
    }
    super::page(
        &browser,
        &AuthorizedTokensPage {
            frame: browser::frame(&browser.csrf_token(), Some(&signed_in)),
            applications: &applications,
        },
    )
}

/// Asks whether to end one.
///
/// # Errors
/// When there is none of this person's, or the database cannot be asked.
pub async fn ask(
    app: web::Data<App>,
    browser: Browser,
    id: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let Some(signed_in) = browser.signed_in().await? else { return Ok(to_sign_in(&app)) };
    let live = access::live(&app, &signed_in.user, signed_in.at).await?;
    let (grant, client) = find(&live, &id)?;
    let of_client = live.iter().filter(|(_, each)| each.id == client.id).count();
    let id = grant.id.to_string();
    super::page(
        &browser,
        &EndAccessPage {
            frame: browser::frame(&browser.csrf_token(), Some(&signed_in)),
            client_name: &super::words::displayed(&client.name),
            scopes: &described(&app, grant),
            since: &day(grant.created_at),
            of_client,
            action: &format!("/o/authorized_tokens/{id}/delete/"),
        },
    )
}

/// Ends one, or all of its application; in force when this returns. The person is asked again before the application gets
/// any more: what they agreed to once would otherwise give it back without a word, and so would a code it has not yet
/// redeemed.
///
/// # Errors
/// When the form is not ours, there is none of this person's, or the database cannot be asked.
pub async fn end(
    app: web::Data<App>,
    form: PageForm,
    id: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let PageForm { browser, params } = form;
    let Some(signed_in) = browser.signed_in().await? else { return Ok(to_sign_in(&app)) };
    let live = access::live(&app, &signed_in.user, signed_in.at).await?;
    let (chosen, client) = find(&live, &id)?;
    let only = if params.get("which") == Some("all") { None } else { Some(chosen.id) };
    access::end(&app, &Origin::Address(browser.address()), signed_in.user.id, &client.id, only).await?;
    let location = format!("{}/o/authorized_tokens/", app.config.issuer.base());
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish())
}

/// The one of that id. Another person's is not there, as one that never was.
fn find<'l>(live: &'l [(Grant, Client)], id: &str) -> Result<&'l (Grant, Client), PageError> {
    let found = live.iter().find(|(grant, _)| grant.id.to_string() == id);
    found.ok_or_else(|| PageError::new(Kind::NotFound))
}

fn described<'a>(app: &'a App, grant: &Grant) -> Vec<ConsentScope<'a>> {
    let known = app.config.known_scopes().filter(|(name, _)| grant.scopes.contains(name));
    known.map(|(name, description)| ConsentScope { name, description }).collect()
}

fn to_sign_in(app: &App) -> HttpResponse {
    Destination::AuthorizedTokens.after_sign_in(&app.config.issuer)
}
