//! A week as a picture: a column for each day, of the colours of what was done. Pure.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use crate::id::ActivityId;
use crate::reports::group::Value;
use crate::reports::sum::Sums;

/// How many colours there are; further activities share them.
pub const COLOURS: i64 = 8;
/// A day that is full: the picture is this high at least, in hours.
const FULL: i64 = 8;

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// Its date.
    pub date: NaiveDate,
    /// Whether it is the one that is now.
    pub is_today: bool,
    /// What was done, in the order of activities.
    pub parts: Vec<Part>,
    /// All of it, in seconds.
    pub seconds: i64,
}

/// What was done of one thing on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The thing.
    pub activity: ActivityId,
    /// For how long.
    pub seconds: i64,
    /// Where it begins in the column, from its top, in thousandths of the height of the picture.
    pub top: i64,
    /// How high it is, likewise.
    pub height: i64,
}

/// The first day of a day's week.
pub fn first_day(date: NaiveDate, week_start: Weekday) -> NaiveDate {
    let behind = u64::from(date.weekday().days_since(week_start));
    date.checked_sub_days(Days::new(behind)).unwrap_or(date)
}

/// The week from its first day on, of sums by day and activity.
pub fn days(first: NaiveDate, today: NaiveDate, sums: &Sums) -> Vec<Day> {
    let mut days: Vec<Day> = first
        .iter_days()
        .take(7)
        .map(|date| Day { date, is_today: date == today, parts: Vec::new(), seconds: 0 })
        .collect();
    for (group, sum) in &sums.groups {
        if let [Value::Date(date), Value::Activity(activity)] = group.as_slice()
            && let Some(day) = days.iter_mut().find(|day| day.date == *date)
        {
            day.seconds += sum.seconds;
            day.parts.push(Part { activity: *activity, seconds: sum.seconds, top: 0, height: 0 });
        }
    }
    let most = days.iter().map(|day| day.seconds).max().unwrap_or_default().max(FULL * 3_600);
    for day in &mut days {
        let mut below = 0;
        for part in &mut day.parts {
            // Rounded at both ends, so that parts touch and no column is higher than it should be.
            let (from, to) = (below * 1_000 / most, (below + part.seconds) * 1_000 / most);
            (part.top, part.height) = (1_000 - to, to - from);
            below += part.seconds;
        }
    }
    days
}

/// A colour for each activity, its own as long as there are enough, and the same each time that these are shown.
pub fn colours(activities: &[ActivityId]) -> Vec<(ActivityId, i64)> {
    let mut sorted = activities.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut given: Vec<(ActivityId, i64)> = Vec::new();
    for activity in sorted {
        let is_free = |colour: &i64| given.iter().all(|(_, taken)| taken != colour);
        let first = activity.0.rem_euclid(COLOURS);
        let free = (0..COLOURS).map(|step| (first + step) % COLOURS).find(is_free);
        given.push((activity, free.unwrap_or(first)));
    }
    given
}

/// `1 h 05 min`.
pub fn words(seconds: i64) -> String {
    let minutes = seconds / 60;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes:02} min"),
    }
}

/// `1:05`.
pub fn clock(seconds: i64) -> String {
    format!("{}:{:02}", seconds / 3_600, seconds / 60 % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::sum::Sum;

    fn date(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
    }

    #[test]
    fn a_week_begins_when_it_is_said_to() {
        for day in 23..=29 {
            assert_eq!(first_day(date(day), Weekday::Mon), date(23), "{day}");
        }
        assert_eq!(first_day(date(30), Weekday::Mon), date(30));
        assert_eq!(first_day(date(28), Weekday::Sun), date(22));
    }

    #[test]
    fn parts_stand_on_each_other_and_a_full_day_is_as_high_as_the_picture() {
        let mut sums = Sums::default();
        for (day, activity, hours) in [(23, 1, 4), (23, 2, 2), (24, 2, 8), (30, 1, 9)] {
            let group = [Value::Date(date(day)), Value::Activity(ActivityId(activity))];
            sums.groups.push((group.into_iter().collect(), Sum { seconds: hours * 3_600, ..Sum::default() }));
        }
        let days = days(date(23), date(24), &sums);
        let part = |activity, hours: i64, top, height| Part {
            activity: ActivityId(activity),
            seconds: hours * 3_600,
            top,
            height,
        };
        assert_eq!(days.len(), 7);
        assert_eq!(days[0].parts, [part(1, 4, 500, 500), part(2, 2, 250, 250)]);
        assert_eq!(days[1].parts, [part(2, 8, 0, 1_000)]);
        assert_eq!(
            days.iter().map(|day| day.is_today).collect::<Vec<_>>(),
            [false, true, false, false, false, false, false]
        );
        assert_eq!((days[0].seconds, days[2].seconds), (6 * 3_600, 0));
    }

    #[test]
    fn activities_have_colours_of_their_own_while_there_are_enough() {
        let ids = |ids: &[i64]| ids.iter().map(|id| ActivityId(*id)).collect::<Vec<_>>();
        let given = |of: &[i64]| colours(&ids(of)).into_iter().map(|(_, colour)| colour).collect::<Vec<_>>();
        assert_eq!(given(&[9, 1, 1, 2]), [1, 2, 3]);
        let all: std::collections::BTreeSet<_> = given(&[1, 9, 17, 25, 33, 41, 49, 57]).into_iter().collect();
        assert_eq!(all.len(), 8);
        assert_eq!(given(&[1, 9, 17, 25, 33, 41, 49, 57, 65]).len(), 9);
    }

    #[test]
    fn lengths_are_said_as_people_do() {
        assert_eq!(
            [0, 59, 60, 3_599, 3_600, 36_061].map(words).join(", "),
            "0 min, 0 min, 1 min, 59 min, 1 h 00 min, 10 h 01 min"
        );
        assert_eq!([0, 59, 3_661].map(clock).join(", "), "0:00, 0:00, 1:01");
    }
}
