//! What a client is known by and proves itself with, when somebody brings it along.

use std::collections::HashSet;

use model::id::ClientId;
use model::secret::Secret;
use url::{Host, Url};

use super::rules::problem;
use super::{Field, Problem, Refused};
use crate::crypto::random;
use crate::protocol::redirect_uri;

/// 24 characters after a letter, unless it must be a particular one.
pub(super) fn client_id(wanted: Option<&str>) -> Result<ClientId, Refused> {
    let Some(wanted) = wanted else {
        let bits = random::bytes::<12>()?;
        return Ok(ClientId(bits.iter().fold("c".to_owned(), |id, byte| format!("{id}{byte:02x}"))));
    };
    if !is_client_id(wanted) && !is_client_address(wanted) {
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

/// The longest address that is a client's id, in bytes: each of its tokens carries it.
const MAX_ADDRESS: usize = 256;

/// Whether it is an address at which a client could describe itself (draft-ietf-oauth-client-id-metadata-document section
/// 3): of a host with a name, over TLS, without a port of its own, and letter for letter as it is fetched, so that two
/// spellings are never one client. A loopback address, for trying, leads somewhere only if an operator has named it.
pub fn is_client_address(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let is_a_place = match (url.scheme(), url.host()) {
        ("https", Some(Host::Domain(_))) => url.port().is_none(),
        ("http", Some(Host::Ipv4(_) | Host::Ipv6(_))) => true,
        _ => false,
    };
    is_a_place && text.len() <= MAX_ADDRESS && url.as_str() == text && redirect_uri::check_page(text).is_ok()
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

    /// R111
    #[test]
    fn a_client_describes_itself_at_an_address_that_is_written_in_one_way() {
        for good in [
            "https://client.example/client.json",
            "https://client.example/",
            "https://client.example/a/b?c=d",
            "https://xn--bcher-kva.example/client.json",
            "http://127.0.0.1:8080/client.json",
            "http://[::1]/client.json",
        ] {
            assert!(is_client_address(good), "{good}");
        }
        let long = format!("https://client.example/{}", "a".repeat(256));
        for bad in [
            "https://client.example",
            "https://client.example?a",
            "https://client.example/client.json#",
            "https://client.example/client.json#a",
            "https://ada@client.example/client.json",
            "https://ada:x@client.example/client.json",
            "https://@client.example/client.json",
            "https://client.example:443/client.json",
            "https://client.example:8443/client.json",
            "https://CLIENT.example/client.json",
            "HTTPS://client.example/client.json",
            "https://client.example/./client.json",
            "https://client.example/a/../client.json",
            "https://client.example/a/..",
            "https://client.example/%2e%2e/client.json",
            "https://client.example/%2E/client.json",
            "https://client.example\\client.json",
            "https:client.example/client.json",
            "https:///client.example/client.json",
            "https://bücher.example/client.json",
            "https://client.example/ä",
            "https://client.example/a b",
            "https://*.example/client.json",
            "https://93.184.216.34/client.json",
            "https://[2606:4700::1]/client.json",
            "https://127.1/client.json",
            "http://client.example/client.json",
            "http://localhost/client.json",
            "http://127.1/client.json",
            "http://10.0.0.1/client.json",
            "ftp://client.example/client.json",
            "web",
            "1",
            "",
            &long,
        ] {
            assert!(!is_client_address(bad), "{bad}");
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
