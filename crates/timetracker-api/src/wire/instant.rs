//! Date-times: every form Django REST Framework reads, and the one it writes.
//!
//! Read: ISO 8601 dates (calendar or week, with or without hyphens) and times down to fractions of a second,
//! with `T`, `t` or a space between; without an offset UTC is meant. Written: UTC with `Z`, microseconds only
//! when there are any.

use chrono::{Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use model::time::Timestamp;

/// Why a text is no instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstantError {
    /// It is not written in any of the forms, or names a day or a time that does not exist.
    Format,
    /// It lies outside the years 1 to 9999 in UTC.
    Range,
}

/// Reads an instant.
///
/// # Errors
/// See [`InstantError`].
pub fn parse(text: &str) -> Result<Timestamp, InstantError> {
    let (local, offset) = parts(text).ok_or(InstantError::Format)?;
    let utc = local.checked_sub_offset(offset).ok_or(InstantError::Range)?;
    let years = 1..=9999;
    if years.contains(&chrono::Datelike::year(&utc)) {
        Ok(Timestamp::from_micros(utc.and_utc().timestamp_micros()))
    } else {
        Err(InstantError::Range)
    }
}

fn parts(text: &str) -> Option<(NaiveDateTime, FixedOffset)> {
    let utc = FixedOffset::east_opt(0)?;
    if !text.is_ascii() {
        return None;
    }
    match text.find(['T', 't', ' ']) {
        None => Some((date(text)?.and_time(NaiveTime::MIN), utc)),
        Some(at) => {
            let (day, rest) = (text.get(..at)?, text.get(at + 1..)?);
            let zone = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
            let (clock, zone) = (rest.get(..zone)?, rest.get(zone..)?);
            Some((date(day)?.and_time(time(clock.trim_end())?), offset(zone)?))
        }
    }
}

fn date(text: &str) -> Option<NaiveDate> {
    let year = digits(text.get(..4)?)?.cast_signed();
    let rest = text.get(4..)?;
    if year == 0 {
        return None;
    }
    let hyphened = rest.strip_prefix('-');
    let rest = hyphened.unwrap_or(rest);
    if let Some(week) = rest.strip_prefix('W') {
        let (week, day) = match (hyphened, week.len()) {
            (_, 2) => (week, "1"),
            (Some(_), 4) => week.split_once('-')?,
            (None, 3) => week.split_at_checked(2)?,
            _ => return None,
        };
        let day = Weekday::try_from(u8::try_from(digits(day)?).ok()?.checked_sub(1)?).ok()?;
        return NaiveDate::from_isoywd_opt(year, digits(week)?, day);
    }
    let (month, day) = match hyphened {
        Some(rest) => rest.split_once('-').filter(|(month, day)| month.len() <= 2 && day.len() <= 2)?,
        None if rest.len() == 4 => rest.split_at_checked(2)?,
        None => return None,
    };
    NaiveDate::from_ymd_opt(year, digits(month)?, digits(day)?)
}

fn time(text: &str) -> Option<NaiveTime> {
    let (clock, fraction) = match text.split_once(['.', ',']) {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (text, None),
    };
    let mut pieces = [""; 3];
    let mut count = 0;
    let split: &mut dyn Iterator<Item = &str> = if clock.contains(':') {
        &mut clock.split(':')
    } else {
        &mut clock.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap_or_default())
    };
    for piece in split {
        let compact = !clock.contains(':');
        if piece.len() > 2 || (compact && piece.len() != 2) {
            return None;
        }
        *pieces.get_mut(count)? = piece;
        count += 1;
    }
    let [hour, minute, second] = pieces;
    let micros = match (fraction, count) {
        (None, 1..=3) => 0,
        (Some(fraction), 3) => micros(fraction)?,
        _ => return None,
    };
    let or_zero = |piece: &str, given: bool| if given { digits(piece) } else { Some(0) };
    let (minute, second) = (or_zero(minute, count > 1)?, or_zero(second, count > 2)?);
    NaiveTime::from_hms_micro_opt(digits(hour)?, minute, second, micros)
}

