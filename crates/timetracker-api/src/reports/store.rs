//! The SQL of reports: one range of one index, and two that are nearly always empty.

use diesel::prelude::*;
use model::db::Conn;
use model::time::Timestamp;

use super::book::{Belongs, Book};
use super::sum::Spent;
use crate::id::{ActivityId, ItemId, PersonId, TrackId, WorkspaceId};
use crate::money::{Currency, Rate};
use crate::schema::{activities, clients, projects, tracks};
use crate::tracks::form::LONGEST;
use crate::tracks::row::{is_too_long, runs};

/// The most tracks that a report looks at; who has more in so many days asks for fewer days.
pub const MOST: i64 = 200_000;

/// What the index has of a track, and its tags, which it has not.
type Row = (Indexed, String);
type Indexed = (TrackId, Timestamp, Option<Timestamp>, ActivityId, bool);

/// What each of the workspace's activities belongs to and what an hour of it costs, those that were deleted included: the
/// rate is the activity's, else its project's, else its client's.
///
/// # Errors
/// When the database cannot.
pub fn book(conn: &mut Conn, workspace: WorkspaceId) -> QueryResult<Book> {
    type Priced = (Option<i64>, Option<Currency>);
    type Row = (ActivityId, (Option<ItemId>, Option<ItemId>), (Priced, Priced, Priced));
    let rows = activities::table
        .left_join(projects::table.on(activities::project_id.eq(projects::id.nullable())))
        .left_join(clients::table.on(projects::client_id.eq(clients::id.nullable())))
        .filter(activities::workspace_id.eq(workspace))
        .select((
            activities::id,
            (activities::project_id, projects::client_id.nullable()),
            (
                (activities::rate_amount, activities::rate_currency),
                (projects::rate_amount.nullable(), projects::rate_currency.nullable()),
                (clients::rate_amount.nullable(), clients::rate_currency.nullable()),
            ),
        ));
    let rows: Vec<Row> = match conn {
        Conn::Sqlite(conn) => rows.load(conn)?,
        Conn::Postgres(conn) => rows.load(conn)?,
    };
    let rate = |(amount, currency): Priced| Some(Rate { amount: amount?, currency: currency? });
    let entries = rows.into_iter().map(|(activity, (project, client), (own, above, top))| {
        let rate = rate(own).or_else(|| rate(above)).or_else(|| rate(top));
        (activity, Belongs { project, client, rate })
    });
    Ok(Book::new(entries.collect()))
}

/// Loads rows by the database's own connection.
macro_rules! load {
    ($conn:expr, $rows:expr) => {
        match $conn {
            Conn::Sqlite(conn) => $rows.load(conn),
            Conn::Postgres(conn) => $rows.load(conn),
        }
    };
}

/// The tracks that share an instant with an interval, or lie in it without length; what runs ends `now`, if it counts at
/// all. Without their tags they are read off the index alone.
///
/// # Errors
/// When the database cannot.
pub fn within(
    conn: &mut Conn,
    person: PersonId,
    (from, to): (Timestamp, Timestamp),
    now: Option<Timestamp>,
    with_tags: bool,
) -> QueryResult<Vec<Spent>> {
    let own = || tracks::table.filter(tracks::person_id.eq(person)).filter(tracks::deleted_at.is_null());
    let indexed = (
        tracks::id,
        tracks::start_at.assume_not_null(),
        tracks::end_at,
        tracks::activity_id,
        tracks::billable,
    );
    let columns = (indexed, tracks::tags);
    let since = from.minus(LONGEST);
    let near = own()
        .filter(tracks::start_at.ge(since))
        .filter(tracks::start_at.lt(to))
        .filter(tracks::end_at.ge(from))
        .limit(MOST);
    // What runs is looked for first: if it stops meanwhile it is among the ended ones, and counts as one of those.
    let running: Option<Row> = match now {
        Some(_) => own().filter(runs()).select(columns).get_result(conn).optional()?,
        None => None,
    };
    let mut rows: Vec<Row> = if with_tags {
        load!(conn, near.select(columns))?
    } else {
        let rows: Vec<Indexed> = load!(conn, near.select(indexed))?;
        rows.into_iter().map(|row| (row, String::new())).collect()
    };
    // With a word about when they began, SQLite would go through all that began earlier.
    let older: Vec<Row> = own().filter(is_too_long()).select(columns).load(conn)?;
    rows.extend(older.into_iter().filter(|((_, start, end, ..), _)| *start < since && *end >= Some(from)));
    let running =
        running.filter(|((id, start, ..), _)| *start < to && rows.iter().all(|((other, ..), _)| other != id));
    rows.extend(running);
    let spent = rows.into_iter().filter_map(|((_, start, end, activity, billable), tags)| {
        let end = end.or(now)?.max(start);
        Some(Spent { start, end, activity, tags, billable })
    });
    Ok(spent.collect())
}
