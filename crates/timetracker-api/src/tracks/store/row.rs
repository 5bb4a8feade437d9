//! A track, as it is kept.

use diesel::prelude::*;
use model::id::Uid;
use model::time::Timestamp;

use crate::id::{ActivityId, PersonId, TrackId};
use crate::schema::tracks;
use crate::tracks::source::Source;

/// A track. Its interval is half open: `start` belongs to it and `end` does not. Without a start it is a draft, with a
/// start and no end it runs.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Track {
    /// Its id.
    pub id: TrackId,
    /// What was done.
    pub description: String,
    /// When it began.
    pub start: Option<Timestamp>,
    /// When it ended.
    pub end: Option<Timestamp>,
    /// What it was spent on; the activity may have been deleted since.
    pub activity: ActivityId,
    /// Whose it is.
    pub person: PersonId,
    /// What it is known by in copies.
    pub uid: Uid,
    /// The names of its tags, one to a line.
    pub tags: String,
    /// Whether somebody is to pay for it.
    pub billable: bool,
    /// Where the person was, a name of the IANA database; not known of tracks older than the field.
    pub timezone: Option<String>,
    /// Who wrote it.
    pub source: Source,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// Counts its changes, from 1.
    pub version: i64,
}

impl Track {
    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.start.is_some() && self.end.is_none()
    }

    /// The names of its tags.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.tags.split('\n').filter(|name| !name.is_empty())
    }

    /// Its length in whole seconds, rounded down; `None` unless it has ended.
    pub fn duration(&self) -> Option<i64> {
        self.start.zip(self.end).map(|(start, end)| (end.micros() - start.micros()).div_euclid(1_000_000))
    }
}

#[cfg(test)]
impl Track {
    /// One that says nothing, for tests to change.
    pub fn example() -> Self {
        Self {
            id: TrackId(1),
            description: String::new(),
            start: None,
            end: None,
            activity: ActivityId(3),
            person: PersonId(4),
            uid: Uid(uuid::Uuid::nil()),
            tags: String::new(),
            billable: false,
            timezone: None,
            source: Source::Human,
            created_at: Timestamp::from_unix_seconds(0),
            updated_at: Timestamp::from_unix_seconds(0),
            version: 1,
        }
    }
}

macro_rules! columns {
    ($($column:ident),+ $(,)?) => {
        /// The columns of [`Track`].
        pub type Columns = ($(tracks::$column,)+);

        /// The columns of [`Track`].
        pub const COLUMNS: Columns = ($(tracks::$column,)+);
    };
}

columns![
    id,
    description,
    start_at,
    end_at,
    activity_id,
    person_id,
    uid,
    tags,
    billable,
    timezone,
    source,
    created_at,
    updated_at,
    version,
];
