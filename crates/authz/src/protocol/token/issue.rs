//! Makes tokens: seals claims, writes nothing.

use diesel::result::DatabaseErrorKind::ForeignKeyViolation;
use diesel::result::Error::DatabaseError;
use model::db::DbError;
use model::dpop::Thumbprint;
use model::id::{GrantId, SessionId, UserId};
use model::scope::ScopeSet;
use model::time::Timestamp;
use serde::Serialize;

use crate::app::App;
use crate::client_metadata::AccessTokenFormat;
use crate::crypto::seal::{AccessToken, OpenId, RefreshToken};
use crate::id_token::{self, Statement};
use crate::protocol::access_token::{self, Person};
use crate::protocol::error::OAuthError;
use crate::protocol::permission::Permission;
use crate::protocol::provided::Vouched;
use crate::signatures;
use crate::store::clients::Client;
use crate::store::grants::{self, Grant, Refused};
use crate::store::registrations;
use crate::store::session_clients;

/// The answer of RFC 6749 section 5.1, its members in the order toolkits are used to.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    pub(super) access_token: String,
    /// Seconds.
    pub(super) expires_in: u64,
    pub(super) token_type: &'static str,
    pub(super) scope: ScopeText,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id_token: Option<String>,
    /// What was issued in exchange for another token (RFC 8693 section 2.2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) issued_token_type: Option<&'static str>,
    /// For whom; not part of the answer.
    #[serde(skip)]
    pub(super) user: Option<UserId>,
}

#[derive(Debug)]
pub(super) struct ScopeText(ScopeSet);

impl Serialize for ScopeText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

/// Whom a token speaks for besides the client, and from which permission.
pub(super) struct Holder<'a> {
    /// The grant.
    pub(super) grant: &'a Grant,
    /// The person's name.
    pub(super) username: &'a str,
    /// All that the grant is for: what the refresh token keeps.
    pub(super) whole: &'a Permission,
    /// What ID tokens say.
    pub(super) openid: OpenId,
    /// What the first one repeats.
    pub(super) nonce: Option<&'a str>,
    /// The key that what is issued is bound to.
    pub(super) key: Option<Thumbprint>,
}

/// An access token alone.
pub(super) async fn access(
    app: &App,
    client: &Client,
    holder: Option<&Holder<'_>>,
    given: Permission,
    key: Option<Thumbprint>,
    now: Timestamp,
) -> Result<Answer, OAuthError> {
    let person = holder.map(|holder| Person {
        user: holder.grant.user_id,
        username: holder.username,
        authenticated_at: holder.grant.authenticated_at,
        grant: Some(holder.grant.id),
        token: None,
        userinfo: holder.openid.userinfo,
        ends_by: None,
    });
    issued(app, client, person.as_ref(), given, key, now).await
}

/// An access token for no more, and for no longer, than `of`, from the same grant, and so gone with it. It must have one.
pub(super) async fn narrower(
    app: &App,
    client: &Client,
    of: &AccessToken<'_>,
    given: Permission,
    key: Option<Thumbprint>,
    now: Timestamp,
) -> Result<Answer, OAuthError> {
    let person = of.user.zip(of.authenticated_at).map(|(user, authenticated_at)| Person {
        user,
        username: of.username,
        authenticated_at,
        grant: of.grant,
        token: None,
        userinfo: of.userinfo.unwrap_or_default(),
        ends_by: Some(of.expires_at),
    });
    issued(app, client, person.as_ref(), given, key, now).await
}

async fn issued(
    app: &App,
    client: &Client,
    person: Option<&Person<'_>>,
    given: Permission,
    key: Option<Thumbprint>,
    now: Timestamp,
) -> Result<Answer, OAuthError> {
    let access_token = access_token::issue(app, client, person, &given, key, now).await?;
    let lifetime = client.metadata.lifetimes(app.config.lifetimes).access_token;
    let ends_by = person.and_then(|person| person.ends_by);
    let lifetime = ends_by.map_or(lifetime, |ends_by| lifetime.min(ends_by.since(now)));
    let user = person.map(|person| person.user);
    Ok(Answer {
        access_token,
        expires_in: lifetime.as_secs(),
        token_type: if key.is_some() { "DPoP" } else { "Bearer" },
        scope: ScopeText(given.scopes),
        refresh_token: None,
        id_token: None,
        issued_token_type: None,
        user,
    })
}

