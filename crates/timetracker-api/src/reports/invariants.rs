//! What holds of any report, of whatever tracks, in whatever zone: whole seconds and money are only ever shared.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveTime, Weekday};
use model::time::Timestamp;
use proptest::prelude::*;

use super::book::{Belongs, Book};
use super::cut::cut;
use super::days::{Day, days};
use super::group::{Group, Key};
use super::spent::Spent;
use super::sum::{Midnight, Rounding, Rules, Sum, Sums, sum};
use crate::id::{ActivityId, ItemId, TrackId};
use crate::money::{Currency, Money, Rate};

/// Weeks in which something happens to clocks, by their first day: they are put back an hour, forward an hour at midnight, half
/// an hour both ways, two hours; a day is left out; and nothing happens, in an odd zone and in none.
const WEEKS: [(&str, &str); 10] = [
    ("Europe/Berlin", "2026-10-19"),
    ("Europe/Berlin", "2026-03-25"),
    ("America/Santiago", "2025-09-03"),
    ("Australia/Lord_Howe", "2026-10-01"),
    ("Australia/Lord_Howe", "2026-04-01"),
    ("Antarctica/Troll", "2026-03-25"),
    ("Pacific/Apia", "2011-12-27"),
    ("Pacific/Kwajalein", "1993-08-18"),
    ("America/St_Johns", "2026-10-29"),
    ("UTC", "2026-10-19"),
];
const ROUNDINGS: [Option<(Rounding, i64)>; 6] = [
    None,
    Some((Rounding::Up, 900)),
    Some((Rounding::Down, 900)),
    Some((Rounding::Down, 28_800)),
    Some((Rounding::Nearest, 360)),
    Some((Rounding::Nearest, 28_800)),
];
const KEYS: [Key; 8] =
    [Key::Day, Key::Week, Key::Month, Key::Activity, Key::Project, Key::Client, Key::Tags, Key::Billable];

/// A week and how it is looked at.
#[derive(Clone, Debug)]
struct Range {
    days: Vec<Day>,
    rounding: Option<(Rounding, i64)>,
    midnight: Midnight,
}

impl Range {
    fn rules(&self, keys: &[Key]) -> Rules {
        let (midnight, rounding) = (self.midnight, self.rounding);
        Rules { keys: keys.to_vec(), midnight, week_start: Weekday::Mon, rounding }
    }

    fn sum(&self, keys: &[Key], tracks: &[Spent]) -> Sums {
        sum(&self.rules(keys), &self.days, &book(), tracks.iter())
    }

    fn ends(&self) -> (Timestamp, Timestamp) {
        (self.days[0].begins, self.days[7].begins)
    }
}

