//! Keys that a person makes for scripts of their own: they speak for the person without an application, for some scopes and until
//! some day. What ends everything of a person's (a new password, being disabled, being renamed) ends their keys: it is one rule.

use std::net::IpAddr;
use std::time::Duration;

use model::db::DbError;
use model::id::{TokenId, UserId};
use model::scope::ScopeSet;
use model::secret::{Secret, sha256};
use model::time::Timestamp;

use crate::app::App;
use crate::audit::{Origin, What};
use crate::config::Config;
use crate::crypto::personal_key;
use crate::crypto::random::NoRandomness;
use crate::scopes::INTROSPECTION;
use crate::store::audit_events;
use crate::store::personal_keys::{self, Made, PersonalKey};
use crate::store::users::User;

/// No more has a person at once, made at the page.
pub const MOST: i64 = 50;
/// How often it is noted that a key is used.
pub const SEEN_EVERY: Duration = Duration::from_secs(300);
/// What the key is called that is made for a name and a password.
const BY_PASSWORD: &str = "Made with your password";
/// What a key may be for beside the scopes that are configured: what is told about people. The others of OpenID Connect are
/// for applications alone.
const OF_PEOPLE: [&str; 3] = ["profile", "email", "groups"];

/// Why there is no key.
#[derive(Debug)]
pub enum Refused {
    /// They have as many as they may.
    TooMany,
    /// They may not act any more.
    NoPerson,
    /// The database cannot be asked.
    Db(DbError),
    /// There is no randomness to be had.
    Random(NoRandomness),
}

impl From<DbError> for Refused {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

/// What is to be made.
pub struct Wanted {
    /// What they call it.
    pub name: String,
    /// What it may be used for.
    pub scopes: ScopeSet,
    /// How long.
    pub lasts: Duration,
}

/// What is known of a text that may be a key.
pub enum Known {
    /// It speaks for this person.
    Live(Box<(PersonalKey, User)>),
    /// Its time is over.
    Expired,
    /// Its person may not act.
    Disabled,
    /// It is none of ours, or was ended.
    Unknown,
}

/// The scopes that a key may have, with what they mean.
pub fn scopes(config: &Config) -> impl Iterator<Item = (&str, &str)> {
    config.known_scopes().filter(|(name, _)| {
        let is_own = config.is_configured(name) && *name != INTROSPECTION;
        is_own || OF_PEOPLE.contains(name)
    })
}

/// Makes a key at the page, for what the person has proved at `since`. It is told this once.
///
/// # Errors
/// See [`Refused`].
pub async fn make(
    app: &App,
    address: IpAddr,
    user: UserId,
    since: Timestamp,
    wanted: Wanted,
) -> Result<Secret<String>, Refused> {
    insert(app, address, user, since, wanted, false).await
}

/// Makes the key for a name and a password, in place of the one that was made so before.
///
/// # Errors
/// See [`Refused`].
pub async fn make_by_password(
    app: &App,
    address: IpAddr,
    user: UserId,
    since: Timestamp,
) -> Result<Secret<String>, Refused> {
    let (scopes, lasts) = (app.config.default_scopes.clone(), app.config.rest.key_ttl);
    let wanted = Wanted { name: BY_PASSWORD.to_owned(), scopes, lasts };
    insert(app, address, user, since, wanted, true).await
}

async fn insert(
    app: &App,
    address: IpAddr,
    user_id: UserId,
    since: Timestamp,
    wanted: Wanted,
    by_password: bool,
) -> Result<Secret<String>, Refused> {
    let key = personal_key::make(&app.personal_keys).map_err(Refused::Random)?;
    let row = PersonalKey {
        id: TokenId::new(since),
        user_id,
        name: wanted.name,
        digest: digest(key.expose()),
        scopes: wanted.scopes,
        by_password,
        created_at: since,
        ends_at: since.plus(wanted.lasts.min(app.config.rest.key_longest)),
        used_at: None,
    };
    let mut event = What::PersonalKeyMade.of_user(user_id, &Origin::Address(address), since);
    event.detail = row.id.to_string();
    let made = app.db.write(move |conn| {
        let made = personal_keys::insert(conn, &row, MOST)?;
        audit_events::insert_if(conn, made == Made::Yes, event)?;
        Ok(made)
    });
    match made.await? {
        Made::Yes => Ok(key),
        Made::TooMany => Err(Refused::TooMany),
        Made::NoPerson => Err(Refused::NoPerson),
    }
}

/// Ends one of a person's keys, at once. Whether there was one.
///
/// # Errors
/// When the database cannot be asked.
pub async fn end(app: &App, address: IpAddr, user: UserId, id: TokenId) -> Result<bool, DbError> {
    let mut event = What::PersonalKeyEnded.of_user(user, &Origin::Address(address), app.now());
    event.detail = id.to_string();
    let ended = app.db.write(move |conn| {
        let ended = personal_keys::end(conn, user, id)?;
        audit_events::insert_if(conn, ended, event)
    });
    ended.await
}

/// A person's keys that are still good, the newest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn live(app: &App, user: &User, now: Timestamp) -> Result<Vec<PersonalKey>, DbError> {
    let id = user.id;
    let all = app.db.read(move |conn| personal_keys::of_user(conn, id)).await?;
    let is_live = |key: &PersonalKey| now < key.ends_at && user.vouches_for(key.created_at);
    Ok(all.into_iter().filter(is_live).collect())
}

/// Looks a key up. What was not made here is unknown without asking anybody.
///
/// # Errors
/// When the database cannot be asked.
pub async fn look_up(app: &App, text: &str) -> Result<Known, DbError> {
    if !personal_key::is_ours(&app.personal_keys, text) {
        return Ok(Known::Unknown);
    }
    let digest = digest(text);
    let found = app.db.read(move |conn| personal_keys::find(conn, &digest)).await?;
    let Some((key, user)) = found else { return Ok(Known::Unknown) };
    let now = app.now();
    if user.disabled_at.is_some() {
        return Ok(Known::Disabled);
    }
    if !user.vouches_for(key.created_at) {
        return Ok(Known::Unknown);
    }
    if key.ends_at <= now {
        return Ok(Known::Expired);
    }
    if key.used_at.is_none_or(|used_at| now.since(used_at) >= SEEN_EVERY) {
        note_use(app, &key, now);
    }
    Ok(Known::Live(Box::new((key, user))))
}

/// Beside the answer: nobody waits for it, and nobody is kept from anything because it cannot be noted.
fn note_use(app: &App, key: &PersonalKey, now: Timestamp) {
    let (app, id, used_at) = (app.clone(), key.id, key.used_at);
    tokio::spawn(async move {
        let noted = app.db.write(move |conn| personal_keys::see(conn, id, used_at, now)).await;
        if let Err(error) = noted {
            tracing::warn!(%error, "that a personal key was used could not be noted");
        }
    });
}

fn digest(key: &str) -> Vec<u8> {
    sha256(key.as_bytes()).to_vec()
}
