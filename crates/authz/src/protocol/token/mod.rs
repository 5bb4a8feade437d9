//! `POST /o/token/`: RFC 6749 section 3.2. One file per grant; [`issue`] is the one place that makes tokens.

mod authorization_code;
mod client_credentials;
mod convert_token;
mod device_code;
mod issue;
mod password;
mod refresh_token;
mod registered;
mod somebody_new;
mod token_exchange;

use std::net::IpAddr;

use actix_web::http::header;
use actix_web::{HttpResponse, ResponseError, web};
use model::dpop::Thumbprint;
use serde::Serialize;

use super::client_auth::ClientRequest;
use super::dpop::Sent;
use super::error::{Code, OAuthError};
use super::grant_types::GrantType;
use super::params::Params;
use crate::app::App;
use crate::audit::{About, What};
use crate::store::clients::Client;
use issue::Answer;
pub(super) use registered::for_somebody_known;
pub(super) use somebody_new::{NotSignedUp, for_somebody_new};

/// Dispatches on the grant type. What is issued is bound to the key that a proof proves (RFC 9449 section 5).
///
/// # Errors
/// As RFC 6749 section 5.2 says.
pub async fn post(
    app: web::Data<App>,
    request: ClientRequest,
    proof: Sent,
) -> Result<HttpResponse, OAuthError> {
    let given = give(&app, &request, &proof).await;
    note(&app, &request, &given);
    let (_, answer) = given?;
    Ok(answered(&answer))
}

fn answered(answer: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::PRAGMA, "no-cache"))
        .json(answer)
}

/// For the audit log. A device that asks whether its person has decided is not refused anything.
fn note(app: &App, request: &ClientRequest, given: &Result<(GrantType, Answer), OAuthError>) {
    let (what, user, detail) = match given {
        Ok((grant_type, answer)) => (What::TokenIssued, answer.user, grant_type.as_str()),
        Err(error) if error.code().is_waiting() => return,
        Err(error) => (What::TokenRefused, None, error.code().as_str()),
    };
    let about = About { user, client: Some(&request.client.id), detail };
    app.audit.note(what, request.address, about, app.now());
}

/// What is answered to a form that a client's developer tries on a page of ours.
pub(crate) async fn tried(app: &web::Data<App>, params: Params, address: IpAddr) -> HttpResponse {
    let given = match ClientRequest::tried(app, params, address).await {
        Ok(request) => post(app.clone(), request, Sent::default()).await,
        Err(error) => Err(error),
    };
    given.unwrap_or_else(|error| {
        if error.status_code().is_server_error() {
            tracing::error!(%error, "failed on a developer's page");
        }
        error.error_response()
    })
}

async fn give(app: &App, request: &ClientRequest, proof: &Sent) -> Result<(GrantType, Answer), OAuthError> {
    let name = request.params.required("grant_type", "Missing grant_type parameter.")?;
    let Some(grant_type) = GrantType::ALL.into_iter().find(|known| known.as_str() == name) else {
        return Err(OAuthError::new(Code::UnsupportedGrantType, "There is no such grant type here."));
    };
    if !request.client.may_use(name) {
        return Err(OAuthError::new(Code::UnauthorizedClient, "The client may not use this grant type."));
    }
    let key = proven(app, &request.client, proof).await?;
    let answer = match grant_type {
        GrantType::AuthorizationCode => authorization_code::redeem(app, request, key).await?,
        GrantType::RefreshToken => refresh_token::renew(app, request, key).await?,
        GrantType::ClientCredentials => client_credentials::issue(app, request, key).await?,
        GrantType::Password => password::issue(app, request, key).await?,
        GrantType::DeviceCode => device_code::redeem(app, request, key).await?,
        GrantType::ConvertToken => convert_token::convert(app, request, key).await?,
        GrantType::TokenExchange => token_exchange::exchange(app, request, key).await?,
    };
    Ok((grant_type, answer))
}

/// The key to bind to, which some clients must have (section 5.2).
async fn proven(app: &App, client: &Client, proof: &Sent) -> Result<Option<Thumbprint>, OAuthError> {
    let key = proof.key(app, None).await?;
    if key.is_none() && client.metadata.dpop_bound_access_tokens {
        let sentence = "The client's tokens are bound to a key, and there is no DPoP proof of one.";
        return Err(OAuthError::new(Code::InvalidDpopProof, sentence));
    }
    Ok(key)
}
