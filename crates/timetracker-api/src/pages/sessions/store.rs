//! The SQL of browsers that are signed in. The id is a digest: whoever can name a row has its secret.

use diesel::prelude::*;
use model::db::Conn;
use model::time::Timestamp;

use crate::id::PersonId;
use crate::schema::{browser_sessions as sessions, people};

/// A session.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = sessions)]
pub struct Session {
    /// SHA-256 of the cookie's secret.
    pub id: Vec<u8>,
    /// Who is signed in.
    pub person_id: PersonId,
    /// The tokens, sealed.
    pub sealed: Vec<u8>,
    /// How often they were renewed.
    pub generation: i64,
    /// Until then somebody is renewing them.
    pub renewing_until: Timestamp,
    /// When the person signed in.
    pub created_at: Timestamp,
    /// When it was used last, to a few minutes.
    pub seen_at: Timestamp,
    /// Its end, however often it is used.
    pub ends_at: Timestamp,
    /// Its end if it is not used any more.
    pub expires_at: Timestamp,
}

/// How many that have ended are forgotten each time one begins: more than begin, so that they do not pile up.
const SWEPT: i64 = 20;

/// Keeps a new one, in place of the browser's old one, and forgets some that have ended.
///
/// # Errors
/// When the database cannot.
pub fn begin(conn: &mut Conn, session: &Session, old: Option<&[u8]>) -> QueryResult<()> {
    if let Some(old) = old {
        end(conn, old)?;
    }
    let ended: Vec<Vec<u8>> = sessions::table
        .filter(sessions::expires_at.le(session.created_at))
        .order(sessions::expires_at)
        .limit(SWEPT)
        .select(sessions::id)
        .load(conn)?;
    if !ended.is_empty() {
        diesel::delete(sessions::table.filter(sessions::id.eq_any(ended))).execute(conn)?;
    }
    diesel::insert_into(sessions::table).values(session).execute(conn).map(drop)
}

/// One that has not ended, and the person's name.
///
/// # Errors
/// When the database cannot.
pub fn find(conn: &mut Conn, id: &[u8], now: Timestamp) -> QueryResult<Option<(Session, String)>> {
    sessions::table
        .inner_join(people::table.on(people::id.eq(sessions::person_id)))
        .filter(sessions::id.eq(id))
        .filter(sessions::expires_at.gt(now))
        .select((sessions::all_columns, people::username))
        .get_result(conn)
        .optional()
}

/// Notes that it is used.
///
/// # Errors
/// When the database cannot.
pub fn see(conn: &mut Conn, id: &[u8], now: Timestamp, expires_at: Timestamp) -> QueryResult<()> {
    let row = sessions::table.filter(sessions::id.eq(id)).filter(sessions::seen_at.lt(now));
    let seen = (sessions::seen_at.eq(now), sessions::expires_at.eq(expires_at));
    diesel::update(row).set(seen).execute(conn).map(drop)
}

/// Takes the turn to renew the tokens of this generation; `false` when somebody else has it, or has done it. A refresh token is
/// good once: who uses it without the turn would end the session of both.
///
/// # Errors
/// When the database cannot.
pub fn claim(
    conn: &mut Conn,
    id: &[u8],
    generation: i64,
    now: Timestamp,
    until: Timestamp,
) -> QueryResult<bool> {
    let row = sessions::table
        .filter(sessions::id.eq(id))
        .filter(sessions::generation.eq(generation))
        .filter(sessions::renewing_until.le(now));
    diesel::update(row).set(sessions::renewing_until.eq(until)).execute(conn).map(|rows| rows == 1)
}

/// Keeps what was renewed in place of that generation; `false` when that is not there any more.
///
/// # Errors
/// When the database cannot.
pub fn renew(
    conn: &mut Conn,
    id: &[u8],
    generation: i64,
    sealed: &[u8],
    now: Timestamp,
) -> QueryResult<bool> {
    let row = sessions::table.filter(sessions::id.eq(id)).filter(sessions::generation.eq(generation));
    let renewed = (
        sessions::sealed.eq(sealed),
        sessions::generation.eq(generation + 1),
        sessions::renewing_until.eq(now),
    );
    diesel::update(row).set(renewed).execute(conn).map(|rows| rows == 1)
}

/// Gives the turn back: it could not be done now.
///
/// # Errors
/// When the database cannot.
pub fn release(conn: &mut Conn, id: &[u8], generation: i64, now: Timestamp) -> QueryResult<()> {
    let row = sessions::table.filter(sessions::id.eq(id)).filter(sessions::generation.eq(generation));
    diesel::update(row).set(sessions::renewing_until.eq(now)).execute(conn).map(drop)
}

/// Ends one; answers whether it was there.
///
/// # Errors
/// When the database cannot.
pub fn end(conn: &mut Conn, id: &[u8]) -> QueryResult<bool> {
    diesel::delete(sessions::table.filter(sessions::id.eq(id))).execute(conn).map(|rows| rows == 1)
}

/// Ends one if nobody has renewed it since; answers whether that was so.
///
/// # Errors
/// When the database cannot.
pub fn end_generation(conn: &mut Conn, id: &[u8], generation: i64) -> QueryResult<bool> {
    let row = sessions::table.filter(sessions::id.eq(id)).filter(sessions::generation.eq(generation));
    diesel::delete(row).execute(conn).map(|rows| rows == 1)
}
