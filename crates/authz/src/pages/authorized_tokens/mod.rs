//! `/o/authorized_tokens/`: which applications may do what for a person, and ending it. Only one's own is ever there.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use model::scope::ScopeSet;
use model::secret::sha256;
use model::time::Timestamp;

use super::browser::{self, Browser, PageForm, SignedIn};
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
use crate::store::ended_access::Which;

/// What an application may do, by a grant or by tokens of none, which all end together.
struct Access {
    /// As it stands in addresses.
    id: String,
    which: Which,
    client: Client,
    scopes: ScopeSet,
    since: Timestamp,
    last_used: Timestamp,
}

/// The id of what a client may do by no grant; that of a grant has no such letters. Not the client's own id, which may be
/// an address with slashes in it.
fn of_client(client: &Client) -> String {
    format!("of-{}", BASE64_URL_SAFE_NO_PAD.encode(sha256(client.id.as_str().as_bytes())))
}

/// All of a person, each kind with the newest first.
async fn all(app: &App, signed_in: &SignedIn) -> Result<Vec<Access>, PageError> {
    let by_grant = access::live(app, &signed_in.user, signed_in.at).await?.into_iter();
    let by_browser = access::by_browser(app, &signed_in.user, signed_in.at).await?.into_iter();
    let by_grant = by_grant.map(|(grant, client)| Access {
        id: grant.id.to_string(),
        which: Which::Grant(grant.id),
        client,
        scopes: grant.scopes,
        since: grant.created_at,
        last_used: grant.rotated_at,
    });
    let by_browser = by_browser.map(|(access, client)| Access {
        id: of_client(&client),
        which: Which::WithoutGrant,
        client,
        scopes: access.scopes,
        since: access.since,
        last_used: access.last_at,
    });
    Ok(by_grant.chain(by_browser).collect())
}

/// Lists them, by application, to the day: when exactly somebody worked is for nobody who looks over their shoulder.
///
/// # Errors
/// When the database cannot be asked.
pub async fn get(app: web::Data<App>, browser: Browser) -> Result<HttpResponse, PageError> {
    let Some(signed_in) = browser.signed_in().await? else { return Ok(to_sign_in(&app)) };
    let all = all(&app, &signed_in).await?;
    let mut applications: Vec<AuthorizedApplication> = Vec::new();
    for access in &all {
        let shown = AuthorizedGrant {
            id: &access.id,
            scopes: described(&app, &access.scopes),
            since: day(access.since),
            last_used: day(access.last_used),
        };
        let id = access.client.id.as_str();
        if let Some(known) = applications.iter_mut().find(|application| application.id == id) {
            known.grants.push(shown);
        } else {
            let name = super::words::displayed(&access.client.name);
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
    let all = all(&app, &signed_in).await?;
    let access = find(&all, &id)?;
    let of_client = all.iter().filter(|each| each.client.id == access.client.id).count();
    super::page(
        &browser,
        &EndAccessPage {
            frame: browser::frame(&browser.csrf_token(), Some(&signed_in)),
            client_name: &super::words::displayed(&access.client.name),
            scopes: &described(&app, &access.scopes),
            since: &day(access.since),
            of_client,
            action: &format!("/o/authorized_tokens/{}/delete/", access.id),
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
    let all = all(&app, &signed_in).await?;
    let chosen = find(&all, &id)?;
    let which = if params.get("which") == Some("all") { Which::All } else { chosen.which };
    let (origin, user) = (Origin::Address(browser.address()), signed_in.user.id);
    access::end(&app, &origin, user, &chosen.client.id, which).await?;
    let location = format!("{}/o/authorized_tokens/", app.config.issuer.base());
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish())
}

/// The one of that id. Another person's is not there, as one that never was.
fn find<'l>(all: &'l [Access], id: &str) -> Result<&'l Access, PageError> {
    all.iter().find(|access| access.id == id).ok_or_else(|| PageError::new(Kind::NotFound))
}

fn described<'a>(app: &'a App, scopes: &ScopeSet) -> Vec<ConsentScope<'a>> {
    let known = app.config.known_scopes().filter(|(name, _)| scopes.contains(name));
    known.map(|(name, description)| ConsentScope { name, description }).collect()
}

fn to_sign_in(app: &App) -> HttpResponse {
    Destination::AuthorizedTokens.after_sign_in(&app.config.issuer)
}
