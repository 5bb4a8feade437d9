//! Proof Key for Code Exchange (RFC 7636), S256 only.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use model::secret::sha256;

use crate::crypto::master::equal;

/// The code challenge: 43 characters of base64url, the SHA-256 of the verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge(pub [u8; 32]);

impl Challenge {
    /// Parses what a client sent; `None` when it is not exactly 43 characters of unpadded base64url.
    pub fn parse(text: &str) -> Option<Self> {
        BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// Whether what was sent as a verifier goes with what was sent as a challenge. Without a challenge there must be no
    /// verifier either: somebody has taken the challenge away (RFC 9700 section 4.8.2).
    pub fn goes_with(challenge: Option<Self>, verifier: Option<&str>) -> bool {
        match (challenge, verifier) {
            (Some(challenge), Some(verifier)) => challenge.is_met_by(verifier),
            (None, None) => true,
            _ => false,
        }
    }

    /// The challenge of a verifier; `None` when it is not well-formed (section 4.1).
    pub fn of(verifier: &str) -> Option<Self> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        let is_well_formed = (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved);
        is_well_formed.then(|| Self(sha256(verifier.as_bytes())))
    }

    /// Whether `verifier` is well-formed and the one this challenge was made from.
    fn is_met_by(self, verifier: &str) -> bool {
        Self::of(verifier).is_some_and(|own| equal(&own.0, &self.0))
    }
}

/// As a client sends it.
impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(self.0))
    }
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_example_of_the_rfc_holds() {
        assert_eq!(Challenge::of(VERIFIER).unwrap().to_string(), CHALLENGE);
        assert!(Challenge::parse(CHALLENGE).unwrap().is_met_by(VERIFIER));
        assert!(!Challenge::parse(CHALLENGE).unwrap().is_met_by(&VERIFIER.replace('d', "e")));
    }

    /// R25
    #[test]
    fn only_well_formed_challenges_and_verifiers_count() {
        for challenge in
            ["", "short", &format!("{CHALLENGE}="), &CHALLENGE[1..], &CHALLENGE.replace('-', "+"), "é"]
        {
            assert_eq!(Challenge::parse(challenge), None, "{challenge}");
        }
        for verifier in ["a".repeat(42), "a".repeat(129), format!("{}é", "a".repeat(43)), " ".repeat(43)] {
            assert!(!Challenge(sha256(verifier.as_bytes())).is_met_by(&verifier), "{verifier}");
        }
        for verifier in ["a".repeat(43), "~".repeat(128)] {
            assert!(Challenge(sha256(verifier.as_bytes())).is_met_by(&verifier), "{verifier}");
        }
    }
}
