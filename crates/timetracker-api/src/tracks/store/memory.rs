//! What one transaction has looked up already. Many changes in one need not ask for each of them again: nothing of it changes
//! meanwhile, because whoever has the turn is alone.

use std::collections::HashMap;

use super::booking::Found;
use super::schedule::Policy;
use crate::id::ActivityId;
use crate::tags::store::Tag;

/// What a person wants where a request does not say.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// Where they are.
    pub timezone: String,
    /// What is to become of overlaps.
    pub policy: Policy,
}

/// What is known.
#[derive(Debug, Default)]
pub struct Memory {
    /// What the person wants.
    pub wishes: Option<Wishes>,
    /// Activities, and what is to be known of each to book something on it.
    pub activities: HashMap<ActivityId, Found>,
    /// Tags of the workspace's list, by how their names are compared.
    pub tags: HashMap<String, Tag>,
}
