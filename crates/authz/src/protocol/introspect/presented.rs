//! What people present without an application: a personal key, or their name and password where that is allowed. A resource
//! server asks about both as it does about tokens, and is told what kind they are, so that neither passes for the other.

use std::net::IpAddr;
use std::time::Duration;

use actix_web::HttpResponse;
use model::introspection::{ActiveToken, BASIC, EXPIRED, Introspection, TOKEN, USER_INACTIVE};
use model::time::Timestamp;

use super::OAuthError;
use crate::app::App;
use crate::basic;
use crate::crypto::personal_key;
use crate::personal_keys::{self, Known};
use crate::sign_in::SignIn;
use crate::store::clients::Client;
use crate::store::users::User;

/// How long an answer about a password may be believed at the longest.
const PASSWORD_BELIEVED: Duration = Duration::from_secs(60);

/// What became of it.
pub(super) enum Judged {
    /// It is neither.
    NotOne,
    /// It is not good, and that is all there is to say.
    Unknown,
    /// This is the answer.
    Told(HttpResponse),
}

/// Judges a key or a password, for a client that answers for what they are for.
///
/// # Errors
/// 503 when the database cannot be asked or too many people are signing in.
pub(super) async fn judge(
    app: &App,
    client: &Client,
    text: &str,
    address: IpAddr,
) -> Result<Judged, OAuthError> {
    let password = text.strip_prefix("Basic ").filter(|_| app.config.rest.basic);
    if !personal_key::has_form(text) && password.is_none() {
        return Ok(Judged::NotOne);
    }
    // As of a token: whoever does not answer for it learns nothing of it.
    if !client.may_introspect("", &app.config.default_audience) {
        return Ok(Judged::Unknown);
    }
    match password {
        Some(encoded) => of_password(app, encoded, address).await,
        None => of_key(app, text).await,
    }
}

async fn of_key(app: &App, text: &str) -> Result<Judged, OAuthError> {
    let ended = |why| Ok(Judged::Told(HttpResponse::Ok().json(Introspection::Ended(why))));
    match personal_keys::look_up(app, text).await? {
        Known::Unknown => Ok(Judged::Unknown),
        Known::Expired => ended(EXPIRED),
        Known::Disabled => ended(USER_INACTIVE),
        Known::Live(live) => {
            let (key, user) = *live;
            let (id, span) = (key.id.to_string(), (key.created_at, key.ends_at));
            Ok(told(app, &user, TOKEN, key.scopes.as_str(), span, &id))
        }
    }
}

/// Counted as every password is, for the person and for each name; not for all names at the address from which it was asked, which
/// is the resource server's.
async fn of_password(app: &App, encoded: &str, address: IpAddr) -> Result<Judged, OAuthError> {
    let Ok((username, password)) = basic::read(encoded) else { return Ok(Judged::Unknown) };
    match basic::check(app, address, &username, password, true).await? {
        SignIn::Wrong | SignIn::Wait(_) => Ok(Judged::Unknown),
        SignIn::Welcome(user, since) => {
            let scopes = app.config.default_scopes.as_str();
            let id = format!("{}.{}", user.id, since.micros());
            Ok(told(app, &user, BASIC, scopes, (since, since.plus(PASSWORD_BELIEVED)), &id))
        }
    }
}

fn told(
    app: &App,
    user: &User,
    token_type: &str,
    scope: &str,
    (from, until): (Timestamp, Timestamp),
    id: &str,
) -> Judged {
    Judged::Told(HttpResponse::Ok().json(Introspection::Active(ActiveToken {
        scope,
        client_id: None,
        username: Some(&user.username),
        token_type,
        exp: until.unix_seconds(),
        iat: from.unix_seconds(),
        nbf: from.unix_seconds(),
        sub: &user.id.to_string(),
        aud: vec![&app.config.default_audience],
        iss: app.config.issuer.as_str(),
        jti: id,
        cnf: None,
    })))
}
