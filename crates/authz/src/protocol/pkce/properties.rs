//! What holds of every verifier and challenge, not only of those in the tables.

use model::fuzzing::fuzz;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

/// RFC 7636 section 4.1.
const VERIFIER: &str = "[A-Za-z0-9._~-]{43,128}";

fn challenge_of(verifier: &str) -> Challenge {
    Challenge::parse(&BASE64_URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()))).unwrap()
}

/// A challenge has one spelling, so whoever compares its text compares its meaning.
fn assert_has_one_spelling(text: &str) {
    let Some(challenge) = Challenge::parse(text) else { return };
    assert_eq!(text.len(), 43);
    assert_eq!(BASE64_URL_SAFE_NO_PAD.encode(challenge.0), text);
}

proptest! {
    #[test]
    fn a_verifier_meets_its_own_challenge(verifier in VERIFIER) {
        prop_assert!(Challenge::goes_with(Some(challenge_of(&verifier)), Some(&verifier)));
        prop_assert!(!Challenge::goes_with(Some(challenge_of(&verifier)), None));
        prop_assert!(!Challenge::goes_with(None, Some(&verifier)));
    }

    /// R25
    #[test]
    fn a_verifier_with_a_single_character_changed_meets_it_no_more(
        verifier in VERIFIER, place: Index, put in "[A-Za-z0-9._~-]{0,2}",
    ) {
        let at = place.index(verifier.len());
        let other = [&verifier[..at], put.as_str(), &verifier[at + 1..]].concat();
        prop_assume!(other != verifier);
        prop_assert!(!Challenge::goes_with(Some(challenge_of(&verifier)), Some(&other)));
    }

    /// R25: the right hash is not enough.
    #[test]
    fn a_text_outside_the_grammar_meets_nothing(text in prop_oneof![r"\PC{0,140}", "[ -~]{40,46}", "[a-z]{0,160}"]) {
        let is_allowed = |each: char| each.is_ascii_alphanumeric() || "-._~".contains(each);
        let is_verifier = (43..=128).contains(&text.chars().count()) && text.chars().all(is_allowed);
        prop_assert_eq!(Challenge::goes_with(Some(challenge_of(&text)), Some(&text)), is_verifier);
    }

    #[test]
    fn a_challenge_has_one_spelling(text in prop_oneof![r"\PC{0,50}", "[A-Za-z0-9_-]{43}", "[A-Za-z0-9_=+/-]{42,44}"]) {
        assert_has_one_spelling(&text);
    }
}

#[test]
fn fuzz_pkce() {
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    fuzz(&[challenge, verifier], |input| {
        let text = String::from_utf8_lossy(input);
        assert_has_one_spelling(&text);
        let is_met = Challenge::goes_with(Challenge::parse(challenge), Some(&text));
        assert_eq!(is_met, text == verifier);
    });
}
