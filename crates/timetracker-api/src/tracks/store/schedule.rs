//! How a person's tracks stand to each other: one runs at a time, and what overlaps is for the person to decide.
//! Everything here is asked by a transaction that has its turn ([`crate::changes::begin`]), before it writes.

use std::time::Duration;

use diesel::prelude::*;
use model::db::Conn;
use model::directly;
use model::time::Timestamp;

use super::row::{COLUMNS, Track};
use crate::id::{PersonId, TrackId};
use crate::literal::{IsTooLong, Runs};
use crate::schema::tracks;
use crate::tracks::form::{Entry, LONGEST};
use crate::wire::error::{ApiError, Message, Verdict, or_refuse};

/// How far a client's clock may be ahead when it starts a timer.
pub const AHEAD: Duration = Duration::from_secs(60);
/// How many of the tracks in the way are named, and how many are looked at.
const NAMED: usize = 20;
const MOST: usize = 1_000;
const FOREVER: Timestamp = Timestamp::from_micros(i64::MAX);

/// What is to become of a track that overlaps others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// It may.
    Allow,
    /// It is refused.
    Reject,
    /// It gives way: it begins when the track it begins in has ended, and ends when the next one begins.
    Trim,
}

impl Policy {
    /// By its name on the wire and in the database.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "allow" => Some(Self::Allow),
            "reject" => Some(Self::Reject),
            "trim" => Some(Self::Trim),
            _ => None,
        }
    }

    /// That name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Reject => "reject",
            Self::Trim => "trim",
        }
    }
}

/// What has to be done with others so that a track fits.
#[derive(Debug, Default)]
pub struct Fit {
    /// The track that runs is stopped, at this instant.
    pub stops: Option<(Track, Timestamp)>,
    /// The database keeps it apart from others of its kind.
    pub exclusive: bool,
}

/// The track that runs.
///
/// # Errors
/// When the database cannot.
pub fn running(conn: &mut Conn, person: PersonId) -> QueryResult<Option<Track>> {
    let running = tracks::table
        .filter(tracks::person_id.eq(person))
        .filter(Runs)
        .filter(tracks::deleted_at.is_null())
        .select(COLUMNS);
    directly!(conn, |conn| running.get_result(conn)).optional()
}

/// Finds out what a track that is new, or that is changed to `entry`, means for the others; trims it if so decided.
///
/// # Errors
/// When the database cannot; the inner error when the track cannot be as it is wanted.
pub fn fit(
    conn: &mut Conn,
    person: PersonId,
    changed: Option<TrackId>,
    entry: &mut Entry,
    policy: Policy,
    now: Timestamp,
) -> Verdict<Fit> {
    let Some(start) = entry.start else { return Ok(Ok(Fit::default())) };
    let is_open = entry.end.is_none();
    // What has an end and may overlap need not know what runs.
    let other = if is_open || policy != Policy::Allow { running(conn, person)? } else { None };
    let other = other.filter(|other| Some(other.id) != changed);
    let since = other.as_ref().and_then(|other| other.start);
    if is_open && start > now.plus(AHEAD) {
        return Ok(Err(ApiError::field("start", "A timer cannot start in the future.")));
    }
    if let (true, Some(other)) =
        (is_open && (changed.is_some() || since.is_some_and(|since| start < since)), &other)
    {
        return Ok(Err(ApiError::field("end", is_running(other))));
    }
    // An interval without length is nowhere.
    if policy != Policy::Allow && entry.end != Some(start) {
        // What runs and stops for this one is no longer in the way from then on.
        let rest = other.as_ref().filter(|_| !is_open).map(Near::of);
        or_refuse!(make_room(conn, person, (changed, rest), entry, policy, now)?);
    }
    let start = entry.start.unwrap_or(start);
    let stops = other.filter(|_| is_open).zip(since).map(|(other, since)| {
        let at = start.min(since.plus(LONGEST));
        (other, at)
    });
    Ok(Ok(Fit { stops, exclusive: policy != Policy::Allow && is_exact(entry) }))
}

/// The constraint compares floating-point numbers, which are exact for whole ones up to 2^53: from 1684 to 2255.
fn is_exact(entry: &Entry) -> bool {
    const EXACT: i64 = 9_000_000_000_000_000;
    [entry.start, entry.end].into_iter().flatten().all(|at| (-EXACT..EXACT).contains(&at.micros()))
}

/// Refuses or trims what overlaps others. What runs is not given an end, nor a start that is still to come.
fn make_room(
    conn: &mut Conn,
    person: PersonId,
    (changed, rest): (Option<TrackId>, Option<Near>),
    entry: &mut Entry,
    policy: Policy,
    now: Timestamp,
) -> Verdict<()> {
    let (Some(start), end) = (entry.start, entry.end) else { return Ok(Ok(())) };
    let mut others = overlapping(conn, person, changed, start, end)?;
    let is_whole = others.len() < MOST;
    others.extend(rest.filter(|other| end.is_none_or(|end| other.start < end)));
    if others.is_empty() {
        return Ok(Ok(()));
    }
    others.sort_by_key(|other| (other.start, other.id));
    let room = if policy == Policy::Trim && is_whole { trimmed((start, end), &others) } else { None };
    let fits = |(start, cut): &(Timestamp, Option<Timestamp>)| {
        end.is_some() || (cut.is_none() && *start <= now.plus(AHEAD))
    };
    Ok(match room.filter(fits) {
        Some((start, end)) => {
            (entry.start, entry.end) = (Some(start), end);
            Ok(())
        }
        None => Err(ApiError::Overlaps(others.iter().take(NAMED).map(|other| other.id).collect())),
    })
}

