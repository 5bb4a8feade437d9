//! Sends what is to be sent, off the way of the request that it came of, and again, with growing pauses, if it was not taken.

use std::time::Duration;

use futures_util::future::join_all;
use model::db::{Conn, DbError};
use model::time::Timestamp;

use super::post::{NotSent, Post, SENT_WITHIN};
use super::{Counts, NewLink, letters, unsealed};
use crate::app::App;
use crate::audit::{Origin, What};
use crate::store::audit_events::{self, AuditEvent};
use crate::store::outgoing_mail::{self, Kind, NewMail, OutgoingMail};
use crate::store::users::{self, User};
use crate::store::{emails, mail_links};

/// How long is waited after each try that failed; after the last one it is given up.
const PAUSES: [Duration; 5] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(3 * 60),
    Duration::from_secs(15 * 60),
    Duration::from_secs(60 * 60),
];
/// What this process has taken is another's after so long, if this one has stopped: not before it has given up by itself.
const TAKEN_FOR: Duration = Duration::from_secs(4 * SENT_WITHIN.as_secs());
/// How many are sent at once.
const AT_ONCE: i64 = 8;

/// Sends everything whose turn it is, until nothing is left whose turn it is now.
///
/// # Errors
/// When the database cannot be asked.
pub async fn deliver(app: &App) -> Result<(), DbError> {
    let Some(post) = &app.post else { return Ok(()) };
    loop {
        let now = app.now();
        if !app.db.read(move |conn| outgoing_mail::are_due(conn, now)).await? {
            return Ok(());
        }
        let next_at = now.plus(TAKEN_FOR);
        let taken = app.db.write(move |conn| outgoing_mail::claim(conn, now, next_at, AT_ONCE)).await?;
        for written in join_all(taken.iter().map(|mail| handle(app, post, mail))).await {
            written?;
        }
    }
}

async fn handle(app: &App, post: &Post, mail: &OutgoingMail) -> Result<(), DbError> {
    let letter = match mail.kind() {
        _ if mail.ends_at <= app.now() => None,
        Some(Kind::ResetAsked) => return look_up(app, mail).await,
        Some(kind) => letters::write(app, mail, kind).await?.map(|letter| (kind, letter)),
        None => None,
    };
    let Some((kind, letter)) = letter else { return done(app, mail, None).await };
    let event = |what: What, detail: String| {
        let event = what.event(&Origin::Ourselves, app.now());
        AuditEvent { user_id: mail.user_id, detail, ..event }
    };
    let (why, may_try_again) = match post.send(&letter).await {
        Ok(()) => return done(app, mail, Some(event(What::MailSent, kind.as_str().to_owned()))).await,
        Err(NotSent::Ever(why)) => (why, false),
        Err(NotSent::Now(why)) => (why, true),
    };
    tracing::warn!(kind = kind.as_str(), tries = mail.tries, %why, "a mail was not sent");
    let again_at = again_at(mail.tries, app.now()).filter(|at| may_try_again && *at < mail.ends_at);
    if let Some(due_at) = again_at {
        let id = mail.id;
        return app.db.write(move |conn| outgoing_mail::postpone(conn, id, due_at)).await;
    }
    let detail = format!("{}, {} tries", kind.as_str(), mail.tries);
    done(app, mail, Some(event(What::MailNotSent, detail))).await
}

/// When it is tried again after so many tries; `None` when it is given up.
fn again_at(tries: i64, now: Timestamp) -> Option<Timestamp> {
    let pause = PAUSES.get(usize::try_from(tries).ok()?.checked_sub(1)?)?;
    Some(now.plus(*pause))
}

async fn done(app: &App, mail: &OutgoingMail, event: Option<AuditEvent>) -> Result<(), DbError> {
    let id = mail.id;
    let written = app.db.write(move |conn| {
        outgoing_mail::delete(conn, id)?;
        event.map_or(Ok(()), |event| audit_events::insert(conn, &[event]))
    });
    written.await
}

/// Finds out whose the name or the address is that somebody typed who asks for a new password, and has each of them sent a link. Only
/// an address that was proven is written to.
async fn look_up(app: &App, mail: &OutgoingMail) -> Result<(), DbError> {
    let Some(typed) = unsealed(app, &mail.address) else { return done(app, mail, None).await };
    let asked_at = mail.asked_at;
    let found = app.db.read(move |conn| owners(conn, &typed, asked_at)).await?;
    let mut links = Vec::new();
    for (user, address) in found {
        match NewLink::new(app, mail_links::Kind::Reset) {
            Ok(link) => links.push(link.of(user.id, address)),
            Err(error) => tracing::error!(%error, "a link could not be made"),
        }
    }
    let (id, now) = (mail.id, app.now());
    let written = app.db.write(move |conn| {
        if !outgoing_mail::delete(conn, id)? {
            return Ok(());
        }
        for link in &links {
            // Not somebody whose password has changed since: what was made before that is void.
            // Nor to an address that was theirs until just now.
            let may_have_it = users::hold(conn, link.user_id, asked_at)?
                && emails::of(conn, link.user_id)?.as_ref() == Some(&link.address);
            if !may_have_it || !Counts::of_reset(link.user_id).allow(conn, now)? {
                continue;
            }
            mail_links::put(conn, link)?;
            let (user_id, address) = (Some(link.user_id), link.address.clone());
            let ends_at = link.ends_at;
            let new = NewMail { kind: Kind::Reset, user_id, address, asked_at: now, ends_at };
            outgoing_mail::insert(conn, &new)?;
            let event = What::PasswordResetAsked.of_user(link.user_id, &Origin::Ourselves, now);
            audit_events::insert(conn, &[event])?;
        }
        Ok(())
    });
    written.await
}

/// Who may be meant, each with their proven address. A name may look like an address, and then both are meant: nobody keeps
/// somebody from their link by taking their address for a name.
fn owners(conn: &mut Conn, typed: &str, asked_at: Timestamp) -> diesel::QueryResult<Vec<(User, String)>> {
    let mut users: Vec<User> = users::find(conn, typed)?.into_iter().collect();
    if let Some(id) = emails::whose(conn, typed)?
        && users.iter().all(|user| user.id != id)
    {
        users.extend(users::by_id(conn, id)?);
    }
    let mut owners = Vec::new();
    for user in users.into_iter().filter(|user| user.vouches_for(asked_at)) {
        if let Some(address) = emails::of(conn, user.id)? {
            owners.push((user, address));
        }
    }
    Ok(owners)
}
