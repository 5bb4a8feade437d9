//! Going through a person's tracks, so many at a time. Nothing of the database is held while whoever asked takes them.

use std::sync::Arc;
use std::time::Duration;

use model::db::{Db, DbError};
use model::time::Timestamp;

use super::cut::{self, Piece};
use super::store::{self, Directory, Names, Place};
use crate::id::{ItemId, PersonId};
use crate::reports::days::Day;
use crate::reports::query::Query;
use crate::tracks::row::Track;

/// How many tracks one question looks at: a few milliseconds for whoever waits behind it.
const AT_ONCE: i64 = 500;
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
    /// What of a track is told.
    pub fn pieces(&self, track: &Track) -> Vec<Piece> {
        let start = track.start.unwrap_or(self.now);
        let end = track.end.unwrap_or(self.now).max(start);
        cut::pieces(&self.query.rules, &self.days, (start, end))
    }

    fn wants(&self, track: &Track, names: Option<&Names>) -> bool {
        let id = |item: &Option<(ItemId, String)>| item.as_ref().map(|(id, _)| *id);
        let belongs = names.map_or((None, None), |names| (id(&names.project), id(&names.client)));
        (self.query.with_running || !track.is_running())
            && self.query.admits((track.activity, belongs), track.billable, &track.tags)
            && !self.pieces(track).is_empty()
    }
}

/// Some tracks in their order, and the names of what they were spent on.
#[derive(Debug)]
pub struct Batch {
    /// The tracks.
    pub tracks: Vec<Track>,
    /// The names.
    pub names: Directory,
}

/// Goes through the tracks that are asked for.
pub struct Reader {
    db: Db,
    asked: Arc<Asked>,
    /// Behind which it goes on.
    place: Option<Place>,
    /// Whether there is nothing any more.
    is_over: bool,
}

impl Reader {
    /// Begins behind a place.
    pub fn new(db: Db, asked: Arc<Asked>, after: Option<Place>) -> Self {
        Self { db, asked, place: after, is_over: false }
    }

    /// What is asked for.
    pub fn asked(&self) -> &Asked {
        &self.asked
    }

    /// Some more of them, perhaps none of those that were looked at; `None` at the end.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn next(&mut self) -> Result<Option<Batch>, DbError> {
        let ends = self.asked.days.first().zip(self.asked.days.last()).filter(|_| !self.is_over);
        let (Some((first, last)), place) = (ends, self.place) else { return Ok(None) };
        let (person, range) = (self.asked.person, (first.begins, last.begins));
        let look = move |conn: &mut _| {
            let tracks = store::after(conn, person, range, place, AT_ONCE)?;
            let names = store::names(conn, &tracks)?;
            Ok(Batch { tracks, names })
        };
        let mut batch = self.db.read(look).await?;
        let is_full = i64::try_from(batch.tracks.len()).unwrap_or(i64::MAX) == AT_ONCE;
        let last = batch.tracks.last().and_then(|track| track.start.map(|start| (start, track.id)));
        self.is_over = !is_full;
        self.place = last.or(self.place);
        batch.tracks.retain(|track| self.asked.wants(track, batch.names.get(&track.activity)));
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
