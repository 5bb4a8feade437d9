//! What activities belong to, and what they cost.

use std::collections::BTreeMap;

use crate::id::{ActivityId, ItemId};
use crate::money::Rate;

/// What an activity belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Belongs {
    /// Its project.
    pub project: Option<ItemId>,
    /// That one's client.
    pub client: Option<ItemId>,
    /// What an hour costs, unless nobody has said so.
    pub rate: Option<Rate>,
}

/// The same of every activity.
#[derive(Clone, Debug, Default)]
pub struct Book(BTreeMap<ActivityId, Belongs>);

impl Book {
    /// A book with these entries.
    pub fn new(entries: BTreeMap<ActivityId, Belongs>) -> Self {
        Self(entries)
    }

    /// Bytes, about.
    pub fn weight(&self) -> usize {
        self.0.len() * size_of::<(ActivityId, Belongs)>()
    }

    /// What is said of an activity; nothing of one that is not known.
    pub fn of(&self, activity: ActivityId) -> Option<&Belongs> {
        self.0.get(&activity)
    }
}
