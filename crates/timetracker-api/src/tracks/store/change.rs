//! The SQL that changes tracks, for whoever has the turn ([`crate::changes::begin`]). Each function looks, judges, and only
//! then writes, so that a refusal leaves nothing behind.

use diesel::prelude::*;
use model::db::{Conn, Kept as KeptStatement};
use model::id::Uid;
use model::time::Timestamp;

use super::booking::complete;
use super::find;
use super::memory::Memory;
use super::row::{COLUMNS, Track};
use super::schedule::{self, Fit, Policy};
use crate::auth::Caller;
use crate::changes::{Stamp, mark};
use crate::id::TrackId;
use crate::schema::tracks;
use crate::tags::store as tags;
use crate::tracks::form::{Draft, Entry, LONGEST};
use crate::tracks::{KIND, text};
use crate::wire::conditional::Conditions;
use crate::wire::error::{ApiError, Verdict, or_refuse};

/// What is new, and what was stopped for it.
#[derive(Debug)]
pub struct Kept {
    /// The track.
    pub track: Track,
    /// The one that ran until it began.
    pub stopped: Option<Track>,
}

/// What a request says about a change besides what to change.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// What is to become of overlaps.
    pub policy: Option<Policy>,
    /// Which versions it is for.
    pub conditions: Conditions,
}

impl Asked {
    /// Whether it is for the track as it is.
    ///
    /// # Errors
    /// 412, with the track.
    pub fn admit(&self, track: &Track) -> Result<(), ApiError> {
        self.conditions.admit(track.version, || text(track))
    }
}

/// Keeps a new track. One that runs stops the one that ran, when it began.
///
/// # Errors
/// When the database cannot; the inner error with everything that is wrong with the draft.
pub fn insert(
    conn: &mut Conn,
    caller: &Caller,
    draft: Draft,
    policy: Option<Policy>,
    stamp: Stamp,
) -> Verdict<Kept> {
    insert_one(conn, caller, draft, policy, (stamp, &mut Memory::default()))
}

/// As [`insert`], one of many.
///
/// # Errors
/// As [`insert`].
pub fn insert_one(
    conn: &mut Conn,
    caller: &Caller,
    draft: Draft,
    policy: Option<Policy>,
    (stamp, memory): (Stamp, &mut Memory),
) -> Verdict<Kept> {
    let (mut entry, wishes) = or_refuse!(complete(conn, caller, draft, None, memory)?);
    if let Some(uid) = entry.uid
        && is_taken(conn, caller, uid)?
    {
        return Ok(Err(ApiError::field("uid", "This field must be unique.")));
    }
    let policy = policy.unwrap_or(wishes.policy);
    let fit = or_refuse!(schedule::fit(conn, caller.person, None, &mut entry, policy, stamp.at)?);
    let stopped = fit.stops.map(|(running, at)| stop(conn, &running, at, stamp)).transpose()?;
    entry.timezone.get_or_insert(wishes.timezone);
    let track = write(conn, caller, entry, fit.exclusive, (stamp, memory))?;
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
    (stamp, memory): (Stamp, &mut Memory),
) -> QueryResult<Track> {
    let kept = tags::keep(conn, caller.workspace, &entry.tags, stamp, memory)?;
    let insert = diesel::insert_into(tracks::table)
        .values((
            tracks::person_id.eq(caller.person),
            tracks::uid.eq(entry.uid.unwrap_or_else(|| Uid::new(stamp.at))),
            tracks::activity_id.eq(entry.activity),
            tracks::description.eq(entry.description),
            tracks::start_at.eq(entry.start),
            tracks::end_at.eq(entry.end),
            tracks::tags.eq(tags::lines(&kept)),
            tracks::billable.eq(entry.billable),
            tracks::timezone.eq(entry.timezone),
            tracks::source.eq(entry.source),
            tracks::exclusive.eq(exclusive),
            tracks::created_at.eq(stamp.at),
            tracks::updated_at.eq(stamp.at),
            tracks::seq.eq(stamp.seq),
        ))
        .returning(COLUMNS);
    let track: Track = match conn {
        Conn::Sqlite(conn) => KeptStatement(insert).get_result(conn)?,
        Conn::Postgres(conn) => KeptStatement(insert).get_result(conn)?,
    };
    tags::link(conn, track.id, &[], &kept)?;
    Ok(track)
}

