//! Adding up: one walk over tracks and days, both in order.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate, Weekday};
use model::time::Timestamp;

use super::book::{Belongs, Book};
use super::days::Day;
use crate::id::{ActivityId, ItemId};
use crate::money::Money;

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
    Tags(String),
    /// Yes or no.
    Billable(bool),
}

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
    pub groups: BTreeMap<Vec<Value>, Sum>,
    /// Altogether: the sum of the groups, but for tracks that are in several.
    pub total: Sum,
}

/// Adds up the part of each track that lies within the days, whose last one is where they end.
///
/// What that part costs is one line, and rounded once. Where it is in several groups they share it as they share its seconds, so
/// that any grouping adds up to the same.
pub fn sum(rules: &Rules, days: &[Day], book: &Book, tracks: &[Spent]) -> Sums {
    let mut sums = Sums::default();
    for track in tracks {
        let pieces = pieces(rules.midnight, days, track);
        let seconds: i64 = pieces.iter().map(|piece| piece.1).sum();
        if pieces.is_empty() {
            continue;
        }
        let rounded = rules.rounding.map_or(seconds, |(side, step)| round(side, step, seconds));
        let last = pieces.len() - 1;
        let belongs = book.of(track.activity);
        let rate = belongs.and_then(|belongs| belongs.rate.as_ref()).filter(|_| track.billable);
        let (mut charged, mut touched) = (0, Vec::new());
        for (position, (date, piece)) in pieces.into_iter().enumerate() {
            let group: Vec<Value> =
                rules.keys.iter().map(|key| value(*key, rules.week_start, date, track, belongs)).collect();
            let sum = sums.groups.entry(group.clone()).or_default();
            sum.seconds += piece;
            // What rounding adds or takes belongs to where the track ended.
            let piece = piece + if position == last { rounded - seconds } else { 0 };
            sum.rounded += piece;
            if let Some(rate) = rate {
                let cost = rate.of(charged + piece) - rate.of(charged);
                charged += piece;
                sum.money.add(&rate.currency, cost);
                sums.total.money.add(&rate.currency, cost);
            }
            if !touched.contains(&group) {
                sum.tracks += 1;
                touched.push(group);
            }
        }
        sums.total.seconds += seconds;
        sums.total.rounded += rounded;
        sums.total.tracks += 1;
    }
    sums
}

/// What of a track lies in each day, in whole seconds that add up to its length, rounded down.
pub(super) fn pieces(midnight: Midnight, days: &[Day], track: &Spent) -> Vec<(NaiveDate, i64)> {
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return Vec::new() };
    let is_in = |at: Timestamp| first.begins <= at && at < last.begins;
    let at = days.partition_point(|day| day.begins <= track.start).saturating_sub(1);
    if midnight == Midnight::Start {
        let whole = (track.end.micros() - track.start.micros()).div_euclid(1_000_000);
        return days
            .get(at)
            .filter(|_| is_in(track.start))
            .map(|day| (day.date, whole))
            .into_iter()
            .collect();
    }
    let (start, end) = (track.start.max(first.begins), track.end.min(last.begins));
    if track.start == track.end && is_in(track.start) {
        return days.get(at).map(|day| (day.date, 0)).into_iter().collect();
    }
    let mut pieces = Vec::new();
    for pair in days.get(at..).unwrap_or_default().windows(2) {
        let [day, next] = pair else { continue };
        let (from, to) = (start.max(day.begins), end.min(next.begins));
        if from < to {
            let until = |at: Timestamp| (at.micros() - start.micros()).div_euclid(1_000_000);
            pieces.push((day.date, until(to) - until(from)));
        }
        if end <= next.begins {
            break;
        }
    }
    pieces
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
            Value::Tags(names.join("\n"))
        }
        Key::Billable => Value::Billable(track.billable),
    }
}

