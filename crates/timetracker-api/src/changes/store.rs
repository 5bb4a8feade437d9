//! The SQL of the feed.

use diesel::dsl::exists;
use diesel::prelude::*;
use model::db::{Conn, Kept};
use model::time::{Clock, Timestamp};
use model::{beside, directly};

use super::cursor::{Kind, Place};
use super::{Change, Row, Stamp};
use crate::auth::Caller;
use crate::catalogue;
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

/// What is told of one workspace and one person, as of one moment.
#[derive(Debug)]
pub struct News {
    /// The number of the last transaction that is committed.
    pub last: i64,
    /// Whether something of the catalogue may lie behind the place: it rarely changes, and so one question spares four.
    pub has_items: bool,
    /// Up to `most` changes of tracks behind the place.
    pub tracks: Vec<Change>,
}

type Of<T> = (T, i64, Option<Timestamp>);

/// Rows of one kind behind a place, up to a transaction.
macro_rules! behind {
    ($table:ident, $owned:expr, $columns:expr, $kind:expr, $after:expr, $last:expr, $most:expr) => {{
        let (from, id) = $after.within($kind);
        $table::table
            .filter($owned)
            .filter($table::seq.between(from, $last))
            .filter($table::seq.gt($after.seq).or($table::id.gt(id)))
            .order(($table::seq.asc(), $table::id.asc()))
            .limit($most)
            .select(($columns, $table::seq, $table::deleted_at))
    }};
}

/// What there is behind a place.
///
/// # Errors
/// When the database cannot.
pub fn news(conn: &mut Conn, caller: &Caller, after: Place, most: i64) -> QueryResult<News> {
    let workspace = caller.workspace;
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
    let items = any!(tags).or(any!(activities)).or(any!(projects)).or(any!(clients));
    let found =
        workspaces::table.filter(workspaces::id.eq(workspace)).select((workspaces::change_seq, items));
    let owned = tracks::person_id.eq(caller.person);
    // Of the same moment as the counter, and so with no end: one statement of PostgreSQL, and what SQLite reads for one request.
    let rows = behind!(tracks, owned, COLUMNS, Kind::Track, after, i64::MAX, most);
    let ((last, has_items), rows): ((i64, bool), Vec<Of<Track>>) = beside!(conn, found, rows)?;
    let tracks = rows.into_iter().map(|(track, seq, gone)| {
        Change::new(Place { seq, kind: Kind::Track, id: track.id.0 }, gone, Row::Track(track))
    });
    Ok(News { last, has_items, tracks: tracks.collect() })
}

/// Up to `most` changes of each kind of the catalogue behind a place, up to the transaction `last`, in no order.
///
/// # Errors
/// When the database cannot.
pub fn items(
    conn: &mut Conn,
    workspace: WorkspaceId,
    kinds: impl Iterator<Item = catalogue::Kind>,
    after: Place,
    last: i64,
    most: i64,
) -> QueryResult<Vec<Change>> {
    let mut changes = Vec::new();
    for of in kinds {
        let kind = Kind::Item(of);
        let rows: Vec<Of<Item>> = with_table!(of, rows => {
            let owned = rows::workspace_id.eq(workspace);
            let rows = behind!(rows, owned, rows::item(), kind, after, last, most);
            directly!(conn, |conn| rows.load(conn))?
        });
        changes.extend(rows.into_iter().map(|(item, seq, gone)| {
            Change::new(Place { seq, kind, id: item.id.0 }, gone, Row::Item(of, item))
        }));
    }
    Ok(changes)
}
