//! What a report read, kept for the next one: people look at the same days again, grouped in another way, and pages ask anew. What is kept is
//! right as long as nothing was committed in the workspace since, which the database is asked each time.

use std::sync::Arc;
use std::time::Duration;

use diesel::QueryResult;
use model::db::Conn;
use model::time::Timestamp;

use super::book::Book;
use super::store;
use super::sum::Spent;
use crate::auth::Caller;
use crate::auth::cache::Weighed;
use crate::id::PersonId;

/// Bytes that are kept of all people together.
const MOST: u64 = 64 * 1024 * 1024;
/// A database that is restored while this runs may count to the same number again: what is kept ends before somebody wonders.
const LIFETIME: Duration = Duration::from_secs(600);

/// The tracks of some days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tracks {
    /// What runs; its end is its beginning.
    pub running: Option<Spent>,
    /// What has ended, newest first.
    pub ended: Vec<Spent>,
}

impl Tracks {
    /// What runs, as if it ended now.
    pub fn running_until(&self, now: Timestamp) -> Option<Spent> {
        self.running.as_ref().map(|track| Spent { end: now.max(track.start), ..track.clone() })
    }
}

/// What a report is made of.
#[derive(Debug)]
pub struct Ledger {
    /// The last change in the workspace that is known to be in it.
    as_of: i64,
    range: (Timestamp, Timestamp),
    has_tags: bool,
    /// The tracks that have something in the range, and perhaps others.
    pub tracks: Tracks,
    /// What their activities cost.
    pub book: Book,
}

impl Ledger {
    /// Reads it. `as_of` was read before.
    ///
    /// # Errors
    /// When the database cannot.
    pub fn read(
        conn: &mut Conn,
        caller: &Caller,
        as_of: i64,
        range: (Timestamp, Timestamp),
        has_tags: bool,
    ) -> QueryResult<Self> {
        let tracks = store::within(conn, caller.person, range, has_tags)?;
        Ok(Self { as_of, range, has_tags, tracks, book: store::book(conn, caller.workspace)? })
    }

    /// Whether it has all that there is in the range at the number `as_of`.
    pub fn serves(&self, as_of: i64, (from, to): (Timestamp, Timestamp), with_tags: bool) -> bool {
        self.as_of == as_of && self.range.0 <= from && to <= self.range.1 && (self.has_tags || !with_tags)
    }

    /// Bytes, about.
    fn weight(&self) -> usize {
        let all = || self.tracks.ended.iter().chain(&self.tracks.running);
        let tags: usize = all().map(|track| track.tags.capacity()).sum();
        size_of::<Self>() + self.tracks.ended.capacity() * size_of::<Spent>() + tags + self.book.weight()
    }
}

/// The last one of each who asked of late.
pub struct Ledgers(Weighed<PersonId, Ledger>);

impl Default for Ledgers {
    fn default() -> Self {
        Self(Weighed::new(MOST, LIFETIME, Ledger::weight))
    }
}

impl Ledgers {
    /// The one of a person.
    pub async fn of(&self, person: PersonId) -> Option<Arc<Ledger>> {
        self.0.get(&person).await
    }

    /// Keeps it instead of the one before.
    pub async fn keep(&self, person: PersonId, ledger: Arc<Ledger>) {
        self.0.put(person, ledger).await;
    }
}
