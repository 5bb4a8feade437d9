//! What holds of every code, however it is typed.

use model::fuzzing::fuzz;
use proptest::prelude::*;

use super::*;

fn assert_is_read_one_way(text: &str) {
    let Some(code) = UserCode::parse(text) else { return };
    assert_eq!(UserCode::parse(&code.to_string()).as_ref(), Some(&code));
    // Its letters are those that were typed, all of them and in their order.
    let typed: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    assert_eq!(code.0, typed.to_ascii_uppercase());
    assert!(code.0.len() == LEN && code.0.bytes().all(|letter| LETTERS.contains(&letter)));
}

proptest! {
    /// R86
    #[test]
    fn case_dashes_and_blanks_make_no_difference(
        code in "[BCDFGHJKLMNPQRSTVWXZ]{8}", lower: [bool; 8], between in prop::array::uniform8("[ \t\u{a0}\u{2010}-\u{2015}\u{2212}-]{0,2}"),
    ) {
        let mut typed = String::new();
        for ((letter, lower), between) in code.chars().zip(lower).zip(&between) {
            typed.push_str(between);
            typed.push(if lower { letter.to_ascii_lowercase() } else { letter });
        }
        let read = UserCode::parse(&format!("{typed}{}", between[0]));
        prop_assert_eq!(read.map(|code| code.0), Some(code));
    }

    /// R86
    #[test]
    fn nothing_else_is_taken_for_a_code(any in r"\PC{0,14}", near in "[B-Z]{7,9}", letters in "[A-Zb-z0-9 -]{8,11}") {
        for text in [any, near, letters] {
            assert_is_read_one_way(&text);
        }
    }
}

#[test]
fn fuzz_user_codes() {
    fuzz(&["WDJB-MJHT", " wDjB mJhT\t", "W-D-J-B-M-J-H-T", "wdjb–mjht"], |input| {
        assert_is_read_one_way(&String::from_utf8_lossy(input));
    });
}
