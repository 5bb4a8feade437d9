//! `POST /o/token/`: RFC 6749 section 3.2. One file per grant; [`issue`] is the one place that makes tokens.

mod authorization_code;
mod client_credentials;
mod issue;
mod password;
mod refresh_token;

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use super::client_auth::ClientRequest;
use super::error::{Code, OAuthError};
use crate::app::App;

/// Dispatches on the grant type.
///
/// # Errors
/// As RFC 6749 section 5.2 says.
pub async fn post(app: web::Data<App>, request: ClientRequest) -> Result<HttpResponse, OAuthError> {
    let grant_type = request.params.required("grant_type", "Missing grant_type parameter.")?;
    if !GRANT_TYPES.contains(&grant_type) {
        return Err(OAuthError::new(Code::UnsupportedGrantType, "There is no such grant type here."));
    }
    if !request.client.may_use(grant_type) {
        return Err(OAuthError::new(Code::UnauthorizedClient, "The client may not use this grant type."));
    }
    let answer = match grant_type {
        "authorization_code" => authorization_code::redeem(&app, &request).await?,
        "refresh_token" => refresh_token::renew(&app, &request).await?,
        "client_credentials" => client_credentials::issue(&app, &request)?,
        _ => password::issue(&app, &request).await?,
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::PRAGMA, "no-cache"))
        .json(answer))
}

/// The grant types there are. `password` is used by clients an administrator has given it, and no others.
pub const GRANT_TYPES: [&str; 4] = ["authorization_code", "refresh_token", "client_credentials", "password"];
