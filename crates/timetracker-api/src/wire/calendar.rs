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

/// A time of day, to the minute.
///
/// # Errors
/// What is wrong with it.
pub fn time(text: &str) -> Result<NaiveTime, Vec<Message>> {
    let wrong = "Time has wrong format. Use one of these formats instead: hh:mm.";
    NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| vec![wrong.into()])
}
