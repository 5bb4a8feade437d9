//! Makes tokens: seals claims, writes nothing.

use diesel::result::DatabaseErrorKind::ForeignKeyViolation;
use diesel::result::Error::DatabaseError;
use model::db::DbError;
use model::id::{GrantId, TokenId, UserId};
use model::scope::ScopeSet;
use model::time::Timestamp;
use serde::Serialize;

use crate::app::App;
use crate::crypto::seal::{AccessToken, RefreshToken, SealError};
use crate::store::clients::Client;
use crate::store::grants::{self, Grant, Refused};

/// The answer of RFC 6749 section 5.1, its members in the order toolkits are used to.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    access_token: String,
    /// Seconds.
    expires_in: u64,
    token_type: &'static str,
    scope: ScopeText,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

#[derive(Debug)]
struct ScopeText(ScopeSet);

impl Serialize for ScopeText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

/// Whom an access token speaks for besides the client.
pub(super) struct Person<'a> {
    pub(super) grant: GrantId,
    pub(super) id: UserId,
    pub(super) username: &'a str,
    pub(super) authenticated_at: Timestamp,
}

/// An access token alone.
pub(super) fn access(
    app: &App,
    client: &Client,
    person: Option<&Person>,
    scopes: ScopeSet,
    now: Timestamp,
) -> Result<Answer, SealError> {
    let lifetime = app.config.lifetimes.access_token;
    let claims = AccessToken {
        id: TokenId::new(now),
        grant: person.map(|person| person.grant),
        user: person.map(|person| person.id),
        username: person.map_or("", |person| person.username),
        client: client.id.as_str(),
        scopes: scopes.as_str(),
        audiences: &client.audiences,
        issued_at: now,
        expires_at: now.plus(lifetime),
        authenticated_at: person.map(|person| person.authenticated_at),
    };
    let access_token = app.sealer.seal(&claims, now)?;
    Ok(Answer {
        access_token,
        expires_in: lifetime.as_secs(),
        token_type: "Bearer",
        scope: ScopeText(scopes),
        refresh_token: None,
    })
}

/// An access token for `scopes`, and the grant's live refresh token if the client may use one.
pub(super) fn pair(
    app: &App,
    client: &Client,
    grant: &Grant,
    username: &str,
    scopes: ScopeSet,
    now: Timestamp,
) -> Result<Answer, SealError> {
    let person =
        Person { grant: grant.id, id: grant.user_id, username, authenticated_at: grant.authenticated_at };
    let mut answer = access(app, client, Some(&person), scopes, now)?;
    if client.may_use("refresh_token") {
        let claims = RefreshToken {
            grant: grant.id,
            client: client.id.as_str(),
            username,
            generation: grant.refresh_current,
            issued_at: now,
            expires_at: grant.ends_at.min(now.plus(app.config.lifetimes.refresh_idle)),
        };
        answer.refresh_token = Some(app.sealer.seal(&claims, now)?);
    }
    Ok(answer)
}

/// Stores a grant that somebody has just bought, if what they bought it with was made for a person who may
/// still act. The client may have been deleted meanwhile: that is a refusal, too.
pub(super) async fn claim(
    app: &App,
    grant: &Grant,
    since: Timestamp,
) -> Result<Result<(), Refused>, DbError> {
    let row = grant.clone();
    match app.db.write(move |conn| grants::claim(conn, &row, since)).await {
        Err(DbError::Query(DatabaseError(ForeignKeyViolation, _))) => Ok(Err(Refused::Ended)),
        claimed => claimed,
    }
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
        ends_at: now.plus(app.config.lifetimes.refresh),
        refresh_current: 1,
        refresh_previous: None,
        rotated_at: now,
        revoked_at: None,
    }
}
