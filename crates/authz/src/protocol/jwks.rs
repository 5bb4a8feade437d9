//! `GET /o/.well-known/jwks.json`: the public keys of what we sign, as a JWK Set (RFC 7517 section 5).

use actix_web::http::header::{self, ContentType};
use actix_web::{HttpResponse, web};

use super::error::OAuthError;
use crate::app::App;
use crate::signatures;

/// Answers anybody, browsers of any origin included.
///
/// # Errors
/// 503 when there are no keys yet and none can be made.
pub async fn get(app: web::Data<App>) -> Result<HttpResponse, OAuthError> {
    signatures::ready(&app).await?;
    let age = signatures::JWKS_MAX_AGE.as_secs();
    Ok(HttpResponse::Ok()
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header((header::CACHE_CONTROL, format!("public, max-age={age}, stale-if-error=3600")))
        .content_type(ContentType::json())
        .body(app.signing.jwks(app.now())))
}
