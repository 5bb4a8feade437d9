//! Browser sessions. The cookie's value is kept as its SHA-256: a copy of the table signs nobody in.

use diesel::prelude::*;
use model::db::Conn;
use model::id::{SessionId, UserId};
use model::time::Timestamp;

use super::session_clients::SessionClient;
use super::used_ids::{self, Kind};
use super::users::User;
use super::{directly, logout_deliveries, session_clients};
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
    /// What the browser called itself when it was last seen; empty when it did not.
    pub user_agent: String,
    /// From where it was last seen; empty when that is not known.
    pub address: String,
    /// When that was, to within a few minutes.
    pub seen_at: Timestamp,
}

/// A browser as it is seen.
#[derive(Clone, Debug, AsChangeset)]
#[diesel(table_name = sessions)]
pub struct Seen {
    /// What it calls itself.
    pub user_agent: String,
    /// From where it asks.
    pub address: String,
    /// When.
    pub seen_at: Timestamp,
}

/// The live session of that digest, with its person.
///
/// # Errors
/// When a statement fails.
pub fn find(conn: &mut Conn, id: &[u8], now: Timestamp) -> QueryResult<Option<(Session, User)>> {
    let of_somebody = sessions::table.inner_join(users::table).filter(sessions::id.eq(id));
    let found: Option<(Session, User)> = directly!(conn, |conn| {
        of_somebody.select((sessions::all_columns, User::as_select())).get_result(conn)
    })
    .optional()?;
    Ok(found.filter(|(session, user)| now < session.ends_at && user.vouches_for(session.created_at)))
}

/// Notes how a session's browser was seen, unless somebody has since it was last seen at `before`.
///
/// # Errors
/// When a statement fails.
pub fn see(conn: &mut Conn, id: &[u8], before: Timestamp, seen: &Seen) -> QueryResult<()> {
    let unseen = sessions::table.filter(sessions::id.eq(id)).filter(sessions::seen_at.eq(before));
    diesel::update(unseen).set(seen).execute(conn).map(drop)
}

/// What came of beginning a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It has begun.
    Now,
    /// It had begun before, and goes on.
    Before,
    /// It had begun before, and has ended. No id is a session's twice.
    Over,
}

/// Begins a session in place of the one it replaces, unless it has begun before: of many at once one begins it, and the others find
/// it.
///
/// # Errors
/// When a statement fails.
pub fn begin(conn: &mut Conn, session: &Session, replaced: &[u8]) -> QueryResult<Begun> {
    if used_ids::claim(conn, Kind::Session, "", &session.id, session.ends_at)? {
        insert(conn, session, replaced)?;
        return Ok(Begun::Now);
    }
    let known = find(conn, &session.id, session.created_at)?;
    if known.is_none_or(|(_, user)| user.id != session.user_id) {
        return Ok(Begun::Over);
    }
    // They have proved it once more.
    let earlier =
        sessions::table.find(&session.id).filter(sessions::authenticated_at.lt(session.authenticated_at));
    let set = sessions::authenticated_at.eq(session.authenticated_at);
    diesel::update(earlier).set(set).execute(conn)?;
    Ok(Begun::Before)
}

/// Begins a session, and ends the one it replaces: an id from before sign-in is never valid after it. To applications
/// it is the same session if it is the same person's, who has only signed in again; another's has ended, and they are
/// told.
fn insert(conn: &mut Conn, session: &Session, replaced: &[u8]) -> QueryResult<()> {
    let mut session = session.clone();
    let same = sessions::table.find(replaced).filter(sessions::user_id.eq(session.user_id));
    let sid: Option<SessionId> = same.select(sessions::sid).get_result(conn).optional()?;
    if let Some(sid) = sid {
        session.sid = sid;
        diesel::delete(sessions::table.find(replaced)).execute(conn)?;
    } else {
        end(conn, replaced, session.created_at)?;
    }
    diesel::insert_into(sessions::table).values(session).execute(conn).map(drop)
}

