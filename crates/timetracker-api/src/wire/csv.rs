//! Lines of a table (RFC 4180), in UTF-8 and with CRLF.
//!
//! A spreadsheet takes a cell that begins with certain characters for a formula, which can send what stands in other cells
//! anywhere. Texts are anybody's, so such a one gets an apostrophe in front, which a spreadsheet reads as "this is text".
//! Spreadsheets set up for other separators split a text of ours at `;`, at tabs and at line ends, and do not see its quotes:
//! what would begin a cell there gets one, too (OWASP, "CSV Injection").
//!
//! Where an apostrophe may have been put, one that stood there already gets another. So whoever takes one away from each such
//! place has the text as it was.

use std::fmt::Display;
use std::io::Write;

/// What begins a formula, in this width and in the wide one.
const FORMULAS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
/// At what some spreadsheets begin another cell in the middle of a text.
const SEPARATORS: [char; 4] = [';', '\t', '\r', '\n'];

/// A line that is being written.
#[derive(Debug)]
pub struct Line<'a> {
    out: &'a mut Vec<u8>,
    is_first: bool,
}

impl<'a> Line<'a> {
    /// Begins one.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, is_first: true }
    }

    /// A cell of ours, which needs no quotes.
    pub fn plain(&mut self, cell: &str) {
        self.write(|out| out.extend_from_slice(cell.as_bytes()));
    }

    /// The same, of something that can be shown.
    pub fn shown(&mut self, cell: impl Display) {
        // Writing into memory does not fail.
        self.write(|out| drop(write!(out, "{cell}")));
    }

    /// A whole number.
    pub fn number(&mut self, number: i64) {
        self.write(|out| super::json::number(out, number));
    }

    /// A cell of ours, written by `cell`.
    pub fn write(&mut self, cell: impl FnOnce(&mut Vec<u8>)) {
        if !std::mem::take(&mut self.is_first) {
            self.out.push(b',');
        }
        cell(self.out);
    }

    /// Somebody's text.
    pub fn text(&mut self, text: &str) {
        self.write(|out| {
            let is_plain = text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b',');
            if is_plain {
                guarded(text, |part| out.extend_from_slice(part.as_bytes()));
                return;
            }
            out.push(b'"');
            guarded(text, |part| {
                for byte in part.bytes() {
                    if byte == b'"' {
                        out.push(b'"');
                    }
                    out.push(byte);
                }
            });
            out.push(b'"');
        });
    }

    /// Ends it.
    pub fn end(self) {
        self.out.extend_from_slice(b"\r\n");
    }
}

/// Writes a text part by part, with an apostrophe wherever a cell that begins there would be computed.
fn guarded(text: &str, mut write: impl FnMut(&str)) {
    if begins_badly(text) {
        write("'");
    }
    let mut rest = text;
    while let Some(at) = rest.find(SEPARATORS) {
        // Each of them is one byte.
        let (before, behind) = rest.split_at(at + 1);
        write(before);
        if is_formula(behind) {
            write("'");
        }
        rest = behind;
    }
    write(rest);
}

/// Whether a cell must not begin so.
fn begins_badly(text: &str) -> bool {
    is_formula(text) || text.trim_start_matches('\'').starts_with(['\t', '\r', '\n'])
}

