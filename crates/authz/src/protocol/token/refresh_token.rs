//! The refresh token grant: RFC 6749 section 6, with rotation and reuse detection (RFC 9700 section 4.14.2).

use super::issue::{self, Answer};
use crate::app::App;
use crate::crypto::seal::RefreshToken;
use crate::protocol::client_auth::ClientRequest;
use crate::protocol::error::{Code, OAuthError};
use crate::protocol::scopes;
use crate::store::grants::{self, Presented, Refused};

/// Renews. The new access token may have less scope, the grant keeps all of it.
pub(super) async fn renew(app: &App, request: &ClientRequest) -> Result<Answer, OAuthError> {
    let ClientRequest { client, params, .. } = request;
    let text = params.required("refresh_token", "Missing refresh token parameter.")?;
    let now = app.now();
    let mut buffer = Vec::new();
    let token: RefreshToken = app.sealer.open(text, now, &mut buffer).ok_or_else(refused)?;
    if token.client != client.id.as_str() {
        return Err(refused());
    }
    let asked = params.get("scope").map(str::to_owned);
    let presented =
        Presented { grant: token.grant, generation: token.generation, client: token.client.to_owned() };
    let overlap = app.config.lifetimes.refresh_overlap;
    let rotated = app
        .db
        .write(move |conn| {
            let rotated = grants::rotate(conn, &presented, now, overlap)?;
            // A request for too much must not use the token up: undone with the transaction.
            match rotated.map(|grant| (scopes::granted(asked.as_deref(), &grant.scopes).ok(), grant)) {
                Ok((None, _)) => Err(diesel::result::Error::RollbackTransaction),
                Ok((Some(scopes), grant)) => Ok(Ok((scopes, grant))),
                Err(refusal) => Ok(Err(refusal)),
            }
        })
        .await;
    match rotated {
        Ok(Ok((scopes, grant))) => Ok(issue::pair(app, client, &grant, token.username, scopes, now)?),
        Ok(Err(Refused::Reused)) => {
            tracing::warn!(client = %client.id, grant = %token.grant, "a refresh token was reused; its grant is ended");
            app.feed.catch_up().await?;
            Err(refused())
        }
        Ok(Err(_)) => Err(refused()),
        Err(model::db::DbError::Query(diesel::result::Error::RollbackTransaction)) => {
            Err(OAuthError::new(Code::InvalidScope, "More was asked for than was granted."))
        }
        Err(error) => Err(error.into()),
    }
}

fn refused() -> OAuthError {
    OAuthError::new(
        Code::InvalidGrant,
        "The refresh token is unknown, was replaced or revoked, has ended, or does not belong to this client.",
    )
}
