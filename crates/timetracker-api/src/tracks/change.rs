//! The SQL that changes tracks. Each function is a transaction's whole work: it takes the turn, looks, judges, and only
//! then writes, so that a refusal leaves nothing behind.

use diesel::prelude::*;
use model::db::Conn;
use model::id::Uid;
use model::time::{Clock, Timestamp};

use super::form::{Draft, Entry};
use super::row::{COLUMNS, Track};
use super::schedule::{self, Fit, Policy};
use super::store::{Verdict, find};
use super::{KIND, tags};
use crate::auth::Caller;
use crate::changes::{self, Stamp};
use crate::id::{ActivityId, TrackId};
use crate::schema::{activities, people, tracks};
use crate::wire::error::ApiError;

/// Unwraps what may be refused.
macro_rules! or_refuse {
    ($verdict:expr) => {
        match $verdict {
            Ok(it) => it,
            Err(error) => return Ok(Err(error)),
        }
    };
}
pub(crate) use or_refuse;

/// What a person wants where a request does not say.
struct Wishes {
    timezone: String,
    policy: Policy,
}

/// What is new, and what was stopped for it.
#[derive(Debug)]
pub struct Kept {
    /// The track.
    pub track: Track,
    /// The one that ran until it began.
    pub stopped: Option<Track>,
}

/// Looks up what only the database knows and finishes the validation with it.
fn complete(
    conn: &mut Conn,
    caller: &Caller,
    mut draft: Draft,
    before: Option<&Track>,
) -> Verdict<(Entry, Wishes)> {
    type Known = (String, String, Option<ActivityId>);
    let named = draft.activity();
    let usable = activities::id
        .eq(named.unwrap_or(ActivityId(0)))
        .and(activities::workspace_id.eq(caller.workspace))
        .and(activities::deleted_at.is_null());
    let known = people::table
        .left_join(activities::table.on(usable))
        .filter(people::id.eq(caller.person))
        .select((people::timezone, people::overlap_policy, activities::id.nullable()));
    let (timezone, policy, found): Known = match conn {
        Conn::Sqlite(conn) => known.get_result(conn)?,
        Conn::Postgres(conn) => known.get_result(conn)?,
    };
    if let Some(named) = named.filter(|_| found.is_none()) {
        draft.refuse_activity(named);
    }
    let policy = Policy::named(&policy).unwrap_or(Policy::Reject);
    Ok(draft.onto(before).map(|entry| (entry, Wishes { timezone, policy })))
}

/// Keeps a new track. One that runs stops the one that ran, when it began.
///
/// # Errors
/// When the database cannot; the inner error with everything that is wrong with the draft.
pub fn insert(
    conn: &mut Conn,
    caller: &Caller,
    draft: Draft,
    asked: Option<Policy>,
    clock: &Clock,
) -> Verdict<Kept> {
    let stamp = changes::begin(conn, caller.workspace, clock)?;
    add(conn, caller, draft, asked, stamp)
}

/// As [`insert`], by whoever has the turn.
pub(crate) fn add(
    conn: &mut Conn,
    caller: &Caller,
    draft: Draft,
    asked: Option<Policy>,
    stamp: Stamp,
) -> Verdict<Kept> {
    let (mut entry, wishes) = or_refuse!(complete(conn, caller, draft, None)?);
    if let Some(uid) = entry.uid
        && is_taken(conn, caller, uid)?
    {
        return Ok(Err(ApiError::field("uid", "This field must be unique.")));
    }
    let policy = asked.unwrap_or(wishes.policy);
    let fit = or_refuse!(schedule::fit(conn, caller.person, None, &mut entry, policy, stamp.at)?);
    let stopped = fit.stops.map(|(running, at)| stop(conn, &running, at, stamp)).transpose()?;
    entry.timezone.get_or_insert(wishes.timezone);
    let track = write(conn, caller, entry, fit.exclusive, stamp)?;
    Ok(Ok(Kept { track, stopped }))
}

