//! Browsers that are signed in. The tokens stay here, sealed under a key that only the browser's cookie gives: neither the
//! database nor the browser alone has one.

pub mod cookie;
pub mod store;

use std::time::Duration;

use actix_web::cookie::Cookie;
use actix_web::{HttpRequest, rt};
use cookie::Kind;
use model::secret::Secret;
use model::time::Timestamp;
use serde::{Deserialize, Serialize};
use store::Session;

use super::secret::BrowserSecret;
use crate::App;
use crate::auth::code_grant::{Refused, Tokens, WITHIN};
use crate::id::PersonId;
use crate::wire::error::ApiError;

/// A session that is not used ends.
pub const IDLE: Duration = Duration::from_secs(7 * 86_400);
/// So does every one.
pub const LONGEST: Duration = Duration::from_secs(30 * 86_400);
/// So often it is noted that one is used: not with every request, which would each be a commit.
const SEEN_EVERY: Duration = Duration::from_secs(300);
/// Tokens are renewed before they end, so that whoever has not the turn can go on with those there are.
const EARLY: Duration = Duration::from_secs(60);
/// How long the turn to renew them is kept: less than the ten seconds in which the authorization server takes a refresh token
/// again whose answer was lost.
const TURN: Duration = Duration::from_secs(8);
/// How long somebody waits for whoever has the turn, in steps.
const STEP: Duration = Duration::from_millis(100);
const STEPS: usize = 60;
/// How often it is tried again to keep what was renewed.
const TRIES: usize = 3;

const TOKENS: &str = "tokens";

/// Who is at a browser.
pub enum Visitor {
    /// Nobody is signed in.
    Stranger,
    /// Somebody was.
    Ended,
    /// Somebody is.
    SignedIn(SignedIn),
}

/// Somebody who is signed in.
pub struct SignedIn {
    /// Their browser.
    pub secret: BrowserSecret,
    /// Their name.
    pub username: String,
    /// What their requests carry.
    pub access: Secret<String>,
}

/// The tokens, as they are sealed.
#[derive(Serialize, Deserialize)]
struct Kept {
    access: String,
    refresh: Option<String>,
    ends_at: Timestamp,
}

impl Kept {
    fn of(tokens: Tokens, asked_at: Timestamp) -> Self {
        Self {
            access: tokens.access.expose().clone(),
            refresh: tokens.refresh.map(|token| token.expose().clone()),
            ends_at: asked_at.plus(tokens.lasts),
        }
    }

    fn seal(&self, secret: &BrowserSecret) -> Result<Vec<u8>, ApiError> {
        let plain = serde_json::to_vec(self).map_err(|error| ApiError::Internal(error.into()))?;
        secret.seal(TOKENS, &plain).ok_or_else(|| ApiError::Internal("there is no randomness".into()))
    }

    fn open(session: &Session, secret: &BrowserSecret) -> Option<Self> {
        serde_json::from_slice(&secret.open(TOKENS, &session.sealed)?).ok()
    }
}

/// Signs somebody in: a new secret, whatever the browser had before. The answer is its cookie.
///
/// # Errors
/// When the database cannot, or there is no randomness.
pub async fn begin(
    app: &App,
    request: &HttpRequest,
    person: PersonId,
    tokens: Tokens,
    asked_at: Timestamp,
) -> Result<Cookie<'static>, ApiError> {
    let secret = BrowserSecret::new().ok_or_else(|| ApiError::Internal("there is no randomness".into()))?;
    let now = app.clock().now();
    let session = Session {
        id: secret.id(),
        person_id: person,
        sealed: Kept::of(tokens, asked_at).seal(&secret)?,
        generation: 1,
        renewing_until: now,
        created_at: now,
        seen_at: now,
        ends_at: now.plus(LONGEST),
        expires_at: now.plus(IDLE),
    };
    let old = Kind::Session.read(app, request).map(|secret| secret.id());
    app.db().write(move |conn| store::begin(conn, &session, old.as_deref())).await?;
    Ok(Kind::Session.given(app, &secret))
}

/// Who is at the browser, with tokens that have not ended.
///
/// # Errors
/// 503 when the database cannot, or tokens have ended and cannot be renewed now.
pub async fn visitor(app: &App, request: &HttpRequest) -> Result<Visitor, ApiError> {
    let Some(secret) = app.sign_in().and_then(|_| Kind::Session.read(app, request)) else {
        return Ok(Visitor::Stranger);
    };
    let mut is_new = false;
    for _ in 0..STEPS {
        let (id, now) = (secret.id(), app.clock().now());
        let found = app.db().read(move |conn| store::find(conn, &id, now)).await?;
        let Some((session, username)) = found else { return Ok(Visitor::Ended) };
        let Some(kept) = Kept::open(&session, &secret) else { return Ok(Visitor::Ended) };
        see(app, &session, now).await;
        let is_good = now < kept.ends_at;
        // New ones will do however short they last.
        if now.plus(EARLY) < kept.ends_at || (is_good && (is_new || kept.refresh.is_none())) {
            return Ok(Visitor::SignedIn(SignedIn { secret, username, access: Secret::new(kept.access) }));
        }
        let Some(refresh) = kept.refresh else {
            end(app, &secret).await?;
            return Ok(Visitor::Ended);
        };
        // The turn is used to its end also when the browser goes away: the refresh token is good once.
        let renewal =
            Renewal { app: app.clone(), secret: secret.clone(), session, refresh: Secret::new(refresh) };
        match rt::spawn(renewal.run(now))
            .await
            .unwrap_or(Err(ApiError::Internal("a renewal panicked".into())))
        {
            Ok(Renewed::Yes) => is_new = true,
            Ok(Renewed::Ended) => return Ok(Visitor::Ended),
            Ok(Renewed::ByOthers) | Err(_) if is_good => {
                return Ok(Visitor::SignedIn(SignedIn {
                    secret,
                    username,
                    access: Secret::new(kept.access),
                }));
            }
            Ok(Renewed::ByOthers) => rt::time::sleep(STEP).await,
            Err(error) => return Err(error),
        }
    }
    Err(ApiError::Unavailable("somebody else renews the tokens of this session".into()))
}

