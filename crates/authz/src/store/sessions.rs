//! Browser sessions. The cookie's value is kept as its SHA-256: a copy of the table signs nobody in.

use diesel::prelude::*;
use model::db::Conn;
use model::id::{SessionId, UserId};
use model::time::Timestamp;

use super::users::User;
use crate::schema::{sessions, users};

/// A session's row.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = sessions)]
pub struct Session {
    /// SHA-256 of the cookie's value.
    pub id: Vec<u8>,
    /// Whose it is.
    pub user_id: UserId,
    /// When it began.
    pub created_at: Timestamp,
    /// When the person last proved who they are.
    pub authenticated_at: Timestamp,
    /// When it ends, whatever happens.
    pub ends_at: Timestamp,
    /// What applications know it by.
    pub sid: SessionId,
}

/// The live session of that digest, with its person.
///
/// # Errors
/// When a statement fails.
pub fn find(conn: &mut Conn, id: &[u8], now: Timestamp) -> QueryResult<Option<(Session, User)>> {
    let found: Option<(Session, User)> =
        sessions::table.inner_join(users::table).filter(sessions::id.eq(id)).get_result(conn).optional()?;
    Ok(found.filter(|(session, user)| now < session.ends_at && user.vouches_for(session.created_at)))
}

/// Begins a session, and ends the one it replaces: an id from before sign-in is never valid after it. To applications
/// it is the same session if it is the same person's, who has only signed in again.
///
/// # Errors
/// When a statement fails.
pub fn insert(conn: &mut Conn, session: &Session, replaced: Option<&[u8]>) -> QueryResult<()> {
    let mut session = session.clone();
    if let Some(replaced) = replaced {
        let same = sessions::table.find(replaced).filter(sessions::user_id.eq(session.user_id));
        let sid: Option<SessionId> = same.select(sessions::sid).get_result(conn).optional()?;
        session.sid = sid.unwrap_or(session.sid);
        delete(conn, replaced)?;
    }
    diesel::insert_into(sessions::table).values(session).execute(conn).map(drop)
}

/// Ends a session; answers whose it was, `None` when there was none.
///
/// # Errors
/// When a statement fails.
pub fn delete(conn: &mut Conn, id: &[u8]) -> QueryResult<Option<UserId>> {
    let ended = diesel::delete(sessions::table.filter(sessions::id.eq(id)));
    ended.returning(sessions::user_id).get_result(conn).optional()
}

/// Removes up to `limit` sessions that ended before `now`; answers how many.
///
/// # Errors
/// When a statement fails.
pub fn sweep(conn: &mut Conn, now: Timestamp, limit: i64) -> QueryResult<usize> {
    let ended: Vec<Vec<u8>> =
        sessions::table.filter(sessions::ends_at.le(now)).select(sessions::id).limit(limit).load(conn)?;
    diesel::delete(sessions::table.filter(sessions::id.eq_any(ended))).execute(conn)
}
