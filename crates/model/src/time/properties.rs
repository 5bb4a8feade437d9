//! What holds of every instant, not only of those in the tables.

use proptest::prelude::*;

use super::*;
use crate::fuzzing::fuzz;

/// The years RFC 3339 can write, 0000 to 9999.
const WRITABLE: std::ops::RangeInclusive<i64> = -62_167_219_200_000_000..=253_402_300_799_999_999;

fn assert_is_read_one_way(text: &str) {
    if let Ok(at) = text.parse::<Timestamp>() {
        // An offset may carry it over the edge of what can be written.
        if WRITABLE.contains(&at.micros()) {
            assert_eq!(at.to_string().parse(), Ok(at), "{text}");
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_the_same_instant(micros in WRITABLE) {
        let at = Timestamp::from_micros(micros);
        prop_assert_eq!(at.to_string().parse(), Ok(at));
    }

    /// RFC 3339 section 4.1: an offset names the same instant.
    #[test]
    fn an_offset_changes_nothing_but_the_text(seconds in 0..4_000_000_000_i64, minutes in -1_439..=1_439_i32) {
        let at = Timestamp::from_unix_seconds(seconds);
        let offset = chrono::FixedOffset::east_opt(minutes * 60).unwrap();
        let text = at.to_utc().unwrap().with_timezone(&offset).to_rfc3339();
        prop_assert_eq!(text.parse(), Ok(at));
    }

    #[test]
    fn every_instant_can_be_shown(micros in any::<i64>()) {
        prop_assert!(!Timestamp::from_micros(micros).to_string().is_empty());
    }

    #[test]
    fn time_goes_on_and_stops_at_the_ends(micros in any::<i64>(), span in any::<Duration>()) {
        let at = Timestamp::from_micros(micros);
        prop_assert!(at.minus(span) <= at && at <= at.plus(span));
        prop_assert!(at.plus(span).since(at) <= span);
        prop_assert_eq!(at.since(at.plus(span)), Duration::ZERO);
    }
}

#[test]
fn fuzz_instants() {
    let corpus = [
        "2026-01-02T03:04:05Z",
        "2024-02-29t23:59:60.999999999z",
        "0000-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59.999999-23:59",
    ];
    fuzz(&corpus, |input| assert_is_read_one_way(&String::from_utf8_lossy(input)));
}
