//! The master key, and the keys derived from it: HKDF-SHA-256 (RFC 5869), one label each.
//!
//! A copy of the database without this key opens no token, checks no password and forges no form.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::{constant_time, hkdf, hmac};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::random::{self, NoRandomness};

/// The shortest key accepted, in bytes.
const MIN_BYTES: usize = 32;

/// The one secret an operator keeps.
#[derive(Clone)]
pub struct MasterKey(hkdf::Prk);

/// The key is too short, or not the base64url text that `authz key generate` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MasterKeyError;

impl fmt::Display for MasterKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected at least 32 random bytes in base64url, as `authz key generate` prints them")
    }
}

impl std::error::Error for MasterKeyError {}

impl FromStr for MasterKey {
    type Err = MasterKeyError;

    fn from_str(text: &str) -> Result<Self, MasterKeyError> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| MasterKeyError)?;
        let distinct = bytes.iter().collect::<std::collections::HashSet<_>>().len();
        if bytes.len() < MIN_BYTES || distinct < 8 {
            return Err(MasterKeyError);
        }
        Ok(Self(hkdf::Salt::new(hkdf::HKDF_SHA256, b"timetracker authz").extract(&bytes)))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey([secret])")
    }
}

impl MasterKey {
    /// A new key, in the form that is parsed.
    ///
    /// # Errors
    /// When there is no randomness to be had.
    pub fn generate() -> Result<String, NoRandomness> {
        random::secret("")
    }

    /// 32 bytes for one purpose. The label is part of the derivation: no two purposes share a key.
    pub(super) fn derive(&self, label: &str) -> [u8; 32] {
        let mut key = [0; 32];
        let info = [label.as_bytes()];
        if let Ok(okm) = self.0.expand(&info, hkdf::HKDF_SHA256) {
            // Cannot fail: the length asked for is the one the algorithm gives.
            let _ = okm.fill(&mut key);
        }
        key
    }

    /// A key for authenticating short texts for one purpose.
    pub fn mac_key(&self, label: &str) -> MacKey {
        MacKey(hmac::Key::new(hmac::HMAC_SHA256, &self.derive(label)))
    }
}

/// HMAC-SHA-256 (RFC 2104) for one purpose.
#[derive(Clone, Debug)]
pub struct MacKey(hmac::Key);

impl MacKey {
    /// The tag of `parts`, each preceded by its length so that no two lists share a tag; base64url.
    pub fn tag(&self, parts: &[&str]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        BASE64_URL_SAFE_NO_PAD.encode(context.sign())
    }

    /// Whether `tag` is the tag of `parts`, compared in constant time.
    pub fn verify(&self, parts: &[&str], tag: &str) -> bool {
        equal(self.tag(parts).as_bytes(), tag.as_bytes())
    }
}

/// Compares in constant time (the lengths are not secret).
pub fn equal(left: &[u8], right: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(left, right).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_or_monotonous_key_is_refused() {
        for text in ["", "short", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "not base64!"] {
            assert_eq!(text.parse::<MasterKey>().err(), Some(MasterKeyError), "{text}");
        }
        assert!(MasterKey::generate().unwrap().parse::<MasterKey>().is_ok());
    }

    #[test]
    fn a_label_gives_its_own_key_and_always_the_same() {
        let key: MasterKey = MasterKey::generate().unwrap().parse().unwrap();
        assert_eq!(key.derive("a"), key.derive("a"));
        assert_ne!(key.derive("a"), key.derive("b"));
    }

    #[test]
    fn a_tag_belongs_to_one_list_of_parts() {
        let mac = MasterKey::generate().unwrap().parse::<MasterKey>().unwrap().mac_key("x");
        let tag = mac.tag(&["ab", "c"]);
        assert!(mac.verify(&["ab", "c"], &tag));
        assert!(!mac.verify(&["a", "bc"], &tag));
        assert!(!mac.verify(&["ab", "c"], ""));
    }
}
