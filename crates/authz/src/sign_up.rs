//! Making an account: the page, the command line and a first start ask here, so that all keep the same rules.

use std::fmt;
use std::time::Duration;

use diesel::QueryResult;
use model::db::Conn;
use model::secret::Secret;

use crate::app::App;
use crate::audit::{Origin, What};
use crate::crypto::passwords;
use crate::edge;
use crate::people;
use crate::sign_in::{Failed, username_key};
use crate::store::attempts::{self, Budget};
use crate::store::audit_events;
use crate::store::users::{self, NewUser, User};

/// Why there is no account.
#[derive(Debug)]
pub enum Refused {
    /// What is wrong with the name and with the password: a sentence each.
    Invalid {
        /// With the name.
        username: Option<&'static str>,
        /// With the password.
        password: Option<&'static str>,
    },
    /// Somebody has the name.
    Taken,
    /// Too many from this network: wait this long.
    Wait(Duration),
    /// It could not be found out.
    Failed(Failed),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { username, password } => f.write_str(username.or(*password).unwrap_or_default()),
            Self::Taken => f.write_str("the name is taken"),
            Self::Wait(_) => f.write_str("too many accounts were made from this network"),
            Self::Failed(Failed::Db(error)) => error.fmt(f),
            Self::Failed(Failed::Busy(error)) => error.fmt(f),
        }
    }
}

impl std::error::Error for Refused {}

/// Makes an account. Those made over HTTP are counted per network, whether the name is free or taken.
///
/// # Errors
/// See [`Refused`]; everything that is wrong is told together.
pub async fn create(
    app: &App,
    origin: &Origin,
    given: &str,
    secret: Secret<String>,
) -> Result<User, Refused> {
    create_with(app, origin, given, secret, |_, _| Ok(())).await
}

/// Makes an account, and in the same transaction what begins with it.
///
/// # Errors
/// See [`Refused`]; everything that is wrong is told together.
pub async fn create_with(
    app: &App,
    origin: &Origin,
    given: &str,
    secret: Secret<String>,
    also: impl FnOnce(&mut Conn, &User) -> QueryResult<()> + Send + 'static,
) -> Result<User, Refused> {
    let name = people::username(given);
    let judged = people::password(secret.expose(), name.as_deref().unwrap_or(given));
    let username = match (name, judged) {
        (Ok(username), Ok(())) => username,
        (name, judged) => return Err(Refused::Invalid { username: name.err(), password: judged.err() }),
    };
    count(app, origin).await?;
    let hash = app.passwords.hash(secret).await.map_err(|busy| Refused::Failed(busy.into()))?;
    insert(app, origin, username, hash, also).await
}

/// The same, for somebody who is given a password later.
///
/// # Errors
/// See [`Refused`].
pub async fn create_without_password(
    app: &App,
    origin: &Origin,
    given: &str,
    also: impl FnOnce(&mut Conn, &User) -> QueryResult<()> + Send + 'static,
) -> Result<User, Refused> {
    let wrong = |sentence| Refused::Invalid { username: Some(sentence), password: None };
    let username = people::username(given).map_err(wrong)?;
    count(app, origin).await?;
    insert(app, origin, username, passwords::UNUSABLE.to_owned(), also).await
}

async fn insert(
    app: &App,
    origin: &Origin,
    username: String,
    hash: String,
    also: impl FnOnce(&mut Conn, &User) -> QueryResult<()> + Send + 'static,
) -> Result<User, Refused> {
    let key = username_key(&username);
    let now = app.now();
    let new = NewUser { username_key: key, username, password_hash: hash, created_at: now };
    let origin = origin.clone();
    let user = app.db.write(move |conn| {
        let user = users::insert(conn, &new)?;
        if let Some(user) = &user {
            audit_events::insert(conn, &[What::SignUp.of_user(user.id, &origin, now)])?;
            also(conn, user)?;
        }
        Ok(user)
    });
    user.await.map_err(|error| Refused::Failed(error.into()))?.ok_or(Refused::Taken)
}

/// How many accounts come from one network, and under which name that is counted; nothing when nobody asks over HTTP.
pub(crate) fn budget(app: &App, origin: &Origin) -> Option<(String, Budget)> {
    let Origin::Address(address) = origin else { return None };
    let key = app.form_key.tag(&["sign-up", &edge::network(*address)]);
    let limit = app.config.limits.signups_per_hour;
    Some((key, Budget { limit, window: Duration::from_secs(3_600) }))
}

async fn count(app: &App, origin: &Origin) -> Result<(), Refused> {
    let Some((key, budget)) = budget(app, origin) else { return Ok(()) };
    let now = app.now();
    let counted = app.db.write(move |conn| attempts::spend(conn, &key, budget, now)).await;
    counted.map_err(|error| Refused::Failed(error.into()))?.map_err(Refused::Wait)
}
