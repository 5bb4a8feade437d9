//! `/auth/…`: the endpoints of the packages that convert other servers' tokens in Django REST Framework
//! (`drf-social-oauth2`, and the older `django-rest-framework-social-oauth2`). Where the two differ, the safer is done.

pub mod people;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use futures_util::future::LocalBoxFuture;

use super::client_auth::ClientRequest;
use super::error::{Code, OAuthError};
use super::grant_types::GrantType;
use super::sent::Sent;
use super::{dpop, revoke, token};
use crate::app::App;

/// A request of a client that has proved who it is, as JSON, a form or multipart.
pub struct AnyBody(ClientRequest);

impl FromRequest for AnyBody {
    type Error = OAuthError;
    type Future = LocalBoxFuture<'static, Result<Self, OAuthError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let params = Sent::with(&request, &mut payload).await?.params()?;
            ClientRequest::with(&request, params).await.map(Self)
        })
    }
}

/// As the token endpoint.
///
/// # Errors
/// As there.
pub async fn token(
    app: web::Data<App>,
    request: AnyBody,
    proof: dpop::Sent,
) -> Result<HttpResponse, OAuthError> {
    token::post(app, request.0, proof).await
}

/// A provider's access token for tokens of ours. What is wrong is told in the order of the older package: the grant type,
/// what is missing, the client, its secret.
///
/// # Errors
/// As RFC 6749 section 5.2 says, in the packages' words.
pub async fn convert_token(
    app: web::Data<App>,
    request: HttpRequest,
    payload: web::Payload,
    proof: dpop::Sent,
) -> Result<HttpResponse, OAuthError> {
    let params = Sent::with(&request, &mut payload.into_inner()).await?.params()?;
    if params.get("grant_type") != Some(GrantType::ConvertToken.as_str()) {
        return Err(OAuthError::new(Code::UnsupportedGrantType, "The grant type here is convert_token."));
    }
    params.required("backend", "Missing backend parameter.")?;
    params.required("token", "Missing token parameter.")?;
    // By another way than the form, a client is judged as everywhere.
    let others =
        request.headers().contains_key(header::AUTHORIZATION) || params.get("client_assertion").is_some();
    if !others {
        let id = params.required("client_id", "Missing client_id parameter.")?;
        if app.clients.find(id).await?.is_none() {
            return Err(OAuthError::new(Code::InvalidRequest, "Invalid client_id parameter value."));
        }
    }
    token::post(app, ClientRequest::with(&request, params).await?, proof).await
}

/// Revokes one of the client's tokens, which is in the body, as the revocation endpoint does. 204.
///
/// # Errors
/// As there.
pub async fn revoke_token(app: web::Data<App>, request: AnyBody) -> Result<HttpResponse, OAuthError> {
    revoke::end(&app, &request.0).await?;
    Ok(HttpResponse::NoContent().insert_header((header::CACHE_CONTROL, "no-store")).finish())
}
