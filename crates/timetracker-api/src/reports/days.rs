//! Local days as intervals of instants: 24 hours, or 23 or 25 where the clock is put forward or back.

use chrono::{DateTime, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;
use model::time::Timestamp;

/// A day, and when it begins. It ends when the next one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Its date.
    pub date: NaiveDate,
    /// Its first instant.
    pub begins: Timestamp,
}

/// The days from `from` to `to`, both included, and the one after them, whose beginning is where they end.
pub fn days(zone: Tz, from: NaiveDate, to: NaiveDate, day_start: NaiveTime) -> Vec<Day> {
    let begins = |date: NaiveDate| Day { date, begins: first_instant(zone, date.and_time(day_start)) };
    let mut days: Vec<Day> = from.iter_days().take_while(|date| *date <= to).map(begins).collect();
    days.extend(to.checked_add_days(Days::new(1)).map(begins));
    days
}

/// The first instant at which clocks in the zone say this, or something later where they never say it: a time that is
/// skipped is the moment of the skip, one that comes twice is the first.
fn first_instant(zone: Tz, local: NaiveDateTime) -> Timestamp {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.to_utc().into(),
        LocalResult::None => skip(zone, local),
    }
}

/// The moment at which the zone's clocks were put from before `local` to after it.
fn skip(zone: Tz, local: NaiveDateTime) -> Timestamp {
    const WITHIN: i64 = 26 * 3_600;
    let near = local.and_utc().timestamp();
    let is_after = |second: i64| {
        DateTime::from_timestamp(second, 0).is_none_or(|at| at.with_timezone(&zone).naive_local() >= local)
    };
    let (mut before, mut after) = (near - WITHIN, near + WITHIN);
    while after - before > 1 {
        let middle = i64::midpoint(before, after);
        if is_after(middle) {
            after = middle;
        } else {
            before = middle;
        }
    }
    Timestamp::from_unix_seconds(after)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn lengths(zone: &str, from: &str, to: &str, start: (u32, u32)) -> Vec<i64> {
        let start = NaiveTime::from_hms_opt(start.0, start.1, 0).unwrap();
        let days = days(zone.parse().unwrap(), date(from), date(to), start);
        days.windows(2).map(|pair| (pair[1].begins.micros() - pair[0].begins.micros()) / 60_000_000).collect()
    }

    #[test]
    fn days_are_as_long_as_the_zone_has_them() {
        const HOUR: i64 = 60;
        assert_eq!(
            lengths("Europe/Berlin", "2026-03-28", "2026-03-30", (0, 0)),
            [24 * HOUR, 23 * HOUR, 24 * HOUR]
        );
        assert_eq!(lengths("Europe/Berlin", "2026-10-25", "2026-10-25", (0, 0)), [25 * HOUR]);
        // The night belongs to the day before when days begin at five.
        assert_eq!(lengths("Europe/Berlin", "2026-03-28", "2026-03-28", (5, 0)), [23 * HOUR]);
        // A day that begins in the skipped hour begins when the clocks were put forward.
        assert_eq!(
            lengths("Europe/Berlin", "2026-03-28", "2026-03-29", (2, 30)),
            [23 * HOUR + 30, 23 * HOUR + 30]
        );
        // Midnight itself is skipped in Santiago; half an hour on Lord Howe; a whole day in Samoa.
        assert_eq!(lengths("America/Santiago", "2025-09-07", "2025-09-07", (0, 0)), [23 * HOUR]);
        assert_eq!(lengths("Australia/Lord_Howe", "2026-04-05", "2026-04-05", (0, 0)), [24 * HOUR + 30]);
        assert_eq!(lengths("Pacific/Apia", "2011-12-29", "2011-12-31", (0, 0)), [24 * HOUR, 0, 24 * HOUR]);
        assert_eq!(
            lengths("Pacific/Kwajalein", "1993-08-20", "1993-08-22", (0, 0)),
            [24 * HOUR, 0, 24 * HOUR]
        );
        assert_eq!(lengths("Australia/Lord_Howe", "2026-10-04", "2026-10-04", (0, 0)), [23 * HOUR + 30]);
    }

    /// A time that the clocks skip is the moment of the skip, also when they skip half an hour or a day; one that comes twice is
    /// the first.
    #[test]
    fn a_day_begins_at_the_first_instant_that_its_time_or_something_later_is_on_the_clocks() {
        for (zone, day, start, expected) in [
            ("Europe/Berlin", "2026-03-29", (2, 30), "2026-03-29T01:00:00Z"),
            ("Europe/Berlin", "2026-10-25", (2, 30), "2026-10-25T00:30:00Z"),
            ("Australia/Lord_Howe", "2026-10-04", (2, 15), "2026-10-03T15:30:00Z"),
            ("Australia/Lord_Howe", "2026-04-05", (1, 45), "2026-04-04T14:45:00Z"),
            ("America/Santiago", "2025-09-07", (0, 0), "2025-09-07T04:00:00Z"),
            ("Pacific/Apia", "2011-12-30", (5, 0), "2011-12-30T10:00:00Z"),
            ("Pacific/Apia", "2011-12-31", (0, 0), "2011-12-30T10:00:00Z"),
            ("Pacific/Apia", "2011-12-31", (5, 0), "2011-12-30T15:00:00Z"),
        ] {
            let start = NaiveTime::from_hms_opt(start.0, start.1, 0).unwrap();
            let found = days(zone.parse().unwrap(), date(day), date(day), start)[0].begins;
            assert_eq!(found.to_string(), expected, "{zone} {day} {start}");
        }
    }

    proptest! {
        /// Days follow each other without a gap, and none is longer than 26 hours or goes backwards.
        #[test]
        fn days_tile_time(zone in prop::sample::select(&chrono_tz::TZ_VARIANTS[..]), day in 0_i32..20_000, start in 0_u32..1_440) {
            let from = NaiveDate::from_num_days_from_ce_opt(719_163 + day).unwrap();
            let to = from + Days::new(3);
            let start = NaiveTime::from_hms_opt(start / 60, start % 60, 0).unwrap();
            let days = days(zone, from, to, start);
            prop_assert_eq!(days.len(), 5);
            for pair in days.windows(2) {
                let length = pair[1].begins.micros() - pair[0].begins.micros();
                prop_assert!((0..=26 * 3_600_000_000).contains(&length), "{} {length}", pair[0].date);
            }
        }
    }
}
