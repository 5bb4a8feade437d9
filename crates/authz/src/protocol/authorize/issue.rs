//! What a person has allowed, handed out: a code, and for clients that an administrator has marked an access token and
//! an ID token beside it or instead (OpenID Connect Core sections 3.2 and 3.3). Nothing is written for a code. Beside the
//! others it is: which client hears of the session's end, and which may act for the person without a grant.

use actix_web::HttpResponse;
use diesel::result::DatabaseErrorKind::ForeignKeyViolation;
use diesel::result::Error::DatabaseError;
use model::db::DbError;
use model::id::{GrantId, TokenId};
use model::time::Timestamp;

use super::request::{self, Request};
use crate::app::App;
use crate::audit::{About, What};
use crate::crypto::seal::{Code as SealedCode, OpenId, SealError};
use crate::id_token::{self, Statement};
use crate::pages::PageError;
use crate::pages::browser::{Browser, SignedIn};
use crate::profile::ClaimSet;
use crate::protocol::access_token::{self, Person};
use crate::protocol::error::OAuthError;
use crate::store::browser_access::{self, BrowserAccess};
use crate::store::decisions::Decision;
use crate::store::session_clients;

/// What the answer is known by: whoever is given it twice has been given one.
#[derive(Clone, Copy)]
struct Birth {
    grant: GrantId,
    at: Timestamp,
}

/// Hands out what was asked for, or says why that cannot be. What comes of a decision has its id and its instant; without one, of
/// what people agreed to before, each answer is another.
pub(super) async fn issue(
    app: &App,
    browser: &Browser,
    request: &Request,
    signed_in: &SignedIn,
    decision: Option<Decision>,
) -> Result<HttpResponse, PageError> {
    let birth = decision.map_or_else(
        || Birth { grant: GrantId::new(signed_in.at), at: signed_in.at },
        |decision| Birth { grant: decision.id, at: decision.decided_at },
    );
    if !remember(app, request, signed_in, birth.at).await? {
        return Err(request::unknown_client());
    }
    match parameters(app, request, signed_in, birth).await {
        Ok(params) => {
            note(app, browser, request, signed_in);
            let params: Vec<(&str, &str)> =
                params.iter().map(|(name, value)| (*name, value.as_str())).collect();
            request.to.answer(&app.config.issuer, &params)
        }
        Err(error) => request.to.error(&app.config.issuer, &error),
    }
}

/// A client that gets an ID token here, and wants to know when the session ends, is remembered in it, and a session that
/// has ended meanwhile is told about at once. One that gets an access token is remembered, so that the person can end what it
/// may do. `false` when it is gone.
async fn remember(
    app: &App,
    request: &Request,
    signed_in: &SignedIn,
    issued_at: Timestamp,
) -> Result<bool, DbError> {
    let (wanted, client, now) = (request.asked.response_type, &request.client, app.now());
    let (sid, user) = (signed_in.session.sid, signed_in.user.id);
    let member = id_token::member_of_session(app, client, sid, user, now).filter(|_| wanted.id_token);
    let access = wanted.token.then(|| BrowserAccess {
        user_id: user,
        client_id: client.id.as_str().to_owned(),
        scopes: request.asked.permission.scopes.clone(),
        since: issued_at,
        last_at: issued_at,
        ends_at: issued_at.plus(client.metadata.lifetimes(app.config.lifetimes).access_token),
    });
    if member.is_none() && access.is_none() {
        return Ok(true);
    }
    let written = app.db.write(move |conn| {
        member.map_or(Ok(()), |member| session_clients::insert(conn, &member, now))?;
        access.map_or(Ok(()), |access| browser_access::remember(conn, &access))
    });
    match written.await {
        Ok(()) => Ok(true),
        Err(DbError::Query(DatabaseError(ForeignKeyViolation, _))) => Ok(false),
        Err(error) => Err(error),
    }
}

