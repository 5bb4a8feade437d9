//! Token exchange: RFC 8693. A provider's access token (or its ID token, where that is how it is asked) for one of ours, or one of the client's own for one that may do
//! less. There is no acting for one another: no actor token is taken, and no client gets another's.

use model::dpop::Thumbprint;

use super::convert_token;
use super::issue::{self, Answer};
use crate::app::App;
use crate::config::providers::AudienceCheck;
use crate::protocol::access_token;
use crate::protocol::client_auth::ClientRequest;
use crate::protocol::error::{Code, OAuthError};
use crate::protocol::permission::Permission;
use crate::protocol::provided::Provided;

/// The type of token that is given, and taken unless a provider is asked by its ID tokens (section 3).
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";

/// Exchanges. `subject_issuer` names the provider whose token it is; without, it is one of ours.
pub(super) async fn exchange(
    app: &App,
    request: &ClientRequest,
    key: Option<Thumbprint>,
) -> Result<Answer, OAuthError> {
    let params = &request.params;
    let token = params.required("subject_token", "Missing subject_token parameter.")?;
    let kind = params.required("subject_token_type", "Missing subject_token_type parameter.")?;
    let issuer = params.get("subject_issuer");
    let settings = issuer.and_then(|name| app.config.providers.find(name));
    let by_id_token = settings.is_some_and(|provider| provider.audience == Some(AudienceCheck::IdToken));
    if kind != if by_id_token { ID_TOKEN } else { ACCESS_TOKEN } {
        return Err(OAuthError::new(Code::InvalidRequest, "A token of this type is not taken."));
    }
    if params.get("requested_token_type").is_some_and(|wanted| wanted != ACCESS_TOKEN) {
        return Err(OAuthError::new(Code::InvalidRequest, "Only access tokens are given."));
    }
    if params.get("actor_token").or(params.get("actor_token_type")).is_some() {
        return Err(OAuthError::new(Code::InvalidRequest, "Nobody acts for another here: no actor_token."));
    }
    let answer = match issuer {
        None => narrow(app, request, token, key).await?,
        Some(provider) => {
            let brought = Provided { provider, token, username: params.get("username") };
            convert_token::for_a_providers(app, request, &brought, key).await?
        }
    };
    Ok(Answer { issued_token_type: Some(ACCESS_TOKEN), ..answer })
}

/// A token of the client's own for one that may do less, ends no later, and ends with what it came from. What is bound to
/// a key stays bound to it.
async fn narrow(
    app: &App,
    request: &ClientRequest,
    text: &str,
    key: Option<Thumbprint>,
) -> Result<Answer, OAuthError> {
    let ClientRequest { client, params, .. } = request;
    if !app.feed.is_current() {
        let sentence = "The server cannot judge tokens right now. Try again shortly.";
        return Err(OAuthError::new(Code::TemporarilyUnavailable, sentence).retry_after(1));
    }
    let (now, mut buffer) = (app.now(), Vec::new());
    let token = access_token::open(app, text, now, &mut buffer).filter(|token| !app.feed.is_revoked(token));
    // Without a grant there is nothing that would end the new one with it.
    let token = token
        .filter(|token| token.client == client.id.as_str() && token.user.is_some() && token.grant.is_some())
        .filter(|token| token.key.is_none() || token.key == key)
        .ok_or(OAuthError::new(
            Code::InvalidRequest,
            "The subject_token is unknown, has ended or was revoked, or is not a person's for this client and key.",
        ))?;
    let whole = Permission::sealed(token.scopes, token.audiences).within(client)?;
    issue::ready(app, client, &whole).await?;
    issue::narrower(app, client, &token, whole.narrowed_to_targets(params)?, key, now).await
}