/// A session that was ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Whose it was.
    pub user_id: UserId,
    /// Who wants to know; it is written down that they are to be told.
    pub clients: Vec<SessionClient>,
}

/// Ends a session, and writes down which clients are to be told of it; `None` when there was none.
///
/// # Errors
/// When a statement fails.
pub fn end(conn: &mut Conn, id: &[u8], now: Timestamp) -> QueryResult<Option<Ended>> {
    let ended = diesel::delete(sessions::table.filter(sessions::id.eq(id)));
    let ended: Option<(UserId, SessionId)> =
        ended.returning((sessions::user_id, sessions::sid)).get_result(conn).optional()?;
    let Some((user_id, sid)) = ended else { return Ok(None) };
    let clients = session_clients::take(conn, sid)?;
    logout_deliveries::insert(conn, &clients, now)?;
    Ok(Some(Ended { user_id, clients }))
}

/// Up to `limit` of a person's sessions that have not ended, newest first.
///
/// # Errors
/// When a statement fails.
pub fn of_user(conn: &mut Conn, user: UserId, now: Timestamp, limit: i64) -> QueryResult<Vec<Session>> {
    let live = sessions::table.filter(sessions::user_id.eq(user)).filter(sessions::ends_at.gt(now));
    live.order((sessions::created_at.desc(), sessions::sid)).limit(limit).load(conn)
}

/// Ends all of a person's sessions, and writes down which clients are to be told. Answers how many there were.
///
/// # Errors
/// When a statement fails.
pub fn end_of_user(conn: &mut Conn, user: UserId, now: Timestamp) -> QueryResult<usize> {
    let theirs = diesel::delete(sessions::table.filter(sessions::user_id.eq(user)));
    let ended: Vec<SessionId> = theirs.returning(sessions::sid).get_results(conn)?;
    tell_of(conn, &ended, now)
}

/// Ends all of a person's sessions but one, as [`end_of_user`] does.
///
/// # Errors
/// When a statement fails.
pub fn end_others_of_user(
    conn: &mut Conn,
    user: UserId,
    kept: SessionId,
    now: Timestamp,
) -> QueryResult<usize> {
    let theirs = sessions::table.filter(sessions::user_id.eq(user)).filter(sessions::sid.ne(kept));
    let ended: Vec<SessionId> = diesel::delete(theirs).returning(sessions::sid).get_results(conn)?;
    tell_of(conn, &ended, now)
}

/// Writes down which clients are to be told that these have ended.
fn tell_of(conn: &mut Conn, ended: &[SessionId], now: Timestamp) -> QueryResult<usize> {
    for sid in ended {
        let clients = session_clients::take(conn, *sid)?;
        logout_deliveries::insert(conn, &clients, now)?;
    }
    Ok(ended.len())
}

/// Ends one of a person's sessions, by what applications know it by, as [`end`] does. How many there were.
///
/// # Errors
/// When a statement fails.
pub fn end_one_of_user(conn: &mut Conn, user: UserId, sid: SessionId, now: Timestamp) -> QueryResult<usize> {
    let theirs = sessions::table.filter(sessions::user_id.eq(user)).filter(sessions::sid.eq(sid));
    let ids: Vec<Vec<u8>> = theirs.select(sessions::id).load(conn)?;
    let mut ended = 0;
    for id in ids {
        ended += usize::from(end(conn, &id, now)?.is_some());
    }
    Ok(ended)
}

/// Ends everybody's sessions, and writes down which clients are to be told.
///
/// # Errors
/// When a statement fails.
pub fn end_all(conn: &mut Conn, now: Timestamp) -> QueryResult<()> {
    diesel::delete(sessions::table).execute(conn)?;
    let clients = session_clients::take_all(conn)?;
    logout_deliveries::insert(conn, &clients, now)
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
