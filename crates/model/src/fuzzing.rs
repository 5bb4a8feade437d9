//! Inputs nobody thought of: texts that mean something to a parser, broken at random.
//!
//! The same few thousand in every run, so that a test either holds or does not. With `FUZZ_SECONDS` set, new ones for
//! that long (`just fuzz`). Why not libFuzzer: docs/decisions/0002-dependencies.md.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// How many inputs a test tries unless it is told how long to go on.
const INPUTS: usize = 2_000;
/// Longer than the longest text that any parser reads.
const MAX_LEN: usize = 20 * 1024;

/// What some parser or other treats in a way of its own.
const SHARP: [&str; 34] = [
    "%",
    "%0",
    "%00",
    "%ff",
    "%2f",
    "+",
    "&",
    "=",
    "==",
    ":",
    ";",
    ",",
    "/",
    "//",
    "..",
    "\\",
    "@",
    "#",
    "?",
    "*",
    " ",
    "\t",
    "\r\n",
    "\0",
    "\"",
    "{",
    "}",
    "[",
    "]",
    "é",
    "\u{202e}",
    "-1",
    "99999999999999999999",
    "null",
];

/// Hands a parser each text of the corpus, and then texts made of them that are broken somewhere. What the parser must
/// never do is asserted by `parse`; whatever it panics at is shown.
///
/// # Panics
/// When `parse` does, and when `FUZZ_SECONDS` is not a number.
#[expect(clippy::disallowed_methods, clippy::expect_used, reason = "test support")]
pub fn fuzz(corpus: &[&str], mut parse: impl FnMut(&[u8])) {
    let mut judge = |input: &[u8]| {
        let _shown = Shown(input);
        parse(input);
    };
    for text in corpus {
        judge(text.as_bytes());
    }
    let Ok(seconds) = std::env::var("FUZZ_SECONDS") else {
        return Broken::new(corpus, 1).take(INPUTS).for_each(|input| judge(&input));
    };
    let end = Instant::now() + Duration::from_secs(seconds.parse().expect("FUZZ_SECONDS is a number"));
    let seed = RandomState::new().hash_one(0);
    Broken::new(corpus, seed).take_while(|_| Instant::now() < end).for_each(|input| judge(&input));
}

/// Says what the input was if that is the one that ends the test.
struct Shown<'a>(&'a [u8]);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the input: b\"{}\"", self.0.escape_ascii());
        }
    }
}

/// An endless row of broken texts, the same for the same seed.
struct Broken<'a> {
    corpus: &'a [&'a str],
    /// SplitMix64: chance enough for this, in three lines.
    state: u64,
}

impl<'a> Broken<'a> {
    fn new(corpus: &'a [&'a str], seed: u64) -> Self {
        Self { corpus, state: seed }
    }

    fn roll(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to one less than `count`.
    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.roll() >> 33).unwrap_or(0) % count.max(1)
    }

    fn byte(&mut self) -> u8 {
        self.roll().to_be_bytes()[0]
    }

    fn pick(&mut self, among: &[&'a str]) -> &'a [u8] {
        let at = self.below(among.len());
        among.get(at).map_or(b"", |text| text.as_bytes())
    }

    /// A part of something that long: mostly short, anywhere.
    fn part(&mut self, len: usize) -> std::ops::Range<usize> {
        let from = self.below(len + 1);
        let most = if self.below(4) == 0 { len } else { 4 };
        from..(from + self.below(most + 1)).min(len)
    }

    fn breaks(&mut self, text: &mut Vec<u8>) {
        let part = self.part(text.len());
        let put = match self.below(7) {
            0 => {
                let bit = self.below(8);
                text.get_mut(part.start).into_iter().for_each(|byte| *byte ^= 1 << bit);
                return;
            }
            1 => Vec::new(),
            2 => vec![self.byte()],
            3 => text.get(part.clone()).unwrap_or_default().repeat(2),
            4 => {
                let other = self.pick(self.corpus);
                let taken = self.part(other.len());
                other.get(taken).unwrap_or_default().to_vec()
            }
            _ => {
                let sharp = self.pick(&SHARP).to_vec();
                text.splice(part.start..part.start, sharp);
                return;
            }
        };
        text.splice(part, put);
    }
}

impl Iterator for Broken<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let mut text = self.pick(self.corpus).to_vec();
        for _ in 0..=self.below(6) {
            self.breaks(&mut text);
        }
        text.truncate(MAX_LEN);
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CORPUS: [&str; 2] = ["a=1&b=%41", "state=x"];

    #[test]
    fn every_run_tries_the_same_inputs_and_another_seed_others() {
        let inputs = |seed| Broken::new(&CORPUS, seed).take(100).collect::<Vec<_>>();
        assert_eq!(inputs(1), inputs(1));
        assert_ne!(inputs(1), inputs(2));
    }

    /// Each of these is a fault that parsers of this corpus have had.
    #[test]
    fn the_inputs_reach_what_is_easily_overlooked() {
        let inputs: Vec<_> = Broken::new(&CORPUS, 1).take(INPUTS).collect();
        let has = |fault: &dyn Fn(&[u8]) -> bool| inputs.iter().any(|input| fault(input));
        assert!(has(&|input| input.is_empty()));
        assert!(has(&|input| std::str::from_utf8(input).is_err()));
        assert!(has(&|input| input.ends_with(b"%")));
        assert!(has(&|input| input.windows(4).filter(|four| four == b"b=%4").count() > 1));
        let holds = |input: &[u8], part: &[u8]| input.windows(part.len()).any(|window| window == part);
        assert!(has(&|input| holds(input, b"a=1") && holds(input, b"state")));
    }

    #[test]
    #[should_panic(expected = "a parser that trusts its input")]
    fn a_parser_that_panics_fails_its_test() {
        fuzz(&CORPUS, |input| assert!(!input.contains(&0), "a parser that trusts its input"));
    }
}
