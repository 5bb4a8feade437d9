//! The SQL of the timer, for whoever has the turn ([`crate::changes::begin`]). That one track runs at most is in the end the
//! database's to guarantee, by an index.

use diesel::prelude::*;
use model::db::Conn;
use model::time::Timestamp;

use super::Timer;
use crate::auth::Caller;
use crate::changes::Stamp;
use crate::id::{ActivityId, PersonId, TrackId};
use crate::schema::{activities, clients, projects, tracks};
use crate::tracks::change::{self, Asked};
use crate::tracks::form::{Draft, LONGEST};
use crate::tracks::row::{COLUMNS, Track};
use crate::tracks::schedule::{self, Policy};
use crate::tracks::store::find;
use crate::tracks::store::memory::Memory;
use crate::wire::error::{ApiError, Verdict, or_refuse};

/// Starts what the draft says; what ran stops then, unless it may not.
///
/// # Errors
/// When the database cannot; the inner error with everything that is wrong with the draft.
pub fn start(
    conn: &mut Conn,
    caller: &Caller,
    mut draft: Draft,
    (asked, may_switch): (&Asked, bool),
    stamp: Stamp,
) -> Verdict<Timer> {
    let before = schedule::running(conn, caller.person)?;
    match &before {
        Some(running) => or_refuse!(asked.admit(running)),
        None => or_refuse!(asked.conditions.admit_nothing()),
    }
    match before {
        Some(same) if draft.uid() == Some(same.uid) => {
            return Ok(Ok(Timer { running: Some(same), stopped: None, is_clamped: false, at: stamp.at }));
        }
        Some(_) if !may_switch => return Ok(Err(ApiError::Conflict("A timer is running."))),
        _ => {}
    }
    if draft.activity().is_none() {
        draft.default_activity(last_activity(conn, caller, stamp.at)?);
    }
    run(conn, caller, draft, asked.policy, stamp)
}

/// Runs a copy of a track from now on.
///
/// # Errors
/// As [`start`], and the inner error when the track is not there.
pub fn again(conn: &mut Conn, caller: &Caller, id: TrackId, asked: &Asked, stamp: Stamp) -> Verdict<Timer> {
    let Some(track) = find(conn, caller.person, id)? else {
        return Ok(Err(ApiError::NoSuch(crate::tracks::KIND)));
    };
    or_refuse!(asked.admit(&track));
    run(conn, caller, Draft::like(&track), asked.policy, stamp)
}

fn run(
    conn: &mut Conn,
    caller: &Caller,
    mut draft: Draft,
    policy: Option<Policy>,
    stamp: Stamp,
) -> Verdict<Timer> {
    draft.run(stamp.at);
    let kept = or_refuse!(change::insert(conn, caller, draft, policy, stamp)?);
    Ok(Ok(Timer { running: Some(kept.track), stopped: kept.stopped, is_clamped: false, at: stamp.at }))
}

/// What the person did last, as far as it can still be done.
fn last_activity(conn: &mut Conn, caller: &Caller, now: Timestamp) -> QueryResult<Option<ActivityId>> {
    tracks::table
        .inner_join(activities::table.on(activities::id.eq(tracks::activity_id)))
        .left_join(projects::table.on(activities::project_id.eq(projects::id.nullable())))
        .left_join(clients::table.on(projects::client_id.eq(clients::id.nullable())))
        .filter(tracks::person_id.eq(caller.person))
        .filter(tracks::deleted_at.is_null())
        .filter(activities::workspace_id.eq(caller.workspace))
        .filter(activities::deleted_at.is_null())
        .filter(activities::archived.eq(false))
        .filter(projects::id.is_null().or(projects::archived.eq(false)))
        .filter(clients::id.is_null().or(clients::archived.eq(false)))
        .filter(tracks::start_at.le(now))
        .order((tracks::start_at.desc(), tracks::id.desc()))
        .select(tracks::activity_id)
        .first(conn)
        .optional()
}

/// Changes what runs.
///
/// # Errors
/// When the database cannot; the inner error when nothing runs, or with everything that is wrong with the draft.
pub fn edit(
    conn: &mut Conn,
    caller: &Caller,
    draft: Result<Draft, ApiError>,
    asked: &Asked,
    stamp: Stamp,
) -> Verdict<Timer> {
    let Some(before) = schedule::running(conn, caller.person)? else {
        return Ok(Err(ApiError::Conflict("No timer is running.")));
    };
    let moment = (stamp, &mut Memory::default());
    let after = or_refuse!(change::update(conn, caller, before.id, draft, asked, moment)?);
    let (running, stopped) = if after.is_running() { (Some(after), None) } else { (None, Some(after)) };
    Ok(Ok(Timer { running, stopped, is_clamped: false, at: stamp.at }))
}

/// Stops what runs. When nothing does, the answer is what was stopped last, for who sees tracks.
///
/// # Errors
/// When the database cannot; the inner error for an instant that is still to come.
pub fn stop(
    conn: &mut Conn,
    caller: &Caller,
    asked: Option<Timestamp>,
    terms: &Asked,
    stamp: Stamp,
) -> Verdict<Timer> {
    if asked.is_some_and(|at| at > stamp.at.plus(schedule::AHEAD)) {
        return Ok(Err(ApiError::field("at", "A timer cannot stop in the future.")));
    }
    let asked = asked.unwrap_or(stamp.at);
    let (stopped, is_clamped) = match schedule::running(conn, caller.person)? {
        None if caller.sees_tracks() => (last_stopped(conn, caller.person, stamp.at)?, false),
        None => (None, false),
        Some(running) => {
            or_refuse!(terms.admit(&running));
            let start = running.start.unwrap_or(asked);
            let at = asked.max(start).min(start.plus(LONGEST));
            (Some(change::stop(conn, &running, at, stamp)?), at != asked)
        }
    };
    Ok(Ok(Timer { running: None, stopped, is_clamped, at: stamp.at }))
}

/// What ended last, and not what is planned. A track is at most so long, so that older ones need not be looked at.
fn last_stopped(conn: &mut Conn, person: PersonId, now: Timestamp) -> QueryResult<Option<Track>> {
    tracks::table
        .filter(tracks::person_id.eq(person))
        .filter(tracks::deleted_at.is_null())
        .filter(tracks::start_at.ge(now.minus(LONGEST + LONGEST)))
        .filter(tracks::end_at.le(now.plus(schedule::AHEAD)))
        .order((tracks::end_at.desc(), tracks::id.desc()))
        .select(COLUMNS)
        .first(conn)
        .optional()
}

/// Deletes what runs.
///
/// # Errors
/// When the database cannot.
pub fn discard(conn: &mut Conn, caller: &Caller, asked: &Asked, stamp: Stamp) -> Verdict<Timer> {
    if let Some(running) = schedule::running(conn, caller.person)? {
        or_refuse!(change::delete(conn, caller, running.id, asked, stamp)?);
    }
    Ok(Ok(Timer { running: None, stopped: None, is_clamped: false, at: stamp.at }))
}
