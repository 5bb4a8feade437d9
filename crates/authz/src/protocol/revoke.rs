//! `POST /o/revoke_token/`: RFC 7009. Ends the caller's own token, and with it the grant it came from.

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use super::client_auth::ClientRequest;
use super::error::OAuthError;
use crate::app::App;
use crate::crypto::seal::{AccessToken, RefreshToken};
use crate::store::revocations::NewRevocation;
use crate::store::{grants, revocations};

/// Revokes. A token that is unknown, has ended or is another client's changes nothing and is answered alike
/// (section 2.2). `token_type_hint` is not needed: a token says what it is.
///
/// # Errors
/// `invalid_client`, `invalid_request`; 503 when the revocation could not be stored or is not yet in force here.
pub async fn post(app: web::Data<App>, request: ClientRequest) -> Result<HttpResponse, OAuthError> {
    let text = request.params.required("token", "Missing token parameter.")?;
    let caller = request.client.id.as_str();
    let now = app.now();
    let mut buffer = Vec::new();
    let grant = if let Some(token) = app.sealer.open::<RefreshToken>(text, now, &mut buffer) {
        (token.client == caller).then_some(token.grant)
    } else {
        match app.sealer.open::<AccessToken>(text, now, &mut buffer).filter(|token| token.client == caller) {
            Some(AccessToken { grant: None, id, expires_at, .. }) => {
                let revocation = NewRevocation::token(id, expires_at);
                app.db.write(move |conn| revocations::insert(conn, &revocation)).await?;
                None
            }
            token => token.and_then(|token| token.grant),
        }
    };
    if let Some(grant) = grant {
        app.db.write(move |conn| grants::revoke(conn, grant, now)).await?;
    }
    app.feed.catch_up().await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).finish())
}
