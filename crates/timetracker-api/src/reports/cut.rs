//! Cutting a track into days. Summaries and detailed reports do it here, and nowhere else, so that rows add up to sums.

use chrono::NaiveDate;
use model::time::Timestamp;

use super::days::Day;
use super::sum::{Midnight, Rounding, Rules};

/// What of a track lies in one day, or all of it where it belongs to the day it began in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The day.
    pub date: NaiveDate,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// Whole seconds, never fewer than none. Those of a track's pieces add up to its length, rounded down.
    pub seconds: i64,
    /// The same of the rounded length; `seconds` where nothing is rounded.
    pub rounded: i64,
}

/// What of an interval lies within the days, in order, in the place of what was in `pieces`: whoever cuts many needs
/// room for one.
pub fn cut(rules: &Rules, days: &[Day], (start, end): (Timestamp, Timestamp), pieces: &mut Vec<Piece>) {
    pieces.clear();
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return };
    let is_in = first.begins <= start && start < last.begins;
    let at = days.partition_point(|day| day.begins <= start).saturating_sub(1);
    let seconds = |from: Timestamp, to: Timestamp| (to.micros() - from.micros()).div_euclid(1_000_000);
    let piece = |date, start, end, seconds| Piece { date, start, end, seconds, rounded: seconds };
    if rules.midnight == Midnight::Start || start == end {
        let day = days.get(at).filter(|_| is_in);
        pieces.extend(day.map(|day| piece(day.date, start, end, seconds(start, end))));
    } else {
        let (start, end) = (start.max(first.begins), end.min(last.begins));
        for pair in days.get(at..).unwrap_or_default().windows(2) {
            let [day, next] = pair else { continue };
            let (from, to) = (start.max(day.begins), end.min(next.begins));
            if from < to {
                // Counted from the start, so that no fraction of a second is lost or made between two days.
                pieces.push(piece(day.date, from, to, seconds(start, to) - seconds(start, from)));
            }
            if end <= next.begins {
                break;
            }
        }
    }
    if let Some((side, step)) = rules.rounding {
        share(pieces, |seconds| round(side, step, seconds));
    }
}

/// Shares the rounded length: each piece has its seconds as long as there are any left, and the last one has the rest. So
/// what rounding adds is where the track ended, what it takes is taken from there backwards, and no piece is less than nothing.
fn share(pieces: &mut [Piece], round: impl FnOnce(i64) -> i64) {
    let mut left = round(pieces.iter().map(|piece| piece.seconds).sum());
    let Some((last, others)) = pieces.split_last_mut() else { return };
    for piece in others {
        piece.rounded = piece.seconds.min(left);
        left -= piece.rounded;
    }
    last.rounded = left;
}

fn round(side: Rounding, step: i64, seconds: i64) -> i64 {
    let down = seconds - seconds.rem_euclid(step);
    match side {
        Rounding::Down => down,
        Rounding::Up => down + if down == seconds { 0 } else { step },
        Rounding::Nearest => down + if (seconds - down) * 2 >= step { step } else { 0 },
    }
}

#[cfg(test)]
mod tests {
    use chrono::{NaiveTime, Weekday};

    use super::super::days::days;
    use super::*;

    /// 2026-10-20T22:00Z is midnight in Berlin.
    const MIDNIGHT: i64 = 1_792_533_600_000_000;

    /// Seconds and rounded seconds of each piece of what lies so many microseconds before and behind midnight.
    fn cut_at_midnight(rounding: Option<(Rounding, i64)>, before: i64, behind: i64) -> Vec<(i64, i64)> {
        let date = |text: &str| text.parse().unwrap();
        let zone = "Europe/Berlin".parse().unwrap();
        let days = days(zone, date("2026-10-19"), date("2026-10-25"), NaiveTime::MIN);
        let rules = Rules { keys: Vec::new(), midnight: Midnight::Split, week_start: Weekday::Mon, rounding };
        let mut pieces = Vec::new();
        let at = Timestamp::from_micros;
        cut(&rules, &days, (at(MIDNIGHT - before), at(MIDNIGHT + behind)), &mut pieces);
        pieces.iter().map(|piece| (piece.seconds, piece.rounded)).collect()
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

    /// Fractions of seconds are never lost or made: pieces add up to what the track says.
    #[test]
    fn pieces_add_up_to_the_whole() {
        assert_eq!(cut_at_midnight(None, 900_000, 1_200_000), [(0, 0), (2, 2)]);
    }

    /// What is rounded down to less than there was before midnight leaves nothing behind it, and not less than nothing.
    #[test]
    fn what_rounding_adds_or_takes_is_where_the_track_ended_and_no_day_is_less_than_nothing() {
        const MINUTE: i64 = 60_000_000;
        for (side, before, behind, expected) in [
            (Rounding::Up, 10, 1, [(600, 600), (60, 300)]),
            (Rounding::Down, 20, 5, [(1_200, 900), (300, 0)]),
            (Rounding::Down, 5, 5, [(300, 0), (300, 0)]),
            (Rounding::Down, 10, 12, [(600, 600), (720, 300)]),
            (Rounding::Nearest, 20, 1, [(1_200, 900), (60, 0)]),
            (Rounding::Nearest, 20, 3, [(1_200, 1_200), (180, 600)]),
        ] {
            let found = cut_at_midnight(Some((side, 900)), before * MINUTE, behind * MINUTE);
            assert_eq!(found, expected, "{side:?} {before} {behind}");
        }
    }
}
