//! The SQL of reports: one range of one index, and two of others that are nearly always empty.

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use model::db::Conn;
use model::directly;
use model::time::Timestamp;

use super::book::{Belongs, Book};
use super::spent::{Spent, Tracks};
use crate::id::{ActivityId, ItemId, PersonId, TrackId, WorkspaceId};
use crate::literal::{IsTooLong, Runs};
use crate::money::{Currency, Rate};
use crate::schema::{activities, clients, projects, tracks};
use crate::tracks::form::LONGEST;

/// The most tracks that a report looks at; who has more in so many days asks for fewer days.
pub const MOST: i64 = 200_000;

/// What the index has of a track.
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
    let rows: Vec<Row> = directly!(conn, |conn| rows.load(conn))?;
    let rate = |(amount, currency): Priced| Some(Rate { amount: amount?, currency: currency? });
    let entries = rows.into_iter().map(|(activity, (project, client), (own, above, top))| {
        let rate = rate(own).or_else(|| rate(above)).or_else(|| rate(top));
        (activity, Belongs { project, client, rate })
    });
    Ok(Book::new(entries.collect()))
}

/// The tracks that share an instant with an interval, or lie in it without length; what runs has no end. They come newest first, as the index
/// has them, which nobody may rely on for more than speed. Without their tags they are read off the index alone.
///
/// # Errors
/// When the database cannot.
pub fn within(
    conn: &mut Conn,
    person: PersonId,
    (from, to): (Timestamp, Timestamp),
    with_tags: bool,
) -> QueryResult<Tracks> {
    let own = || tracks::table.filter(tracks::person_id.eq(person)).filter(tracks::deleted_at.is_null());
    let since = from.minus(LONGEST);
    // What is rare has an index of its own, and both databases are kept from going through all of somebody's tracks instead: SQLite with a sum,
    // by which no index goes, PostgreSQL with a column that their index has not.
    let rare = || own().filter(tracks::version.gt(0));
    let began = || tracks::start_at + 0;
    let runs = rare().filter(Runs).filter(began().lt(to));
    let long = rare().filter(IsTooLong).filter(began().lt(since)).filter(tracks::end_at.ge(from));
    let near = own()
        .filter(tracks::start_at.ge(since))
        .filter(tracks::start_at.lt(to))
        .filter(tracks::end_at.ge(from));
    macro_rules! all {
        ($columns:expr) => {
            runs.select($columns)
                .union_all(long.select($columns))
                .union_all(near.select($columns))
                .limit(MOST)
        };
    }
    let indexed = (
        tracks::id,
        tracks::start_at.assume_not_null(),
        tracks::end_at,
        tracks::activity_id,
        tracks::billable,
    );
    let mut found = Tracks::default();
    let mut add = |(id, start, end, activity, billable): Indexed, tags| {
        found.add(Spent { id, start, end: end.unwrap_or(start), activity, tags, billable }, end.is_none());
    };
    directly!(conn, |conn| {
        if with_tags {
            for row in
                all!((indexed, tracks::tags)).load_iter::<(Indexed, String), DefaultLoadingMode>(conn)?
            {
                let (row, tags) = row?;
                add(row, tags.into());
            }
        } else {
            for row in all!(indexed).load_iter::<Indexed, DefaultLoadingMode>(conn)? {
                add(row?, Box::default());
            }
        }
    });
    Ok(found)
}
