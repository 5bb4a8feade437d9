//! A new password for somebody who forgot theirs. Asking says nothing of whether anybody is there: what was typed is written down,
//! and who it is and where a link goes is found out behind the answer (`mail`).

use std::net::IpAddr;
use std::time::Duration;

use model::db::DbError;
use model::secret::Secret;

use super::Change;
use crate::app::App;
use crate::audit::Origin;
use crate::edge;
use crate::mail::{self, hash_of};
use crate::people::MAX_EMAIL;
use crate::sign_in::{Failed, username_key};
use crate::store::attempts::{self, Budget};
use crate::store::mail_links::{self, Kind, MailLink};
use crate::store::outgoing_mail::{self, NewMail};
use crate::store::users::{self, User};

/// So often one network may ask, for whomever.
const ASKED: Budget = Budget { limit: 20, window: Duration::from_secs(3_600) };
/// What was asked for is looked up within this, or not at all.
const ASKED_KEPT: Duration = Duration::from_secs(600);

/// Writes down that somebody asked, by a name or an address. `Err` says how long their network must wait. Nothing is looked up
/// here, so that the answer takes the same time whoever there is.
///
/// # Errors
/// When the database cannot be asked.
pub(crate) async fn ask(app: &App, from: IpAddr, typed: &str) -> Result<Result<(), Duration>, DbError> {
    let now = app.now();
    let counted_as = app.form_key.tag(&["reset", &edge::network(from)]);
    // Nobody has a longer one.
    let typed: String = username_key(typed.trim()).chars().take(MAX_EMAIL).collect();
    let address = mail::sealed(app, &typed);
    let kind = outgoing_mail::Kind::ResetAsked;
    let new = NewMail { kind, user_id: None, address, asked_at: now, ends_at: now.plus(ASKED_KEPT) };
    let asked = app.db.write(move |conn| {
        let counted = attempts::spend(conn, &counted_as, ASKED, now)?;
        if counted.is_ok() {
            outgoing_mail::insert(conn, &new)?;
        }
        Ok(counted)
    });
    asked.await
}

/// Somebody at a link of theirs.
pub(crate) struct AtLink {
    pub(crate) user: User,
    link: MailLink,
}

impl AtLink {
    /// Whether it was used before.
    pub(crate) fn was_used(&self) -> bool {
        self.link.used_at.is_some()
    }
}

/// Who is at the link with this token. One that was used before is found once more, for whoever clicks twice; one that was replaced,
/// has ended, or is void because of a new password that it did not set itself is nobody's.
///
/// # Errors
/// When the database cannot be asked.
pub(crate) async fn find(app: &App, token: &str) -> Result<Option<AtLink>, DbError> {
    let (hash, now) = (hash_of(token), app.now());
    let found = app.db.read(move |conn| {
        let Some(link) = mail_links::find(conn, Kind::Reset, &hash)? else { return Ok(None) };
        let user = users::by_id(conn, link.user_id)?;
        Ok(user.map(|user| AtLink { user, link }))
    });
    let is_good = |at: &AtLink| {
        at.link.is_open(now) && at.user.vouches_for(at.link.made_at) || at.was_used() && now < at.link.ends_at
    };
    Ok(found.await?.filter(is_good))
}

/// Sets the password, once: of many at once one does. Everything that was made for the person before has ended when this returns.
/// Whether it was this one.
///
/// # Errors
/// When the database cannot be asked, or too many passwords are waiting to be hashed.
pub(crate) async fn set(
    app: &App,
    origin: &Origin,
    at: &AtLink,
    password: Secret<String>,
) -> Result<bool, Failed> {
    let change = Change::new(app, origin, password).await?;
    let (user, link, now) = (at.user.clone(), at.link.clone(), app.now());
    let set = app.db.write(move |conn| {
        let is_theirs = users::hold_alone(conn, user.id, link.made_at)?;
        if !is_theirs || !mail_links::claim(conn, &link.hash, now)? {
            return Ok(false);
        }
        Ok(change.write(conn, &user)?.is_some())
    });
    let set = set.await?;
    app.feed.catch_up().await?;
    Ok(set)
}
