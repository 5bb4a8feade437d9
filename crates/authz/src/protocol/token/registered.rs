//! Tokens for `/register-by-access-token/`: those of a provider for a pair of the client of this server's own, which
//! takes the place of the pairs that this client and person had.

use std::net::IpAddr;

use actix_web::HttpResponse;
use model::dpop::Thumbprint;
use serde::Serialize;

use super::issue::{self, Answer, Holder, ScopeText};
use crate::app::App;
use crate::audit::{About, What};
use crate::crypto::seal::OpenId;
use crate::protocol::dpop::Sent;
use crate::protocol::error::{Code, OAuthError};
use crate::protocol::grant_types::GrantType;
use crate::protocol::params::Params;
use crate::protocol::permission::Permission;
use crate::protocol::provided::{self, By, NotProven, Provided};
use crate::store::clients::Client;
use crate::store::grants;

/// The same members as always, in the order of the tutorial.
#[derive(Serialize)]
struct Ordered<'a> {
    access_token: &'a str,
    expires_in: u64,
    token_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    scope: &'a ScopeText,
}

/// Exchanges.
pub(in crate::protocol) async fn for_somebody_known(
    app: &App,
    client: &Client,
    address: IpAddr,
    brought: &Provided<'_>,
    proof: &Sent,
) -> Result<HttpResponse, NotProven> {
    let given = give(app, client, address, brought, proof).await;
    let (what, user, detail) = match &given {
        Ok(answer) => (What::TokenIssued, answer.user, GrantType::ConvertToken.as_str()),
        Err(_) => (What::TokenRefused, None, Code::AccessDenied.as_str()),
    };
    app.audit.note(what, address, About { user, client: Some(&client.id), detail }, app.now());
    let Answer { access_token, expires_in, token_type, refresh_token, scope, .. } = &given?;
    let refresh_token = refresh_token.as_deref();
    let (expires_in, token_type) = (*expires_in, *token_type);
    Ok(super::answered(&Ordered { access_token, expires_in, token_type, refresh_token, scope }))
}

async fn give(
    app: &App,
    client: &Client,
    address: IpAddr,
    brought: &Provided<'_>,
    proof: &Sent,
) -> Result<Answer, NotProven> {
    if !client.may_use(GrantType::ConvertToken.as_str()) {
        let sentence = "The client may not use this grant type.";
        return Err(OAuthError::new(Code::UnauthorizedClient, sentence).into());
    }
    let whole = Permission::asked(app, client, &Params::default())?;
    issue::ready(app, client, &whole).await?;
    let key: Option<Thumbprint> = super::proven(app, client, proof).await?;
    let vouched = provided::person(app, brought, By::Anybody(address)).await?;
    let now = app.now();
    let grant = issue::vouched_grant(app, client, &whole, &vouched, now);
    let (row, since) = (grant.clone(), vouched.since);
    let replaced = app.db.write(move |conn| grants::replace(conn, &row, since)).await;
    replaced.map_err(OAuthError::from)?.map_err(|_| NotProven::Inactive)?;
    app.feed.catch_up().await.map_err(OAuthError::from)?;
    let (username, openid) = (vouched.user.username.as_str(), OpenId::default());
    let holder = Holder { grant: &grant, username, whole: &whole, openid, nonce: None, key };
    Ok(issue::pair(app, client, &holder, whole.clone(), now).await?)
}