/// Whether one of the person's has the uid, a deleted one included.
fn is_taken(conn: &mut Conn, caller: &Caller, uid: Uid) -> QueryResult<bool> {
    let same = tracks::table.filter(tracks::person_id.eq(caller.person)).filter(tracks::uid.eq(uid));
    Ok(same.count().get_result::<i64>(conn)? > 0)
}

fn write(
    conn: &mut Conn,
    caller: &Caller,
    entry: Entry,
    exclusive: bool,
    stamp: Stamp,
) -> QueryResult<Track> {
    let tags = tags::keep(conn, caller.workspace, &entry.tags, stamp)?;
    diesel::insert_into(tracks::table)
        .values((
            tracks::person_id.eq(caller.person),
            tracks::uid.eq(entry.uid.unwrap_or_else(|| Uid::new(stamp.at))),
            tracks::activity_id.eq(entry.activity),
            tracks::description.eq(entry.description),
            tracks::start_at.eq(entry.start),
            tracks::end_at.eq(entry.end),
            tracks::tags.eq(tags),
            tracks::billable.eq(entry.billable),
            tracks::timezone.eq(entry.timezone),
            tracks::source.eq(entry.source),
            tracks::exclusive.eq(exclusive),
            tracks::created_at.eq(stamp.at),
            tracks::updated_at.eq(stamp.at),
            tracks::seq.eq(stamp.seq),
        ))
        .returning(COLUMNS)
        .get_result(conn)
}

/// Ends a running track; the caller has looked that `at` is not before its start.
pub(crate) fn stop(conn: &mut Conn, running: &Track, at: Timestamp, stamp: Stamp) -> QueryResult<Track> {
    diesel::update(tracks::table.filter(tracks::id.eq(running.id)))
        .set((tracks::end_at.eq(at), mark(stamp)))
        .returning(COLUMNS)
        .get_result(conn)
}

/// What every change of a row sets.
#[diesel::dsl::auto_type(no_type_alias)]
fn mark(stamp: Stamp) -> _ {
    let at: Timestamp = stamp.at;
    let seq: i64 = stamp.seq;
    (tracks::updated_at.eq(at), tracks::seq.eq(seq), tracks::version.eq(tracks::version + 1_i64))
}

/// Changes what the draft says and keeps the rest; what says nothing new changes nothing. A track that is not there is
/// told before anything that is wrong with the draft.
///
/// # Errors
/// When the database cannot; the inner error as said.
pub fn update(
    conn: &mut Conn,
    caller: &Caller,
    id: TrackId,
    draft: Result<Draft, ApiError>,
    asked: Option<Policy>,
    clock: &Clock,
) -> Verdict<Track> {
    let stamp = changes::begin(conn, caller.workspace, clock)?;
    let Some(before) = find(conn, caller.person, id)? else { return Ok(Err(ApiError::NoSuch(KIND))) };
    let draft = or_refuse!(draft);
    edit(conn, caller, before, draft, asked, stamp)
}

/// As [`update`], of a track that is there, by whoever has the turn.
pub(crate) fn edit(
    conn: &mut Conn,
    caller: &Caller,
    before: Track,
    draft: Draft,
    asked: Option<Policy>,
    stamp: Stamp,
) -> Verdict<Track> {
    let (mut entry, wishes) = or_refuse!(complete(conn, caller, draft, Some(&before))?);
    let mut moved = None;
    if (entry.start, entry.end) != (before.start, before.end) {
        let policy = asked.unwrap_or(wishes.policy);
        let fit = schedule::fit(conn, caller.person, Some(before.id), &mut entry, policy, stamp.at)?;
        moved = Some(or_refuse!(fit).exclusive);
    }
    if entry.says_nothing_new(&before) {
        return Ok(Ok(before));
    }
    let tags = tags::keep(conn, caller.workspace, &entry.tags, stamp)?;
    diesel::update(tracks::table.filter(tracks::id.eq(before.id)))
        .set((
            tracks::activity_id.eq(entry.activity),
            tracks::description.eq(entry.description),
            tracks::start_at.eq(entry.start),
            tracks::end_at.eq(entry.end),
            tracks::tags.eq(tags),
            tracks::billable.eq(entry.billable),
            tracks::timezone.eq(entry.timezone),
            tracks::source.eq(entry.source),
            moved.map(|exclusive| tracks::exclusive.eq(exclusive)),
            mark(stamp),
        ))
        .returning(COLUMNS)
        .get_result(conn)
        .map(Ok)
}

