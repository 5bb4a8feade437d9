//! Calendars (RFC 5545): lines of at most 75 octets, folded where a letter ends, and texts in which nothing can end a line
//! or begin a property.

use model::time::Timestamp;

use super::instant;

/// The media type.
pub const MEDIA_TYPE: &str = "text/calendar; charset=utf-8";
/// The longest line, in octets, without its CRLF (section 3.1).
const LONGEST: usize = 75;

/// A calendar that is being written.
#[derive(Debug)]
pub struct Calendar {
    out: Vec<u8>,
    /// The line that is being written, as long as it is.
    line: Vec<u8>,
}

impl Calendar {
    /// Begins one that is called so, and should be asked for again after a quarter of an hour.
    pub fn new(name: &str) -> Self {
        let mut calendar = Self { out: Vec::with_capacity(4_096), line: Vec::new() };
        calendar.begin("VCALENDAR");
        calendar.plain("VERSION", "2.0");
        calendar.plain("PRODID", "-//Timetracker//Tracks//EN");
        // As RFC 7986 has it, and as programs had it before.
        calendar.text("NAME", name);
        calendar.text("X-WR-CALNAME", name);
        calendar.plain("REFRESH-INTERVAL;VALUE=DURATION", "PT15M");
        calendar.plain("X-PUBLISHED-TTL", "PT15M");
        calendar
    }

    /// Begins a component.
    pub fn begin(&mut self, component: &str) {
        self.plain("BEGIN", component);
    }

    /// Ends it.
    pub fn close(&mut self, component: &str) {
        self.plain("END", component);
    }

    /// A property with a value of ours.
    pub fn plain(&mut self, name: &str, value: &str) {
        self.property(name, |line| line.extend_from_slice(value.as_bytes()));
    }

    /// A property with an instant.
    pub fn instant(&mut self, name: &str, at: Timestamp) {
        self.property(name, |line| instant::write_basic(line, at));
    }

    /// A property with somebody's text.
    pub fn text(&mut self, name: &str, text: &str) {
        self.property(name, |line| escape(line, text));
    }

    /// A property with somebody's texts, if there are any.
    pub fn list<'a>(&mut self, name: &str, texts: impl Iterator<Item = &'a str>) {
        let mut texts = texts.peekable();
        if texts.peek().is_none() {
            return;
        }
        self.property(name, |line| {
            for (position, text) in texts.enumerate() {
                if position > 0 {
                    line.push(b',');
                }
                escape(line, text);
            }
        });
    }

    /// Ends the calendar.
    pub fn end(mut self) -> Vec<u8> {
        self.close("VCALENDAR");
        self.out
    }

    fn property(&mut self, name: &str, value: impl FnOnce(&mut Vec<u8>)) {
        self.line.clear();
        self.line.extend_from_slice(name.as_bytes());
        self.line.push(b':');
        value(&mut self.line);
        fold(&mut self.out, &self.line);
    }
}

/// Section 3.3.11. Of control characters only line ends and tabs have a place in a text.
fn escape(out: &mut Vec<u8>, text: &str) {
    let mut before = ' ';
    for letter in text.chars() {
        match letter {
            '\\' => out.extend_from_slice(b"\\\\"),
            ';' => out.extend_from_slice(b"\\;"),
            ',' => out.extend_from_slice(b"\\,"),
            '\n' if before == '\r' => {}
            '\n' | '\r' => out.extend_from_slice(b"\\n"),
            '\t' => out.push(b'\t'),
            _ if letter.is_control() => {}
            _ => out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        before = letter;
    }
}

/// Section 3.1: what is too long goes on in the next line, behind a blank.
fn fold(out: &mut Vec<u8>, line: &[u8]) {
    let (mut rest, mut room) = (line, LONGEST);
    while rest.len() > room {
        // No letter is taken apart: what goes on one has its highest bits 10.
        let goes_on = |at: &usize| rest.get(*at).is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000);
        let end = (1..=room).rev().find(|at| !goes_on(at)).unwrap_or(room);
        let (part, behind) = rest.split_at(end);
        out.extend_from_slice(part);
        out.extend_from_slice(b"\r\n ");
        (rest, room) = (behind, LONGEST - 1);
    }
    out.extend_from_slice(rest);
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut calendar = Calendar { out: Vec::new(), line: Vec::new() };
        calendar.text("X", text);
        String::from_utf8(calendar.out).unwrap()
    }

    /// R151.
    #[test]
    fn texts_end_no_line_and_begin_no_property() {
        for (text, expected) in [
            ("", "X:\r\n"),
            ("a;b,c\\d:e\"", "X:a\\;b\\,c\\\\d:e\"\r\n"),
            ("a\r\nEND:VEVENT\rb\nc", "X:a\\nEND:VEVENT\\nb\\nc\r\n"),
            ("a\u{0}\u{1b}\u{7f}\u{85}\tb", "X:a\tb\r\n"),
        ] {
            assert_eq!(written(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_line_of_75_octets_stays_and_one_more_goes_on() {
        let (fits, longer) = ("a".repeat(73), "a".repeat(74));
        assert_eq!(written(&fits), format!("X:{fits}\r\n"));
        assert_eq!(written(&longer), format!("X:{fits}\r\n a\r\n"));
        // Letters of two, three and four octets stay whole.
        assert_eq!(written(&format!("{}é", "a".repeat(72))), format!("X:{}\r\n é\r\n", "a".repeat(72)));
    }

    proptest::proptest! {
        /// No line is too long, each is UTF-8 by itself, and unfolded they are what was written.
        #[test]
        fn folding_loses_nothing(text in "[a-z,;\\\\é∑🕰 \n]{0,400}") {
            let folded = written(&text);
            let body = folded.strip_suffix("\r\n").unwrap();
            proptest::prop_assert!(body.split("\r\n").all(|line| line.len() <= LONGEST));
            let mut escaped = Vec::new();
            escape(&mut escaped, &text);
            let unfolded = body.replace("\r\n ", "");
            proptest::prop_assert_eq!(unfolded.strip_prefix("X:").unwrap().as_bytes(), escaped.as_slice());
        }
    }
}
