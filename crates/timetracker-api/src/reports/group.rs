//! What a report groups by, and where a group stands in it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate, Weekday};
use smallvec::SmallVec;

use super::book::Belongs;
use super::spent::Spent;
use crate::id::{ActivityId, ItemId};

/// How much may be grouped by at once.
pub const MOST_KEYS: usize = 3;

/// What a report groups by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// The local day.
    Day,
    /// The first day of the week.
    Week,
    /// The month.
    Month,
    /// The activity.
    Activity,
    /// Its project.
    Project,
    /// That one's client.
    Client,
    /// The tags, all of them together: so that a track that has two is there once.
    Tags,
    /// Whether somebody is to pay.
    Billable,
}

/// What a key is for one group. Its order is that of the report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// A day, or the first of a week.
    Date(NaiveDate),
    /// A month.
    Month(i64, i64),
    /// An activity.
    Activity(ActivityId),
    /// A project or a client, or none.
    Item(Option<ItemId>),
    /// Names, one to a line.
    Tags(Box<str>),
    /// Yes or no.
    Billable(bool),
}

/// What each key of a report is for one group.
pub type Group = SmallVec<[Value; MOST_KEYS]>;

/// Where a group stands in the report: a number for each key, in whose order its values are.
pub type Place = [i64; MOST_KEYS];

/// Knows the places of groups.
pub struct Places<'a> {
    keys: &'a [Key],
    week_start: Weekday,
    /// The tags of every track, in order; empty unless tags are a key.
    tags: Vec<Cow<'a, str>>,
}

impl<'a> Places<'a> {
    /// The places of what these tracks are in.
    pub fn of(keys: &'a [Key], week_start: Weekday, tracks: impl Iterator<Item = &'a Spent>) -> Self {
        let tags = if keys.contains(&Key::Tags) {
            tracks.map(|track| in_order(&track.tags)).collect::<BTreeSet<_>>().into_iter().collect()
        } else {
            Vec::new()
        };
        Self { keys, week_start, tags }
    }

    /// The place of what of a track is in a day.
    pub fn of_piece(&self, date: NaiveDate, track: &Spent, belongs: Option<&Belongs>) -> Place {
        let mut place = Place::default();
        for (number, key) in place.iter_mut().zip(self.keys) {
            *number = match key {
                Key::Day => date.num_days_from_ce().into(),
                Key::Week => {
                    i64::from(date.num_days_from_ce()) - i64::from(date.weekday().days_since(self.week_start))
                }
                Key::Month => i64::from(date.year()) * 12 + i64::from(date.month0()),
                Key::Activity => track.activity.0,
                Key::Project => belongs.and_then(|belongs| belongs.project).map_or(NONE, |id| id.0),
                Key::Client => belongs.and_then(|belongs| belongs.client).map_or(NONE, |id| id.0),
                Key::Tags => self.rank(&track.tags),
                Key::Billable => track.billable.into(),
            };
        }
        place
    }

    /// The values of the group at a place.
    pub fn group(&self, place: Place) -> Group {
        self.keys.iter().zip(place).map(|(key, number)| self.value(*key, number)).collect()
    }

    fn value(&self, key: Key, number: i64) -> Value {
        match key {
            Key::Day | Key::Week => {
                let date = i32::try_from(number).ok().and_then(NaiveDate::from_num_days_from_ce_opt);
                Value::Date(date.unwrap_or_default())
            }
            Key::Month => Value::Month(number.div_euclid(12), number.rem_euclid(12) + 1),
            Key::Activity => Value::Activity(ActivityId(number)),
            Key::Project | Key::Client => Value::Item(Some(ItemId(number)).filter(|_| number != NONE)),
            Key::Tags => {
                let names = usize::try_from(number).ok().and_then(|rank| self.tags.get(rank));
                Value::Tags(names.map(Cow::as_ref).unwrap_or_default().into())
            }
            Key::Billable => Value::Billable(number != 0),
        }
    }

    fn rank(&self, tags: &str) -> i64 {
        let found = self.tags.binary_search(&in_order(tags));
        i64::try_from(found.unwrap_or_else(|place| place)).unwrap_or(i64::MAX)
    }
}

/// What has no project or client stands before all that has.
const NONE: i64 = i64::MIN;

/// Names of tags, one to a line, in their order.
fn in_order(tags: &str) -> Cow<'_, str> {
    let mut names: Vec<&str> = tags.split('\n').collect();
    if names.is_sorted() {
        return Cow::Borrowed(tags);
    }
    names.sort_unstable();
    Cow::Owned(names.join("\n"))
}
