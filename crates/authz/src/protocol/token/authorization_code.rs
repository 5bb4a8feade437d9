//! The authorization code grant: RFC 6749 section 4.1.3, with PKCE (RFC 7636 section 4.6) for everybody.

use model::dpop::Thumbprint;

use super::issue::{self, Answer, Holder};
use crate::app::App;
use crate::audit::{About, What};
use crate::crypto::seal;
use crate::protocol::client_auth::ClientRequest;
use crate::protocol::error::{Code, OAuthError};
use crate::protocol::permission::Permission;
use crate::protocol::pkce::Challenge;
use crate::store::grants::Refused;

/// Redeems a code. Everything about it is judged before it is used up, so that a wrong client, verifier or
/// redirect URI neither spends it nor harms the grant it bought.
pub(super) async fn redeem(
    app: &App,
    request: &ClientRequest,
    key: Option<Thumbprint>,
) -> Result<Answer, OAuthError> {
    let ClientRequest { client, params, address } = request;
    let text = params.required("code", "Missing code parameter.")?;
    let now = app.now();
    let mut buffer = Vec::new();
    let code: seal::Code = app.sealer.open(text, now, &mut buffer).ok_or_else(refused)?;
    let challenge = code.challenge.map(Challenge);
    // Absent is accepted where PKCE already ties the code to whoever began (OAuth 2.1 section 4.1.3).
    let redirects_agree =
        params.get("redirect_uri").map_or(challenge.is_some(), |uri| uri == code.redirect_uri);
    let proves_it = Challenge::goes_with(challenge, params.get("code_verifier"));
    let is_for_this_key = code.key.is_none() || code.key == key;
    if code.client != client.id.as_str() || !redirects_agree || !proves_it || !is_for_this_key {
        return Err(refused());
    }
    let whole = Permission::sealed(code.scopes, code.audiences);
    let given = whole.within(client)?.at(params)?;
    let scopes = whole.scopes.clone();
    issue::ready(app, client, &whole).await?;
    let grant = issue::new_grant(app, code.grant, code.user, client, scopes, code.authenticated_at, now);
    match issue::claim_in_session(app, client, code.openid.sid, &grant, code.issued_at).await? {
        Ok(()) => {
            let (username, openid, nonce) = (code.username, code.openid, code.nonce);
            let holder = Holder { grant: &grant, username, whole: &whole, openid, nonce, key };
            issue::pair(app, client, &holder, given, now).await
        }
        Err(Refused::Replayed) => {
            tracing::warn!(client = %client.id, grant = %grant.id, "a code was redeemed twice; its grant is ended");
            let about =
                About { user: Some(code.user), client: Some(&client.id), detail: &grant.id.to_string() };
            app.audit.note(What::CodeReplayed, *address, about, now);
            app.feed.catch_up().await?;
            Err(refused())
        }
        Err(_) => Err(refused()),
    }
}

fn refused() -> OAuthError {
    OAuthError::new(
        Code::InvalidGrant,
        "The code is unknown, was used, has ended, or does not belong to this client, redirect URI, verifier and key.",
    )
}
