//! Access tokens, for the endpoints that hand them out: sealed, written nowhere.

use model::id::{GrantId, TokenId, UserId};
use model::time::Timestamp;

use super::permission::Permission;
use crate::app::App;
use crate::crypto::seal::{AccessToken, SealError};
use crate::profile::ClaimSet;
use crate::store::clients::Client;

/// The person a token speaks for.
pub(super) struct Person<'a> {
    /// Who.
    pub(super) user: UserId,
    /// Their name.
    pub(super) username: &'a str,
    /// When they proved who they are.
    pub(super) authenticated_at: Timestamp,
    /// The grant it comes from; none when the authorization endpoint hands it out itself.
    pub(super) grant: Option<GrantId>,
    /// The claims asked for at UserInfo, beside those of the scopes.
    pub(super) userinfo: ClaimSet,
}

/// Seals a token for what is `given`.
pub(super) fn seal(
    app: &App,
    client: &Client,
    person: Option<&Person>,
    given: &Permission,
    now: Timestamp,
) -> Result<String, SealError> {
    let claims = AccessToken {
        id: TokenId::new(now),
        grant: person.and_then(|person| person.grant),
        user: person.map(|person| person.user),
        username: person.map_or("", |person| person.username),
        client: client.id.as_str(),
        scopes: given.scopes.as_str(),
        audiences: &given.audiences,
        issued_at: now,
        expires_at: now.plus(app.config.lifetimes.access_token),
        authenticated_at: person.map(|person| person.authenticated_at),
        userinfo: person.filter(|_| opens_userinfo(client, given)).map(|person| person.userinfo),
    };
    app.sealer.seal(&claims, now)
}

/// UserInfo takes tokens that are for all their client's audiences. One that was narrowed to a resource (RFC 8707) is
/// for that resource alone, and whoever it is shown to cannot use it here.
fn opens_userinfo(client: &Client, given: &Permission) -> bool {
    let count = |audiences: &str| audiences.split(' ').count();
    given.scopes.contains("openid") && count(&given.audiences) == count(&client.audiences)
}
