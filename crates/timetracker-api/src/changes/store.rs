//! The SQL of the feed.

use diesel::prelude::*;
use model::db::{Conn, Kept};
use model::id::Uid;
use model::time::{Clock, Timestamp};

use super::cursor::{Kind, Place};
use super::{Change, Row, Stamp};
use crate::activities as activity;
use crate::auth::Caller;
use crate::id::{TagId, WorkspaceId};
use crate::schema::{activities, tags, tracks, workspaces};
use crate::tracks::row::{COLUMNS, Track};

/// See [`super::begin`].
pub(super) fn begin(conn: &mut Conn, workspace: WorkspaceId, clock: &Clock) -> QueryResult<Stamp> {
    let next = diesel::update(workspaces::table.filter(workspaces::id.eq(workspace)))
        .set(workspaces::change_seq.eq(workspaces::change_seq + 1))
        .returning(workspaces::change_seq);
    let seq = match conn {
        Conn::Sqlite(conn) => Kept(next).get_result(conn)?,
        Conn::Postgres(conn) => Kept(next).get_result(conn)?,
    };
    Ok(Stamp { seq, at: clock.now() })
}

/// The number of the last transaction that is committed. All before it are, because they took turns.
///
/// # Errors
/// When the database cannot.
pub fn last(conn: &mut Conn, workspace: WorkspaceId) -> QueryResult<i64> {
    workspaces::table.filter(workspaces::id.eq(workspace)).select(workspaces::change_seq).get_result(conn)
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
        match $conn {
            Conn::Sqlite(conn) => rows.load(conn)?,
            Conn::Postgres(conn) => rows.load(conn)?,
        }
    }};
}

type Of<T> = (T, i64, Option<Timestamp>);
type Named = (activity::store::Activity, Uid, i64);

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
            Kind::Tag => {
                let owned = tags::workspace_id.eq(caller.workspace);
                let rows: Vec<Of<Tag>> = behind!(conn, tags, owned, TAG, *kind, after, last, most);
                changes.extend(rows.into_iter().map(|(tag, seq, gone)| {
                    let place = Place { seq, kind: *kind, id: tag.id.0 };
                    Change {
                        place,
                        uid: tag.uid,
                        version: tag.version,
                        row: gone.is_none().then_some(Row::Tag(tag)),
                    }
                }));
            }
            Kind::Activity => {
                let owned = activities::workspace_id.eq(caller.workspace);
                let columns = (activity::store::COLUMNS, activities::uid, activities::version);
                let rows: Vec<Of<Named>> =
                    behind!(conn, activities, owned, columns, *kind, after, last, most);
                changes.extend(rows.into_iter().map(|((activity, uid, version), seq, gone)| {
                    let place = Place { seq, kind: *kind, id: activity.id.0 };
                    Change { place, uid, version, row: gone.is_none().then_some(Row::Activity(activity)) }
                }));
            }
            Kind::Track => {
                let owned = tracks::person_id.eq(caller.person);
                let rows: Vec<Of<Track>> = behind!(conn, tracks, owned, COLUMNS, *kind, after, last, most);
                changes.extend(rows.into_iter().map(|(track, seq, gone)| {
                    let place = Place { seq, kind: *kind, id: track.id.0 };
                    let (uid, version) = (track.uid, track.version);
                    Change { place, uid, version, row: gone.is_none().then_some(Row::Track(track)) }
                }));
            }
        }
    }
    Ok(changes)
}

/// A tag.
#[derive(Clone, Debug, Queryable)]
pub struct Tag {
    /// Its id.
    pub id: TagId,
    /// What it is known by in copies.
    pub uid: Uid,
    /// Its name.
    pub name: String,
    /// Counts its changes, from 1.
    pub version: i64,
}

type TagColumns = (tags::id, tags::uid, tags::name, tags::version);
const TAG: TagColumns = (tags::id, tags::uid, tags::name, tags::version);
