//! The audit log: rows are added and read, and removed when they are old. The database refuses anything else.

use diesel::prelude::*;
use model::db::Conn;
use model::id::UserId;
use model::time::Timestamp;

use crate::schema::audit_events;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = audit_events, treat_none_as_default_value = false)]
pub struct AuditEvent {
    /// When; the first time, if it happened several times.
    pub at: Timestamp,
    /// What: one of the names that `crate::audit::What` has.
    pub event: String,
    /// Which person it concerns.
    pub user_id: Option<UserId>,
    /// Which client it concerns.
    pub client_id: Option<String>,
    /// From where: an address, or the command line.
    pub origin: String,
    /// More about it: a grant type, an error code, an id.
    pub detail: String,
    /// How often within about a second.
    pub times: i64,
}

/// Adds rows.
///
/// # Errors
/// When a statement fails.
pub fn insert(conn: &mut Conn, events: &[AuditEvent]) -> QueryResult<()> {
    // Row by row: SQLite has no batch insert in diesel's MultiConnection, and a group is one commit anyway.
    for event in events {
        diesel::insert_into(audit_events::table).values(event).execute(conn)?;
    }
    Ok(())
}

/// Adds the row about a write if that changed anything; answers whether it did. What writes and may come to nothing ends in
/// this, in the same transaction, so that neither is there without the other.
///
/// # Errors
/// When the statement fails.
pub fn insert_if(conn: &mut Conn, changed: bool, event: AuditEvent) -> QueryResult<bool> {
    if changed {
        insert(conn, &[event])?;
    }
    Ok(changed)
}

/// Which rows are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// About this person.
    pub user: Option<UserId>,
    /// About this client.
    pub client: Option<String>,
    /// Of this name.
    pub event: Option<String>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// Numbered higher than this.
    pub after: i64,
    /// The newest so many.
    pub limit: i64,
}

/// The newest rows that are wanted, oldest first, each with its number.
///
/// # Errors
/// When a statement fails.
pub fn newest(conn: &mut Conn, wanted: &Wanted) -> QueryResult<Vec<(i64, AuditEvent)>> {
    let mut rows = audit_events::table
        .select((
            audit_events::id,
            (
                audit_events::at,
                audit_events::event,
                audit_events::user_id,
                audit_events::client_id,
                audit_events::origin,
                audit_events::detail,
                audit_events::times,
            ),
        ))
        .order(audit_events::id.desc())
        .limit(wanted.limit)
        .filter(audit_events::id.gt(wanted.after))
        .into_boxed();
    if let Some(user) = wanted.user {
        rows = rows.filter(audit_events::user_id.eq(user));
    }
    if let Some(client) = wanted.client.as_deref() {
        rows = rows.filter(audit_events::client_id.eq(client));
    }
    if let Some(event) = wanted.event.as_deref() {
        rows = rows.filter(audit_events::event.eq(event));
    }
    if let Some(since) = wanted.since {
        rows = rows.filter(audit_events::at.ge(since));
    }
    if let Some(until) = wanted.until {
        rows = rows.filter(audit_events::at.lt(until));
    }
    let mut rows: Vec<(i64, AuditEvent)> = rows.load(conn)?;
    rows.reverse();
    Ok(rows)
}

/// Removes rows from before `before` among the oldest `limit`; answers how many. The database keeps 30 days whatever
/// it is told.
///
/// # Errors
/// When a statement fails.
pub fn sweep(conn: &mut Conn, before: Timestamp, limit: i64) -> QueryResult<usize> {
    let oldest: Vec<(i64, Timestamp)> = audit_events::table
        .select((audit_events::id, audit_events::at))
        .order(audit_events::id)
        .limit(limit)
        .load(conn)?;
    let old = oldest.into_iter().filter(|(_, at)| *at < before).map(|(id, _)| id);
    diesel::delete(audit_events::table.filter(audit_events::id.eq_any(old))).execute(conn)
}
