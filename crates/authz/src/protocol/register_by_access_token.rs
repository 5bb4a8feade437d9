//! `/register-by-access-token/{backend}/`: signing in, and up, by a provider's access token, as in the tutorials. The
//! client of this server's own gets the tokens. No session begins: a browser that another site sends here would be signed
//! in as somebody else.
//!
//! GET has the token in its address, where others' logs and histories keep it; ours never has a query. POST says the same in
//! its body.

use actix_web::http::header;
use actix_web::{Error, HttpRequest, HttpResponse, web};
use serde_json::json;

use super::authentication::first_party;
use super::error::OAuthError;
use super::params::Params;
use super::provided::{NotProven, Provided};
use super::refused::Refused;
use super::sent::Sent;
use super::{dpop, token};
use crate::app::App;
use crate::edge;

/// As the tutorials ask.
///
/// # Errors
/// 401 when the provider does not vouch for the token, whatever the reason; 404 for a provider that is not there.
pub async fn get(
    app: web::Data<App>,
    request: HttpRequest,
    backend: web::Path<String>,
    proof: dpop::Sent,
) -> Result<HttpResponse, Error> {
    let params = Params::parse(request.query_string().as_bytes()).map_err(OAuthError::from)?;
    exchange(&app, &request, &backend, &params, &proof).await
}

/// As is better.
///
/// # Errors
/// As [`get`].
pub async fn post(
    app: web::Data<App>,
    request: HttpRequest,
    payload: web::Payload,
    backend: web::Path<String>,
    proof: dpop::Sent,
) -> Result<HttpResponse, Error> {
    let sent = Sent::with(&request, &mut payload.into_inner()).await.map_err(OAuthError::from)?;
    let params = sent.params().map_err(OAuthError::from)?;
    exchange(&app, &request, &backend, &params, &proof).await
}

async fn exchange(
    app: &App,
    request: &HttpRequest,
    provider: &str,
    params: &Params,
    proof: &dpop::Sent,
) -> Result<HttpResponse, Error> {
    let client = first_party(app).await?;
    let token = params.get("access_token").unwrap_or_default();
    let brought = Provided { provider, token, username: params.get("username") };
    let address = edge::client_address(request, &app.config.trusted_proxies);
    match token::for_somebody_known(app, &client, address, &brought, proof).await {
        Ok(response) => Ok(response),
        Err(NotProven::NoProvider) => Err(Refused::NotThere.into()),
        Err(NotProven::Wait(seconds) | NotProven::TooManyNew(seconds)) => Err(Refused::Wait(seconds).into()),
        Err(NotProven::Failed(error)) => Err(error.into()),
        Err(_) => Ok(unsuccessful()),
    }
}

fn unsuccessful() -> HttpResponse {
    HttpResponse::Unauthorized()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::WWW_AUTHENTICATE, r#"Bearer realm="authz""#))
        .json(json!({
            "error": "unsuccessful_token_exchange",
            "error_description": "Unable to complete token exchange with social backend.",
        }))
}
