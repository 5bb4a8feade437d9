//! What clients are still to be told: that a session has ended (OpenID Connect Back-Channel Logout 1.0). A row is written
//! with the end of the session and removed when the client has heard, so that a restart loses none.

use diesel::prelude::*;
use model::db::Conn;
use model::id::{SessionId, UserId};
use model::time::Timestamp;

use super::session_clients::SessionClient;
use crate::schema::logout_deliveries;

/// Something to be told.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Delivery {
    /// Its number.
    pub id: i64,
    /// Which session has ended.
    pub sid: SessionId,
    /// Who is told.
    pub client_id: String,
    /// Who was signed in.
    pub user_id: UserId,
    /// How often it was tried, this time included.
    pub tries: i64,
    /// When it is tried next.
    pub due_at: Timestamp,
}

/// Says that these clients are to be told.
///
/// # Errors
/// When a statement fails.
pub fn insert(conn: &mut Conn, clients: &[SessionClient], due_at: Timestamp) -> QueryResult<()> {
    for client in clients {
        diesel::insert_into(logout_deliveries::table)
            .values((
                logout_deliveries::sid.eq(client.sid),
                logout_deliveries::client_id.eq(&client.client_id),
                logout_deliveries::user_id.eq(client.user_id),
                logout_deliveries::tries.eq(0),
                logout_deliveries::due_at.eq(due_at),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Whether anything is due; a look that takes no lock.
///
/// # Errors
/// When a statement fails.
pub fn are_due(conn: &mut Conn, now: Timestamp) -> QueryResult<bool> {
    let due = logout_deliveries::table.filter(logout_deliveries::due_at.le(now));
    Ok(due.select(logout_deliveries::id).limit(1).get_result::<i64>(conn).optional()?.is_some())
}

/// Takes up to `limit` rows that are due, oldest first. Each is moved on to `next_at` by a conditional write: of several
/// processes one gets it, and if that one stops before the client has heard, it is due again then.
///
/// # Errors
/// When a statement fails.
pub fn claim(conn: &mut Conn, now: Timestamp, next_at: Timestamp, limit: i64) -> QueryResult<Vec<Delivery>> {
    let due: Vec<Delivery> = logout_deliveries::table
        .filter(logout_deliveries::due_at.le(now))
        .order((logout_deliveries::due_at, logout_deliveries::id))
        .limit(limit)
        .load(conn)?;
    let mut claimed = Vec::new();
    for delivery in due {
        let unclaimed = logout_deliveries::table
            .find(delivery.id)
            .filter(logout_deliveries::tries.eq(delivery.tries))
            .filter(logout_deliveries::due_at.eq(delivery.due_at));
        let row = diesel::update(unclaimed)
            .set((logout_deliveries::tries.eq(delivery.tries + 1), logout_deliveries::due_at.eq(next_at)))
            .returning(logout_deliveries::all_columns)
            .get_result(conn)
            .optional()?;
        claimed.extend(row);
    }
    Ok(claimed)
}

/// The client was not reached: it is tried again then.
///
/// # Errors
/// When a statement fails.
pub fn postpone(conn: &mut Conn, id: i64, due_at: Timestamp) -> QueryResult<()> {
    diesel::update(logout_deliveries::table.find(id))
        .set(logout_deliveries::due_at.eq(due_at))
        .execute(conn)
        .map(drop)
}

/// The client has heard, or will not.
///
/// # Errors
/// When a statement fails.
pub fn delete(conn: &mut Conn, id: i64) -> QueryResult<()> {
    diesel::delete(logout_deliveries::table.find(id)).execute(conn).map(drop)
}
