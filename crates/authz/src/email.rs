//! A person's e-mail address: it is theirs once a link that was sent there comes back. Until then it proves nothing, finds nobody,
//! and takes no mail but that link.

use std::net::IpAddr;

use diesel::QueryResult;
use model::db::{Conn, DbError};
use model::id::UserId;
use model::time::Timestamp;

use crate::app::App;
use crate::audit::{Origin, What};
use crate::mail::{self, Counts, NewLink, hash_of};
use crate::people;
use crate::profile::Profile;
use crate::store::json::Json;
use crate::store::mail_links::{self, MailLink};
use crate::store::outgoing_mail::{self, Kind, NewMail};
use crate::store::users::{self, User};
use crate::store::{audit_events, emails};

/// What a person has.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// The address that applications are told.
    pub(crate) address: Option<String>,
    /// Whether it was proven.
    pub(crate) is_verified: bool,
    /// One that waits for its link.
    pub(crate) pending: Option<String>,
}

/// What a person has now.
///
/// # Errors
/// When the database cannot be asked.
pub(crate) async fn state(app: &App, user: UserId) -> Result<State, DbError> {
    let now = app.now();
    let found = app.db.read(move |conn| {
        let profile = users::profile(conn, user)?.map(|(_, profile)| profile).unwrap_or_default();
        Ok((profile, mail_links::of(conn, user, mail_links::Kind::Email)?))
    });
    let (profile, link) = found.await?;
    Ok(State {
        address: profile.email.clone(),
        is_verified: profile.email.is_some() && profile.email_verified == Some(true),
        pending: link.filter(|link| link.is_open(now)).map(|link| link.address),
    })
}

/// An address that somebody has entered, and everything that is written with it.
pub(crate) struct Entered {
    address: String,
    link: NewLink,
    counts_as: Box<dyn Fn(UserId) -> Counts + Send>,
    now: Timestamp,
    origin: Origin,
}

impl Entered {
    /// An address in its one form.
    ///
    /// # Errors
    /// When there is no randomness to be had.
    pub(crate) fn new(
        app: &App,
        from: IpAddr,
        address: String,
    ) -> Result<Self, crate::crypto::random::NoRandomness> {
        let link = NewLink::new(app, mail_links::Kind::Email)?;
        let (counting, key) = (app.clone(), people::email_key(&address));
        let counts_as = Box::new(move |user| Counts::of_confirmation(&counting, user, from, &key));
        Ok(Self { address, link, counts_as, now: app.now(), origin: Origin::Address(from) })
    }

    /// Has a link sent there. An address that was proven stays until the new one is, too; one that was not gives way at once.
    /// Whoever the address may belong to, the answer is the same.
    ///
    /// # Errors
    /// When a statement fails.
    pub(crate) fn write(self, conn: &mut Conn, user: &User) -> QueryResult<()> {
        let Self { address, link, counts_as, now, origin } = self;
        let Some((_, read)) = users::profile(conn, user.id)? else { return Ok(()) };
        if read.email_verified != Some(true) && read.email.as_ref() != Some(&address) {
            let changed = with_email(&read, &address, false, now);
            if users::change_profile(conn, &user.username_key, &read, &changed)?.is_some() {
                audit_events::insert(conn, &[What::ProfileSet.of_user(user.id, &origin, now)])?;
            }
        }
        // First: a link that is not sent does not take the place of the one that was.
        if !counts_as(user.id).allow(conn, now)? {
            return Ok(());
        }
        let link = link.of(user.id, address);
        mail_links::put(conn, &link)?;
        let MailLink { address, ends_at, .. } = link;
        let new =
            NewMail { kind: Kind::ConfirmEmail, user_id: Some(user.id), address, asked_at: now, ends_at };
        outgoing_mail::insert(conn, &new)
    }
}

/// Enters an address for somebody who was signed in at `since`. Whether they may still act.
///
/// # Errors
/// When the database cannot be asked.
pub(crate) async fn enter(
    app: &App,
    entered: Entered,
    user: &User,
    since: Timestamp,
) -> Result<bool, DbError> {
    let user = user.clone();
    let written = app.db.write(move |conn| {
        let may = users::hold_alone(conn, user.id, since)?;
        if may {
            entered.write(conn, &user)?;
        }
        Ok(may)
    });
    written.await
}

/// A link of this person's that is still good, by its token.
///
/// # Errors
/// When the database cannot be asked.
pub(crate) async fn open(app: &App, user: &User, token: &str) -> Result<Option<MailLink>, DbError> {
    let (hash, now, user) = (hash_of(token), app.now(), user.clone());
    let found = app.db.read(move |conn| mail_links::find(conn, mail_links::Kind::Email, &hash)).await?;
    // One that was used is good for whoever clicks twice: it says so once more, and does nothing.
    let is_theirs = |link: &MailLink| link.user_id == user.id && user.vouches_for(link.made_at);
    Ok(found.filter(|link| is_theirs(link) && now < link.ends_at))
}

/// Takes a link's word that its address is theirs, once; the address before is told. Whether it counts, or did before.
///
/// # Errors
/// When the database cannot be asked.
pub(crate) async fn confirm(app: &App, from: IpAddr, user: &User, link: MailLink) -> Result<bool, DbError> {
    let (user, now, is_sent) = (user.clone(), app.now(), app.post.is_some());
    let event = What::EmailConfirmed.of_user(user.id, &Origin::Address(from), now);
    let confirmed = app.db.write(move |conn| {
        if !users::hold_alone(conn, user.id, link.made_at)? {
            return Ok(false);
        }
        if !mail_links::claim(conn, &link.hash, now)? {
            return Ok(emails::of(conn, user.id)?.as_ref() == Some(&link.address));
        }
        let Some((_, read)) = users::profile(conn, user.id)? else { return Ok(false) };
        let before = emails::of(conn, user.id)?;
        // Somebody else's since the link was sent: one address is one person's.
        if !emails::claim(conn, user.id, &link.address)? {
            return Ok(false);
        }
        let profile = with_email(&read, &link.address, true, now);
        users::set_profile(conn, &user.username_key, &profile)?;
        audit_events::insert(conn, &[event])?;
        let key = people::email_key(&link.address);
        let before = before.filter(|before| people::email_key(before) != key);
        mail::tell(conn, is_sent, Kind::EmailChanged, Some(user.id), before, now)?;
        Ok(true)
    });
    confirmed.await
}

fn with_email(read: &Profile, address: &str, is_verified: bool, now: Timestamp) -> Json<Profile> {
    let profile = Profile {
        email: Some(address.to_owned()),
        email_verified: Some(is_verified),
        updated_at: Some(now.unix_seconds()),
        ..read.clone()
    };
    // A profile is texts and numbers: it has a JSON form.
    Json::new(profile).unwrap_or_default()
}
