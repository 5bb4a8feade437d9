//! The SQL of feeds.

use diesel::prelude::*;
use model::db::Conn;
use model::time::Timestamp;

use super::form::Draft;
use super::token::Hash;
use crate::auth::Caller;
use crate::id::{FeedId, PersonId, TrackId};
use crate::schema::{feeds, people, tracks, workspaces};
use crate::tracks::row::{COLUMNS, Track};
use crate::wire::cursor::{Place, Value, along};
use crate::wire::error::{ApiError, Verdict, or_refuse};
use crate::wire::listing::{Page, Wanted};

/// The most feeds of one person.
const MOST: i64 = 20;
/// The most bytes of texts in one calendar.
const MOST_TEXTS: usize = 4 * 1_024 * 1_024;
/// How many tracks are read by one question.
const AT_ONCE: usize = 500;

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
    /// The client that made it; not known of feeds older than the field.
    pub client: Option<String>,
    /// The hour in which somebody looked at it last.
    pub last_read_at: Option<Timestamp>,
}

type Columns =
    (feeds::id, feeds::name, feeds::days, feeds::created_at, feeds::client_id, feeds::last_read_at);
const FEED: Columns =
    (feeds::id, feeds::name, feeds::days, feeds::created_at, feeds::client_id, feeds::last_read_at);

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
pub fn insert(conn: &mut Conn, caller: &Caller, draft: &Draft, hash: Hash, now: Timestamp) -> Verdict<Feed> {
    let count: i64 = feeds::table.filter(feeds::person_id.eq(caller.person)).count().get_result(conn)?;
    if count >= MOST {
        return Ok(Err(ApiError::Conflict("There are 20 feeds, which is the most: end one of them first.")));
    }
    diesel::insert_into(feeds::table)
        .values((
            feeds::person_id.eq(caller.person),
            feeds::client_id.eq(&caller.client),
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

/// What a token leads to.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Opened {
    /// The feed.
    pub feed: Feed,
    /// Whose it is.
    pub person: PersonId,
    /// The last change in their workspace, by its number.
    pub last_change: i64,
}

/// The feed that a token leads to.
///
/// # Errors
/// When the database cannot.
pub fn open(conn: &mut Conn, hash: Hash) -> QueryResult<Option<Opened>> {
    feeds::table
        .inner_join(people::table.on(people::id.eq(feeds::person_id)))
        .inner_join(workspaces::table.on(workspaces::id.eq(people::workspace_id)))
        .filter(feeds::token_hash.eq(hash.as_slice()))
        .select((FEED, feeds::person_id, workspaces::change_seq))
        .get_result(conn)
        .optional()
}

/// Notes that somebody looked at a feed in this hour. Nothing that anybody mirrors changes by it, so it is no change of the
/// workspace's.
///
/// # Errors
/// When the database cannot.
pub fn note_reading(conn: &mut Conn, id: FeedId, hour: Timestamp) -> QueryResult<usize> {
    let earlier = feeds::last_read_at.is_null().or(feeds::last_read_at.lt(hour));
    diesel::update(feeds::table.filter(feeds::id.eq(id)).filter(earlier))
        .set(feeds::last_read_at.eq(hour))
        .execute(conn)
}

/// A person's tracks that began from an instant on, the newest first: so many at most, and as many as have not too long texts.
///
/// # Errors
/// When the database cannot.
pub fn recent(conn: &mut Conn, person: PersonId, since: Timestamp, most: usize) -> QueryResult<Vec<Track>> {
    let (mut found, mut texts) = (Vec::<Track>::new(), 0);
    loop {
        let (until, id) =
            found.last().map_or((Timestamp::from_micros(i64::MAX), TrackId(i64::MAX)), |last| {
                (last.start.unwrap_or(since), last.id)
            });
        let at_once = AT_ONCE.min(most - found.len());
        let newest = tracks::table
            .filter(tracks::person_id.eq(person))
            .filter(tracks::deleted_at.is_null())
            .filter(tracks::start_at.ge(since))
            .filter(tracks::start_at.le(until))
            .filter(tracks::start_at.lt(until).or(tracks::id.lt(id)))
            .order((tracks::start_at.desc(), tracks::id.desc()))
            .limit(i64::try_from(at_once).unwrap_or(i64::MAX))
            .select(COLUMNS);
        let rows: Vec<Track> = match conn {
            Conn::Sqlite(conn) => newest.load(conn)?,
            Conn::Postgres(conn) => newest.load(conn)?,
        };
        let is_last = rows.len() < at_once;
        for track in rows {
            texts += track.description.len() + track.tags.len();
            if texts > MOST_TEXTS {
                return Ok(found);
            }
            found.push(track);
        }
        if is_last || found.len() >= most {
            return Ok(found);
        }
    }
}
