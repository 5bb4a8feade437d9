//! Which clients have been given an ID token in a browser session and want to be told when it ends.

use diesel::prelude::*;
use model::db::Conn;
use model::id::{SessionId, UserId};
use model::time::Timestamp;

use super::{insert_unless_taken, logout_deliveries};
use crate::schema::{session_clients, sessions};

/// A client in a session.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = session_clients)]
pub struct SessionClient {
    /// The session, as the client knows it.
    pub sid: SessionId,
    /// The client.
    pub client_id: String,
    /// Who is signed in there.
    pub user_id: UserId,
    /// When this may be forgotten if the session has ended.
    pub ends_at: Timestamp,
}

/// Remembers that the client is to be told. If the session has ended already, it is told at once: it may just have
/// redeemed a code from before that.
///
/// # Errors
/// When a statement fails.
pub fn insert(conn: &mut Conn, client: &SessionClient, now: Timestamp) -> QueryResult<()> {
    let is_live = match conn {
        // Whoever ends the session now waits, and then finds this row.
        Conn::Postgres(conn) => {
            let held = sessions::table.filter(sessions::sid.eq(client.sid)).select(sessions::sid).for_share();
            held.get_result::<SessionId>(conn).optional()?.is_some()
        }
        Conn::Sqlite(_) => is_live(conn, client.sid)?,
    };
    if is_live {
        return insert_unless_taken!(conn, session_clients::table, client).map(drop);
    }
    logout_deliveries::insert(conn, std::slice::from_ref(client), now)
}

fn is_live(conn: &mut Conn, sid: SessionId) -> QueryResult<bool> {
    Ok(sessions::table.filter(sessions::sid.eq(sid)).count().get_result::<i64>(conn)? > 0)
}

/// The session has ended: forgets its clients, and answers them.
///
/// # Errors
/// When a statement fails.
pub fn take(conn: &mut Conn, sid: SessionId) -> QueryResult<Vec<SessionClient>> {
    let clients = session_clients::table.filter(session_clients::sid.eq(sid));
    diesel::delete(clients).returning(session_clients::all_columns).get_results(conn)
}

/// Every session has ended: forgets all clients, and answers them.
///
/// # Errors
/// When a statement fails.
pub fn take_all(conn: &mut Conn) -> QueryResult<Vec<SessionClient>> {
    diesel::delete(session_clients::table).returning(session_clients::all_columns).get_results(conn)
}

/// Looks at up to `limit` rows whose time is over, and forgets those whose session has ended; the others are looked at
/// again after `again_at`. Answers how many it looked at.
///
/// # Errors
/// When a statement fails.
pub fn sweep(conn: &mut Conn, now: Timestamp, again_at: Timestamp, limit: i64) -> QueryResult<usize> {
    let over: Vec<SessionId> = session_clients::table
        .filter(session_clients::ends_at.le(now))
        .select(session_clients::sid)
        .limit(limit)
        .load(conn)?;
    for sid in &over {
        let rows = session_clients::table.filter(session_clients::sid.eq(sid));
        if is_live(conn, *sid)? {
            diesel::update(rows).set(session_clients::ends_at.eq(again_at)).execute(conn)?;
        } else {
            diesel::delete(rows).execute(conn)?;
        }
    }
    Ok(over.len())
}
