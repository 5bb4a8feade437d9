//! The SQL of reports: one range of one index, and two that are nearly always empty.

use diesel::prelude::*;
use model::db::Conn;
use model::time::Timestamp;

use super::sum::Spent;
use crate::id::{ActivityId, PersonId, TrackId};
use crate::schema::tracks;
use crate::tracks::form::LONGEST;
use crate::tracks::row::is_too_long;

/// The most tracks that a report looks at; who has more in so many days asks for fewer days.
pub const MOST: i64 = 200_000;

type Row = (TrackId, Timestamp, Option<Timestamp>, ActivityId, String, bool);

/// The tracks that share an instant with an interval, or lie in it without length; what runs ends `now`, if it counts at all.
///
/// # Errors
/// When the database cannot.
pub fn within(
    conn: &mut Conn,
    person: PersonId,
    (from, to): (Timestamp, Timestamp),
    now: Option<Timestamp>,
) -> QueryResult<Vec<Spent>> {
    let begun = || {
        tracks::table
            .filter(tracks::person_id.eq(person))
            .filter(tracks::deleted_at.is_null())
            .filter(tracks::start_at.lt(to))
            .select((
                tracks::id,
                tracks::start_at.assume_not_null(),
                tracks::end_at,
                tracks::activity_id,
                tracks::tags,
                tracks::billable,
            ))
    };
    let ended = || begun().filter(tracks::end_at.ge(from));
    let near = ended().filter(tracks::start_at.ge(from.minus(LONGEST))).limit(MOST);
    let older = ended().filter(is_too_long()).filter(tracks::start_at.lt(from.minus(LONGEST)));
    let running = begun().filter(tracks::end_at.is_null());
    // What runs is looked for first: if it stops meanwhile it is among the ended ones, and counts as one of those.
    let running: Option<Row> = if now.is_some() { running.first(conn).optional()? } else { None };
    let mut rows: Vec<Row> = match conn {
        Conn::Sqlite(conn) => near.load(conn)?,
        Conn::Postgres(conn) => near.load(conn)?,
    };
    rows.extend(older.load::<Row>(conn)?);
    let running = running.filter(|running| rows.iter().all(|row| row.0 != running.0));
    rows.extend(running);
    let spent = rows.into_iter().filter_map(|(_, start, end, activity, tags, billable)| {
        let end = end.or(now)?.max(start);
        Some(Spent { start, end, activity, tags, billable })
    });
    Ok(spent.collect())
}