fn is_running(other: &Track) -> Message {
    let since = other.start.map(|since| since.to_string()).unwrap_or_default();
    format!("Another track has been running since {since}: stop it first.").into()
}

/// A track that is in the way.
#[derive(Clone, Copy, Debug, Queryable)]
struct Near {
    id: TrackId,
    start: Timestamp,
    end: Option<Timestamp>,
}

impl Near {
    fn of(track: &Track) -> Self {
        Self { id: track.id, start: track.start.unwrap_or(FOREVER), end: track.end }
    }
}

/// Ended tracks that share an instant with the interval, the first of them; one that runs is not among them. A track is not
/// longer than [`LONGEST`], so that those that begin earlier need not be read; but for some from before that was so, which
/// have an index.
fn overlapping(
    conn: &mut Conn,
    person: PersonId,
    changed: Option<TrackId>,
    start: Timestamp,
    end: Option<Timestamp>,
) -> QueryResult<Vec<Near>> {
    let near = start.minus(LONGEST);
    let own = || {
        tracks::table
            .filter(tracks::person_id.eq(person))
            .filter(tracks::deleted_at.is_null())
            .filter(tracks::id.ne(changed.unwrap_or(TrackId(0))))
            .select((tracks::id, tracks::start_at.assume_not_null(), tracks::end_at))
    };
    let ended = own()
        .filter(tracks::start_at.gt(near))
        .filter(tracks::start_at.lt(end.unwrap_or(FOREVER)))
        .filter(tracks::end_at.gt(start))
        .filter(tracks::end_at.gt(tracks::start_at))
        .order((tracks::start_at, tracks::id))
        .limit(i64::try_from(MOST).unwrap_or(i64::MAX));
    let mut others: Vec<Near> = ended.load(conn)?;
    // With a word about when they began, SQLite would go through all that began earlier.
    let mut older: Vec<Near> = own().filter(IsTooLong).load(conn)?;
    older.retain(|other| other.start <= near && other.end > Some(start));
    others.extend(older);
    Ok(others)
}

/// What is left of an interval beside others, which are in order; `None` for nothing.
fn trimmed(
    (mut start, mut end): (Timestamp, Option<Timestamp>),
    others: &[Near],
) -> Option<(Timestamp, Option<Timestamp>)> {
    for other in others {
        if other.start <= start {
            start = start.max(other.end?);
        } else if end.is_none_or(|end| other.start < end) {
            end = Some(other.start);
        }
    }
    end.is_none_or(|end| start < end).then_some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_unix_seconds(second)
    }

    fn others(intervals: &[(i64, Option<i64>)]) -> Vec<Near> {
        let near =
            |(start, end): &(i64, Option<i64>)| Near { id: TrackId(1), start: at(*start), end: end.map(at) };
        intervals.iter().map(near).collect()
    }

    #[test]
    fn what_is_trimmed_gives_way_on_both_sides() {
        for (wanted, there, expected) in [
            ((9, Some(12)), vec![(11, Some(13))], Some((9, Some(11)))),
            ((9, Some(12)), vec![(8, Some(10))], Some((10, Some(12)))),
            ((9, Some(12)), vec![(10, Some(11))], Some((9, Some(10)))),
            ((9, Some(12)), vec![(8, Some(10)), (10, Some(11)), (11, Some(14))], None),
            ((9, Some(12)), vec![(8, Some(10)), (11, None)], Some((10, Some(11)))),
            ((9, Some(12)), vec![(8, None)], None),
            ((9, None), vec![(8, Some(10)), (20, Some(21))], Some((10, Some(20)))),
            ((9, None), vec![(8, Some(10))], Some((10, None))),
        ] {
            let (start, end): (i64, Option<i64>) = wanted;
            let left = trimmed((at(start), end.map(at)), &others(&there));
            let expected = expected.map(|(start, end): (i64, Option<i64>)| (at(start), end.map(at)));
            assert_eq!(left, expected, "{wanted:?} beside {there:?}");
        }
    }

    proptest::proptest! {
        /// What is left is free, lies within what was wanted, and begins or ends where it was wanted or at another's bound.
        #[test]
        fn what_is_left_overlaps_nothing(
            start in 0_i64..50, length in 1_i64..50,
            mut there in proptest::collection::vec((0_i64..60, 1_i64..20), 0..6),
        ) {
            there.sort_unstable();
            let there: Vec<_> = there.iter().map(|(start, length)| (*start, Some(start + length))).collect();
            let there: Vec<_> = there.into_iter().filter(|(from, to)| *from < start + length && to.is_some_and(|to| to > start)).collect();
            if let Some((from, to)) = trimmed((at(start), Some(at(start + length))), &others(&there)) {
                let to = to.unwrap();
                proptest::prop_assert!(at(start) <= from && from < to && to <= at(start + length));
                for (since, until) in there {
                    proptest::prop_assert!(to <= at(since) || at(until.unwrap()) <= from);
                }
            }
        }
    }
}
