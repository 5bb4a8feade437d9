//! What people present without an application of ours: a personal key, or where that is allowed their name and password, or a
//! provider's token. A resource server asks about them as it does about tokens, and is told what kind they are, so that none
//! passes for another.

use std::net::IpAddr;
use std::time::Duration;

use actix_web::{HttpResponse, rt};
use model::introspection::{ActiveToken, BASIC, EXPIRED, Introspection, TOKEN, USER_INACTIVE};
use model::time::Timestamp;

use crate::app::App;
use crate::basic;
use crate::crypto::personal_key;
use crate::personal_keys::{self, Known};
use crate::protocol::error::{Code, OAuthError};
use crate::protocol::provider_bearer;
use crate::protocol::refused::Refused;
use crate::sign_in::SignIn;
use crate::store::clients::Client;
use crate::store::users::User;

/// How long an answer about a password or a provider's token may be believed at the longest.
const BELIEVED: Duration = Duration::from_secs(60);
/// How long a provider may take before whoever asks is told to ask again: less than a resource server waits.
const PROVIDER_WITHIN: Duration = Duration::from_millis(700);

/// What became of it.
pub(super) enum Judged {
    /// It is none of them.
    NotOne,
    /// It is not good, and that is all there is to say.
    Unknown,
    /// This is the answer.
    Told(HttpResponse),
}

/// Judges a key, a password or a provider's token, for a client that answers for what they are for.
///
/// # Errors
/// 503 when the database or the provider cannot be asked, or too many people are signing in.
pub(super) async fn judge(
    app: &App,
    client: &Client,
    text: &str,
    address: IpAddr,
) -> Result<Judged, OAuthError> {
    let password = text.strip_prefix("Basic ").filter(|_| app.config.rest.basic);
    // No token of ours has a blank in it.
    let is_provided = app.config.first_party.provider_bearer && password.is_none() && text.contains(' ');
    if !personal_key::has_form(text) && password.is_none() && !is_provided {
        return Ok(Judged::NotOne);
    }
    // As of a token: whoever does not answer for it learns nothing of it.
    if !client.may_introspect("", &app.config.default_audience) {
        return Ok(Judged::Unknown);
    }
    match password {
        Some(encoded) => of_password(app, encoded, address).await,
        None if is_provided => of_provider(app, client, text).await,
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
    // Or strangers at an API would keep everybody else from signing in, who need the same threads.
    let Ok(_place) = app.relayed_passwords.try_acquire() else { return Err(later(1)) };
    let Ok((username, password)) = basic::read(encoded) else { return Ok(Judged::Unknown) };
    match basic::check(app, address, &username, password, true).await? {
        SignIn::Wrong | SignIn::Wait(_) => Ok(Judged::Unknown),
        SignIn::Welcome(user, since) => {
            let scopes = app.config.default_scopes.as_str();
            let id = format!("{}.{}", user.id, since.micros());
            Ok(told(app, &user, BASIC, scopes, (since, since.plus(BELIEVED)), &id))
        }
    }
}

/// What is brought in vain is counted for the resource server: whose it was, it does not say.
/// It is found out to its end whether anybody waits or not: whoever asks again then is told at once.
async fn of_provider(app: &App, client: &Client, text: &str) -> Result<Judged, OAuthError> {
    let now = app.now();
    let (asking, text, counted_as) = (app.clone(), text.to_owned(), client.id.as_str().to_owned());
    let found = rt::spawn(async move { provider_bearer::person(&asking, &text, &counted_as).await });
    let Ok(Ok(found)) = rt::time::timeout(PROVIDER_WITHIN, found).await else { return Err(later(1)) };
    match found {
        Ok(Some(user)) => {
            let (scopes, span) = (app.config.default_scopes.as_str(), (now, now.plus(BELIEVED)));
            Ok(told(app, &user, "Bearer", scopes, span, &format!("{}.{}", user.id, now.micros())))
        }
        Err(Refused::Wait(seconds)) => Err(later(seconds)),
        Err(Refused::Failed(_)) => Err(later(1)),
        Ok(None) | Err(_) => Ok(Judged::Unknown),
    }
}

/// It is not known now. That says nothing of this server: so that it is no reason to ask it nothing more.
fn later(seconds: u64) -> OAuthError {
    OAuthError::new(Code::TooManyRequests, "This cannot be judged right now. Try again later.")
        .retry_after(seconds)
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
