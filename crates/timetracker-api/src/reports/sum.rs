//! Adding up what was cut.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate, Weekday};
use model::time::Timestamp;
use smallvec::SmallVec;

use super::book::{Belongs, Book};
use super::cut::cut;
use super::days::Day;
use crate::id::{ActivityId, ItemId};
use crate::money::Money;

/// How much may be grouped by at once.
pub const MOST_KEYS: usize = 3;

/// A track as far as a report looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// When it began.
    pub start: Timestamp,
    /// When it ended, or now.
    pub end: Timestamp,
    /// What it was spent on.
    pub activity: ActivityId,
    /// The names of its tags, one to a line.
    pub tags: String,
    /// Whether somebody is to pay for it.
    pub billable: bool,
}

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
    Month(i32, u32),
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

/// Which day a track that crosses midnight belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Midnight {
    /// To each as much as was in it.
    Split,
    /// All of it to the one it began in.
    Start,
}

/// To which side lengths are rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the next step.
    Up,
    /// To the step before.
    Down,
    /// To the nearer one; up from the middle.
    Nearest,
}

/// How a report adds up.
#[derive(Clone, Debug)]
pub struct Rules {
    /// What it groups by.
    pub keys: Vec<Key>,
    /// See [`Midnight`].
    pub midnight: Midnight,
    /// The day weeks begin with.
    pub week_start: Weekday,
    /// Each track's length is rounded so, to steps of so many seconds.
    pub rounding: Option<(Rounding, i64)>,
}

/// A sum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Whole seconds.
    pub seconds: i64,
    /// The same of rounded lengths.
    pub rounded: i64,
    /// Of how many tracks there is something in it.
    pub tracks: i64,
    /// What it costs: of billable tracks, by rounded lengths.
    pub money: Money,
}

/// What was added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// By group, in order.
    pub groups: Vec<(Group, Sum)>,
    /// Altogether: the sum of the groups, but for tracks that are in several.
    pub total: Sum,
}

/// Adds up the part of each track that lies within the days, whose last one is where they end.
///
/// What that part costs is one line, and rounded once. Where it is in several groups they share it as they share its seconds, so
/// that any grouping adds up to the same.
pub fn sum(rules: &Rules, days: &[Day], book: &Book, tracks: &[Spent]) -> Sums {
    let (mut groups, mut total, mut pieces) = (BTreeMap::<Group, Adding>::new(), Sum::default(), Vec::new());
    for (number, track) in tracks.iter().enumerate() {
        cut(rules, days, (track.start, track.end), &mut pieces);
        if pieces.is_empty() {
            continue;
        }
        let belongs = book.of(track.activity);
        let rate = belongs.and_then(|belongs| belongs.rate.as_ref()).filter(|_| track.billable);
        let mut charged = 0;
        for piece in &pieces {
            let key = |key: &Key| value(*key, rules.week_start, piece.date, track, belongs);
            let Adding { sum, last } = groups.entry(rules.keys.iter().map(key).collect()).or_default();
            sum.seconds += piece.seconds;
            sum.rounded += piece.rounded;
            total.seconds += piece.seconds;
            total.rounded += piece.rounded;
            if let Some(rate) = rate {
                let cost = rate.of(charged + piece.rounded) - rate.of(charged);
                charged += piece.rounded;
                sum.money.add(&rate.currency, cost);
                total.money.add(&rate.currency, cost);
            }
            sum.tracks += i64::from(last.replace(number) != Some(number));
        }
        total.tracks += 1;
    }
    Sums { groups: groups.into_iter().map(|(group, adding)| (group, adding.sum)).collect(), total }
}

/// A sum that is not done.
#[derive(Default)]
struct Adding {
    sum: Sum,
    /// The track of which something was added last.
    last: Option<usize>,
}

fn value(key: Key, week_start: Weekday, date: NaiveDate, track: &Spent, belongs: Option<&Belongs>) -> Value {
    match key {
        Key::Day => Value::Date(date),
        Key::Week => {
            let behind = u64::from(date.weekday().days_since(week_start));
            Value::Date(date.checked_sub_days(Days::new(behind)).unwrap_or(date))
        }
        Key::Month => Value::Month(date.year(), date.month()),
        Key::Activity => Value::Activity(track.activity),
        Key::Project => Value::Item(belongs.and_then(|belongs| belongs.project)),
        Key::Client => Value::Item(belongs.and_then(|belongs| belongs.client)),
        Key::Tags => {
            let mut names: Vec<&str> = track.tags.split('\n').collect();
            names.sort_unstable();
            Value::Tags(names.join("\n").into())
        }
        Key::Billable => Value::Billable(track.billable),
    }
}
