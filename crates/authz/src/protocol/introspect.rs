//! `POST /o/introspect/`: RFC 7662. Opens the seal and looks in the revocation index: nothing is read or written. What bears the
//! mark of a personal key is looked up, and so is a name with its password, where that is allowed at all: see [`presented`].

mod presented;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use futures_util::future::LocalBoxFuture;
use model::introspection::{ActiveToken, Confirmation, Introspection};
use model::time::Timestamp;

use presented::Judged;

use super::access_token;
use super::client_auth::ClientRequest;
use super::error::{Code, OAuthError};
use crate::app::App;
use crate::crypto::seal::AccessToken;
use crate::store::clients::Client;
use crate::{id_token, scopes};

/// Who asks: a client by its secret or its key, or by a token of its own with the scope for it.
pub struct Asking(ClientRequest);

impl FromRequest for Asking {
    type Error = OAuthError;
    type Future = LocalBoxFuture<'static, Result<Self, OAuthError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let header = request.headers().get(header::AUTHORIZATION);
            Ok(Self(match header.and_then(access_token::bearer) {
                Some(token) => {
                    ClientRequest::by_token(&request, &mut payload, token, scopes::INTROSPECTION).await?
                }
                None => ClientRequest::by_itself(&request, &mut payload).await?,
            }))
        })
    }
}

/// Answers for a resource server. Whatever is not a live access token meant for the caller is `{"active":false}`,
/// with nothing to tell the reasons apart (section 2.2).
///
/// # Errors
/// `invalid_client` or `invalid_token` when the caller is not a confidential client that proved itself; 503 when the revocation
/// index is too old to vouch by.
pub async fn post(app: web::Data<App>, asking: Asking) -> Result<HttpResponse, OAuthError> {
    let ClientRequest { client, params, address } = asking.0;
    if !client.is_confidential {
        return Err(OAuthError::new(Code::InvalidClient, "Only a confidential client may ask about tokens."));
    }
    let text = params.required("token", "Token parameter is missing.")?;
    if !app.feed.is_current() {
        let sentence = "The server cannot judge tokens right now. Try again shortly.";
        return Err(OAuthError::new(Code::TemporarilyUnavailable, sentence).retry_after(1));
    }
    let now = app.now();
    match presented::judge(&app, &client, text, address).await? {
        Judged::NotOne => {}
        Judged::Unknown => return unknown(&app, &client, now),
        Judged::Told(response) => return Ok(response),
    }
    let mut buffer = Vec::with_capacity(text.len());
    let token = access_token::open(&app, text, now, &mut buffer);
    let token = token.filter(|token| client.may_introspect(token.client, token.audiences));
    match token.filter(|token| !app.feed.is_revoked(token)) {
        Some(token) => Ok(active(&app, &client, &token)),
        None => unknown(&app, &client, now),
    }
}

/// Counted, and told apart from nothing else that is not good.
fn unknown(app: &App, client: &Client, now: Timestamp) -> Result<HttpResponse, OAuthError> {
    match app.unknown_tokens.failed(client.id.as_str(), now) {
        Some(wait) => {
            Err(OAuthError::new(Code::TooManyRequests, "Too many unknown tokens. Try again later.")
                .retry_after(wait.as_secs().max(1)))
        }
        None => Ok(HttpResponse::Ok().json(Introspection::Inactive)),
    }
}

fn active(app: &App, caller: &Client, token: &AccessToken) -> HttpResponse {
    let subject = match token.user {
        // A client learns of its own token no other name of the person than it knows.
        Some(user) if token.client == caller.id.as_str() => id_token::subject(app, caller, user),
        Some(user) => user.to_string(),
        None => token.client.to_owned(),
    };
    let id = token.id.to_string();
    HttpResponse::Ok().json(Introspection::Active(ActiveToken {
        scope: token.scopes,
        client_id: Some(token.client),
        username: token.user.map(|_| token.username),
        token_type: if token.key.is_some() { "DPoP" } else { "Bearer" },
        exp: token.expires_at.unix_seconds(),
        iat: token.issued_at.unix_seconds(),
        nbf: token.issued_at.unix_seconds(),
        sub: &subject,
        aud: token.audiences.split(' ').filter(|audience| !audience.is_empty()).collect(),
        iss: app.config.issuer.as_str(),
        jti: &id,
        cnf: token.key.map(|jkt| Confirmation { jkt }),
    }))
}
