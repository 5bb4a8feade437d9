//! `/o/register/{client_id}/`: RFC 7592. Whoever holds the registration access token may look at the registration,
//! replace it whole, or end it. The token stays the same for the client's life: a new one whose answer is lost would
//! take the registration out of everybody's hands.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use model::secret::sha256;

use super::answer::answer;
use super::refusal::Refusal;
use super::sent::{self, Sent, Token};
use crate::app::App;
use crate::audit::Origin;
use crate::crypto::master::equal;
use crate::edge;
use crate::registration::{self, By};
use crate::self_registration;
use crate::store::clients::Client;
use crate::store::registrations;

/// What is not sent back (section 2.2).
const NOT_SENT: [&str; 4] = [
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
];

/// Shows the registration.
///
/// # Errors
/// 401 without the token of this very client.
pub async fn get(
    app: web::Data<App>,
    http: HttpRequest,
    id: web::Path<String>,
    token: Token,
) -> Result<HttpResponse, Refusal> {
    let client = managed(&app, &id, &token).await?;
    Ok(answer(&app, StatusCode::OK, &client, None, presented(&http)))
}

/// Replaces the registration whole: what is not said has its default again.
///
/// # Errors
/// As [`get`], and as for registering.
pub async fn put(
    app: web::Data<App>,
    http: HttpRequest,
    id: web::Path<String>,
    token: Token,
    sent: Result<Sent, Refusal>,
) -> Result<HttpResponse, Refusal> {
    let before = managed(&app, &id, &token).await?;
    let sent = sent?;
    if sent.text("client_id")? != Some(before.id.as_str()) {
        return Err(Refusal::Metadata("client_id is the client's own".into()));
    }
    if let Some(name) = NOT_SENT.into_iter().find(|name| sent.0.contains_key(*name)) {
        return Err(Refusal::Metadata(format!("{name} is not a client's to say").into()));
    }
    let said = sent.text("client_secret")?;
    let is_its_own = |secret: &str| {
        before.secret_hash.as_ref().is_some_and(|hash| equal(hash, &sha256(secret.as_bytes())))
    };
    if said.is_some_and(|secret| !is_its_own(secret)) {
        return Err(Refusal::Metadata("client_secret is the client's own, or is left out".into()));
    }
    let wanted = sent.judged(&app, &before.metadata)?;
    sent::has_its_sector(&app, &wanted, edge::client_address(&http, &app.config.trusted_proxies)).await?;
    let made = self_registration::replace(&app, &origin(&app, &http), &before, wanted).await?;
    let secret = made.secret.as_ref().map(|secret| secret.expose().as_str()).or(said);
    Ok(answer(
        &app,
        StatusCode::OK,
        &made.client,
        secret.filter(|_| made.client.has_a_secret()),
        presented(&http),
    ))
}

/// Removes the client, and ends every token issued to it.
///
/// # Errors
/// As [`get`].
pub async fn delete(
    app: web::Data<App>,
    http: HttpRequest,
    id: web::Path<String>,
    token: Token,
) -> Result<HttpResponse, Refusal> {
    let client = managed(&app, &id, &token).await?;
    registration::delete(&app, &origin(&app, &http), By::Administrator, client.id.as_str()).await?;
    Ok(HttpResponse::NoContent().insert_header((header::CACHE_CONTROL, "no-store")).finish())
}

/// The client, if this is its token. Another's token, and a client that is gone, are told alike.
async fn managed(app: &App, id: &str, token: &Token) -> Result<Client, Refusal> {
    let hash = token.0.ok_or(Refusal::NoToken)?;
    if !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        // Nobody has such an id; and PostgreSQL takes no text with NUL in it.
        return Err(Refusal::InvalidToken);
    }
    let id = id.to_owned();
    let found = app.db.read(move |conn| registrations::managed(conn, &id, &hash)).await?;
    found.ok_or(Refusal::InvalidToken)
}

fn origin(app: &App, http: &HttpRequest) -> Origin {
    Origin::Address(edge::client_address(http, &app.config.trusted_proxies))
}

/// The token as it was presented, to be said again (section 3).
fn presented(http: &HttpRequest) -> &str {
    let header = http.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    header.and_then(|text| text.split_once(' ')).map_or("", |(_, token)| token.trim())
}
