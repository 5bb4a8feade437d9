//! Access tokens in either form: sealed, or a JWT (RFC 9068) for clients whose resource servers judge without asking.
//!
//! A JWT says to others what RFC 9068 section 2.2 names, and to this server, sealed inside, all that a sealed token says:
//! the same ids, so that introspection, revocation and UserInfo work for both alike, and nothing of it that a client
//! could read. It has a type of its own (`at+jwt`), so that it passes for no ID token and no ID token for it.

use actix_web::http::header::HeaderValue;
use model::dpop::Thumbprint;
use model::id::{GrantId, TokenId, UserId};
use model::introspection::Confirmation;
use model::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::OAuthError;
use super::permission::Permission;
use crate::app::App;
use crate::client_metadata::AccessTokenFormat;
use crate::crypto::jwt;
use crate::crypto::seal::{AccessToken, InJwt, MAX_TOKEN_LEN, SealError};
use crate::profile::ClaimSet;
use crate::store::clients::Client;
use crate::{id_token, signatures};

/// The type in the header (RFC 9068 section 2.1).
const TYP: &str = "at+jwt";
/// What base64url makes of the beginning of every JOSE header, `{"`. No sealed token begins so.
const JWT_PREFIX: &str = "eyJ";

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: String,
    aud: Audience<'a>,
    exp: i64,
    iat: i64,
    jti: String,
    client_id: &'a str,
    scope: &'a str,
    #[serde(flatten)]
    authentication: Option<Authentication>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<Confirmation>,
    sealed: String,
}

/// What this server itself reads of them.
#[derive(Deserialize)]
struct Inside {
    sealed: String,
}

/// One audience is a text, several are an array (RFC 7519 section 4.1.3).
#[derive(Serialize)]
#[serde(untagged)]
enum Audience<'a> {
    One(&'a str),
    Several(Vec<&'a str>),
}

/// How the person proved who they are (RFC 9068 section 2.2.1).
#[derive(Serialize)]
struct Authentication {
    auth_time: i64,
    acr: &'static str,
    amr: [&'static str; 1],
}

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
    /// Its own id, when it may have been handed out before; otherwise it gets a new one.
    pub(super) token: Option<TokenId>,
    /// The claims asked for at UserInfo, beside those of the scopes.
    pub(super) userinfo: ClaimSet,
    /// When it ends at the latest, if it comes from a token that ends.
    pub(super) ends_by: Option<Timestamp>,
}

/// A token for what is `given`, in the form its client is registered for, bound to a key if there is one.
///
/// # Errors
/// When it cannot be sealed or signed.
pub(super) async fn issue(
    app: &App,
    client: &Client,
    person: Option<&Person<'_>>,
    given: &Permission,
    key: Option<Thumbprint>,
    now: Timestamp,
) -> Result<String, OAuthError> {
    let expires_at = now.plus(client.metadata.lifetimes(app.config.lifetimes).access_token);
    let token = AccessToken {
        id: person.and_then(|person| person.token).unwrap_or_else(|| TokenId::new(now)),
        grant: person.and_then(|person| person.grant),
        user: person.map(|person| person.user),
        username: person.map_or("", |person| person.username),
        client: client.id.as_str(),
        scopes: given.scopes.as_str(),
        audiences: &given.audiences,
        issued_at: now,
        expires_at: person.and_then(|person| person.ends_by).map_or(expires_at, |end| end.min(expires_at)),
        authenticated_at: person.map(|person| person.authenticated_at),
        userinfo: person.filter(|_| opens_userinfo(client, given)).map(|person| person.userinfo),
        key,
    };
    match client.metadata.access_token_format {
        AccessTokenFormat::Opaque => Ok(app.sealer.seal(&token, now)?),
        AccessTokenFormat::Jwt => signed(app, client, token, now).await,
    }
}

/// UserInfo takes tokens that are for all their client's audiences. One that was narrowed to a resource (RFC 8707) is
/// for that resource alone, and whoever it is shown to cannot use it here.
fn opens_userinfo(client: &Client, given: &Permission) -> bool {
    let count = |audiences: &str| audiences.split(' ').count();
    given.scopes.contains("openid") && count(&given.audiences) == count(&client.audiences)
}

async fn signed(
    app: &App,
    client: &Client,
    token: AccessToken<'_>,
    now: Timestamp,
) -> Result<String, OAuthError> {
    let sealed = InJwt(token);
    let (sealed, token) = (app.sealer.seal(&sealed, now)?, sealed.0);
    let authentication = token
        .authenticated_at
        .filter(|at| *at != id_token::NOT_TOLD)
        .map(|at| Authentication { auth_time: at.unix_seconds(), acr: id_token::ACR, amr: id_token::AMR });
    let several: Vec<&str> = token.audiences.split(' ').collect();
    let claims = Claims {
        iss: app.config.issuer.as_str(),
        sub: token.user.map_or_else(|| token.client.to_owned(), |user| id_token::subject(app, client, user)),
        aud: if let [one] = several[..] { Audience::One(one) } else { Audience::Several(several) },
        exp: token.expires_at.unix_seconds(),
        iat: token.issued_at.unix_seconds(),
        jti: token.id.to_string(),
        client_id: token.client,
        scope: token.scopes,
        authentication,
        cnf: token.key.map(|jkt| Confirmation { jkt }),
        sealed,
    };
    let text = signatures::sign(app, client.metadata.access_token_signed_response_alg, TYP, &claims).await?;
    // As with sealed ones: nobody is given what nobody would take.
    if text.len() > MAX_TOKEN_LEN { Err(SealError.into()) } else { Ok(text) }
}

/// What a live access token says, whichever its form. `None` when it is none of ours or has ended.
pub(super) fn open<'a>(
    app: &App,
    text: &str,
    now: Timestamp,
    buffer: &'a mut Vec<u8>,
) -> Option<AccessToken<'a>> {
    if !text.starts_with(JWT_PREFIX) {
        return app.sealer.open(text, now, buffer);
    }
    let claims: Inside = jwt::claims_signed_by_us(&app.signing, text, TYP)?;
    let InJwt(token) = app.sealer.open(&claims.sealed, now, buffer)?;
    Some(token)
}

/// How a token is presented. A scheme has no case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Whoever has it may use it (RFC 6750 section 2.1).
    Bearer,
    /// Whoever holds its key may (RFC 9449 section 7.1).
    Dpop,
}

/// The token in an `Authorization` header, and how it is presented.
pub(super) fn in_header(header: &HeaderValue) -> Option<(Scheme, &str)> {
    let (name, token) = header.to_str().ok()?.split_once(' ')?;
    let schemes = [("bearer", Scheme::Bearer), ("dpop", Scheme::Dpop)];
    let (_, scheme) = schemes.into_iter().find(|(known, _)| name.eq_ignore_ascii_case(known))?;
    Some((scheme, token.trim()))
}

/// The same, where only whoever has it may use it.
pub(super) fn bearer(header: &HeaderValue) -> Option<&str> {
    in_header(header).filter(|(scheme, _)| *scheme == Scheme::Bearer).map(|(_, token)| token)
}