/// Ends a running track; the caller has looked that `at` is not before its start.
pub(crate) fn stop(conn: &mut Conn, running: &Track, at: Timestamp, stamp: Stamp) -> QueryResult<Track> {
    diesel::update(tracks::table.filter(tracks::id.eq(running.id)))
        .set((tracks::end_at.eq(at), mark!(tracks, stamp)))
        .returning(COLUMNS)
        .get_result(conn)
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
    asked: &Asked,
    (stamp, memory): (Stamp, &mut Memory),
) -> Verdict<Track> {
    let Some(before) = find(conn, caller.person, id)? else { return Ok(Err(ApiError::NoSuch(KIND))) };
    or_refuse!(asked.admit(&before));
    let draft = or_refuse!(draft);
    edit(conn, caller, before, draft, asked.policy, (stamp, memory))
}

/// As [`update`], of a track that is there.
///
/// # Errors
/// As [`update`].
pub fn edit(
    conn: &mut Conn,
    caller: &Caller,
    before: Track,
    draft: Draft,
    policy: Option<Policy>,
    (stamp, memory): (Stamp, &mut Memory),
) -> Verdict<Track> {
    let (mut entry, wishes) = or_refuse!(complete(conn, caller, draft, Some(&before), memory)?);
    let mut moved = None;
    if (entry.start, entry.end) != (before.start, before.end) {
        let policy = policy.unwrap_or(wishes.policy);
        let fit = schedule::fit(conn, caller.person, Some(before.id), &mut entry, policy, stamp.at)?;
        moved = Some(or_refuse!(fit).exclusive);
    }
    if entry.says_nothing_new(&before) {
        return Ok(Ok(before));
    }
    let mut keep = |names| tags::keep(conn, caller.workspace, names, stamp, memory);
    let (had, has) = (keep(&before.tags)?, keep(&entry.tags)?);
    tags::link(conn, before.id, &had, &has)?;
    diesel::update(tracks::table.filter(tracks::id.eq(before.id)))
        .set((
            tracks::activity_id.eq(entry.activity),
            tracks::description.eq(entry.description),
            tracks::start_at.eq(entry.start),
            tracks::end_at.eq(entry.end),
            tracks::tags.eq(tags::lines(&has)),
            tracks::billable.eq(entry.billable),
            tracks::timezone.eq(entry.timezone),
            tracks::source.eq(entry.source),
            moved.map(|exclusive| tracks::exclusive.eq(exclusive)),
            mark!(tracks, stamp),
        ))
        .returning(COLUMNS)
        .get_result(conn)
        .map(Ok)
}

/// Makes the track of this uid, or changes it: what a client that was offline sends when it is not any more. Whether it was
/// made is the second half of the answer.
///
/// # Errors
/// When the database cannot; the inner error with everything that is wrong with the draft, when the track was deleted, or is
/// not as the client thinks.
pub fn upsert(
    conn: &mut Conn,
    caller: &Caller,
    draft: Result<Draft, ApiError>,
    uid: Uid,
    asked: &Asked,
    (stamp, memory): (Stamp, &mut Memory),
) -> Verdict<(Track, bool)> {
    let one = tracks::table.filter(tracks::person_id.eq(caller.person)).filter(tracks::uid.eq(uid));
    let known: Option<(Track, Option<Timestamp>)> =
        one.select((COLUMNS, tracks::deleted_at)).get_result(conn).optional()?;
    match known {
        Some((_, Some(_))) => Ok(Err(ApiError::Conflict("The track was deleted: restore it first."))),
        Some((there, None)) => {
            or_refuse!(asked.admit(&there));
            let draft = or_refuse!(draft);
            let kept = edit(conn, caller, there, draft, asked.policy, (stamp, memory))?;
            Ok(kept.map(|track| (track, false)))
        }
        None => {
            or_refuse!(asked.conditions.admit_nothing());
            let draft = or_refuse!(draft).known_by(uid);
            let kept = insert_one(conn, caller, draft, asked.policy, (stamp, memory))?;
            Ok(kept.map(|kept| (kept.track, true)))
        }
    }
}

