//! What a report read, kept for the next one: people look at the same days again, grouped in another way, and pages ask anew. The database is asked
//! each time whether something was committed in the workspace since; if so, what changed is read and nothing else.

use std::sync::Arc;
use std::time::Instant;

use diesel::prelude::*;
use model::db::Conn;
use model::time::Timestamp;

use super::book::Book;
use super::spent::{Spent, Tracks};
use super::store;
use crate::auth::Caller;
use crate::changes::cursor::Place;
use crate::changes::store::{News, news};
use crate::id::PersonId;
use crate::recent::{LIFETIME, Weighed};
use crate::wire::error::{ApiError, Verdict};

/// Bytes that are kept of all people together.
const MOST: u64 = 64 * 1024 * 1024;
/// The most tracks that are taken in as changed. Beyond them everything is read anew: of what did not change that is less than a row of the table.
const MOST_CHANGES: i64 = 100;

/// What is asked for: the range, and whether tags matter.
pub type Asked = ((Timestamp, Timestamp), bool);

/// What a report is made of.
#[derive(Debug)]
pub struct Ledger {
    /// The last change in the workspace that is known to be in it.
    as_of: i64,
    /// When all of it was read.
    read_at: Instant,
    range: (Timestamp, Timestamp),
    has_tags: bool,
    /// The tracks that have something in the range, and perhaps others.
    pub tracks: Tracks,
    /// What their activities cost.
    pub book: Arc<Book>,
}

impl Ledger {
    /// Reads it. `as_of` was read before.
    ///
    /// # Errors
    /// When the database cannot; 400 for more tracks than a report looks at.
    pub fn read(conn: &mut Conn, caller: &Caller, as_of: i64, (range, has_tags): Asked) -> Verdict<Self> {
        let read_at = Instant::now();
        let tracks = store::within(conn, caller.person, range, has_tags)?;
        if are_too_many(&tracks) {
            let sentence = format!("A report looks at fewer than {} tracks: choose fewer days.", store::MOST);
            return Ok(Err(ApiError::field("to", sentence)));
        }
        let book = Arc::new(store::book(conn, caller.workspace)?);
        Ok(Ok(Self { as_of, read_at, range, has_tags, tracks, book }))
    }

    /// The one that is kept, if it serves, with what changed since; or a new one, and whether it is new. One with tags is read with its tags again: they
    /// are asked for in turn with what needs none.
    ///
    /// # Errors
    /// As [`Ledger::read`].
    pub fn kept_or_read(
        kept: Option<Arc<Self>>,
        conn: &mut Conn,
        caller: &Caller,
        as_of: i64,
        (range, with_tags): Asked,
    ) -> Verdict<(Arc<Self>, bool)> {
        // However often something was taken in: what was read is compared with nothing but numbers.
        let kept = kept.filter(|ledger| ledger.read_at.elapsed() < LIFETIME);
        let had_tags = kept.as_ref().is_some_and(|ledger| ledger.has_tags);
        if let Some(ledger) = kept.filter(|ledger| ledger.serves(range, with_tags)) {
            if ledger.as_of == as_of {
                return Ok(Ok((ledger, false)));
            }
            if let Some(ledger) = ledger.brought_up_to(as_of, conn, caller)? {
                return Ok(Ok((Arc::new(ledger), true)));
            }
        }
        let read = Self::read(conn, caller, as_of, (range, with_tags || had_tags))?;
        Ok(read.map(|ledger| (Arc::new(ledger), true)))
    }

    /// Whether it has all that there was in the range.
    fn serves(&self, (from, to): (Timestamp, Timestamp), with_tags: bool) -> bool {
        self.range.0 <= from && to <= self.range.1 && (self.has_tags || !with_tags)
    }

    /// The same with what changed up to that number, and perhaps further. `None` if it is better read anew: when much changed, and when the database
    /// counts less than it did.
    fn brought_up_to(&self, as_of: i64, conn: &mut Conn, caller: &Caller) -> QueryResult<Option<Self>> {
        if as_of < self.as_of {
            return Ok(None);
        }
        let News { last, has_items, tracks: changes } =
            news(conn, caller, Place::end_of(self.as_of), MOST_CHANGES + 1)?;
        if i64::try_from(changes.len()).is_ok_and(|count| count > MOST_CHANGES) {
            return Ok(None);
        }
        let tracks = self.tracks.after(changes, self.range, self.has_tags);
        if are_too_many(&tracks) {
            return Ok(None);
        }
        let book = if has_items { Arc::new(store::book(conn, caller.workspace)?) } else { self.book.clone() };
        let Self { read_at, range, has_tags, .. } = *self;
        Ok(Some(Self { as_of: last, read_at, range, has_tags, tracks, book }))
    }

    /// What has ended and has something in a range of it, and perhaps what only touches it.
    pub fn ended(&self, (from, to): (Timestamp, Timestamp)) -> impl Iterator<Item = &Spent> + Clone {
        self.tracks.ended.iter().filter(move |track| track.start < to && from <= track.end)
    }

    /// Bytes that it has elsewhere, about.
    fn weight(&self) -> usize {
        let all = || self.tracks.ended.iter().chain(&self.tracks.running);
        let tags: usize = all().map(|track| track.tags.len()).sum();
        self.tracks.ended.capacity() * size_of::<Spent>() + tags + self.book.weight()
    }
}

/// Whether there may be more of them than a report looks at.
fn are_too_many(tracks: &Tracks) -> bool {
    i64::try_from(tracks.count()).map_or(true, |count| count >= store::MOST)
}

/// The last one of each who asked of late.
pub type Ledgers = Weighed<PersonId, Ledger>;

/// Nobody's yet.
pub fn nobodys() -> Ledgers {
    Weighed::new(MOST, |_, ledger| ledger.weight())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{ActivityId, TrackId};

    /// The database was asked for so many altogether, and what it left out is nowhere.
    #[test]
    fn what_runs_is_one_of_so_many() {
        let (at, id, activity) = (Timestamp::from_unix_seconds(0), TrackId(1), ActivityId(1));
        let track = Spent { id, start: at, end: at, activity, tags: Box::default(), billable: false };
        let mut tracks = Tracks { running: None, ended: vec![track.clone(); 199_999] };
        assert!(!are_too_many(&tracks));
        tracks.running = Some(track);
        assert!(are_too_many(&tracks));
    }
}
