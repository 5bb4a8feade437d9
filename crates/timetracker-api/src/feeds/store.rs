//! The SQL of feeds.

use diesel::prelude::*;
use model::db::Conn;
use model::time::Timestamp;

use super::form::Draft;
use super::token::Hash;
use crate::id::{FeedId, PersonId};
use crate::schema::{feeds, tracks};
use crate::tracks::row::{COLUMNS, Track};
use crate::wire::cursor::{Place, Value, along};
use crate::wire::error::{ApiError, Verdict, or_refuse};
use crate::wire::listing::{Page, Wanted};

/// The most feeds of one person.
const MOST: i64 = 20;

/// A feed.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Feed {
    /// Its id.
    pub id: FeedId,
    /// What the calendar is called; may be empty.
    pub name: String,
    /// How many days it goes back.
    pub days: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

type Columns = (feeds::id, feeds::name, feeds::days, feeds::created_at);
const FEED: Columns = (feeds::id, feeds::name, feeds::days, feeds::created_at);

/// A page of a person's.
///
/// # Errors
/// When the database cannot; the inner error when there is no such page.
pub fn page(conn: &mut Conn, person: PersonId, wanted: &Wanted<()>) -> Verdict<Page<Feed>> {
    let own = feeds::table.filter(feeds::person_id.eq(person));
    let rows = own.select(FEED).into_boxed();
    match wanted {
        Wanted::Numbered(wanted, by) => {
            let place = or_refuse!(wanted.among(own.count().get_result(conn)?));
            let rows = rows.limit(place.limit).offset(place.offset);
            let rows =
                if Wanted::id_descends(by) { rows.order(feeds::id.desc()) } else { rows.order(feeds::id) };
            Ok(Ok(Page::Numbered(place, rows.load(conn)?)))
        }
        Wanted::Placed(wanted) => {
            let rows = along!(rows, *wanted, feeds::id).limit(wanted.limit()).load(conn)?;
            Ok(Ok(Page::Placed(
                wanted.page(rows, |feed: &Feed| Place { value: Value::Absent, id: feed.id.0 }),
            )))
        }
    }
}

/// One of a person's.
///
/// # Errors
/// When the database cannot.
pub fn find(conn: &mut Conn, person: PersonId, id: FeedId) -> QueryResult<Option<Feed>> {
    let own = feeds::table.filter(feeds::id.eq(id)).filter(feeds::person_id.eq(person));
    own.select(FEED).get_result(conn).optional()
}

/// Keeps a new one.
///
/// # Errors
/// When the database cannot; the inner error when there are too many.
pub fn insert(conn: &mut Conn, person: PersonId, draft: &Draft, hash: Hash, now: Timestamp) -> Verdict<Feed> {
    let count: i64 = feeds::table.filter(feeds::person_id.eq(person)).count().get_result(conn)?;
    if count >= MOST {
        return Ok(Err(ApiError::Conflict("There are 20 feeds, which is the most: end one of them first.")));
    }
    diesel::insert_into(feeds::table)
        .values((
            feeds::person_id.eq(person),
            feeds::token_hash.eq(hash.as_slice()),
            feeds::name.eq(&draft.name),
            feeds::days.eq(draft.days),
            feeds::created_at.eq(now),
        ))
        .returning(FEED)
        .get_result(conn)
        .map(Ok)
}

/// Ends one of a person's; answers whether it was there.
///
/// # Errors
/// When the database cannot.
pub fn delete(conn: &mut Conn, person: PersonId, id: FeedId) -> QueryResult<bool> {
    let own = feeds::table.filter(feeds::id.eq(id)).filter(feeds::person_id.eq(person));
    Ok(diesel::delete(own).execute(conn)? > 0)
}

/// The feed that a token leads to, and whose it is.
///
/// # Errors
/// When the database cannot.
pub fn open(conn: &mut Conn, hash: Hash) -> QueryResult<Option<(Feed, PersonId)>> {
    let one = feeds::table.filter(feeds::token_hash.eq(hash.as_slice())).select((FEED, feeds::person_id));
    one.get_result(conn).optional()
}

/// A person's tracks that began from an instant on, the newest first.
///
/// # Errors
/// When the database cannot.
pub fn recent(conn: &mut Conn, person: PersonId, since: Timestamp, most: i64) -> QueryResult<Vec<Track>> {
    let newest = tracks::table
        .filter(tracks::person_id.eq(person))
        .filter(tracks::deleted_at.is_null())
        .filter(tracks::start_at.ge(since))
        .order((tracks::start_at.desc(), tracks::id.desc()))
        .limit(most)
        .select(COLUMNS);
    match conn {
        Conn::Sqlite(conn) => newest.load(conn),
        Conn::Postgres(conn) => newest.load(conn),
    }
}