/// Deletes a track, which can be restored; `false` when it is not there.
///
/// # Errors
/// When the database cannot.
pub fn delete(conn: &mut Conn, caller: &Caller, id: TrackId, clock: &Clock) -> QueryResult<bool> {
    let stamp = changes::begin(conn, caller.workspace, clock)?;
    remove(conn, caller, id, stamp)
}

/// As [`delete`], by whoever has the turn.
pub(crate) fn remove(conn: &mut Conn, caller: &Caller, id: TrackId, stamp: Stamp) -> QueryResult<bool> {
    let one = tracks::table.filter(tracks::id.eq(id)).filter(tracks::person_id.eq(caller.person));
    let alive = one.filter(tracks::deleted_at.is_null());
    let deleted = diesel::update(alive).set((tracks::deleted_at.eq(stamp.at), mark(stamp))).execute(conn)?;
    Ok(deleted > 0)
}

/// Brings a deleted track back, if there is room for it; one that is there stays as it is.
///
/// # Errors
/// When the database cannot; the inner error when it never was, or would run or overlap as it may not.
pub fn restore(
    conn: &mut Conn,
    caller: &Caller,
    id: TrackId,
    asked: Option<Policy>,
    clock: &Clock,
) -> Verdict<Track> {
    let stamp = changes::begin(conn, caller.workspace, clock)?;
    if let Some(there) = find(conn, caller.person, id)? {
        return Ok(Ok(there));
    }
    let one = tracks::table.filter(tracks::id.eq(id)).filter(tracks::person_id.eq(caller.person));
    let deleted: Option<Track> = one.select(COLUMNS).get_result(conn).optional()?;
    let Some(deleted) = deleted else { return Ok(Err(ApiError::NoSuch(KIND))) };
    let (mut entry, wishes) = or_refuse!(complete(conn, caller, Draft::empty(), Some(&deleted))?);
    let policy = asked.unwrap_or(wishes.policy);
    let Fit { exclusive, .. } =
        or_refuse!(schedule::fit(conn, caller.person, Some(id), &mut entry, policy, stamp.at)?);
    diesel::update(tracks::table.filter(tracks::id.eq(id)))
        .set((
            tracks::deleted_at.eq(None::<Timestamp>),
            tracks::start_at.eq(entry.start),
            tracks::end_at.eq(entry.end),
            tracks::exclusive.eq(exclusive),
            mark(stamp),
        ))
        .returning(COLUMNS)
        .get_result(conn)
        .map(Ok)
}

/// Cuts a track in two at an instant within it; both parts are as the whole was.
///
/// # Errors
/// When the database cannot; the inner error when it is not there, or the instant is not within it.
pub fn split(
    conn: &mut Conn,
    caller: &Caller,
    id: TrackId,
    at: Result<Timestamp, ApiError>,
    clock: &Clock,
) -> Verdict<[Track; 2]> {
    let stamp = changes::begin(conn, caller.workspace, clock)?;
    let Some(whole) = find(conn, caller.person, id)? else { return Ok(Err(ApiError::NoSuch(KIND))) };
    let at = or_refuse!(at);
    let is_within = whole.start.is_some_and(|start| start < at) && at < whole.end.unwrap_or(stamp.at);
    if !is_within {
        return Ok(Err(ApiError::field("at", "Must be between start and end.")));
    }
    let exclusive = tracks::table.filter(tracks::id.eq(id)).select(tracks::exclusive).get_result(conn)?;
    let rest = Entry { start: Some(at), uid: None, ..Entry::of(&whole) };
    let first = stop(conn, &whole, at, stamp)?;
    let second = write(conn, caller, rest, exclusive, stamp)?;
    Ok(Ok([first, second]))
}
