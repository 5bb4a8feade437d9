//! Tokens for somebody who signs up by a request: their account and the grant are made in one transaction, or neither.

use std::net::IpAddr;

use actix_web::HttpResponse;
use diesel::result::Error::RollbackTransaction;
use model::db::Conn;
use model::id::GrantId;
use model::secret::Secret;

use super::issue::{self, Holder};
use crate::app::App;
use crate::audit::{About, Origin, What};
use crate::crypto::seal::OpenId;
use crate::protocol::dpop::Sent;
use crate::protocol::error::{Code, OAuthError};
use crate::protocol::params::Params;
use crate::protocol::permission::Permission;
use crate::sign_up::{self, Refused};
use crate::store::clients::Client;
use crate::store::grants;
use crate::store::users::User;

/// Why there is no account.
pub(in crate::protocol) enum NotSignedUp {
    /// By the rules for all accounts.
    Refused(Refused),
    /// There would be no tokens.
    Failed(OAuthError),
}

impl From<OAuthError> for NotSignedUp {
    fn from(error: OAuthError) -> Self {
        Self::Failed(error)
    }
}

/// Makes an account, and tokens for it as a client with the password grant gets them.
pub(in crate::protocol) async fn for_somebody_new(
    app: &App,
    client: &Client,
    address: IpAddr,
    username: &str,
    password: Secret<String>,
    proof: &Sent,
) -> Result<HttpResponse, NotSignedUp> {
    if !client.may_use("password") {
        let sentence = "The client may not use this grant type.";
        return Err(OAuthError::new(Code::UnauthorizedClient, sentence).into());
    }
    let whole = Permission::asked(app, client, &Params::default())?;
    issue::ready(app, client, &whole).await?;
    let key = super::proven(app, client, proof).await?;
    let now = app.now();
    // Whose the grant is is known once the account is there; all else is known now.
    let (id, ours, theirs, scopes) = (GrantId::new(now), app.clone(), client.clone(), whole.scopes.clone());
    let also = move |conn: &mut Conn, user: &User| {
        let grant = issue::new_grant(&ours, id, user.id, &theirs, scopes, user.created_at, now);
        // Nobody has seen the account: it is not there if its client has gone meanwhile.
        grants::claim(conn, &grant, user.created_at)?.map_err(|_| RollbackTransaction)
    };
    let created = sign_up::create_with(app, &Origin::Address(address), username, password, also).await;
    let user = created.map_err(NotSignedUp::Refused)?;
    let scopes = whole.scopes.clone();
    let grant = issue::new_grant(app, id, user.id, client, scopes, user.created_at, now);
    let openid = OpenId::default();
    let holder = Holder { grant: &grant, username: &user.username, whole: &whole, openid, nonce: None, key };
    let answer = issue::pair(app, client, &holder, whole.clone(), now).await?;
    let about = About { user: Some(user.id), client: Some(&client.id), detail: "password" };
    app.audit.note(What::TokenIssued, address, about, now);
    Ok(super::answered(&answer))
}
