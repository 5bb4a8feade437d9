//! The SQL of reports: one range of one index, and two that are nearly always empty.

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use model::db::Conn;
use model::directly;
use model::time::Timestamp;

use super::book::{Belongs, Book};
use super::sum::Spent;
use crate::id::{ActivityId, ItemId, PersonId, TrackId, WorkspaceId};
use crate::literal::{IsTooLong, Runs};
use crate::money::{Currency, Rate};
use crate::schema::{activities, clients, projects, tracks};
use crate::tracks::form::LONGEST;

/// The most tracks that a report looks at; who has more in so many days asks for fewer days.
pub const MOST: i64 = 200_000;

/// What the index has of a track.
type Indexed = (Timestamp, Option<Timestamp>, ActivityId, bool);

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
    let indexed = (tracks::start_at.assume_not_null(), tracks::end_at, tracks::activity_id, tracks::billable);
    let since = from.minus(LONGEST);
    // What runs is looked for first, and if it counts it runs until now also if it stops meanwhile. With a word about when it began, SQLite
    // would go through all that began earlier than what is too long.
    let rare = (tracks::id, indexed, tracks::tags);
    let rare = own().filter(Runs).select(rare).union_all(own().filter(IsTooLong).select(rare));
    let rare: Vec<(TrackId, Indexed, String)> = directly!(conn, |conn| rare.load(conn))?;
    let runs = rare.iter().find(|(_, (_, end, ..), _)| end.is_none() && now.is_some()).map(|(id, ..)| *id);
    let near = own()
        .filter(tracks::start_at.ge(since))
        .filter(tracks::start_at.lt(to))
        .filter(tracks::end_at.ge(from))
        .filter(tracks::id.ne(runs.unwrap_or(NOBODYS)))
        .limit(MOST);
    let mut spent = Vec::new();
    let mut add = |(start, end, activity, billable): Indexed, tags| {
        let end = end.or(now).map(|end| end.max(start));
        spent.extend(end.map(|end| Spent { start, end, activity, tags, billable }));
    };
    directly!(conn, |conn| {
        if with_tags {
            for row in near
                .select((indexed, tracks::tags))
                .load_iter::<(Indexed, String), DefaultLoadingMode>(conn)?
            {
                let (row, tags) = row?;
                add(row, tags);
            }
        } else {
            for row in near.select(indexed).load_iter::<Indexed, DefaultLoadingMode>(conn)? {
                add(row?, String::new());
            }
        }
    });
    for (_, row, tags) in rare {
        let counts = match row {
            (start, None, ..) => start < to,
            (start, Some(end), ..) => start < since && end >= from,
        };
        if counts {
            add(row, tags);
        }
    }
    Ok(spent)
}

/// No track has this number.
const NOBODYS: TrackId = TrackId(0);
