//! The SQL of activities. The workspace is a parameter of every function: anybody's activities cannot be said.

use diesel::prelude::*;
use model::db::{Conn, MultiBackend};
use model::id::Uid;
use model::time::Timestamp;

use super::form::Draft;
use crate::changes::Stamp;
use crate::id::{ActivityId, WorkspaceId};
use crate::schema::{activities, lower};
use crate::wire::conditional::Conditions;
use crate::wire::error::{ApiError, or_refuse};
use crate::wire::paging::{Place, Wanted};

/// An activity.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Activity {
    /// Its id.
    pub id: ActivityId,
    /// Its name.
    pub name: String,
    /// More about it.
    pub description: String,
    /// Counts its changes, from 1.
    pub version: i64,
}

/// Which activities, and in what order.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// LIKE patterns, all of which must match the name or the description.
    pub search: Vec<String>,
    /// By name; `true` descends.
    pub by: Vec<(Key, bool)>,
}

/// What activities can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// In the order they were made.
    Id,
    /// By name.
    Name,
}

type Columns = (activities::id, activities::name, activities::description, activities::version);

/// The columns of [`Activity`].
pub(crate) const COLUMNS: Columns =
    (activities::id, activities::name, activities::description, activities::version);

/// A page of the workspace's activities, by id unless the filter says otherwise.
///
/// # Errors
/// When the database cannot; the inner error when there is no such page.
pub fn page(
    conn: &mut Conn,
    workspace: WorkspaceId,
    filter: &Filter,
    wanted: Wanted,
) -> QueryResult<Result<(Place, Vec<Activity>), ApiError>> {
    let place = match wanted.among(matching(workspace, filter).count().get_result(conn)?) {
        Ok(place) => place,
        Err(error) => return Ok(Err(error)),
    };
    let mut rows = matching(workspace, filter).select(COLUMNS).limit(place.limit).offset(place.offset);
    for (key, descends) in &filter.by {
        rows = match (key, descends) {
            (Key::Id, false) => rows.then_order_by(activities::id.asc()),
            (Key::Id, true) => rows.then_order_by(activities::id.desc()),
            (Key::Name, false) => rows.then_order_by(activities::name.asc()),
            (Key::Name, true) => rows.then_order_by(activities::name.desc()),
        };
    }
    Ok(Ok((place, rows.then_order_by(activities::id.asc()).load(conn)?)))
}

type Boxed<'a> = activities::BoxedQuery<'a, MultiBackend>;

fn matching(workspace: WorkspaceId, filter: &Filter) -> Boxed<'_> {
    let alive = activities::workspace_id.eq(workspace).and(activities::deleted_at.is_null());
    let mut rows = activities::table.filter(alive).into_boxed();
    for pattern in &filter.search {
        let in_name = lower(activities::name).like(lower(pattern)).escape('\\');
        let in_description = lower(activities::description).like(lower(pattern)).escape('\\');
        rows = rows.filter(in_name.or(in_description));
    }
    rows
}

/// One activity.
///
/// # Errors
/// When the database cannot.
pub fn find(conn: &mut Conn, workspace: WorkspaceId, id: ActivityId) -> QueryResult<Option<Activity>> {
    activities::table
        .filter(activities::id.eq(id))
        .filter(activities::workspace_id.eq(workspace))
        .filter(activities::deleted_at.is_null())
        .select(COLUMNS)
        .get_result(conn)
        .optional()
}

/// Keeps a new one; what the draft leaves open is empty.
///
/// # Errors
/// When the database cannot.
pub fn insert(conn: &mut Conn, workspace: WorkspaceId, draft: Draft, stamp: Stamp) -> QueryResult<Activity> {
    diesel::insert_into(activities::table)
        .values((
            activities::workspace_id.eq(workspace),
            activities::uid.eq(Uid::new(stamp.at)),
            activities::name.eq(draft.name.unwrap_or_default()),
            activities::description.eq(draft.description.unwrap_or_default()),
            activities::created_at.eq(stamp.at),
            activities::updated_at.eq(stamp.at),
            activities::seq.eq(stamp.seq),
        ))
        .returning(COLUMNS)
        .get_result(conn)
}

/// Changes what the draft says and keeps the rest. What is not there is not judged: the answer must not differ from that
/// about a stranger's.
///
/// # Errors
/// When the database cannot; the inner error when there is no such activity, it is not as the client thinks, or with
/// everything that is wrong with the draft.
pub fn update(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: ActivityId,
    draft: Result<Draft, ApiError>,
    conditions: &Conditions,
    stamp: Stamp,
) -> QueryResult<Result<Activity, ApiError>> {
    let before = or_refuse!(admitted(conn, workspace, id, conditions)?);
    let draft = or_refuse!(draft);
    let name = draft.name.unwrap_or_else(|| before.name.clone());
    let description = draft.description.unwrap_or_else(|| before.description.clone());
    if (&name, &description) == (&before.name, &before.description) {
        return Ok(Ok(before));
    }
    diesel::update(activities::table.filter(activities::id.eq(id)))
        .set((activities::name.eq(name), activities::description.eq(description), mark(stamp)))
        .returning(COLUMNS)
        .get_result(conn)
        .map(Ok)
}

/// Hides an activity. Its row stays: the tracks that were booked on it are not to be lost.
///
/// # Errors
/// As [`update`].
pub fn delete(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: ActivityId,
    conditions: &Conditions,
    stamp: Stamp,
) -> QueryResult<Result<(), ApiError>> {
    or_refuse!(admitted(conn, workspace, id, conditions)?);
    let row = diesel::update(activities::table.filter(activities::id.eq(id)));
    row.set((activities::deleted_at.eq(stamp.at), mark(stamp))).execute(conn)?;
    Ok(Ok(()))
}

/// The activity, if it is there and as the client thinks.
fn admitted(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: ActivityId,
    conditions: &Conditions,
) -> QueryResult<Result<Activity, ApiError>> {
    let Some(there) = find(conn, workspace, id)? else { return Ok(Err(ApiError::NoSuch(super::KIND))) };
    Ok(conditions.admit(there.version, || super::text(&there)).map(|()| there))
}

/// What every change of a row sets.
#[diesel::dsl::auto_type(no_type_alias)]
fn mark(stamp: Stamp) -> _ {
    let at: Timestamp = stamp.at;
    let seq: i64 = stamp.seq;
    (
        activities::updated_at.eq(at),
        activities::seq.eq(seq),
        activities::version.eq(activities::version + 1_i64),
    )
}
