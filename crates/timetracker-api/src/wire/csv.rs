//! Lines of a table (RFC 4180), in UTF-8 and with CRLF.
//!
//! A spreadsheet takes what begins with certain characters for a formula, which can send what stands in other cells
//! anywhere. Texts are anybody's, so such a one gets an apostrophe in front, which a spreadsheet reads as "this is text".

/// What begins a formula, in this width and in the wide one; and white space, behind which some look for them.
const FORMULAS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

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
            let guard = if is_formula(text) { "'" } else { "" };
            if is_plain {
                out.extend_from_slice(guard.as_bytes());
                out.extend_from_slice(text.as_bytes());
                return;
            }
            out.push(b'"');
            out.extend_from_slice(guard.as_bytes());
            for byte in text.bytes() {
                if byte == b'"' {
                    out.push(b'"');
                }
                out.push(byte);
            }
            out.push(b'"');
        });
    }

    /// Ends it.
    pub fn end(self) {
        self.out.extend_from_slice(b"\r\n");
    }
}

fn is_formula(text: &str) -> bool {
    text.starts_with(['\t', '\r', '\n']) || text.trim_start().starts_with(FORMULAS)
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
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\u{a0}=1", "＝1", "－1", "=cmd|' /C calc'!A0"]
        {
            assert_eq!(written(text), format!("-7,'{text},x\r\n"), "{text:?}");
        }
        for text in ["\t=1", "\r1", "\n1", "=HYPERLINK(\"http://x\",\"y\")"] {
            let inside = text.replace('"', "\"\"");
            assert_eq!(written(text), format!("-7,\"'{inside}\",x\r\n"), "{text:?}");
        }
        for text in ["1=1", "a-b", "a@b", "'=1", "·=1"] {
            assert_eq!(written(text), format!("-7,{text},x\r\n"), "{text:?}");
        }
    }

    proptest::proptest! {
        /// Whoever reads the table finds the text, behind an apostrophe at most.
        #[test]
        fn every_text_comes_back(text in "[ -~\r\n\t\"',=é]{0,40}") {
            let line = written(&text);
            let cell = line.strip_prefix("-7,").and_then(|rest| rest.strip_suffix(",x\r\n")).unwrap();
            let quoted = cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let plain = quoted.map_or(cell.to_owned(), |inside| inside.replace("\"\"", "\""));
            let guard = if is_formula(&text) { "'" } else { "" };
            proptest::prop_assert_eq!(plain, format!("{}{}", guard, text));
            proptest::prop_assert!(quoted.is_some() || !cell.contains([',', '"', '\r', '\n']));
        }
    }
}
