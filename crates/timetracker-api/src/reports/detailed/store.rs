//! The SQL of detailed reports: a range of one index, so many rows at a time, each time from where the last one ended. No
//! cursor is held open between them.

use std::collections::HashMap;

use diesel::connection::DefaultLoadingMode;
use diesel::dsl::AssumeNotNull;
use diesel::prelude::*;
use model::db::Conn;
use model::directly;
use model::id::Uid;
use model::time::Timestamp;

use crate::id::{ActivityId, ItemId, PersonId, TrackId};
use crate::literal::{IsTooLong, Runs};
use crate::schema::{activities, clients, projects, tracks};
use crate::tracks::form::LONGEST;
use crate::tracks::source::Source;

/// How many bytes of texts are read at once, but for the last text: what is kept in memory does not grow with what people write.
const TEXTS_AT_ONCE: usize = 512 * 1_024;

/// Where a reader is: behind the track that began then and has this id.
pub type Place = (Timestamp, TrackId);

/// A track, as far as its rows tell of it: less than there is, because there may be millions.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Entry {
    /// Its id.
    pub id: TrackId,
    /// When it began.
    pub start: Timestamp,
    /// When it ended, unless it runs.
    pub end: Option<Timestamp>,
    /// What it was spent on.
    pub activity: ActivityId,
    /// What it is known by in copies.
    pub uid: Uid,
    /// What was done.
    pub description: String,
    /// The names of its tags, one to a line.
    pub tags: String,
    /// Whether somebody is to pay for it.
    pub billable: bool,
    /// Who wrote it.
    pub source: Source,
}

impl Entry {
    /// Its place.
    pub const fn place(&self) -> Place {
        (self.start, self.id)
    }
}

type Columns = (
    tracks::id,
    AssumeNotNull<tracks::start_at>,
    tracks::end_at,
    tracks::activity_id,
    tracks::uid,
    tracks::description,
    tracks::tags,
    tracks::billable,
    tracks::source,
);

fn columns() -> Columns {
    (
        tracks::id,
        tracks::start_at.assume_not_null(),
        tracks::end_at,
        tracks::activity_id,
        tracks::uid,
        tracks::description,
        tracks::tags,
        tracks::billable,
        tracks::source,
    )
}

/// What a track was spent on, by name, and on whose account; what is deleted has a name still.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The activity.
    pub activity: String,
    /// Its project.
    pub project: Option<(ItemId, String)>,
    /// That one's client.
    pub client: Option<(ItemId, String)>,
}

/// Those of an activity that is in no directory, which is none.
pub static UNKNOWN: Names = Names { activity: String::new(), project: None, client: None };

/// The same of some activities.
pub type Directory = HashMap<ActivityId, Names>;

/// What was found behind a place.
#[derive(Debug)]
pub struct Found {
    /// Tracks, by when they began.
    pub entries: Vec<Entry>,
    /// Whether there are no others behind them.
    pub is_all: bool,
}

/// Up to `most` tracks behind a place that share an instant with an interval, or lie in it without length, and what runs;
/// fewer, but at least one, where texts are long.
///
/// # Errors
/// When the database cannot.
pub fn after(
    conn: &mut Conn,
    person: PersonId,
    (from, to): (Timestamp, Timestamp),
    after: Option<Place>,
    most: usize,
) -> QueryResult<Found> {
    let near = from.minus(LONGEST);
    let (since, id) = after.unwrap_or((Timestamp::from_micros(i64::MIN), TrackId(0)));
    let mut entries = if since < near { before(conn, person, (from, near))? } else { Vec::new() };
    entries.retain(|entry| entry.place() > (since, id));
    entries.sort_unstable_by_key(Entry::place);
    entries.truncate(most);
    let rest = most - entries.len();
    let mut is_whole = true;
    if rest > 0 {
        let (since, id) = (since, id).max((near, TrackId(0)));
        let behind = tracks::table
            .filter(tracks::person_id.eq(person))
            .filter(tracks::deleted_at.is_null())
            .filter(tracks::start_at.ge(since))
            .filter(tracks::start_at.lt(to))
            .filter(tracks::start_at.gt(since).or(tracks::id.gt(id)))
            .filter(tracks::end_at.ge(from).or(tracks::end_at.is_null()))
            .order((tracks::start_at.asc(), tracks::id.asc()))
            .limit(i64::try_from(rest).unwrap_or(i64::MAX))
            .select(columns());
        is_whole = directly!(conn, |conn| {
            take(behind.load_iter::<Entry, DefaultLoadingMode>(conn)?, &mut entries)?
        });
    }
    let is_all = is_whole && entries.len() < most;
    Ok(Found { entries, is_all })
}

/// Takes rows until their texts are long enough; answers whether it took them all.
fn take(rows: impl Iterator<Item = QueryResult<Entry>>, entries: &mut Vec<Entry>) -> QueryResult<bool> {
    let mut texts = 0;
    for entry in rows {
        let entry = entry?;
        texts += entry.description.len() + entry.tags.len();
        entries.push(entry);
        if texts >= TEXTS_AT_ONCE {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What began so long before the interval that no track of today does: those from before there was a limit, and perhaps
/// what runs. They are few, and have indexes of their own.
fn before(
    conn: &mut Conn,
    person: PersonId,
    (from, near): (Timestamp, Timestamp),
) -> QueryResult<Vec<Entry>> {
    let own = || {
        let own = tracks::table.filter(tracks::person_id.eq(person)).filter(tracks::deleted_at.is_null());
        own.select(columns())
    };
    // With a word about when they began, SQLite would go through all that began earlier.
    let mut entries: Vec<Entry> = directly!(conn, |conn| own().filter(IsTooLong).load(conn))?;
    entries.extend(directly!(conn, |conn| own().filter(Runs).load::<Entry>(conn))?);
    entries.retain(|entry| entry.start < near && entry.end.is_none_or(|end| end >= from));
    Ok(entries)
}

/// What these activities are called, and what they belong to.
///
/// # Errors
/// When the database cannot.
pub fn names(conn: &mut Conn, of: impl Iterator<Item = ActivityId>) -> QueryResult<Directory> {
    type Named = (Option<ItemId>, Option<String>);
    type Row = (ActivityId, String, Named, Named);
    let mut ids: Vec<ActivityId> = of.collect();
    ids.sort_unstable();
    ids.dedup();
    let named = activities::table
        .left_join(projects::table.on(activities::project_id.eq(projects::id.nullable())))
        .left_join(clients::table.on(projects::client_id.eq(clients::id.nullable())))
        .filter(activities::id.eq_any(ids))
        .select((
            activities::id,
            activities::name,
            (projects::id.nullable(), projects::name.nullable()),
            (clients::id.nullable(), clients::name.nullable()),
        ));
    let rows: Vec<Row> = match conn {
        Conn::Sqlite(conn) => named.load(conn)?,
        Conn::Postgres(conn) => named.load(conn)?,
    };
    let named = |(id, activity, project, client): Row| {
        let both = |(id, name): Named| id.zip(name);
        (id, Names { activity, project: both(project), client: both(client) })
    };
    Ok(rows.into_iter().map(named).collect())
}