/// Who is at a browser, whatever its tokens are good for: for what a page says about that, and for signing out. `None` as well when
/// the database cannot say.
pub async fn known(app: &App, request: &HttpRequest) -> Option<(BrowserSecret, String)> {
    let secret = app.sign_in().and_then(|_| Kind::Session.read(app, request))?;
    let (id, now) = (secret.id(), app.clock().now());
    let (_, username) = app.db().read(move |conn| store::find(conn, &id, now)).await.ok()??;
    Some((secret, username))
}

/// Notes that a session is used. Nobody is kept from anything because that cannot be done.
async fn see(app: &App, session: &Session, now: Timestamp) {
    if now.since(session.seen_at) < SEEN_EVERY {
        return;
    }
    let (id, expires_at) = (session.id.clone(), session.ends_at.min(now.plus(IDLE)));
    if let Err(error) = app.db().write(move |conn| store::see(conn, &id, now, expires_at)).await {
        tracing::warn!(%error, "that a browser was seen could not be noted");
    }
}

struct Renewal {
    app: App,
    secret: BrowserSecret,
    session: Session,
    refresh: Secret<String>,
}

enum Renewed {
    Yes,
    ByOthers,
    Ended,
}

impl Renewal {
    async fn run(self, now: Timestamp) -> Result<Renewed, ApiError> {
        let Self { app, secret, session: Session { id, generation, .. }, refresh } = self;
        let Some(client) = app.sign_in() else { return Ok(Renewed::Ended) };
        let db = app.db();
        let own = id.clone();
        let until = now.plus(TURN);
        if !db.write(move |conn| store::claim(conn, &own, generation, now, until)).await? {
            return Ok(Renewed::ByOthers);
        }
        let now = app.clock().now();
        if until <= now.plus(WITHIN) {
            // The database took long: the turn would end while the authorization server is asked.
            db.write(move |conn| store::release(conn, &id, generation, now)).await?;
            return Ok(Renewed::ByOthers);
        }
        match client.renew(&refresh).await {
            Ok(tokens) => {
                // One that does not rotate its refresh tokens says nothing about the one it has.
                let refresh = tokens.refresh.unwrap_or(refresh);
                let sealed = Kept::of(Tokens { refresh: Some(refresh), ..tokens }, now).seal(&secret)?;
                keep(&app, &id, generation, sealed).await
            }
            Err(Refused::Grant) => {
                let ended = db.write(move |conn| store::end_generation(conn, &id, generation)).await?;
                Ok(if ended { Renewed::Ended } else { Renewed::ByOthers })
            }
            Err(Refused::Unanswered(error)) => {
                db.write(move |conn| store::release(conn, &id, generation, now)).await?;
                Err(ApiError::Unavailable(error.into()))
            }
        }
    }
}

/// Keeps what was renewed. The old refresh token is used up: what the database cannot now, it may in a moment.
async fn keep(app: &App, id: &[u8], generation: i64, sealed: Vec<u8>) -> Result<Renewed, ApiError> {
    let now = app.clock().now();
    let mut tries = TRIES;
    loop {
        let (id, sealed) = (id.to_vec(), sealed.clone());
        match app.db().write(move |conn| store::renew(conn, &id, generation, &sealed, now)).await {
            Ok(true) => return Ok(Renewed::Yes),
            Ok(false) => return Ok(Renewed::ByOthers),
            Err(error) if tries == 0 => return Err(error.into()),
            Err(_) => tries -= 1,
        }
        rt::time::sleep(STEP).await;
    }
}

/// Forgets a browser. Its tokens cannot be opened by anybody any more.
///
/// # Errors
/// When the database cannot.
pub async fn end(app: &App, secret: &BrowserSecret) -> Result<(), ApiError> {
    let id = secret.id();
    app.db().write(move |conn| store::end(conn, &id)).await?;
    Ok(())
}

/// Signs a browser out, and ends what its tokens may do.
///
/// # Errors
/// When the database cannot.
pub async fn sign_out(app: &App, secret: &BrowserSecret) -> Result<(), ApiError> {
    let (id, now) = (secret.id(), app.clock().now());
    let found = app.db().read(move |conn| store::find(conn, &id, now)).await?;
    end(app, secret).await?;
    let Some(kept) = found.and_then(|(session, _)| Kept::open(&session, secret)) else { return Ok(()) };
    if let Some(client) = app.sign_in()
        && let Err(error) = client.revoke(&Secret::new(kept.refresh.unwrap_or(kept.access))).await
    {
        tracing::warn!(%error, "the tokens of somebody who signed out were thrown away, but could not be revoked");
    }
    Ok(())
}
