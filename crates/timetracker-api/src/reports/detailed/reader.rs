//! Going through a person's tracks, so many at a time. Nothing of the database is held while whoever asked takes them.

use std::sync::Arc;
use std::time::Duration;

use model::db::{Db, DbError};
use model::time::Timestamp;

use super::store::{self, Directory, Entry, Names, Place};
use crate::id::{ItemId, PersonId};
use crate::reports::cut::{self, Piece};
use crate::reports::days::Day;
use crate::reports::query::Query;

/// How many tracks one question looks at, at most: a few milliseconds for whoever waits behind it.
const AT_ONCE: usize = 1_000;
/// How often a question is asked again that the database has no time for, and how long after the first time; each pause is
/// twice as long as the one before.
const AGAIN: u32 = 4;
const PAUSE: Duration = Duration::from_millis(100);

/// What is asked for, and by whom.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Whose tracks.
    pub person: PersonId,
    /// Which, and how they are cut.
    pub query: Query,
    /// The days of the query's range, and the one after them.
    pub days: Vec<Day>,
    /// Up to when what runs counts.
    pub now: Timestamp,
}

impl Asked {
    /// What of a track is told, in the place of what was in `pieces`; perhaps nothing.
    pub fn cut(&self, entry: &Entry, pieces: &mut Vec<Piece>) {
        let end = entry.end.unwrap_or(self.now).max(entry.start);
        cut::cut(&self.query.rules, &self.days, (entry.start, end), pieces);
    }

    fn wants(&self, entry: &Entry, names: Option<&Names>) -> bool {
        let id = |item: &Option<(ItemId, String)>| item.as_ref().map(|(id, _)| *id);
        let belongs = names.map_or((None, None), |names| (id(&names.project), id(&names.client)));
        (self.query.with_running || entry.end.is_some())
            && self.query.admits((entry.activity, belongs), entry.billable, &entry.tags)
    }
}

/// Some tracks in their order, and the names of what they were spent on.
#[derive(Debug)]
pub struct Batch {
    /// The tracks.
    pub entries: Vec<Entry>,
    /// The names.
    pub names: Directory,
}

/// Goes through the tracks that are asked for.
pub struct Reader {
    db: Db,
    asked: Arc<Asked>,
    /// Behind which it goes on.
    place: Option<Place>,
    /// How many the next question looks at.
    most: usize,
    looked_at: usize,
    /// Whether there is nothing any more.
    is_over: bool,
}

impl Reader {
    /// Begins behind a place, and looks at so many at first.
    pub fn new(db: Db, asked: Arc<Asked>, after: Option<Place>, first: usize) -> Self {
        Self { db, asked, place: after, most: first.min(AT_ONCE), looked_at: 0, is_over: false }
    }

    /// What is asked for.
    pub fn asked(&self) -> &Arc<Asked> {
        &self.asked
    }

    /// Behind which track it goes on.
    pub fn place(&self) -> Option<Place> {
        self.place
    }

    /// How many tracks it has looked at, also of those that are not wanted.
    pub fn looked_at(&self) -> usize {
        self.looked_at
    }

    /// Whether there is nothing any more.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Some more of them, perhaps none of those that were looked at; `None` at the end.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn next(&mut self) -> Result<Option<Batch>, DbError> {
        let ends = self.asked.days.first().zip(self.asked.days.last()).filter(|_| !self.is_over);
        let (Some((first, last)), place, most) = (ends, self.place, self.most) else { return Ok(None) };
        let (person, range) = (self.asked.person, (first.begins, last.begins));
        let look = move |conn: &mut _| {
            let found = store::after(conn, person, range, place, most)?;
            let names = store::names(conn, found.entries.iter().map(|entry| entry.activity))?;
            Ok((found.is_all, Batch { entries: found.entries, names }))
        };
        let (is_all, mut batch) = self.db.read(look).await?;
        let found = batch.entries.len();
        self.is_over = is_all;
        self.place = batch.entries.last().map(Entry::place).or(place);
        self.looked_at += found;
        // Where texts are long, no more is asked for than will be taken: PostgreSQL sends all of it.
        self.most = if found < most { found.max(1) } else { (most * 2).min(AT_ONCE) };
        batch.entries.retain(|entry| self.asked.wants(entry, batch.names.get(&entry.activity)));
        Ok(Some(batch))
    }

    /// The same, but for a database that has no time just now: whoever has had half of a file does not like to begin again.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn insist(&mut self) -> Result<Option<Batch>, DbError> {
        for turn in 0..AGAIN {
            match self.next().await {
                Err(DbError::Busy) => tokio::time::sleep(PAUSE * 2_u32.pow(turn)).await,
                other => return other,
            }
        }
        self.next().await
    }
}
