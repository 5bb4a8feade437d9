//! Making an account: the page, the command line and a first start ask here, so that all keep the same rules.

use std::fmt;

use model::secret::Secret;

use crate::app::App;
use crate::people;
use crate::sign_in::{Failed, username_key};
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
    /// It could not be found out.
    Failed(Failed),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { username, password } => f.write_str(username.or(*password).unwrap_or_default()),
            Self::Taken => f.write_str("the name is taken"),
            Self::Failed(Failed::Db(error)) => error.fmt(f),
            Self::Failed(Failed::Busy(error)) => error.fmt(f),
        }
    }
}

impl std::error::Error for Refused {}

/// Makes an account.
///
/// # Errors
/// See [`Refused`]; everything that is wrong is told together.
pub async fn create(app: &App, given: &str, secret: Secret<String>) -> Result<User, Refused> {
    let name = people::username(given);
    let judged = people::password(secret.expose(), name.as_deref().unwrap_or(given));
    let username = match (name, judged) {
        (Ok(username), Ok(())) => username,
        (name, judged) => return Err(Refused::Invalid { username: name.err(), password: judged.err() }),
    };
    let hash = app.passwords.hash(secret).await.map_err(|busy| Refused::Failed(busy.into()))?;
    let key = username_key(&username);
    let new = NewUser { username_key: key, username, password_hash: hash, created_at: app.now() };
    let user = app.db.write(move |conn| users::insert(conn, &new)).await;
    user.map_err(|error| Refused::Failed(error.into()))?.ok_or(Refused::Taken)
}
