//! ID tokens (OpenID Connect Core section 2): a signed statement to a client about who signed in, how and when; and
//! the subject by which it knows a person.

use model::id::{SessionId, UserId};
use model::time::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use url::Url;

use crate::app::App;
use crate::client_metadata::SubjectType;
use crate::crypto::jwt;
use crate::profile::{self, ClaimSet};
use crate::signatures::{self, Failed};
use crate::store::clients::Client;
use crate::store::session_clients::SessionClient;

/// How everybody signs in here: the authentication context, in our own words, ...
pub const ACR: &str = "1";
/// ... and the method (RFC 8176).
pub const AMR: [&str; 1] = ["pwd"];

/// When somebody proved who they are for whom another server vouches without saying when. Never recent, and told to nobody.
pub const NOT_TOLD: Timestamp = Timestamp::from_micros(0);

/// What is stated, besides what is the same in all.
pub struct Statement<'a> {
    /// About whom.
    pub user: UserId,
    /// When they proved who they are, or [`NOT_TOLD`].
    pub authenticated_at: Timestamp,
    /// What ties it to the request.
    pub nonce: Option<&'a str>,
    /// The session, as applications know it.
    pub sid: Option<SessionId>,
    /// The access token given with it.
    pub access_token: Option<&'a str>,
    /// The code given with it.
    pub code: Option<&'a str>,
    /// What else is told of the person.
    pub claims: ClaimSet,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: String,
    aud: &'a str,
    exp: i64,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    acr: &'static str,
    amr: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    c_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    #[serde(flatten)]
    person: Map<String, Value>,
}

/// An ID token for a client. There is no `azp`: the client is the only audience.
///
/// # Errors
/// When nothing can be signed, or the person cannot be read.
pub async fn issue(app: &App, client: &Client, said: &Statement<'_>) -> Result<String, Failed> {
    let alg = client.metadata.id_token_signed_response_alg;
    let now = app.now();
    let claims = Claims {
        iss: app.config.issuer.as_str(),
        sub: subject(app, client, said.user),
        aud: client.id.as_str(),
        exp: now.plus(app.config.lifetimes.id_token).unix_seconds(),
        iat: now.unix_seconds(),
        auth_time: Some(said.authenticated_at).filter(|at| *at != NOT_TOLD).map(Timestamp::unix_seconds),
        acr: ACR,
        amr: AMR,
        nonce: said.nonce,
        at_hash: said.access_token.map(|token| alg.half_hash(token)),
        c_hash: said.code.map(|code| alg.half_hash(code)),
        sid: said.sid.map(|sid| sid.to_string()),
        person: person(app, said.user, said.claims).await?,
    };
    signatures::sign(app, alg, "JWT", &claims).await
}

async fn person(app: &App, id: UserId, claims: ClaimSet) -> Result<Map<String, Value>, Failed> {
    if claims.is_empty() {
        return Ok(Map::new());
    }
    Ok(profile::told(app, id, claims).await?.unwrap_or_default())
}

/// What is remembered of a client that is given an ID token in a session, so that it hears of its end; nothing of one
/// that does not want to know.
pub fn member_of_session(
    app: &App,
    client: &Client,
    sid: SessionId,
    user: UserId,
    now: Timestamp,
) -> Option<SessionClient> {
    client.metadata.wants_to_know_of_logouts().then(|| SessionClient {
        sid,
        client_id: client.id.as_str().to_owned(),
        user_id: user,
        ends_at: now.plus(app.config.lifetimes.session),
    })
}

/// The subject of an ID token of ours that was issued to this client, whether it has ended or not; `None` for anything
/// else.
pub fn subject_of_hint(app: &App, client: &Client, hint: &str) -> Option<String> {
    let claims = jwt::signed_by_us(&app.signing, hint, "JWT")?;
    stated_subject(&claims, app.config.issuer.as_str(), client.id.as_str()).map(str::to_owned)
}

fn stated_subject<'a>(claims: &'a Map<String, Value>, issuer: &str, client: &str) -> Option<&'a str> {
    let is_for_it = claims.get("aud").and_then(Value::as_str) == Some(client);
    (is_stated(claims, issuer) && is_for_it).then(|| claims.get("sub")?.as_str())?
}

/// Whether what we have signed is an ID token. Signed answers of UserInfo have no end, and logout tokens do not say how anybody
/// signed in.
pub fn is_stated(claims: &Map<String, Value>, issuer: &str) -> bool {
    let is_text = |name: &str| claims.get(name).is_some_and(Value::is_string);
    let is_instant = |name: &str| claims.get(name).is_some_and(Value::is_i64);
    let is_ours = claims.get("iss").and_then(Value::as_str) == Some(issuer);
    is_ours
        && ["sub", "aud", "acr"].into_iter().all(is_text)
        && ["exp", "iat"].into_iter().all(is_instant)
        && (is_instant("auth_time") || !claims.contains_key("auth_time"))
}

/// The name by which a client knows a person, never given to anybody else: their number, or one that clients of
/// different sectors cannot compare (OpenID Connect Core section 8.1).
pub fn subject(app: &App, client: &Client, user: UserId) -> String {
    match client.metadata.subject_type {
        SubjectType::Public => user.to_string(),
        SubjectType::Pairwise => app.subject_key.tag(&[&sector(client), &user.to_string()]),
    }
}

/// The host of the sector identifier, or of the redirect URIs, which then have one in common.
fn sector(client: &Client) -> String {
    let uri = client.metadata.sector_identifier_uri.as_deref().or_else(|| client.redirect_uris().next());
    let host = uri.and_then(|uri| Url::parse(uri).ok()?.host_str().map(str::to_owned));
    host.unwrap_or_else(|| client.id.as_str().to_owned())
}

#[cfg(test)]
mod properties;
