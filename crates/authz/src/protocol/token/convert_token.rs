//! `convert_token`: a provider's access token for tokens of ours, as the packages for Django REST Framework have it. Nothing
//! in RFC 6749 is this grant; RFC 8693 says the same in other words.

use model::dpop::Thumbprint;

use super::issue::{self, Answer, Holder};
use crate::app::App;
use crate::crypto::seal::OpenId;
use crate::protocol::client_auth::ClientRequest;
use crate::protocol::error::OAuthError;
use crate::protocol::permission::Permission;
use crate::protocol::provided::{self, By, NotProven, Provided};

/// Issues for whoever the provider says the token speaks for.
pub(super) async fn convert(
    app: &App,
    request: &ClientRequest,
    key: Option<Thumbprint>,
) -> Result<Answer, OAuthError> {
    let brought = Provided {
        provider: request.params.required("backend", "Missing backend parameter.")?,
        token: request.params.required("token", "Missing token parameter.")?,
        username: request.params.get("username"),
    };
    for_a_providers(app, request, &brought, key).await
}

/// The same, whatever the parameters are called.
pub(super) async fn for_a_providers(
    app: &App,
    request: &ClientRequest,
    brought: &Provided<'_>,
    key: Option<Thumbprint>,
) -> Result<Answer, OAuthError> {
    let ClientRequest { client, params, address } = request;
    let whole = Permission::asked(app, client, params)?;
    issue::ready(app, client, &whole).await?;
    let by = if client.is_confidential { By::Client(*address) } else { By::Anybody(*address) };
    let vouched = provided::person(app, brought, by).await?;
    let now = app.now();
    let grant = issue::vouched_grant(app, client, &whole, &vouched, now);
    match issue::claim(app, &grant, vouched.since).await? {
        Ok(()) => {
            let (username, openid) = (vouched.user.username.as_str(), OpenId::default());
            let holder = Holder { grant: &grant, username, whole: &whole, openid, nonce: None, key };
            issue::pair(app, client, &holder, whole.clone(), now).await
        }
        Err(_) => Err(NotProven::Inactive.into()),
    }
}