/// Whether a formula begins here, perhaps behind blanks, quotes and apostrophes, behind which some look for one. What is
/// behind a separator is looked at there.
fn is_formula(text: &str) -> bool {
    let is_passed_over = |letter: char| {
        (letter.is_whitespace() && !SEPARATORS.contains(&letter)) || matches!(letter, '\'' | '"')
    };
    text.trim_start_matches(is_passed_over).starts_with(FORMULAS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        let mut line = Line::new(&mut out);
        line.number(-7);
        line.text(text);
        line.plain("x");
        line.end();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_would_break_a_line_is_quoted() {
        for (text, expected) in [
            ("", ""),
            ("plain é", "plain é"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            (" blank ", " blank "),
        ] {
            assert_eq!(written(text), format!("-7,{expected},x\r\n"), "{text:?}");
        }
    }

    /// R151: texts that spreadsheets would compute, and those that only look like it.
    #[test]
    fn no_text_is_a_formula() {
        for text in
            ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\u{a0}=1", "＝1", "－1", "=cmd|' /C calc'!A0", "'=1"]
        {
            assert_eq!(written(text), format!("-7,'{text},x\r\n"), "{text:?}");
        }
        for text in ["\t=1", "\r1", "\n1", "\"=1\"", "=HYPERLINK(\"http://x\",\"y\")"] {
            let inside = text.replace('"', "\"\"");
            let inside = inside.replace("\t=", "\t'=");
            assert_eq!(written(text), format!("-7,\"'{inside}\",x\r\n"), "{text:?}");
        }
        for text in ["1=1", "a-b", "a@b", "'a=1", "·=1", "a; b", "a;b=1", "x;;y"] {
            assert_eq!(written(text), format!("-7,{text},x\r\n"), "{text:?}");
        }
    }

    /// R151: a spreadsheet whose cells are separated otherwise sees the middle of a text as the beginning of a cell.
    #[test]
    fn no_part_of_a_text_is_a_formula_in_another_spreadsheets_eyes() {
        for (text, expected) in [
            ("a;=1+1;b", "a;'=1+1;b"),
            ("a; =1", "a;' =1"),
            ("a;;+1", "a;;'+1"),
            ("a;'=1", "a;''=1"),
            ("a\t@b", "\"a\t'@b\""),
            ("a\r\n-b", "\"a\r\n'-b\""),
            ("a;\t=1", "\"a;\t'=1\""),
            ("a;\"=1;", "\"a;'\"\"=1;\""),
            ("=1;=2", "'=1;'=2"),
        ] {
            assert_eq!(written(text), format!("-7,{expected},x\r\n"), "{text:?}");
        }
    }

    /// Takes the apostrophes away again.
    fn bare(text: &str) -> String {
        let (mut bare, mut rest) = (String::new(), text);
        if let Some(behind) = text.strip_prefix('\'').filter(|behind| begins_badly(behind)) {
            rest = behind;
        }
        while let Some(at) = rest.find(SEPARATORS) {
            let (before, behind) = rest.split_at(at + 1);
            bare.push_str(before);
            rest = behind.strip_prefix('\'').filter(|behind| is_formula(behind)).unwrap_or(behind);
        }
        bare + rest
    }

    proptest::proptest! {
        /// Whoever reads the table and takes the apostrophes away has the text.
        #[test]
        fn every_text_comes_back(text in "[a;,=@ '\"\r\n\té＝-]{0,12}|[ -~\r\n\t\"',=é]{0,40}") {
            let line = written(&text);
            let cell = line.strip_prefix("-7,").and_then(|rest| rest.strip_suffix(",x\r\n")).unwrap();
            let quoted = cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let plain = quoted.map_or(cell.to_owned(), |inside| inside.replace("\"\"", "\""));
            proptest::prop_assert!(quoted.is_some() || !cell.contains([',', '"', '\r', '\n']));
            proptest::prop_assert_eq!(bare(&plain), text);
        }

        /// R151: however it is split, and whatever is left out in front, nothing begins as a formula does.
        #[test]
        fn no_cell_is_computed(text in "[a;,=@ '\"\r\n\té＝-]{0,12}") {
            let line = written(&text);
            let cell = line.strip_prefix("-7,").and_then(|rest| rest.strip_suffix(",x\r\n")).unwrap();
            for (position, part) in cell.split(SEPARATORS).enumerate() {
                let part = if position == 0 { part.strip_prefix('"').unwrap_or(part) } else { part };
                let first = part.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '"');
                proptest::prop_assert!(!first.starts_with(FORMULAS), "{line:?}");
            }
        }
    }
}
