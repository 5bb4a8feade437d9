//! What a client is known by and proves itself with, when somebody brings it along.

use std::collections::HashSet;

use model::id::ClientId;
use model::secret::Secret;

use super::rules::problem;
use super::{Field, Problem, Refused};
use crate::crypto::random;

/// 24 characters after a letter, unless it must be a particular one.
pub(super) fn client_id(wanted: Option<&str>) -> Result<ClientId, Refused> {
    let Some(wanted) = wanted else {
        let bits = random::bytes::<12>()?;
        return Ok(ClientId(bits.iter().fold("c".to_owned(), |id, byte| format!("{id}{byte:02x}"))));
    };
    if !is_client_id(wanted) {
        return Err(problem(
            Field::Id,
            "a client id begins with a letter or a digit, has letters, digits, - _ and ., and is no number",
        )
        .into());
    }
    Ok(ClientId(wanted.to_owned()))
}

/// Judges the id that a new client is to have.
///
/// # Errors
/// When its page would be another page.
pub(super) fn check_new_id(wanted: Option<&str>) -> Result<(), Problem> {
    if wanted == Some("register") {
        let what = "a client id is not register: /o/applications/register/ is where people register theirs";
        return Err(problem(Field::Id, what));
    }
    Ok(())
}

/// Whether a client could have this id: never the decimal id of a person, which is a `sub` as well (RFC 9700 section 4.15).
pub fn is_client_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let begins_well = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    let is_a_number = text.bytes().all(|byte| byte.is_ascii_digit());
    begins_well && !is_a_number && text.len() <= 100 && text.bytes().all(allowed)
}

/// The fewest characters of a secret that was made elsewhere, and the fewest different ones: what a generator makes has more,
/// what somebody thought of mostly less. It is kept as SHA-256, which is good for secrets that nobody can guess.
const LEAST_SECRET: (usize, usize) = (32, 12);

/// How what Django keeps of a secret begins.
const HASHES: [&str; 4] = ["pbkdf2_", "argon2", "bcrypt", "scrypt$"];

/// A secret that was made elsewhere, such as by the server a client comes from.
///
/// # Errors
/// When somebody could guess it, or it cannot be sent (RFC 6749 appendix A.2).
pub fn secret_from_elsewhere(text: &str) -> Result<Secret<String>, Problem> {
    if HASHES.iter().any(|scheme| text.starts_with(scheme)) {
        let what =
            "this is what a server keeps of a secret, not the secret: a client cannot prove itself with it";
        return Err(problem(Field::Secret, what));
    }
    let different: HashSet<u8> = text.bytes().collect();
    let (length, kinds) = LEAST_SECRET;
    let is_sendable = text.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_sendable || text.len() < length || different.len() < kinds {
        let what = format!(
            "a secret has at least {length} characters, {kinds} different ones, all visible ASCII: let the server make one"
        );
        return Err(problem(Field::Secret, what));
    }
    Ok(Secret::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// R51: whatever a client is called, no person's `sub` is that; and what the toolkit made can be kept.
    #[test]
    fn a_client_id_is_no_number_and_may_begin_with_a_digit() {
        for good in ["web", "w", "9Xk2vQ1b", "1a", "0x1F", "1.5", "1-2", "12345678901234567890a", "A_b-c.d"] {
            assert!(is_client_id(good), "{good}");
        }
        let long = "a".repeat(101);
        for bad in [
            "",
            "1",
            "0",
            "007",
            "9223372036854775807",
            "-1",
            ".",
            "..",
            "_a",
            "a b",
            "a/b",
            "ä",
            "１",
            &long,
        ] {
            assert!(!is_client_id(bad), "{bad}");
        }
    }

    proptest! {
        /// R51
        #[test]
        fn no_number_of_a_person_is_a_client_id(id: i64) {
            prop_assert!(!is_client_id(&id.to_string()));
        }
    }

    /// R42
    #[test]
    fn a_secret_from_elsewhere_is_one_that_nobody_can_guess() {
        let kept = "pbkdf2_sha256$1000000$6fKx0mZt3Qe1aYbW9cVd2L$h0tJm1nB5vX7zQ3wE8rT2yU6iO4pA9sD=";
        for good in ["0123456789abcdefghijklmnopqrstuv", "tts_3q2-7wAAbcdefGHIJKLmnopQRST_uvwxYZ012345678"] {
            assert!(secret_from_elsewhere(good).is_ok(), "{good}");
        }
        let same = "a".repeat(64);
        for bad in [
            "",
            "secret",
            "0123456789abcdefghijklmnopqrstu",
            &same,
            kept,
            "0123456789abcdefghijklmnopqrstu v",
            "0123456789abcdefghijklmnopqrstuvä",
        ] {
            assert!(secret_from_elsewhere(bad).is_err(), "{bad}");
        }
    }
}
