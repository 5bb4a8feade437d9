//! The refresh token grant: RFC 6749 section 6, with rotation and reuse detection (RFC 9700 section 4.14.2).

use model::dpop::Thumbprint;

use super::issue::{self, Answer, Holder};
use crate::app::App;
use crate::audit::{About, What};
use crate::crypto::seal::RefreshToken;
use crate::protocol::client_auth::ClientRequest;
use crate::protocol::error::{Code, OAuthError};
use crate::protocol::permission::Permission;
use crate::store::clients::Client;
use crate::store::grants::{self, Presented, Refused};

/// Renews. The new access token may have less scope, the grant keeps all of it.
pub(super) async fn renew(
    app: &App,
    request: &ClientRequest,
    key: Option<Thumbprint>,
) -> Result<Answer, OAuthError> {
    let ClientRequest { client, params, address } = request;
    let text = params.required("refresh_token", "Missing refresh token parameter.")?;
    let now = app.now();
    let mut buffer = Vec::new();
    let token: RefreshToken = app.sealer.open(text, now, &mut buffer).ok_or_else(refused)?;
    if token.client != client.id.as_str() || !stays_bound(client, token.key, key) {
        return Err(refused());
    }
    // Judged before the token is used up.
    let whole = Permission::sealed(token.scopes, token.audiences);
    issue::ready(app, client, &whole).await?;
    let given = whole.within(client)?.narrowed(params)?;
    let presented =
        Presented { grant: token.grant, generation: token.generation, client: token.client.to_owned() };
    let overlap = app.config.lifetimes.refresh_overlap;
    match app.db.write(move |conn| grants::rotate(conn, &presented, now, overlap)).await? {
        Ok(grant) => {
            // The request that began it is long answered: no nonce (OpenID Connect Core section 12.2).
            let (username, openid) = (token.username, token.openid);
            let holder = Holder { grant: &grant, username, whole: &whole, openid, nonce: None, key };
            issue::pair(app, client, &holder, given, now).await
        }
        Err(Refused::Reused) => {
            tracing::warn!(client = %client.id, grant = %token.grant, "a refresh token was reused; its grant is ended");
            let detail = token.grant.to_string();
            let about = About { user: None, client: Some(&client.id), detail: &detail };
            app.audit.note(What::RefreshTokenReused, *address, about, now);
            app.feed.catch_up().await?;
            Err(refused())
        }
        Err(_) => Err(refused()),
    }
}

/// What was bound to a key is never renewed without one (R76). A public client has no other proof of who it is and keeps
/// its key; a confidential one may have a new key (RFC 9449 section 5).
fn stays_bound(client: &Client, before: Option<Thumbprint>, now: Option<Thumbprint>) -> bool {
    before.is_none() || before == now || (client.is_confidential && now.is_some())
}

fn refused() -> OAuthError {
    OAuthError::new(
        Code::InvalidGrant,
        "The refresh token is unknown, was replaced or revoked, has ended, or does not belong to this client and key.",
    )
}
