//! The SQL of the pages: what only a person looks at.

use std::collections::HashMap;

use diesel::prelude::*;
use model::db::Conn;
use model::time::Timestamp;

use crate::id::{ActivityId, PersonId, WorkspaceId};
use crate::schema::{activities, tracks};
use crate::tracks::form::LONGEST;
use crate::tracks::row::{COLUMNS, Track};

/// The most of a person's tracks that share an instant with an interval, newest first.
///
/// # Errors
/// When the database cannot.
pub fn newest(
    conn: &mut Conn,
    person: PersonId,
    (from, to): (Timestamp, Timestamp),
    most: i64,
) -> QueryResult<Vec<Track>> {
    tracks::table
        .filter(tracks::person_id.eq(person))
        .filter(tracks::deleted_at.is_null())
        .filter(tracks::start_at.lt(to))
        .filter(tracks::start_at.ge(from.minus(LONGEST)))
        .filter(tracks::end_at.gt(from).or(tracks::end_at.is_null()))
        .order((tracks::start_at.desc(), tracks::id.desc()))
        .limit(most)
        .select(COLUMNS)
        .load(conn)
}

/// What these are called, those that were deleted included.
///
/// # Errors
/// When the database cannot.
pub fn names(
    conn: &mut Conn,
    workspace: WorkspaceId,
    ids: Vec<ActivityId>,
) -> QueryResult<HashMap<ActivityId, String>> {
    let named = activities::table
        .filter(activities::workspace_id.eq(workspace))
        .filter(activities::id.eq_any(ids))
        .select((activities::id, activities::name));
    Ok(named.load::<(ActivityId, String)>(conn)?.into_iter().collect())
}

/// The oldest activity of exactly this name that something new can be booked on.
///
/// # Errors
/// When the database cannot.
pub fn named(conn: &mut Conn, workspace: WorkspaceId, name: &str) -> QueryResult<Option<ActivityId>> {
    // No text of a column has it, and PostgreSQL takes none.
    if name.contains('\0') {
        return Ok(None);
    }
    activities::table
        .filter(activities::workspace_id.eq(workspace))
        .filter(activities::name.eq(name))
        .filter(activities::deleted_at.is_null())
        .filter(activities::archived.eq(false))
        .order(activities::id.asc())
        .select(activities::id)
        .first(conn)
        .optional()
}

/// The first `most` activities by name that something new can be booked on.
///
/// # Errors
/// When the database cannot.
pub fn choices(conn: &mut Conn, workspace: WorkspaceId, most: i64) -> QueryResult<Vec<(ActivityId, String)>> {
    activities::table
        .filter(activities::workspace_id.eq(workspace))
        .filter(activities::deleted_at.is_null())
        .filter(activities::archived.eq(false))
        .order((activities::name.asc(), activities::id.asc()))
        .limit(most)
        .select((activities::id, activities::name))
        .load(conn)
}
