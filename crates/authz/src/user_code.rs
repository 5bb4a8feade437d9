//! The code a person types to connect a device (RFC 8628 section 6.1): eight of twenty letters, without vowels so that
//! they never make a word, and read without the case, dashes and blanks that people add or leave out.

use std::fmt;

use crate::crypto::master::MacKey;
use crate::crypto::random::{self, NoRandomness};

const LETTERS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ";
/// Eight of twenty: 34 bits.
const LEN: usize = 8;

/// A user code: its letters and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct UserCode(String);

impl UserCode {
    /// A new one; each is as likely as any other.
    ///
    /// # Errors
    /// When there is no randomness to be had.
    pub fn random() -> Result<Self, NoRandomness> {
        let mut code = String::with_capacity(LEN);
        while code.len() < LEN {
            let letter = |byte: u8| (byte < 240).then(|| LETTERS.get(usize::from(byte % 20))).flatten();
            let drawn = random::bytes::<16>()?.into_iter().filter_map(letter);
            code.extend(drawn.take(LEN - code.len()).map(|letter| char::from(*letter)));
        }
        Ok(Self(code))
    }

    /// Reads what somebody typed; `None` when no code can have been meant.
    pub fn parse(text: &str) -> Option<Self> {
        let is_dash = |each: char| matches!(each, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}');
        let typed = text.chars().filter(|each| !each.is_whitespace() && !is_dash(*each));
        // One more than there can be is enough to know.
        let code: String = typed.take(LEN + 1).map(|each| each.to_ascii_uppercase()).collect();
        (code.len() == LEN && code.bytes().all(|each| LETTERS.contains(&each))).then_some(Self(code))
    }

    /// What is stored in its place: 34 bits would not stay secret behind a digest without a key.
    pub fn tag(&self, key: &MacKey) -> String {
        key.tag(&[&self.0])
    }
}

/// As people are shown it: `WDJB-MJHT`.
impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = self.0.split_at_checked(LEN / 2).unwrap_or((&self.0, ""));
        write!(f, "{first}-{second}")
    }
}

/// Says nothing: whoever has the code can answer for the device.
impl fmt::Debug for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCode([secret])")
    }
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    /// R27, R86: unique, of these letters, and none of them rarer than chance makes it.
    /// Section 2 no. 36 of the dossier (DOT #1734).
    #[test]
    fn a_thousand_codes_are_unique_and_use_every_letter_alike() {
        let codes: Vec<String> = (0..1_000).map(|_| UserCode::random().unwrap().to_string()).collect();
        assert_eq!(codes.iter().collect::<HashSet<_>>().len(), 1_000);
        let mut counts: HashMap<char, u32> = HashMap::new();
        for code in &codes {
            assert!(code.len() == 9 && code.chars().nth(4) == Some('-'), "{code}");
            for letter in code.chars().filter(|each| *each != '-') {
                *counts.entry(letter).or_default() += 1;
            }
        }
        let mut letters: Vec<char> = counts.keys().copied().collect();
        letters.sort_unstable();
        assert_eq!(letters.iter().collect::<String>().as_bytes(), LETTERS);
        // 400 are expected of each; 100 more or less is five standard deviations.
        assert!(counts.values().all(|count| (300..500).contains(count)), "{counts:?}");
    }

    /// R86
    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let right = UserCode::parse("WDJBMJHT").unwrap();
        for typed in
            ["WDJB-MJHT", "wdjb-mjht", " wDjB mJhT\t", "W-D-J-B-M-J-H-T", "wdjb–mjht", "WDJB\u{a0}MJHT"]
        {
            assert_eq!(UserCode::parse(typed).as_ref(), Some(&right), "{typed}");
        }
        for wrong in [
            "",
            "-",
            "WDJB-MJH",
            "WDJB-MJHTT",
            "WDJB-MJHA",
            "WDJB-MJH0",
            "WDJB_MJHT",
            "ｗＤＪＢＭＪＨＴ",
            "Wdjb.mjht",
        ] {
            assert_eq!(UserCode::parse(wrong), None, "{wrong}");
        }
        assert_eq!(UserCode::parse(&"B".repeat(1_000_000)), None);
        assert!(!format!("{right:?}").contains("WDJB"));
    }
}
