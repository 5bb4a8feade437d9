//! Where a person is signed in, and signing them out there: for the person's own page and for administrators.

use model::db::DbError;
use model::id::{SessionId, UserId};
use model::time::Timestamp;

use crate::app::App;
use crate::audit::{Origin, What};
use crate::store::audit_events;
use crate::store::sessions::{self, Session};
use crate::store::users::User;

/// No more are read at once. Somebody with more sees the newest, and the others when those are ended.
const SHOWN: i64 = 100;

/// Which of a person's sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Each of them.
    All,
    /// Each but this one.
    AllBut(SessionId),
    /// This one.
    One(SessionId),
}

/// A person's sessions that have not ended, newest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn live(app: &App, user: &User, now: Timestamp) -> Result<Vec<Session>, DbError> {
    let id = user.id;
    let found = app.db.read(move |conn| sessions::of_user(conn, id, now, SHOWN)).await?;
    Ok(found.into_iter().filter(|session| user.vouches_for(session.created_at)).collect())
}

/// Ends them, and has the clients told that want to know (OpenID Connect Back-Channel Logout). In force when this returns, since each
/// request looks its session up. Answers how many there were.
///
/// # Errors
/// When the database cannot be asked.
pub async fn end(app: &App, origin: &Origin, user: UserId, which: Which) -> Result<usize, DbError> {
    let now = app.now();
    let event = What::SignOut.of_user(user, origin, now);
    let ended = app.db.write(move |conn| {
        let ended = match which {
            Which::All => sessions::end_of_user(conn, user, now)?,
            Which::AllBut(kept) => sessions::end_others_of_user(conn, user, kept, now)?,
            Which::One(sid) => sessions::end_one_of_user(conn, user, sid, now)?,
        };
        audit_events::insert_if(conn, ended > 0, event)?;
        Ok(ended)
    });
    ended.await
}