/// Deletes a track, which can be restored.
///
/// # Errors
/// When the database cannot; the inner error when it is not there, or not as the client thinks.
pub fn delete(conn: &mut Conn, caller: &Caller, id: TrackId, asked: &Asked, stamp: Stamp) -> Verdict<()> {
    let Some(there) = find(conn, caller.person, id)? else { return Ok(Err(ApiError::NoSuch(KIND))) };
    or_refuse!(asked.admit(&there));
    let row = diesel::update(tracks::table.filter(tracks::id.eq(id)));
    row.set((tracks::deleted_at.eq(stamp.at), mark!(tracks, stamp))).execute(conn)?;
    Ok(Ok(()))
}

/// Brings a deleted track back, if there is room for it; one that is there stays as it is.
///
/// # Errors
/// When the database cannot; the inner error when it never was, or would run or overlap as it may not.
pub fn restore(conn: &mut Conn, caller: &Caller, id: TrackId, asked: &Asked, stamp: Stamp) -> Verdict<Track> {
    if let Some(there) = find(conn, caller.person, id)? {
        or_refuse!(asked.admit(&there));
        return Ok(Ok(there));
    }
    let one = tracks::table.filter(tracks::id.eq(id)).filter(tracks::person_id.eq(caller.person));
    let deleted: Option<Track> = one.select(COLUMNS).get_result(conn).optional()?;
    let Some(deleted) = deleted else { return Ok(Err(ApiError::NoSuch(KIND))) };
    or_refuse!(asked.admit(&deleted));
    let mut memory = Memory::default();
    let (mut entry, wishes) =
        or_refuse!(complete(conn, caller, Draft::empty(), Some(&deleted), &mut memory)?);
    let policy = asked.policy.unwrap_or(wishes.policy);
    let Fit { exclusive, .. } =
        or_refuse!(schedule::fit(conn, caller.person, Some(id), &mut entry, policy, stamp.at)?);
    diesel::update(tracks::table.filter(tracks::id.eq(id)))
        .set((
            tracks::deleted_at.eq(None::<Timestamp>),
            tracks::start_at.eq(entry.start),
            tracks::end_at.eq(entry.end),
            tracks::exclusive.eq(exclusive),
            mark!(tracks, stamp),
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
    asked: &Asked,
    stamp: Stamp,
) -> Verdict<[Track; 2]> {
    let Some(whole) = find(conn, caller.person, id)? else { return Ok(Err(ApiError::NoSuch(KIND))) };
    or_refuse!(asked.admit(&whole));
    let at = or_refuse!(at);
    let is_within = whole.start.is_some_and(|start| start < at) && at < whole.end.unwrap_or(stamp.at);
    if !is_within {
        return Ok(Err(ApiError::field("at", "Must be between start and end.")));
    }
    if whole.is_running() && whole.start.is_some_and(|start| at.since(start) > LONGEST) {
        return Ok(Err(ApiError::field("at", "A track must not be longer than 31 days.")));
    }
    let exclusive = tracks::table.filter(tracks::id.eq(id)).select(tracks::exclusive).get_result(conn)?;
    let rest = Entry { start: Some(at), uid: None, ..Entry::of(&whole) };
    let first = stop(conn, &whole, at, stamp)?;
    let second = write(conn, caller, rest, exclusive, (stamp, &mut Memory::default()))?;
    Ok(Ok([first, second]))
}
