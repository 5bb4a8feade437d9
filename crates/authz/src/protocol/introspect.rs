//! `POST /o/introspect/`: RFC 7662. Opens the seal and looks in the revocation index: nothing is read or written.

use actix_web::{HttpResponse, web};
use model::introspection::{ActiveToken, Introspection};

use super::client_auth::ClientRequest;
use super::error::{Code, OAuthError};
use crate::app::App;
use crate::crypto::seal::AccessToken;

/// Answers for a resource server. Whatever is not a live access token meant for the caller is `{"active":false}`,
/// with nothing to tell the reasons apart (section 2.2).
///
/// # Errors
/// `invalid_client` when the caller is not a confidential client that proved itself; 503 when the revocation
/// index is too old to vouch by.
pub async fn post(app: web::Data<App>, request: ClientRequest) -> Result<HttpResponse, OAuthError> {
    let ClientRequest { client, params, .. } = request;
    if !client.is_confidential {
        return Err(OAuthError::new(Code::InvalidClient, "Only a confidential client may ask about tokens."));
    }
    let text = params.required("token", "Token parameter is missing.")?;
    if !app.feed.is_current() {
        let sentence = "The server cannot judge tokens right now. Try again shortly.";
        return Err(OAuthError::new(Code::TemporarilyUnavailable, sentence).retry_after(1));
    }
    let now = app.now();
    let mut buffer = Vec::with_capacity(text.len());
    let token = app.sealer.open::<AccessToken>(text, now, &mut buffer);
    let token = token.filter(|token| client.may_introspect(token.client, token.audiences));
    match token.filter(|token| !app.feed.is_revoked(token)) {
        Some(token) => Ok(active(&token, app.config.issuer.as_str())),
        None => match app.unknown_tokens.failed(client.id.as_str(), now) {
            Some(wait) => {
                Err(OAuthError::new(Code::TooManyRequests, "Too many unknown tokens. Try again later.")
                    .retry_after(wait.as_secs().max(1)))
            }
            None => Ok(HttpResponse::Ok().json(Introspection::Inactive)),
        },
    }
}

fn active(token: &AccessToken, issuer: &str) -> HttpResponse {
    let subject = token.user.map_or_else(|| token.client.to_owned(), |user| user.to_string());
    let id = token.id.to_string();
    HttpResponse::Ok().json(Introspection::Active(ActiveToken {
        scope: token.scopes,
        client_id: token.client,
        username: token.user.map(|_| token.username),
        token_type: "Bearer",
        exp: token.expires_at.unix_seconds(),
        iat: token.issued_at.unix_seconds(),
        nbf: token.issued_at.unix_seconds(),
        sub: &subject,
        aud: token.audiences.split(' ').filter(|audience| !audience.is_empty()).collect(),
        iss: issuer,
        jti: &id,
    }))
}
