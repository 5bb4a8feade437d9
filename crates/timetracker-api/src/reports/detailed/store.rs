//! The SQL of detailed reports: a range of one index, so many rows at a time, each time from where the last one ended. No
//! cursor is held open between them.

use std::collections::HashMap;

use diesel::prelude::*;
use model::db::Conn;
use model::time::Timestamp;

use crate::id::{ActivityId, ItemId, PersonId, TrackId};
use crate::schema::{activities, clients, projects, tracks};
use crate::tracks::form::LONGEST;
use crate::tracks::row::{COLUMNS, Track, is_too_long, runs};

/// Where a reader is: behind the track that began then and has this id.
pub type Place = (Timestamp, TrackId);

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

/// The same of some activities.
pub type Directory = HashMap<ActivityId, Names>;

/// Up to `most` tracks behind a place that share an instant with an interval, or lie in it without length, by when they
/// began; and what runs.
///
/// # Errors
/// When the database cannot.
pub fn after(
    conn: &mut Conn,
    person: PersonId,
    (from, to): (Timestamp, Timestamp),
    after: Option<Place>,
    most: i64,
) -> QueryResult<Vec<Track>> {
    let near = from.minus(LONGEST);
    let (since, id) = after.unwrap_or((Timestamp::from_micros(i64::MIN), TrackId(0)));
    let mut rows = if since < near { before(conn, person, (from, near))? } else { Vec::new() };
    rows.retain(|track| track.start.map(|start| (start, track.id)) > Some((since, id)));
    rows.sort_unstable_by_key(|track| (track.start, track.id));
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    rows.truncate(most);
    let rest = i64::try_from(most - rows.len()).unwrap_or(i64::MAX);
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
            .limit(rest)
            .select(COLUMNS);
        rows.extend::<Vec<Track>>(match conn {
            Conn::Sqlite(conn) => behind.load(conn)?,
            Conn::Postgres(conn) => behind.load(conn)?,
        });
    }
    Ok(rows)
}

/// What began so long before the interval that no track of today does: those from before there was a limit, and perhaps
/// what runs. They are few, and have indexes of their own.
fn before(
    conn: &mut Conn,
    person: PersonId,
    (from, near): (Timestamp, Timestamp),
) -> QueryResult<Vec<Track>> {
    let own = || {
        let own = tracks::table.filter(tracks::person_id.eq(person)).filter(tracks::deleted_at.is_null());
        own.select(COLUMNS)
    };
    // With a word about when they began, SQLite would go through all that began earlier.
    let mut rows: Vec<Track> = own().filter(is_too_long()).load(conn)?;
    rows.extend(own().filter(runs()).load::<Track>(conn)?);
    rows.retain(|track| track.start < Some(near) && track.end.is_none_or(|end| end >= from));
    Ok(rows)
}

/// What these tracks were spent on.
///
/// # Errors
/// When the database cannot.
pub fn names(conn: &mut Conn, tracks: &[Track]) -> QueryResult<Directory> {
    type Named = (Option<ItemId>, Option<String>);
    type Row = (ActivityId, String, Named, Named);
    let mut ids: Vec<ActivityId> = tracks.iter().map(|track| track.activity).collect();
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
