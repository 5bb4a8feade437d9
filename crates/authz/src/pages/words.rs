//! What pages say in words: names that others chose, and instants and spans of time.

use model::time::Timestamp;

/// A name as it is shown: without characters that reorder or hide text, and not endless.
pub(crate) fn displayed(name: &str) -> String {
    name.chars().filter(|each| !is_unseen(*each)).take(100).collect()
}

/// Whether a character shows nothing, or changes how those around it are shown: controls and formats, and the letters
/// and signs that are blank. The joiners among them are needed in some scripts; between two letters they are not seen.
pub(crate) fn is_unseen(each: char) -> bool {
    each.is_control()
        || matches!(
            each,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
                | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// To the day. It is not broken over two lines.
pub(crate) fn day(at: Timestamp) -> String {
    at.to_utc().map_or_else(String::new, |at| at.format("%-d\u{a0}%B\u{a0}%Y").to_string())
}

/// To the minute, which is broken behind the day.
pub(crate) fn minute(at: Timestamp) -> String {
    at.to_utc().map_or_else(String::new, |at| at.format("%-d\u{a0}%B\u{a0}%Y, %H:%M\u{a0}UTC").to_string())
}

/// A span in the largest unit that fits.
pub(crate) fn in_words(seconds: u64) -> String {
    let (count, unit) = match seconds {
        _ if seconds > 0 && seconds.is_multiple_of(3_600) => (seconds / 3_600, "hour"),
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        _ => (seconds / 3_600, "hour"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R97
    #[test]
    fn a_name_cannot_hide_or_reorder_what_is_shown() {
        assert_eq!(displayed("Bank\u{202e}…<b>\u{200b}\n\u{61c}\u{2028}"), "Bank…<b>");
        assert_eq!(displayed("\u{ad}\u{2060}\u{3164}\u{2800}\u{e0041}B\u{200d}a"), "Ba");
        assert_eq!(displayed("Zeit – 時間 – وقت"), "Zeit – 時間 – وقت");
        assert_eq!(displayed(&"x".repeat(500)).len(), 100);
    }

    #[test]
    fn instants_are_said_in_utc() {
        let at = Timestamp::from_unix_seconds(1_800_000_000);
        let said = [day(at), minute(at)].map(|said| said.replace('\u{a0}', " "));
        assert_eq!(said, ["15 January 2027", "15 January 2027, 08:00 UTC"]);
    }

    #[test]
    fn spans_are_said_in_the_largest_unit_that_fits() {
        for (seconds, words) in [(1, "1 second"), (90, "90 seconds"), (3_600, "1 hour"), (36_000, "10 hours")]
        {
            assert_eq!(in_words(seconds), words);
        }
    }
}
