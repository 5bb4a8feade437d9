//! Checking a person's password: the page and the password grant ask here, so that neither lacks what the other has.

use std::net::IpAddr;

use model::db::DbError;
use model::secret::Secret;
use model::time::Timestamp;
use unicode_normalization::UnicodeNormalization;

use crate::app::App;
use crate::crypto::passwords::{Busy, Verdict};
use crate::store::users::{self, User};

/// How it went. Unknown people, wrong passwords and disabled people are one case, and take the same time.
pub(crate) enum SignIn {
    /// This person, by the password that was theirs at this instant. What is made for them is made as of then:
    /// a password that is changed while the old one is being compared voids it.
    Welcome(User, Timestamp),
    /// No.
    Wrong,
    /// Too many wrong tries from this address for this name: wait this many seconds.
    Wait(u64),
}

/// The answer could not be found out.
#[derive(Debug)]
pub enum Failed {
    /// The database cannot be asked.
    Db(DbError),
    /// Too many people are signing in.
    Busy(Busy),
}

impl From<DbError> for Failed {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

impl From<Busy> for Failed {
    fn from(error: Busy) -> Self {
        Self::Busy(error)
    }
}

/// The name by which a person is found: NFKC, then lower case.
pub fn username_key(username: &str) -> String {
    username.nfkc().collect::<String>().to_lowercase()
}

/// Checks. A name's tries are counted per address, so that nobody can lock somebody else out.
pub(crate) async fn check(
    app: &App,
    address: IpAddr,
    username: &str,
    password: Secret<String>,
) -> Result<SignIn, Failed> {
    let key = username_key(username);
    let throttle_key = format!("{address} {key}");
    let asked_at = app.now();
    // Counted before it is looked at: many at once are no more than many one after another.
    if let Some(wait) = app.wrong_passwords.failed(&throttle_key, asked_at) {
        return Ok(SignIn::Wait(wait.as_secs().max(1)));
    }
    let found = look(app, key, password).await;
    if !matches!(found, Ok((Verdict::Wrong, _) | (_, None))) {
        // The right password, or a failure of ours: not a wrong try.
        app.wrong_passwords.forgive(&throttle_key);
    }
    let (Verdict::Right { rehashed }, Some(user)) = found? else {
        return Ok(SignIn::Wrong);
    };
    if let Some(hash) = rehashed {
        let row = user.clone();
        app.db.write(move |conn| users::rehash(conn, &row, &hash)).await?;
    }
    Ok(SignIn::Welcome(user, asked_at))
}

async fn look(app: &App, key: String, password: Secret<String>) -> Result<(Verdict, Option<User>), Failed> {
    let user = app.db.read(move |conn| users::find(conn, &key)).await?;
    let user = user.filter(|user| user.disabled_at.is_none());
    let stored = user.as_ref().map(|user| user.password_hash.clone());
    Ok((app.passwords.verify(stored, password).await?, user))
}