/// A week in a zone.
fn week(zone: &str, from: &str, day_start: NaiveTime) -> Vec<Day> {
    let from: NaiveDate = from.parse().unwrap();
    days(zone.parse().unwrap(), from, from + chrono::Days::new(6), day_start)
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

/// Any week, and tracks in it, before it, behind it and across its ends: to the second, as people write them, and to the
/// microsecond.
fn any_report() -> impl Strategy<Value = (Range, Vec<Spent>)> {
    let midnight = prop::sample::select(&[Midnight::Split, Midnight::Start][..]);
    let how =
        (prop::sample::select(&WEEKS[..]), 0_u32..1_440, prop::sample::select(&ROUNDINGS[..]), midnight);
    let micros = prop_oneof![Just(0_i64), 0_i64..1_000_000];
    let one = (
        (-86_400_i64..9 * 86_400, 0_i64..3 * 86_400, micros.clone(), micros),
        1_i64..4,
        prop::bool::ANY,
        prop::sample::select(&["", "a", "a\nb", "b\na"][..]),
    );
    (how, prop::collection::vec(one, 0..30)).prop_map(|(((zone, from), minute, rounding, midnight), all)| {
        let day_start = NaiveTime::from_hms_opt(minute / 60, minute % 60, 0).unwrap();
        let range = Range { days: week(zone, from, day_start), rounding, midnight };
        let begins = range.ends().0.micros();
        let spent =
            (1..).zip(all).map(|(id, ((start, length, before, behind), activity, billable, tags))| {
                let start = begins + start * 1_000_000 + before;
                let end = (start + length * 1_000_000 + behind).max(start);
                let (start, end) = (Timestamp::from_micros(start), Timestamp::from_micros(end));
                let (id, activity, tags) = (TrackId(id), ActivityId(activity), tags.into());
                Spent { id, start, end, activity, tags, billable }
            });
        let spent = spent.collect();
        (range, spent)
    })
}

/// Sums of the same keys in another order, put back into the order of the first.
fn permuted(sums: &Sums, order: [usize; 3]) -> Vec<(Group, Sum)> {
    let put_back = |group: &Group| order.map(|at| group[at].clone()).into();
    let groups = sums.groups.iter().map(|(group, sum)| (put_back(group), sum.clone()));
    groups.collect::<BTreeMap<_, _>>().into_iter().collect()
}

proptest! {
    /// Whatever is grouped by, groups add up to the total, which is the same: by tags, too, because all tags of a track are
    /// one group.
    #[test]
    fn groups_add_up_to_the_total_whatever_they_are((range, tracks) in any_report()) {
        let total = range.sum(&[], &tracks).total;
        let each = KEYS.iter().map(|key| vec![*key]);
        let several = [
            vec![Key::Activity, Key::Day],
            vec![Key::Tags, Key::Billable, Key::Week],
            vec![Key::Client, Key::Day, Key::Project],
        ];
        for keys in each.chain(several) {
            let sums = range.sum(&keys, &tracks);
            let mut money = Money::default();
            for (currency, amount) in sums.groups.iter().flat_map(|(_, sum)| sum.money.sums()) {
                money.add(currency, amount);
            }
            prop_assert_eq!(&money, &total.money);
            prop_assert_eq!(sums.groups.iter().map(|(_, sum)| sum.seconds).sum::<i64>(), total.seconds);
            prop_assert_eq!(sums.groups.iter().map(|(_, sum)| sum.rounded).sum::<i64>(), total.rounded);
            prop_assert_eq!(&sums.total, &total);
        }
    }

    #[test]
    fn no_group_is_less_than_nothing((range, tracks) in any_report()) {
        for (_, sum) in range.sum(&[Key::Day, Key::Activity], &tracks).groups {
            prop_assert!(sum.seconds >= 0 && sum.rounded >= 0 && sum.tracks > 0, "{sum:?}");
            prop_assert!(sum.money.sums().all(|(_, amount)| amount >= 0), "{sum:?}");
        }
    }

    #[test]
    fn the_order_of_keys_changes_no_group((range, tracks) in any_report()) {
        let sums = range.sum(&[Key::Day, Key::Activity, Key::Billable], &tracks);
        let turned = range.sum(&[Key::Billable, Key::Day, Key::Activity], &tracks);
        prop_assert_eq!(&sums.groups, &permuted(&turned, [1, 2, 0]));
        let swapped = range.sum(&[Key::Activity, Key::Day, Key::Billable], &tracks);
        prop_assert_eq!(&sums.groups, &permuted(&swapped, [1, 0, 2]));
    }

    /// What lies outside changes nothing: more tracks may be at hand than were asked for.
    #[test]
    fn what_lies_outside_is_nowhere((range, tracks) in any_report()) {
        let (from, to) = range.ends();
        let within: Vec<Spent> = tracks.iter().filter(|track| track.start < to && from <= track.end).cloned().collect();
        for keys in [vec![Key::Tags, Key::Day], vec![Key::Activity], vec![Key::Week, Key::Client, Key::Billable]] {
            prop_assert_eq!(range.sum(&keys, &within), range.sum(&keys, &tracks));
        }
    }

    /// The days add up to what of each track lies within them.
    #[test]
    fn days_add_up_to_what_lies_within((range, tracks) in any_report()) {
        let range = Range { midnight: Midnight::Split, ..range };
        let (from, to) = range.ends();
        let within = |track: &Spent| (track.end.min(to).micros() - track.start.max(from).micros()).max(0) / 1_000_000;
        let sums = range.sum(&[Key::Day], &tracks);
        prop_assert_eq!(sums.groups.iter().map(|(_, sum)| sum.seconds).sum::<i64>(), tracks.iter().map(within).sum::<i64>());
    }

    /// One line for each billable track, rounded once, and the total is the sum of the lines.
    #[test]
    fn money_is_a_sum_of_lines((range, tracks) in any_report()) {
        let mut lines = Money::default();
        for track in tracks.iter().filter(|track| track.billable) {
            let alone = range.sum(&[], std::slice::from_ref(track)).total;
            if let Some(rate) = book().of(track.activity).unwrap().rate.as_ref().filter(|_| alone.tracks > 0) {
                lines.add(rate.currency, rate.of(alone.rounded));
            }
        }
        prop_assert_eq!(lines, range.sum(&[Key::Day], &tracks).total.money);
    }

    /// Where no track crosses the ends of the range, it does not matter to which day what crosses midnight belongs.
    #[test]
    fn both_ways_to_see_midnight_agree_on_the_total((range, tracks) in any_report()) {
        let (from, to) = range.ends();
        let is_within = |track: &Spent| from <= track.start && track.end <= to && track.start < to;
        let tracks: Vec<Spent> = tracks.into_iter().filter(is_within).collect();
        let [split, start] = [Midnight::Split, Midnight::Start].map(|midnight| {
            Range { midnight, ..range.clone() }.sum(&[Key::Day], &tracks).total
        });
        prop_assert_eq!(split, start);
    }

    /// Whose days they are changes no total, as long as everything lies in them.
    #[test]
    fn no_zone_changes_the_total_of_everything((range, tracks) in any_report(), minute in 0_u32..1_440) {
        let (from, to) = (range.days[0].date - chrono::Days::new(9), range.days[7].date + chrono::Days::new(20));
        let day_start = NaiveTime::from_hms_opt(minute / 60, minute % 60, 0).unwrap();
        let totals = WEEKS.map(|(zone, _)| {
            let days = days(zone.parse().unwrap(), from, to, day_start);
            sum(&range.rules(&[Key::Day]), &days, &book(), tracks.iter()).total
        });
        prop_assert!(totals.iter().all(|total| total == &totals[0]), "{totals:?}");
        prop_assert_eq!(totals[0].tracks, i64::try_from(tracks.len()).unwrap());
    }

    /// Pieces follow each other, lie in their days, and are as long as they say.
    #[test]
    fn pieces_tile_what_lies_within((range, tracks) in any_report()) {
        let range = Range { midnight: Midnight::Split, ..range };
        let (from, to) = range.ends();
        let mut pieces = Vec::new();
        for track in &tracks {
            cut(&range.rules(&[]), &range.days, (track.start, track.end), &mut pieces);
            for piece in &pieces {
                let at = range.days.iter().position(|day| day.date == piece.date).unwrap();
                prop_assert!(range.days[at].begins <= piece.start && piece.end <= range.days[at + 1].begins);
            }
            prop_assert!(pieces.windows(2).all(|pair| pair[0].end == pair[1].start && pair[0].date < pair[1].date));
            if let (Some(first), Some(last)) = (pieces.first(), pieces.last()) {
                prop_assert_eq!((first.start, last.end), (track.start.max(from), track.end.min(to)));
            }
        }
    }
}