/// An access token for what is `given`, the grant's live refresh token if the client may use one, and an ID token if
/// `openid` is given.
pub(super) async fn pair(
    app: &App,
    client: &Client,
    holder: &Holder<'_>,
    given: Permission,
    now: Timestamp,
) -> Result<Answer, OAuthError> {
    let states = given.scopes.contains("openid");
    let mut answer = access(app, client, Some(holder), given, holder.key, now).await?;
    if client.may_use("refresh_token") {
        let Holder { grant, username, whole, openid, key, .. } = holder;
        let claims = RefreshToken {
            grant: grant.id,
            client: client.id.as_str(),
            username,
            scopes: whole.scopes.as_str(),
            audiences: &whole.audiences,
            generation: grant.refresh_current,
            issued_at: now,
            expires_at: grant
                .ends_at
                .min(now.plus(client.metadata.lifetimes(app.config.lifetimes).refresh_idle)),
            openid: *openid,
            key: *key,
        };
        answer.refresh_token = Some(app.sealer.seal(&claims, now)?);
    }
    if states {
        let said = Statement {
            user: holder.grant.user_id,
            authenticated_at: holder.grant.authenticated_at,
            nonce: holder.nonce,
            sid: holder.openid.sid,
            access_token: Some(&answer.access_token),
            code: None,
            claims: holder.openid.id_token,
        };
        answer.id_token = Some(id_token::issue(app, client, &said).await?);
    }
    Ok(answer)
}

/// Whether what will be due can be signed, an ID token or a JWT access token: asked before anything is used up for it.
pub(super) async fn ready(app: &App, client: &Client, whole: &Permission) -> Result<(), OAuthError> {
    if whole.scopes.contains("openid") || client.metadata.access_token_format == AccessTokenFormat::Jwt {
        signatures::ready(app).await?;
    }
    Ok(())
}

/// Stores a grant that somebody has just bought, if what they bought it with was made for a person who may
/// still act. The client may have been deleted meanwhile: that is a refusal, too.
pub(super) async fn claim(
    app: &App,
    grant: &Grant,
    since: Timestamp,
) -> Result<Result<(), Refused>, DbError> {
    let row = grant.clone();
    claimed(app.db.write(move |conn| grants::claim(conn, &row, since)).await)
}

/// The same for a code: a client that wants to know when the session ends is remembered in it, and one that registered
/// itself has been used.
pub(super) async fn claim_in_session(
    app: &App,
    client: &Client,
    sid: Option<SessionId>,
    grant: &Grant,
    since: Timestamp,
) -> Result<Result<(), Refused>, DbError> {
    let (row, now) = (grant.clone(), grant.created_at);
    let member = sid.and_then(|sid| id_token::member_of_session(app, client, sid, row.user_id, now));
    let is_self_registered = client.metadata.is_self_registered;
    let written = app.db.write(move |conn| {
        let claimed = grants::claim(conn, &row, since)?;
        if claimed.is_ok() {
            if let Some(member) = &member {
                session_clients::insert(conn, member, now)?;
            }
            if is_self_registered {
                registrations::keep(conn, &row.client_id)?;
            }
        }
        Ok(claimed)
    });
    claimed(written.await)
}

fn claimed(written: Result<Result<(), Refused>, DbError>) -> Result<Result<(), Refused>, DbError> {
    match written {
        Err(DbError::Query(DatabaseError(ForeignKeyViolation, _))) => Ok(Err(Refused::Ended)),
        claimed => claimed,
    }
}

/// What begins now for somebody for whom a provider vouches.
pub(super) fn vouched_grant(
    app: &App,
    client: &Client,
    whole: &Permission,
    vouched: &Vouched,
    now: Timestamp,
) -> Grant {
    let (user, scopes) = (vouched.user.id, whole.scopes.clone());
    new_grant(app, GrantId::new(now), user, client, scopes, vouched.authenticated_at, now)
}

/// A grant that begins now.
pub(super) fn new_grant(
    app: &App,
    id: GrantId,
    user: UserId,
    client: &Client,
    scopes: ScopeSet,
    authenticated_at: Timestamp,
    now: Timestamp,
) -> Grant {
    Grant {
        id,
        user_id: user,
        client_id: client.id.as_str().to_owned(),
        scopes,
        authenticated_at,
        created_at: now,
        ends_at: now.plus(client.metadata.lifetimes(app.config.lifetimes).refresh),
        refresh_current: 1,
        refresh_previous: None,
        rotated_at: now,
        revoked_at: None,
    }
}
