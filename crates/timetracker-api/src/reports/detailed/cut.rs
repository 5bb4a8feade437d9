//! A track, cut as a summary cuts it: by the same function, which tells days and seconds; here is when each piece begins and ends.

use chrono::NaiveDate;
use model::time::Timestamp;

use crate::id::ActivityId;
use crate::reports::days::Day;
use crate::reports::sum::{self, Midnight, Rules, Spent};

/// What of a track lies in one day, or all of it where it belongs to the day it began in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The day.
    pub date: NaiveDate,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// Whole seconds. Those of a track's pieces add up to its length, rounded down.
    pub seconds: i64,
    /// The same of rounded lengths: what rounding adds or takes belongs to where the track ended.
    pub rounded: i64,
}

/// What of an interval lies within the days, in order.
pub fn pieces(rules: &Rules, days: &[Day], (start, end): (Timestamp, Timestamp)) -> Vec<Piece> {
    let track = Spent { start, end, activity: ActivityId(0), tags: String::new(), billable: false };
    let cut = sum::pieces(rules.midnight, days, &track);
    let seconds: i64 = cut.iter().map(|(_, seconds)| seconds).sum();
    let bounds = |date: NaiveDate| {
        let first = days.first()?.date;
        let at = usize::try_from((date - first).num_days()).ok()?;
        Some((days.get(at)?.begins, days.get(at + 1)?.begins))
    };
    let piece = |(date, seconds): (NaiveDate, i64)| {
        let (start, end) = match bounds(date).filter(|_| rules.midnight == Midnight::Split) {
            Some((from, to)) => (start.max(from), end.min(to)),
            None => (start, end),
        };
        Piece { date, start, end, seconds, rounded: seconds }
    };
    let mut pieces: Vec<Piece> = cut.into_iter().map(piece).collect();
    if let (Some((side, step)), Some(last)) = (rules.rounding, pieces.last_mut()) {
        last.rounded += sum::round(side, step, seconds) - seconds;
    }
    pieces
}
