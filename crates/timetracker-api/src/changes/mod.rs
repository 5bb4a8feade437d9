//! What changed in a workspace, in the order it was committed.

use diesel::prelude::*;
use model::db::{Conn, Kept};
use model::time::{Clock, Timestamp};

use crate::id::WorkspaceId;
use crate::schema::workspaces;

/// What every row gets that one transaction writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The transaction's place in the order of commits.
    pub seq: i64,
    /// When it was made.
    pub at: Timestamp,
}

/// Begins a change: takes the workspace's next number and with it the turn. Whoever else changes something in the
/// workspace waits until this transaction ends, so that what is looked up from here on stays as it is. A number whose
/// transaction writes nothing else is passed over by readers.
///
/// # Errors
/// When the database cannot.
pub fn begin(conn: &mut Conn, workspace: WorkspaceId, clock: &Clock) -> QueryResult<Stamp> {
    let next = diesel::update(workspaces::table.filter(workspaces::id.eq(workspace)))
        .set(workspaces::change_seq.eq(workspaces::change_seq + 1))
        .returning(workspaces::change_seq);
    let seq = match conn {
        Conn::Sqlite(conn) => Kept(next).get_result(conn)?,
        Conn::Postgres(conn) => Kept(next).get_result(conn)?,
    };
    Ok(Stamp { seq, at: clock.now() })
}
