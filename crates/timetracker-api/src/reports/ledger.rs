//! What a report read, kept for the next one: people look at the same days again, grouped in another way, and pages ask anew. What is kept is
//! right as long as nothing was committed in the workspace since, which the database is asked each time.

use std::sync::Arc;

use model::db::Conn;
use model::time::Timestamp;

use super::book::Book;
use super::store;
use super::sum::Spent;
use crate::auth::Caller;
use crate::id::PersonId;
use crate::recent::Weighed;
use crate::wire::error::{ApiError, Verdict};

/// Bytes that are kept of all people together.
const MOST: u64 = 64 * 1024 * 1024;

/// The tracks of some days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tracks {
    /// What runs; its end is its beginning.
    pub running: Option<Spent>,
    /// What has ended, newest first.
    pub ended: Vec<Spent>,
}

impl Tracks {
    /// Whether there may be more of them than a report looks at.
    fn are_too_many(&self) -> bool {
        let most = usize::try_from(store::MOST).unwrap_or(usize::MAX);
        self.ended.len() + usize::from(self.running.is_some()) >= most
    }

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
    /// When the database cannot; 400 for more tracks than a report looks at.
    pub fn read(
        conn: &mut Conn,
        caller: &Caller,
        as_of: i64,
        range: (Timestamp, Timestamp),
        has_tags: bool,
    ) -> Verdict<Self> {
        let tracks = store::within(conn, caller.person, range, has_tags)?;
        if tracks.are_too_many() {
            let sentence = format!("A report looks at fewer than {} tracks: choose fewer days.", store::MOST);
            return Ok(Err(ApiError::field("to", sentence)));
        }
        Ok(Ok(Self { as_of, range, has_tags, tracks, book: store::book(conn, caller.workspace)? }))
    }

    /// The one that is kept if it serves, or a new one, and whether it is new. One with tags is read with its tags again: they are asked for in turn with
    /// what needs none.
    ///
    /// # Errors
    /// As [`Ledger::read`].
    pub fn kept_or_read(
        kept: Option<Arc<Self>>,
        conn: &mut Conn,
        caller: &Caller,
        as_of: i64,
        (range, with_tags): ((Timestamp, Timestamp), bool),
    ) -> Verdict<(Arc<Self>, bool)> {
        let kept = kept.filter(|ledger| ledger.as_of == as_of);
        let had_tags = kept.as_ref().is_some_and(|ledger| ledger.has_tags);
        if let Some(ledger) = kept.filter(|ledger| ledger.serves(range, with_tags)) {
            return Ok(Ok((ledger, false)));
        }
        let read = Self::read(conn, caller, as_of, range, with_tags || had_tags)?;
        Ok(read.map(|ledger| (Arc::new(ledger), true)))
    }

    /// Whether it has all that there was in the range.
    fn serves(&self, (from, to): (Timestamp, Timestamp), with_tags: bool) -> bool {
        self.range.0 <= from && to <= self.range.1 && (self.has_tags || !with_tags)
    }

    /// What has ended and has something in a range of it, and perhaps what only touches it.
    pub fn ended(&self, (from, to): (Timestamp, Timestamp)) -> impl Iterator<Item = &Spent> + Clone {
        self.tracks.ended.iter().filter(move |track| track.start < to && from <= track.end)
    }

    /// Bytes that it has elsewhere, about.
    fn weight(&self) -> usize {
        let all = || self.tracks.ended.iter().chain(&self.tracks.running);
        let tags: usize = all().map(|track| track.tags.capacity()).sum();
        self.tracks.ended.capacity() * size_of::<Spent>() + tags + self.book.weight()
    }
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
    use crate::id::ActivityId;

    /// The database was asked for so many altogether, and what it left out is nowhere.
    #[test]
    fn what_runs_is_one_of_so_many() {
        let at = Timestamp::from_unix_seconds(0);
        let track =
            Spent { start: at, end: at, activity: ActivityId(1), tags: String::new(), billable: false };
        let mut tracks = Tracks { running: None, ended: vec![track.clone(); 199_999] };
        assert!(!tracks.are_too_many());
        tracks.running = Some(track);
        assert!(tracks.are_too_many());
    }
}
