//! Pages of all there is, by start or by id: what is asked for most. Their statements are always the same, so that the
//! database has them prepared, and rows are read as it gives them.

use std::cmp::Reverse;

use diesel::dsl::auto_type;
use diesel::prelude::*;
use model::db::Conn;
use model::directly;
use model::time::Timestamp;

use crate::id::{PersonId, TrackId};
use crate::schema::{people, tracks};
use crate::tracks::row::{COLUMNS, Track};

/// Which rows of an order.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Whether it is gone through upwards.
    pub goes_up: bool,
    /// Rows that are passed over.
    pub offset: i64,
    /// Rows that are wanted, at most.
    pub limit: i64,
}

impl Part {
    fn beginning(self) -> i64 {
        if self.goes_up { i64::MIN } else { i64::MAX }
    }

    /// What comes first of both parts: nobody promises in which order the two come.
    fn begin(self, mut rows: Vec<Track>) -> Vec<Track> {
        rows.sort_unstable_by_key(|track| {
            let key = (track.start, track.id);
            (track.start.is_some(), self.goes_up.then_some(key), Reverse(key))
        });
        rows.truncate(usize::try_from(self.limit).unwrap_or(usize::MAX));
        rows
    }
}

macro_rules! load {
    ($conn:expr, $part:expr, $rows:expr) => {{
        let rows = $rows.limit($part.limit).offset($part.offset).select(COLUMNS);
        directly!($conn, |conn| rows.load(conn))
    }};
}

/// By id, behind that one.
///
/// # Errors
/// When the database cannot.
pub fn by_id(conn: &mut Conn, owner: PersonId, from: Option<i64>, part: Part) -> QueryResult<Vec<Track>> {
    let from = TrackId(from.unwrap_or(part.beginning()));
    if part.goes_up { load!(conn, part, later(owner, from)) } else { load!(conn, part, earlier(owner, from)) }
}

/// Those without a start, by id, behind that one.
///
/// # Errors
/// When the database cannot.
pub fn drafts(conn: &mut Conn, owner: PersonId, from: Option<i64>, part: Part) -> QueryResult<Vec<Track>> {
    let from = TrackId(from.unwrap_or(part.beginning()));
    if part.goes_up {
        load!(conn, part, later_drafts(owner, from))
    } else {
        load!(conn, part, earlier_drafts(owner, from))
    }
}

/// Those with a start, by it and then by id, behind that place.
///
/// # Errors
/// When the database cannot.
pub fn begun(
    conn: &mut Conn,
    owner: PersonId,
    from: Option<(i64, i64)>,
    part: Part,
) -> QueryResult<Vec<Track>> {
    let (start, id) = from.unwrap_or((part.beginning(), part.beginning()));
    let (start, id) = (Timestamp::from_micros(start), TrackId(id));
    if part.goes_up {
        load!(conn, part, oldest(owner, start, id))
    } else {
        load!(conn, part, newest(owner, start, id))
    }
}

/// The first ones of all, those without a start before the others, with such columns: in one question, which is half the way to
/// PostgreSQL. Its index has them in that order already, if the newest come first.
macro_rules! first {
    ($conn:expr, $owner:expr, $part:expr, $columns:expr) => {{
        let (from, id) = (Timestamp::from_micros($part.beginning()), TrackId($part.beginning()));
        macro_rules! both {
            ($drafts:expr, $begun:expr) => {{
                let drafts = $drafts.limit($part.limit).select($columns);
                let both = drafts.union_all($begun.limit($part.limit).select($columns));
                directly!($conn, |conn| both.load(conn))
            }};
        }
        match $conn {
            _ if $part.goes_up => both!(later_drafts($owner, id), oldest($owner, from, id)),
            Conn::Postgres(conn) => newest_of_all($owner).limit($part.limit).select($columns).load(conn),
            Conn::Sqlite(_) => both!(earlier_drafts($owner, id), newest($owner, from, id)),
        }
    }};
}

