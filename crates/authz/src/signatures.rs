//! Signing what we state, and the keys for it over time: made when they are first needed, published before they are
//! used, and kept published until the last thing they signed has ended.

use std::fmt;
use std::time::Duration;

use diesel::QueryResult;
use model::db::{Conn, DbError};
use model::time::Timestamp;
use serde::Serialize;

use crate::app::App;
use crate::audit::{Origin, What};
use crate::crypto::signing::{KeptKey, SigningAlg, SigningError};
use crate::store::audit_events::{self, AuditEvent};
use crate::store::revocations::LONGEST_ACCESS;
use crate::store::{sealing_keys, signing_keys};

/// How long others may keep the key set without looking again (`Cache-Control` of the JWKS).
pub const JWKS_MAX_AGE: Duration = Duration::from_secs(300);
/// How long a successor is published before it signs: whoever keeps the key set as told knows it by then.
const PUBLISHED_BEFORE_USE: Duration = Duration::from_secs(600);

/// Nothing can be signed.
#[derive(Debug)]
pub enum Failed {
    /// The keys cannot be read or written.
    Db(DbError),
    /// There is no key.
    Signing(SigningError),
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Db(error) => error.fmt(f),
            Self::Signing(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Failed {}

impl From<DbError> for Failed {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

impl From<SigningError> for Failed {
    fn from(error: SigningError) -> Self {
        Self::Signing(error)
    }
}

/// Makes sure that there is a key for each algorithm. An installation without OpenID Connect never makes one, and
/// none delays a start: an RSA key takes some 50 ms.
///
/// # Errors
/// When keys cannot be made, read or written.
pub async fn ready(app: &App) -> Result<(), Failed> {
    let missing = app.signing.missing();
    if missing.is_empty() {
        return Ok(());
    }
    // Another process may have made them since this one last looked.
    app.feed.catch_up().await?;
    let missing = app.signing.missing();
    if missing.is_empty() {
        return Ok(());
    }
    let (known, now) = (app.signing.ids(), app.now());
    let keys = generate(app, missing.into_iter().map(|alg| (alg, now)).collect()).await?;
    app.db.write(move |conn| signing_keys::ensure(conn, &keys, &known, now)).await?;
    app.feed.catch_up().await?;
    if app.signing.missing().is_empty() { Ok(()) } else { Err(SigningError.into()) }
}

/// Signs a JWT.
///
/// # Errors
/// When there is no key to sign with.
pub async fn sign(app: &App, alg: SigningAlg, typ: &str, claims: &impl Serialize) -> Result<String, Failed> {
    ready(app).await?;
    Ok(app.signing.sign(alg, typ, claims, app.now())?)
}

/// Begins a new key for each algorithm; answers from when they sign.
///
/// # Errors
/// When keys cannot be made, read or written.
pub async fn rotate(app: &App) -> Result<Timestamp, Failed> {
    let next = Successors::make(app, &SigningAlg::ALL).await?;
    let signs_from = next.signs_from;
    app.db.write(move |conn| next.insert(conn)).await?;
    app.feed.catch_up().await?;
    Ok(signs_from)
}

/// The same for one algorithm: the keys of the others, and the sealing keys, stay as they are.
///
/// # Errors
/// When keys cannot be made, read or written.
pub async fn rotate_one(app: &App, origin: &Origin, alg: SigningAlg) -> Result<Timestamp, Failed> {
    let next = Successors::make(app, &[alg]).await?;
    let signs_from = next.signs_from;
    let event = AuditEvent { detail: alg.as_str().to_owned(), ..What::KeyRotated.event(origin, next.now) };
    let rotated = app.db.write(move |conn| {
        audit_events::insert(conn, &[event])?;
        next.insert(conn)
    });
    rotated.await?;
    app.feed.catch_up().await?;
    Ok(signs_from)
}

/// All of them, and a new sealing key; answers from when that seals and these sign. All of it, or nothing.
///
/// # Errors
/// When keys cannot be made, read or written.
pub async fn rotate_all(app: &App, origin: &Origin) -> Result<(Timestamp, Timestamp), Failed> {
    let next = Successors::make(app, &SigningAlg::ALL).await?;
    let (now, signs_from, event) = (next.now, next.signs_from, What::KeyRotated.event(origin, next.now));
    let rotated = app.db.write(move |conn| {
        audit_events::insert(conn, &[event])?;
        let seals_from = sealing_keys::insert(conn, now)?;
        next.insert(conn)?;
        Ok(seals_from)
    });
    let seals_from = rotated.await?;
    app.feed.catch_up().await?;
    Ok((seals_from, signs_from))
}

/// A new key for each of some algorithms.
struct Successors {
    keys: Vec<KeptKey>,
    signs_from: Timestamp,
    /// Whatever a key has signed, an ID token or a JWT access token, has ended after this.
    lifetime: Duration,
    now: Timestamp,
}

impl Successors {
    async fn make(app: &App, algs: &[SigningAlg]) -> Result<Self, Failed> {
        let now = app.now();
        let (missing, later) = (app.signing.missing(), now.plus(PUBLISHED_BEFORE_USE));
        let usable_from = |alg| if missing.contains(&alg) { now } else { later };
        let usable: Vec<_> = algs.iter().map(|alg| (*alg, usable_from(*alg))).collect();
        let signs_from = usable.iter().map(|(_, from)| *from).fold(now, Timestamp::max);
        let keys = generate(app, usable).await?;
        let lifetime = app.config.lifetimes.id_token.max(LONGEST_ACCESS);
        Ok(Self { keys, signs_from, lifetime, now })
    }

    fn insert(&self, conn: &mut Conn) -> QueryResult<()> {
        signing_keys::succeed(conn, &self.keys, self.lifetime, self.now)
    }
}

/// Removes a key that somebody else may have: from now on nothing it signed verifies. Another signs in its place at once.
/// `false` when there is no such key.
///
/// # Errors
/// When keys cannot be made, read or written.
pub async fn remove(app: &App, origin: &Origin, kid: &str) -> Result<bool, Failed> {
    let Some((alg, _)) = app.signing.public(kid) else { return Ok(false) };
    let (now, kid) = (app.now(), kid.to_owned());
    let Some(instead) = generate(app, vec![(alg, now)]).await?.pop() else { return Err(SigningError.into()) };
    let event = AuditEvent { detail: kid.clone(), ..What::KeyRemoved.event(origin, now) };
    let removed = app.db.write(move |conn| {
        let removed = signing_keys::remove(conn, &kid, &instead, now)?;
        audit_events::insert_if(conn, removed, event)
    });
    let removed = removed.await?;
    app.feed.catch_up().await?;
    Ok(removed)
}

/// On a thread that may take its time.
async fn generate(app: &App, algs: Vec<(SigningAlg, Timestamp)>) -> Result<Vec<KeptKey>, SigningError> {
    let signing = app.signing.clone();
    let make = move || algs.into_iter().map(|(alg, from)| signing.generate(alg, from)).collect();
    tokio::task::spawn_blocking(make).await.unwrap_or(Err(SigningError))
}
