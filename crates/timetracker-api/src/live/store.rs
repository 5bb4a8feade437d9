//! The SQL of the watch.

use diesel::prelude::*;
use model::db::Conn;

use crate::id::WorkspaceId;
use crate::schema::workspaces;

/// The numbers of the workspaces' last transactions.
pub(super) fn last(conn: &mut Conn, of: &[WorkspaceId]) -> QueryResult<Vec<(WorkspaceId, i64)>> {
    let some = workspaces::table.filter(workspaces::id.eq_any(of));
    some.select((workspaces::id, workspaces::change_seq)).load(conn)
}