pub(super) fn round(side: Rounding, step: i64, seconds: i64) -> i64 {
    let down = seconds - seconds.rem_euclid(step);
    match side {
        Rounding::Down => down,
        Rounding::Up => down + if down == seconds { 0 } else { step },
        Rounding::Nearest => down + if (seconds - down) * 2 >= step { step } else { 0 },
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveTime;
    use proptest::prelude::*;

    use super::super::days::days;
    use super::*;
    use crate::money::{Currency, Rate};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_unix_seconds(second)
    }

    fn spent(start: i64, end: i64) -> Spent {
        Spent {
            start: at(start),
            end: at(end),
            activity: ActivityId(1),
            tags: String::new(),
            billable: false,
        }
    }

    fn rules(keys: &[Key]) -> Rules {
        Rules { keys: keys.to_vec(), midnight: Midnight::Split, week_start: Weekday::Mon, rounding: None }
    }

    fn week(zone: &str) -> Vec<Day> {
        let date = |text: &str| text.parse().unwrap();
        days(zone.parse().unwrap(), date("2026-10-19"), date("2026-10-25"), NaiveTime::MIN)
    }

    #[test]
    fn lengths_are_rounded_to_the_side_that_was_asked_for() {
        for (seconds, expected) in
            [(0, [0, 0, 0]), (1, [900, 0, 0]), (450, [900, 0, 900]), (900, [900, 900, 900])]
        {
            let all = [Rounding::Up, Rounding::Down, Rounding::Nearest];
            assert_eq!(all.map(|side| round(side, 900, seconds)), expected, "{seconds}");
        }
    }

    #[test]
    fn what_rounding_adds_is_where_the_track_ended() {
        // 2026-10-20T22:00Z is midnight in Berlin.
        let midnight = 1_792_533_600;
        let rules = Rules { rounding: Some((Rounding::Up, 900)), ..rules(&[Key::Day]) };
        let sums =
            sum(&rules, &week("Europe/Berlin"), &Book::default(), &[spent(midnight - 600, midnight + 60)]);
        let found: Vec<(i64, i64)> = sums.groups.values().map(|sum| (sum.seconds, sum.rounded)).collect();
        assert_eq!(found, [(600, 600), (60, 300)]);
        assert_eq!(sums.total, Sum { seconds: 660, rounded: 900, tracks: 1, money: Money::default() });
    }

    /// Fractions of seconds are never lost or made: pieces add up to what the track says.
    #[test]
    fn pieces_add_up_to_the_whole() {
        let midnight = 1_792_533_600_000_000;
        let track = Spent {
            start: Timestamp::from_micros(midnight - 900_000),
            end: Timestamp::from_micros(midnight + 1_200_000),
            ..spent(0, 0)
        };
        let sums = sum(&rules(&[Key::Day]), &week("Europe/Berlin"), &Book::default(), &[track]);
        assert_eq!(sums.groups.values().map(|sum| sum.seconds).collect::<Vec<_>>(), [0, 2]);
    }

    /// Three activities: of a project for a client, of one for nobody, and of none; in two currencies and without a rate.
    fn book() -> Book {
        let rate = |amount, code| Some(Rate { amount, currency: Currency::named(code).unwrap() });
        let entries = [
            Belongs { project: Some(ItemId(1)), client: Some(ItemId(1)), rate: rate(9_517, "EUR") },
            Belongs { project: Some(ItemId(2)), client: None, rate: rate(7, "JPY") },
            Belongs::default(),
        ];
        Book::new((1..).map(ActivityId).zip(entries).collect())
    }

    fn any_tracks() -> impl Strategy<Value = Vec<Spent>> {
        let begin = 1_792_360_800_i64;
        let one = (
            0_i64..10 * 86_400,
            0_i64..2 * 86_400,
            1_i64..4,
            prop::bool::ANY,
            prop::sample::select(&["", "a", "a\nb"][..]),
        );
        prop::collection::vec(one, 0..30).prop_map(move |all| {
            all.into_iter()
                .map(|(start, length, activity, billable, tags)| Spent {
                    start: at(begin - 86_400 + start),
                    end: at(begin - 86_400 + start + length),
                    activity: ActivityId(activity),
                    tags: tags.to_owned(),
                    billable,
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn groups_add_up_to_the_total_whatever_they_are(
            tracks in any_tracks(),
            zone in prop::sample::select(&["Europe/Berlin", "UTC", "Australia/Lord_Howe", "America/St_Johns"][..]),
            rounding in prop::sample::select(&[None, Some((Rounding::Up, 900)), Some((Rounding::Nearest, 360))][..]),
        ) {
            let days = week(zone);
            let mut totals = Vec::new();
            let all = [Key::Day, Key::Week, Key::Month, Key::Activity, Key::Project, Key::Client, Key::Tags, Key::Billable];
            let some = all.iter().map(|key| vec![*key]);
            let several = [vec![], vec![Key::Activity, Key::Day], vec![Key::Day, Key::Activity], vec![Key::Tags, Key::Billable, Key::Week], vec![Key::Client, Key::Day, Key::Project], vec![Key::Day, Key::Project, Key::Client]];
            for keys in some.chain(several) {
                let sums = sum(&Rules { rounding, ..rules(&keys) }, &days, &book(), &tracks);
                let mut money = Money::default();
                for (currency, amount) in sums.groups.values().flat_map(|sum| sum.money.sums()) {
                    money.add(currency, amount);
                }
                prop_assert_eq!(&money, &sums.total.money);
                prop_assert_eq!(sums.groups.values().map(|sum| sum.seconds).sum::<i64>(), sums.total.seconds);
                prop_assert_eq!(sums.groups.values().map(|sum| sum.rounded).sum::<i64>(), sums.total.rounded);
                totals.push(sums.total);
            }
            prop_assert!(totals.windows(2).all(|pair| pair[0] == pair[1]));
            // One line for each billable track, rounded once, and the total is the sum of the lines.
            let mut lines = Money::default();
            for track in tracks.iter().filter(|track| track.billable) {
                let alone = sum(&Rules { rounding, ..rules(&[]) }, &days, &book(), std::slice::from_ref(track)).total;
                if let Some(rate) = book().of(track.activity).unwrap().rate.as_ref().filter(|_| alone.tracks > 0) {
                    lines.add(&rate.currency, rate.of(alone.rounded));
                }
            }
            prop_assert_eq!(&lines, &totals[0].money);
            // And that is what lies within.
            let (from, to) = (days[0].begins, days[7].begins);
            let within: i64 = tracks.iter().map(|track| (track.end.min(to).unix_seconds() - track.start.max(from).unix_seconds()).max(0)).sum();
            prop_assert_eq!(totals[0].seconds, within);
        }

        /// Where no track crosses the ends of the range, it does not matter to which day what crosses midnight belongs.
        #[test]
        fn both_ways_to_see_midnight_agree_on_the_total(tracks in any_tracks()) {
            let days = week("Europe/Berlin");
            let (from, to) = (days[0].begins, days[7].begins);
            let tracks: Vec<Spent> = tracks.into_iter().filter(|track| from <= track.start && track.end <= to && track.start < to).collect();
            let split = sum(&rules(&[Key::Day]), &days, &book(), &tracks);
            let start = sum(&Rules { midnight: Midnight::Start, ..rules(&[Key::Day]) }, &days, &book(), &tracks);
            prop_assert_eq!(split.total, start.total);
        }
    }
}
