//! Days of the week and times of day, as they are written.

use chrono::{NaiveTime, Weekday};

use super::error::Message;

/// The days of the week by their names.
pub const WEEKDAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

/// The day of that name.
pub fn weekday(name: &str) -> Option<Weekday> {
    WEEKDAYS.iter().find(|(each, _)| *each == name).map(|(_, day)| *day)
}

/// Its name.
pub fn name(day: Weekday) -> &'static str {
    WEEKDAYS.iter().find(|(_, each)| *each == day).map_or("", |(name, _)| name)
}

/// A time of day, to the minute; whole seconds may be written when there are none.
///
/// # Errors
/// What is wrong with it.
pub fn time(text: &str) -> Result<NaiveTime, Vec<Message>> {
    let minutes = if text.len() == 8 { text.strip_suffix(":00").unwrap_or(text) } else { text };
    // A reader of numbers would take one digit, a sign or a blank as well.
    let is_plain = matches!(minutes.as_bytes(), [a, b, b':', c, d] if [a, b, c, d].iter().all(|digit| digit.is_ascii_digit()));
    let wrong = "Time has wrong format. Use one of these formats instead: hh:mm.";
    let time = NaiveTime::parse_from_str(minutes, "%H:%M").ok().filter(|_| is_plain);
    time.ok_or_else(|| vec![wrong.into()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_has_two_digits_each_and_no_seconds() {
        for (text, expected) in [
            ("05:03", Some((5, 3))),
            ("23:59", Some((23, 59))),
            ("05:00:00", Some((5, 0))),
            ("05:00:01", None),
            ("24:00", None),
            ("05:60", None),
            ("5:3", None),
            ("5:03", None),
            (" 5:03", None),
            ("+5:03", None),
            ("05:+3", None),
            ("05:00:", None),
            ("05:00:00:00", None),
            ("05", None),
            ("", None),
        ] {
            let expected = expected.and_then(|(hours, minutes)| NaiveTime::from_hms_opt(hours, minutes, 0));
            assert_eq!(time(text).ok(), expected, "{text}");
        }
    }
}