/// For the audit log: tokens that the browser carries. That a code was redeemed is said where it is.
fn note(app: &App, browser: &Browser, request: &Request, signed_in: &SignedIn) {
    let wanted = request.asked.response_type;
    if wanted.is_front_channel() {
        let (user, client, detail) = (signed_in.user.id, &request.client.id, wanted.to_string());
        let about = About { user: Some(user), client: Some(client), detail: &detail };
        app.audit.note(What::TokenIssued, browser.address(), about, signed_in.at);
    }
}

async fn parameters(
    app: &App,
    request: &Request,
    signed_in: &SignedIn,
    birth: Birth,
) -> Result<Vec<(&'static str, String)>, OAuthError> {
    let (asked, wanted) = (&request.asked, request.asked.response_type);
    let mut params = Vec::new();
    let code = wanted.code.then(|| code(app, request, signed_in, birth)).transpose()?;
    let access = if wanted.token { Some(access(app, request, signed_in, birth).await?) } else { None };
    if let Some(code) = &code {
        params.push(("code", code.clone()));
    }
    if let Some(access) = &access {
        params.push(("access_token", access.clone()));
        let lifetime = request.client.metadata.lifetimes(app.config.lifetimes).access_token;
        params.push(("expires_in", lifetime.as_secs().to_string()));
        params.push(("token_type", "Bearer".to_owned()));
        params.push(("scope", asked.permission.scopes.as_str().to_owned()));
    }
    if wanted.id_token {
        // Without an access token there is no UserInfo to ask, so the ID token tells what the scopes stand for
        // (section 5.4).
        let alone = !wanted.code && !wanted.token;
        let of_scopes =
            if alone { ClaimSet::of_scopes(&asked.permission.scopes) } else { ClaimSet::default() };
        let said = Statement {
            user: signed_in.user.id,
            authenticated_at: signed_in.session.authenticated_at,
            nonce: asked.nonce.as_deref(),
            sid: Some(signed_in.session.sid),
            access_token: access.as_deref(),
            code: code.as_deref(),
            claims: asked.claims.id_token.union(of_scopes),
        };
        params.push(("id_token", id_token::issue(app, &request.client, &said).await?));
    }
    Ok(params)
}

/// A code: sealed, stored nowhere.
fn code(app: &App, request: &Request, signed_in: &SignedIn, birth: Birth) -> Result<String, SealError> {
    let asked = &request.asked;
    let code = SealedCode {
        grant: birth.grant,
        user: signed_in.user.id,
        username: &signed_in.user.username,
        client: request.client.id.as_str(),
        redirect_uri: request.to.uri(),
        scopes: asked.permission.scopes.as_str(),
        audiences: &asked.permission.audiences,
        challenge: asked.challenge.map(|challenge| challenge.0),
        issued_at: birth.at,
        expires_at: birth.at.plus(app.config.lifetimes.code),
        authenticated_at: signed_in.session.authenticated_at,
        nonce: asked.nonce.as_deref(),
        openid: OpenId {
            sid: asked.permission.scopes.contains("openid").then_some(signed_in.session.sid),
            id_token: asked.claims.id_token,
            userinfo: asked.claims.userinfo,
        },
        key: asked.key,
    };
    app.sealer.seal(&code, birth.at)
}

/// An access token that comes from no grant: it is not renewed, and ends by itself, by revocation, or with whatever
/// ends the session's person or the client.
async fn access(
    app: &App,
    request: &Request,
    signed_in: &SignedIn,
    birth: Birth,
) -> Result<String, OAuthError> {
    let person = Person {
        user: signed_in.user.id,
        username: &signed_in.user.username,
        authenticated_at: signed_in.session.authenticated_at,
        grant: None,
        token: Some(TokenId(birth.grant.0)),
        userinfo: request.asked.claims.userinfo,
        ends_by: None,
    };
    let permission = &request.asked.permission;
    access_token::issue(app, &request.client, Some(&person), permission, None, birth.at).await
}
