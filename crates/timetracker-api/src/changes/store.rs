//! The SQL of the feed.

use diesel::dsl::exists;
use diesel::prelude::*;
use model::db::{Conn, Kept};
use model::directly;
use model::time::{Clock, Timestamp};

use super::cursor::{Kind, Place};
use super::{Change, Row, Stamp};
use crate::auth::Caller;
use crate::catalogue::item::Item;
use crate::catalogue::store::tables::with_table;
use crate::id::WorkspaceId;
use crate::schema::{activities, clients, projects, tags, tracks, workspaces};
use crate::tracks::row::{COLUMNS, Track};

/// See [`super::begin`].
pub(super) fn begin(conn: &mut Conn, workspace: WorkspaceId, clock: &Clock) -> QueryResult<Stamp> {
    let next = diesel::update(workspaces::table.filter(workspaces::id.eq(workspace)))
        .set(workspaces::change_seq.eq(workspaces::change_seq + 1))
        .returning(workspaces::change_seq);
    let seq = directly!(conn, |conn| Kept(next).get_result(conn))?;
    Ok(Stamp { seq, at: clock.now() })
}

/// The number of the last transaction that is committed. All before it are, because they took turns.
///
/// # Errors
/// When the database cannot.
pub fn last(conn: &mut Conn, workspace: WorkspaceId) -> QueryResult<i64> {
    let seq = workspaces::table.filter(workspaces::id.eq(workspace)).select(workspaces::change_seq);
    directly!(conn, |conn| seq.get_result(conn))
}

/// The same number, and the kinds of which something may lie behind a place: most of the catalogue rarely changes, and so one
/// question spares four.
///
/// # Errors
/// When the database cannot.
pub fn news(conn: &mut Conn, workspace: WorkspaceId, after: Place) -> QueryResult<(i64, Vec<Kind>)> {
    macro_rules! any {
        ($table:ident) => {
            exists(
                $table::table
                    .filter($table::workspace_id.eq(workspace))
                    .filter($table::seq.ge(after.seq))
                    .select($table::id),
            )
        };
    }
    let items = (any!(clients), any!(projects), any!(tags), any!(activities));
    let found = workspaces::table.filter(workspaces::id.eq(workspace));
    let found = found.select((workspaces::change_seq, items));
    let (last, items): (_, (bool, bool, bool, bool)) = directly!(conn, |conn| found.get_result(conn))?;
    let changed = [items.0, items.1, items.2, items.3, true];
    let kinds = Kind::ALL.into_iter().zip(changed).filter(|(_, changed)| *changed);
    Ok((last, kinds.map(|(kind, _)| kind).collect()))
}

/// Rows of one kind behind a place, up to a transaction.
macro_rules! behind {
    ($conn:expr, $table:ident, $owned:expr, $columns:expr, $kind:expr, $after:expr, $last:expr, $most:expr) => {{
        let (from, id) = $after.within($kind);
        let rows = $table::table
            .filter($owned)
            .filter($table::seq.between(from, $last))
            .filter($table::seq.gt($after.seq).or($table::id.gt(id)))
            .order(($table::seq.asc(), $table::id.asc()))
            .limit($most)
            .select(($columns, $table::seq, $table::deleted_at));
        directly!($conn, |conn| rows.load(conn))?
    }};
}

type Of<T> = (T, i64, Option<Timestamp>);

/// Up to `most` changes of each kind behind a place, up to the transaction `last`, in no order.
///
/// # Errors
/// When the database cannot.
pub fn after(
    conn: &mut Conn,
    caller: &Caller,
    kinds: &[Kind],
    after: Place,
    last: i64,
    most: i64,
) -> QueryResult<Vec<Change>> {
    let mut changes = Vec::new();
    for kind in kinds {
        match kind {
            Kind::Item(of) => {
                let rows: Vec<Of<Item>> = with_table!(of, rows => {
                    let owned = rows::workspace_id.eq(caller.workspace);
                    behind!(conn, rows, owned, rows::item(), *kind, after, last, most)
                });
                changes.extend(rows.into_iter().map(|(item, seq, gone)| {
                    Change::new(Place { seq, kind: *kind, id: item.id.0 }, gone, Row::Item(*of, item))
                }));
            }
            Kind::Track => {
                let owned = tracks::person_id.eq(caller.person);
                let rows: Vec<Of<Track>> = behind!(conn, tracks, owned, COLUMNS, *kind, after, last, most);
                changes.extend(rows.into_iter().map(|(track, seq, gone)| {
                    Change::new(Place { seq, kind: *kind, id: track.id.0 }, gone, Row::Track(track))
                }));
            }
        }
    }
    Ok(changes)
}
