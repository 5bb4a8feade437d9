//! Checking a person's password: the page and the password grant ask here, so that neither lacks what the other has.

mod counts;

use std::net::IpAddr;

use model::db::DbError;
use model::secret::Secret;
use model::time::Timestamp;
use unicode_normalization::UnicodeNormalization;

use crate::app::App;
use crate::audit::{About, What};
use crate::crypto::passwords::{Busy, Verdict};
use crate::store::users::{self, User};

use counts::Counts;
pub use counts::WRONG_IN_A_ROW;

/// How it went. Unknown people, wrong passwords and disabled people are one case, and take the same time.
pub(crate) enum SignIn {
    /// This person, by the password that was theirs at this instant. What is made for them is made as of then:
    /// a password that is changed while the old one is being compared voids it.
    Welcome(User, Timestamp),
    /// No.
    Wrong,
    /// Too many wrong tries from this network, for this name or altogether: wait this many seconds.
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

/// Where somebody tries.
#[derive(Clone, Copy)]
pub(crate) struct Attempt<'a> {
    /// The client's address.
    pub(crate) address: IpAddr,
    /// What the browser keeps from earlier sign-ins, as [`known_browser`] made it; empty without one.
    pub(crate) keepsakes: &'a str,
    /// Whether the address is of somebody who asks for others, such as an API. Then it is counted for each name alone: what
    /// strangers try there shuts nobody else out.
    pub(crate) is_relayed: bool,
}

/// What a browser keeps once a person has signed in at it. It proves nothing but that, and a new password ends it.
pub(crate) fn known_browser(app: &App, user: &User) -> String {
    app.form_key.tag(&["known browser", &user.id.to_string(), &user.valid_from.micros().to_string()])
}

/// Checks. Tries are counted before they are looked at, so that many at once are no more than many one after another,
/// and in the database, so that all processes and every restart know of them.
pub(crate) async fn check(
    app: &App,
    attempt: Attempt<'_>,
    username: &str,
    password: Secret<String>,
) -> Result<SignIn, Failed> {
    let (key, asked_at) = (username_key(username), app.now());
    let user = app.db.read({
        let key = key.clone();
        move |conn| users::find(conn, &key)
    });
    let user = user.await?;
    let counts = Counts::of(app, attempt, &key, user.as_ref());
    let counting = counts.clone();
    let counted = match app.db.write(move |conn| counting.count(conn, asked_at)).await? {
        Ok(counted) => counted,
        Err(wait) => return Ok(SignIn::Wait(wait.as_secs().max(1))),
    };
    let about = About { user: user.as_ref().map(|user| user.id), ..About::default() };
    // A person whose row is full is, like one who may not act, as good as nobody: nothing tells them apart.
    let user = user.filter(|user| user.disabled_at.is_none() && counted.is_some());
    let stored = user.as_ref().map(|user| user.password_hash.clone());
    let verdict = match app.passwords.verify(stored, password).await {
        Ok(verdict) => verdict,
        Err(busy) => {
            app.db.write(move |conn| counts.give_back(conn, counted)).await?;
            return Err(busy.into());
        }
    };
    let (Verdict::Right { rehashed }, Some(user)) = (verdict, user) else {
        app.audit.note(What::SignInRefused, attempt.address, about, asked_at);
        if counted == Some(WRONG_IN_A_ROW) && about.user.is_some() {
            app.audit.note(What::SignInStopped, attempt.address, about, asked_at);
        }
        return Ok(SignIn::Wrong);
    };
    let row = user.clone();
    app.db
        .write(move |conn| {
            counts.succeeded(conn, &row)?;
            rehashed.map_or(Ok(0), |hash| users::rehash(conn, &row, &hash))
        })
        .await?;
    Ok(SignIn::Welcome(user, asked_at))
}
