//! Adding up what was cut.

use chrono::Weekday;

use super::book::Book;
use super::cut::cut;
use super::days::Day;
use super::group::{Group, Key, Place, Places};
use super::spent::Spent;
use crate::money::Money;

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
pub fn sum<'a>(
    rules: &'a Rules,
    days: &[Day],
    book: &Book,
    tracks: impl Iterator<Item = &'a Spent> + Clone,
) -> Sums {
    let places = Places::of(&rules.keys, rules.week_start, tracks.clone());
    let (mut total, mut parts, mut merged, mut pieces) = (Sum::default(), Vec::<Part>::new(), 0, Vec::new());
    for (number, track) in tracks.enumerate() {
        cut(rules, days, (track.start, track.end), &mut pieces);
        let belongs = book.of(track.activity);
        let rate = belongs.and_then(|belongs| belongs.rate.as_ref()).filter(|_| track.billable);
        let mut charged = 0;
        for piece in &pieces {
            let mut sum = Sum { seconds: piece.seconds, rounded: piece.rounded, tracks: 1, ..Sum::default() };
            if let Some(rate) = rate {
                sum.money.add(rate.currency, rate.of(charged + piece.rounded) - rate.of(charged));
                charged += piece.rounded;
            }
            total.add(&sum);
            let place = places.of_piece(piece.date, track, belongs);
            // Tracks come newest first, so that by day most have their group among the last few, or their place.
            let older = parts.iter().rev().take(NEAR).take_while(|part| part.place < place).count();
            let at = parts.len() - older;
            let part = Part { place, last: number, sum };
            match at.checked_sub(1).and_then(|at| parts.get_mut(at)).filter(|group| group.place == place) {
                Some(group) => group.add(&part),
                None => parts.insert(at, part),
            }
        }
        total.tracks += i64::from(!pieces.is_empty());
        if parts.len() >= 2 * merged + MERGED_EVERY {
            merge(&mut parts);
            merged = parts.len();
        }
    }
    merge(&mut parts);
    Sums { groups: parts.into_iter().map(|part| (places.group(part.place), part.sum)).collect(), total }
}

/// So many parts are looked at for the place of one.
const NEAR: usize = 8;
/// So many parts are added up together, at least.
const MERGED_EVERY: usize = 4_096;

/// What of a track is in a group, or of several.
struct Part {
    place: Place,
    /// The last of the tracks, by its number.
    last: usize,
    sum: Sum,
}

/// Puts them in order, if they are not, and adds up those of one group.
fn merge(parts: &mut Vec<Part>) {
    parts.sort_by_key(|part| part.place);
    parts.dedup_by(|part, group| {
        let is_same = part.place == group.place;
        if is_same {
            group.add(part);
        }
        is_same
    });
}

impl Part {
    /// Adds one of the same group; those of one track come one after the other.
    fn add(&mut self, other: &Self) {
        self.sum.add(&other.sum);
        self.sum.tracks += if self.last == other.last { 0 } else { other.sum.tracks };
        self.last = other.last;
    }
}

impl Sum {
    /// Adds all but of how many tracks it is.
    fn add(&mut self, other: &Self) {
        self.seconds += other.seconds;
        self.rounded += other.rounded;
        for (currency, amount) in other.money.sums() {
            self.money.add(currency, amount);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::NaiveTime;
    use model::time::Timestamp;

    use super::super::book::Belongs;
    use super::super::days::days;
    use super::*;
    use crate::id::{ActivityId, TrackId};
    use crate::money::{Currency, Rate};

    /// More parts than are put in order at once, forwards and backwards: they add up as one by one, in groups that have both parts
    /// of a track as well.
    #[test]
    fn many_tracks_in_any_order_add_up_as_each_by_itself() {
        const MINUTE: i64 = 60_000_000;
        let date = |text: &str| text.parse().unwrap();
        let days = days(chrono_tz::UTC, date("2026-10-19"), date("2026-10-25"), NaiveTime::MIN);
        let midnight = days[0].begins.micros();
        let mut tracks: Vec<Spent> = (0..3 * MERGED_EVERY)
            .map(|number| {
                let number = i64::try_from(number).unwrap();
                // Up to an hour before one of six midnights, and up to half an hour behind it.
                let at = midnight + (1 + number * 5 % 6) * 1_440 * MINUTE;
                Spent {
                    id: TrackId(number),
                    start: Timestamp::from_micros(at - (1 + number % 59) * MINUTE),
                    end: Timestamp::from_micros(at + (1 + number % 31) * MINUTE),
                    activity: ActivityId(number % 7),
                    tags: Box::default(),
                    billable: number % 3 > 0,
                }
            })
            .collect();
        let rate = Rate { amount: 9_517, currency: Currency::named("EUR").unwrap() };
        let belongs = Belongs { rate: Some(rate), ..Belongs::default() };
        let book = Book::new((0..7).map(|id| (ActivityId(id), belongs.clone())).collect());
        for keys in [vec![Key::Activity, Key::Day], vec![Key::Billable]] {
            let rounding = Some((Rounding::Nearest, 360));
            let rules = Rules { keys, midnight: Midnight::Split, week_start: Weekday::Mon, rounding };
            let mut expected = BTreeMap::<Group, Sum>::new();
            for track in &tracks {
                for (group, alone) in sum(&rules, &days, &book, [track].into_iter()).groups {
                    let all = expected.entry(group).or_default();
                    all.add(&alone);
                    all.tracks += alone.tracks;
                }
            }
            assert!(expected.values().any(|sum| sum.money != Money::default()));
            for _ in 0..2 {
                let found = sum(&rules, &days, &book, tracks.iter());
                assert_eq!(found.groups, expected.clone().into_iter().collect::<Vec<_>>());
                assert_eq!(found.total.tracks, i64::try_from(tracks.len()).unwrap());
                tracks.reverse();
            }
        }
    }
}
