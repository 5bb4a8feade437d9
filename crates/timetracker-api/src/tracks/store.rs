//! The SQL of tracks. The owner is a parameter of every function: everybody's tracks cannot be said.
//!
//! Here is what looks for them. [`row`] is a track as it is kept, [`change`] writes, [`booking`] knows what it may be booked on,
//! [`schedule`] what one means for the others.

pub mod booking;
pub mod change;
pub mod row;
pub mod schedule;

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::select;
use model::db::{Conn, MultiBackend};
use model::id::Uid;
use row::{COLUMNS, Track};

use crate::auth::Caller;
use crate::id::{ActivityId, PersonId, TrackId, WorkspaceId};
use crate::schema::{activities, lower, people, tracks};
use crate::wire::error::Verdict;
use crate::wire::filters::no_such_choice;
use crate::wire::paging::{Place, Wanted};

/// Which tracks, and in what order.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those of this activity.
    pub activity: Option<ActivityId>,
    /// LIKE patterns, all of which must match the description.
    pub search: Vec<String>,
    /// `true` descends.
    pub by: Vec<(Key, bool)>,
}

/// What tracks can be ordered by. Those without a start come first, either way, on both databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// In the order they were made.
    Id,
    /// By when they began.
    Start,
    /// By activity.
    Activity,
}

/// A page of the owner's tracks by id: two point reads, the count being kept on the person's row.
///
/// # Errors
/// When the database cannot; the inner error when there is no such page.
pub fn page(conn: &mut Conn, owner: PersonId, wanted: Wanted) -> Verdict<(Place, Vec<Track>)> {
    let count = people::table.filter(people::id.eq(owner)).select(people::track_count).get_result(conn)?;
    let place = match wanted.among(count) {
        Ok(place) => place,
        Err(error) => return Ok(Err(error)),
    };
    let rows = tracks::table
        .filter(tracks::person_id.eq(owner))
        .filter(tracks::deleted_at.is_null())
        .order(tracks::id.asc())
        .limit(place.limit)
        .offset(place.offset)
        .select(COLUMNS);
    Ok(Ok((place, rows.load(conn)?)))
}

/// A page of those that match.
///
/// # Errors
/// As [`page`], and the inner error for an activity that is not the caller's.
pub fn filtered(
    conn: &mut Conn,
    caller: &Caller,
    filter: &Filter,
    wanted: Wanted,
) -> Verdict<(Place, Vec<Track>)> {
    if let Some(activity) = filter.activity
        && !has_activity(conn, caller.workspace, activity)?
    {
        return Ok(Err(no_such_choice("activity")));
    }
    let place = match wanted.among(matching(caller.person, filter).count().get_result(conn)?) {
        Ok(place) => place,
        Err(error) => return Ok(Err(error)),
    };
    let mut rows = matching(caller.person, filter).select(COLUMNS).limit(place.limit).offset(place.offset);
    for (key, descends) in &filter.by {
        rows = match (key, descends) {
            (Key::Id, false) => rows.then_order_by(tracks::id.asc()),
            (Key::Id, true) => rows.then_order_by(tracks::id.desc()),
            (Key::Activity, false) => rows.then_order_by(tracks::activity_id.asc()),
            (Key::Activity, true) => rows.then_order_by(tracks::activity_id.desc()),
            (Key::Start, false) => {
                rows.then_order_by(tracks::start_at.is_not_null().asc()).then_order_by(tracks::start_at.asc())
            }
            (Key::Start, true) => rows
                .then_order_by(tracks::start_at.is_not_null().asc())
                .then_order_by(tracks::start_at.desc()),
        };
    }
    Ok(Ok((place, rows.then_order_by(tracks::id.asc()).load(conn)?)))
}

fn matching(owner: PersonId, filter: &Filter) -> tracks::BoxedQuery<'_, MultiBackend> {
    let alive = tracks::person_id.eq(owner).and(tracks::deleted_at.is_null());
    let mut rows = tracks::table.filter(alive).into_boxed();
    if let Some(activity) = filter.activity {
        rows = rows.filter(tracks::activity_id.eq(activity));
    }
    for pattern in &filter.search {
        rows = rows.filter(lower(tracks::description).like(lower(pattern)).escape('\\'));
    }
    rows
}

fn has_activity(conn: &mut Conn, workspace: WorkspaceId, id: ActivityId) -> QueryResult<bool> {
    let usable = activities::table
        .filter(activities::id.eq(id))
        .filter(activities::workspace_id.eq(workspace))
        .filter(activities::deleted_at.is_null());
    select(exists(usable)).get_result(conn)
}

/// One track.
///
/// # Errors
/// When the database cannot.
pub fn find(conn: &mut Conn, owner: PersonId, id: TrackId) -> QueryResult<Option<Track>> {
    let one = tracks::table.filter(tracks::id.eq(id)).filter(tracks::person_id.eq(owner));
    one.filter(tracks::deleted_at.is_null()).select(COLUMNS).get_result(conn).optional()
}

/// One track, by its uid.
///
/// # Errors
/// When the database cannot.
pub fn find_by_uid(conn: &mut Conn, owner: PersonId, uid: Uid) -> QueryResult<Option<Track>> {
    let one = tracks::table.filter(tracks::uid.eq(uid)).filter(tracks::person_id.eq(owner));
    one.filter(tracks::deleted_at.is_null()).select(COLUMNS).get_result(conn).optional()
}