/// The first ones of all by start, those without one before the others.
///
/// # Errors
/// When the database cannot.
pub fn first(conn: &mut Conn, owner: PersonId, part: Part) -> QueryResult<Vec<Track>> {
    first!(conn, owner, part, COLUMNS).map(|rows| part.begin(rows))
}

/// The same, and how many there are in all.
///
/// # Errors
/// When the database cannot.
pub fn first_counted(conn: &mut Conn, owner: PersonId, part: Part) -> QueryResult<(Vec<Track>, i64)> {
    let (rows, count) = taken_apart(first!(conn, owner, part, (COLUMNS, count(owner).single_value()))?);
    Ok((part.begin(rows), count))
}

/// The first ones by id, and how many there are in all.
///
/// # Errors
/// When the database cannot.
pub fn by_id_counted(conn: &mut Conn, owner: PersonId, limit: i64) -> QueryResult<(Vec<Track>, i64)> {
    let rows = later(owner, TrackId(i64::MIN)).limit(limit).select((COLUMNS, count(owner).single_value()));
    directly!(conn, |conn| rows.load(conn)).map(taken_apart)
}

/// Where there are no rows, there are none in all.
fn taken_apart(rows: Vec<(Track, Option<i64>)>) -> (Vec<Track>, i64) {
    let count = rows.first().and_then(|(_, count)| *count).unwrap_or(0);
    (rows.into_iter().map(|(track, _)| track).collect(), count)
}

/// How many tracks somebody has, which is kept.
#[auto_type(no_type_alias)]
pub fn count(owner: PersonId) -> _ {
    people::table.filter(people::id.eq(owner)).select(people::track_count)
}

#[auto_type(no_type_alias)]
pub(super) fn later(owner: PersonId, from: TrackId) -> _ {
    let own: Alive = alive(owner);
    own.filter(tracks::id.gt(from)).order(tracks::id.asc())
}

#[auto_type(no_type_alias)]
pub(super) fn earlier(owner: PersonId, from: TrackId) -> _ {
    let own: Alive = alive(owner);
    own.filter(tracks::id.lt(from)).order(tracks::id.desc())
}

#[auto_type(no_type_alias)]
pub(super) fn later_drafts(owner: PersonId, from: TrackId) -> _ {
    let own: Alive = alive(owner);
    let drafts = own.filter(tracks::start_at.is_null()).filter(tracks::id.gt(from));
    drafts.order((tracks::start_at.asc(), tracks::id.asc()))
}

#[auto_type(no_type_alias)]
pub(super) fn earlier_drafts(owner: PersonId, from: TrackId) -> _ {
    let own: Alive = alive(owner);
    let drafts = own.filter(tracks::start_at.is_null()).filter(tracks::id.lt(from));
    drafts.order((tracks::start_at.desc(), tracks::id.desc()))
}

/// The start is said twice, so that the index is entered at it.
#[auto_type(no_type_alias)]
pub(super) fn oldest(owner: PersonId, from: Timestamp, id: TrackId) -> _ {
    let own: Alive = alive(owner);
    let behind = own.filter(tracks::start_at.ge(from));
    let behind = behind.filter(tracks::start_at.gt(from).or(tracks::id.gt(id)));
    behind.order((tracks::start_at.asc(), tracks::id.asc()))
}

#[auto_type(no_type_alias)]
pub(super) fn newest(owner: PersonId, from: Timestamp, id: TrackId) -> _ {
    let own: Alive = alive(owner);
    let behind = own.filter(tracks::start_at.le(from));
    let behind = behind.filter(tracks::start_at.lt(from).or(tracks::id.lt(id)));
    behind.order((tracks::start_at.desc(), tracks::id.desc()))
}

/// Those without a start, and then from the newest on.
#[auto_type(no_type_alias)]
pub(super) fn newest_of_all(owner: PersonId) -> _ {
    let own: Alive = alive(owner);
    own.order((tracks::start_at.desc().nulls_first(), tracks::id.desc()))
}

#[auto_type(type_case = "PascalCase")]
fn alive(owner: PersonId) -> _ {
    tracks::table.filter(tracks::person_id.eq(owner)).filter(tracks::deleted_at.is_null())
}