/// The first six digits of a fraction; the others are cut off.
fn micros(fraction: &str) -> Option<u32> {
    if fraction.is_empty() || fraction.len() > 12 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut micros = 0;
    for position in 0..6 {
        let digit = fraction.as_bytes().get(position).map_or(0, |byte| u32::from(byte - b'0'));
        micros = micros * 10 + digit;
    }
    Some(micros)
}

/// `Z`, `+hh`, `+hhmm`, `+hh:mm` or nothing.
fn offset(text: &str) -> Option<FixedOffset> {
    let sign = match text.bytes().next() {
        None => return FixedOffset::east_opt(0),
        Some(b'Z') => return if text.len() == 1 { FixedOffset::east_opt(0) } else { None },
        Some(b'+') => 1,
        Some(_) => -1,
    };
    let rest = text.get(1..)?;
    let (hours, minutes) = match rest.len() {
        2 => (rest, "0"),
        4 => rest.split_at_checked(2)?,
        5 => rest.split_once(':').filter(|(hours, _)| hours.len() == 2)?,
        _ => return None,
    };
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    FixedOffset::east_opt(sign * (hours * 3_600 + minutes * 60).cast_signed())
}

fn digits(text: &str) -> Option<u32> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// The last instant that can be written: 9999-12-31T23:59:59.999999Z.
pub const LAST: Timestamp = Timestamp::from_micros(253_402_300_799_999_999);

/// Writes an instant; chrono's own formatter costs five times as much.
pub fn write(out: &mut Vec<u8>, at: Timestamp) {
    let micros = date_and_time(out, at, *b"-T:");
    if micros != 0 {
        out.push(b'.');
        padded::<6>(out, micros);
    }
    out.push(b'Z');
}

/// Writes what clocks say as spreadsheets read it, `2026-11-23 09:00:00`: fractions are cut off.
pub fn write_plain(out: &mut Vec<u8>, at: Timestamp) {
    date_and_time(out, at, *b"- :");
}

/// Writes an instant as calendars do (RFC 5545 section 3.3.5), `20261123T090000Z`: fractions are cut off.
pub fn write_basic(out: &mut Vec<u8>, at: Timestamp) {
    date_and_time(out, at, *b"\0T\0");
    out.push(b'Z');
}

/// Writes a date of a year of four digits.
pub fn write_date(out: &mut Vec<u8>, date: NaiveDate) {
    padded::<4>(out, date.year().into());
    out.push(b'-');
    padded::<2>(out, date.month().into());
    out.push(b'-');
    padded::<2>(out, date.day().into());
}

/// Writes date and time with these between year and month, date and time, hour and minute; NUL is nothing. Answers the
/// microseconds.
fn date_and_time(out: &mut Vec<u8>, at: Timestamp, [of_date, between, of_time]: [u8; 3]) -> i64 {
    const DAY: i64 = 86_400;
    let (seconds, micros) = (at.micros().div_euclid(1_000_000), at.micros().rem_euclid(1_000_000));
    let (day, second) = (seconds.div_euclid(DAY), u32::try_from(seconds.rem_euclid(DAY)).unwrap_or(0));
    let (year, month, date) = civil(day);
    let [[y1, y2], [y3, y4]] = [two(year / 100), two(year % 100)];
    let [[m1, m2], [d1, d2]] = [two(month), two(date)];
    let [[h1, h2], [n1, n2], [s1, s2]] = [two(second / 3_600), two(second / 60 % 60), two(second % 60)];
    let text =
        [y1, y2, y3, y4, of_date, m1, m2, of_date, d1, d2, between, h1, h2, of_time, n1, n2, of_time, s1, s2];
    if of_date == 0 {
        out.extend(text.into_iter().filter(|letter| *letter != 0));
    } else {
        out.extend_from_slice(&text);
    }
    micros
}

/// Two digits of a number below a hundred.
fn two(number: u32) -> [u8; 2] {
    let number = u8::try_from(number).unwrap_or(0);
    [b'0' + number / 10, b'0' + number % 10]
}

