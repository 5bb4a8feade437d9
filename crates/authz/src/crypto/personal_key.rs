//! Personal keys: forty hexadecimal digits, as `Authorization: Token` of Django REST Framework has them, of which 24 are random
//! (96 bits) and 16 a mark that only this server makes of those. What bears no mark of ours is refused without looking for it:
//! nobody makes the database look up what they have made up.

use std::fmt::Write;

use model::secret::{Secret, sha256};

use super::master::{MacKey, equal};
use super::random::{self, NoRandomness};

/// How long a key is.
pub const LENGTH: usize = 40;
const RANDOM: usize = 24;

/// A new key.
///
/// # Errors
/// When there is no randomness to be had.
pub fn make(marks: &MacKey) -> Result<Secret<String>, NoRandomness> {
    let mut text = hex(&random::bytes::<12>()?);
    text.push_str(&mark(marks, &text));
    Ok(Secret::new(text))
}

/// Whether a text is a key that was made here. It may have ended.
pub fn is_ours(marks: &MacKey, text: &str) -> bool {
    has_form(text)
        && text
            .split_at_checked(RANDOM)
            .is_some_and(|(random, marked)| equal(mark(marks, random).as_bytes(), marked.as_bytes()))
}

/// Whether a text could be a key of anybody's.
pub fn has_form(text: &str) -> bool {
    text.len() == LENGTH && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn mark(marks: &MacKey, random: &str) -> String {
    let mut mark = hex(&sha256(marks.tag(&[random]).as_bytes()));
    mark.truncate(LENGTH - RANDOM);
    mark
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::master::MasterKey;

    #[test]
    fn a_key_is_ours_to_the_last_digit_and_nobody_elses() {
        let marks = || MasterKey::generate().unwrap().parse::<MasterKey>().unwrap().mac_key("personal keys");
        let (ours, theirs) = (marks(), marks());
        let key = make(&ours).unwrap();
        assert!(is_ours(&ours, key.expose()) && !is_ours(&theirs, key.expose()));
        for place in 0..LENGTH {
            let mut digits: Vec<char> = key.expose().chars().collect();
            digits[place] = if digits[place] == '0' { '1' } else { '0' };
            assert!(!is_ours(&ours, &digits.iter().collect::<String>()), "{place}");
        }
        for other in ["", &key.expose().to_uppercase(), &key.expose()[1..], &format!("{}0", key.expose())] {
            assert!(!is_ours(&ours, other) || other == key.expose(), "{other}");
        }
    }
}