/// Year, month and day of a day number counted from 1970-01-01, not before the year 1: Howard Hinnant's `civil_from_days`, which
/// counts in eras of 400 years that begin in March.
fn civil(day: i64) -> (u32, u32, u32) {
    let shifted = u32::try_from(day + 719_468).unwrap_or(0);
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + u32::from(month <= 2), month, date)
}

fn padded<const WIDTH: usize>(out: &mut Vec<u8>, number: i64) {
    let mut digits = [b'0'; WIDTH];
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
    }
    out.extend_from_slice(&digits);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(at: Timestamp) -> String {
        let mut out = Vec::new();
        write(&mut out, at);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_form_the_framework_reads_is_read() {
        for (text, expected) in [
            ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z"),
            ("2024-01-02t03:04:05Z", "2024-01-02T03:04:05Z"),
            ("2024-01-02 03:04:05", "2024-01-02T03:04:05Z"),
            ("2024-01-02T03:04", "2024-01-02T03:04:00Z"),
            ("2024-1-2T3:4", "2024-01-02T03:04:00Z"),
            ("2024-01-02", "2024-01-02T00:00:00Z"),
            ("20240102T030405Z", "2024-01-02T03:04:05Z"),
            ("2024-W01-1", "2024-01-01T00:00:00Z"),
            ("2024W011T12:00", "2024-01-01T12:00:00Z"),
            ("2024-01-02T03:04:05+0200", "2024-01-02T01:04:05Z"),
            ("2024-01-02T03:04:05+02:00", "2024-01-02T01:04:05Z"),
            ("2024-01-02T03:04:05-11", "2024-01-02T14:04:05Z"),
            ("2024-01-02T03:04:05 +02:00", "2024-01-02T01:04:05Z"),
            ("2024-01-02T03:04:05,5Z", "2024-01-02T03:04:05.500000Z"),
            ("2024-01-02T03:04:05.123456789Z", "2024-01-02T03:04:05.123456Z"),
            ("2024-02-29T23:59:59.000001Z", "2024-02-29T23:59:59.000001Z"),
            ("0001-01-01", "0001-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(parse(text).map(written).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_the_framework_refuses_is_refused() {
        for text in [
            "",
            "now",
            "1704164645",
            "2024-01-02T03:04:05z",
            "2024-01-02T24:00:00Z",
            "2024-01-02T03:04:60Z",
            "2024-01-02T03:60:00Z",
            " 2024-01-02T03:04:05Z",
            "2024-01-02T03:04:05Z ",
            "2023-02-29",
            "2024-13-01",
            "2024-01-02T",
            "2024-01-02T03:04:05.Z",
            "2024-01-02T03:04:05+25:00",
            "2024-01-02T03:04:05+02:0",
            "2024-01-02T03:04.5",
            "2024-W54-1",
            "2024-W01-0",
            "0000-01-01",
            "٢٠٢٤-01-02",
            "2024-01-02\0",
        ] {
            assert_eq!(parse(text), Err(InstantError::Format), "{text:?}");
        }
        for text in ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"] {
            assert_eq!(parse(text), Err(InstantError::Range), "{text}");
        }
    }

    #[test]
    fn spreadsheets_and_calendars_have_forms_of_their_own() {
        let at = Timestamp::from_micros(1_704_164_645_123_456);
        let (mut plain, mut basic) = (Vec::new(), Vec::new());
        write_plain(&mut plain, at);
        write_basic(&mut basic, at);
        assert_eq!(
            (plain.as_slice(), basic.as_slice()),
            (&b"2024-01-02 03:04:05"[..], &b"20240102T030405Z"[..])
        );
    }

    #[test]
    fn writing_agrees_with_chrono_over_ten_thousand_years() {
        let mut micros = Timestamp::from_micros(-62_135_596_800_000_000).micros();
        while micros < 253_402_300_800_000_000 {
            let at = Timestamp::from_micros(micros);
            assert_eq!(written(at).trim_start_matches('0'), at.to_string().trim_start_matches(['0', '+']));
            micros += 8_765_432_109_876_543 / 37;
        }
    }
}
