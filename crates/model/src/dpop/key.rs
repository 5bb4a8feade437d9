//! The key in a proof: a public JWK (RFC 7517) of a kind that its algorithm wants, and its thumbprint (RFC 7638).

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::alg::Alg;
use crate::secret::sha256;

/// A public key, its parts in base64url as they were sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// A point on P-256.
    P256 {
        /// Its first coordinate.
        x: String,
        /// Its second coordinate.
        y: String,
    },
    /// A point of Ed25519.
    Ed25519 {
        /// The point.
        x: String,
    },
    /// For RSA.
    Rsa {
        /// The modulus.
        n: String,
        /// The exponent.
        e: String,
    },
}

/// Members that only a private or a symmetric key has (RFC 7518 sections 6.2.2, 6.3.2 and 6.4).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
/// How 32 bytes look in base64url.
const LEN_OF_32: usize = 43;

impl PublicKey {
    /// The key of a JWK; `None` when it is not for this algorithm, or shows what nobody may know.
    pub fn parse(alg: Alg, jwk: &Map<String, Value>) -> Option<Self> {
        if PRIVATE.iter().any(|member| jwk.contains_key(*member)) {
            return None;
        }
        let said = |name: &str| jwk.get(name)?.as_str();
        let part = |name: &str| said(name).filter(|part| is_base64url(part)).map(str::to_owned);
        let point = |name: &str| part(name).filter(|part| part.len() == LEN_OF_32);
        match (alg, said("kty")?) {
            (Alg::ES256, "EC") if said("crv")? == "P-256" => {
                Some(Self::P256 { x: point("x")?, y: point("y")? })
            }
            (Alg::EdDSA, "OKP") if said("crv")? == "Ed25519" => Some(Self::Ed25519 { x: point("x")? }),
            (Alg::PS256 | Alg::RS256, "RSA") => Some(Self::Rsa { n: part("n")?, e: part("e")? }),
            _ => None,
        }
    }

    /// The thumbprint: of the members that make the key, in alphabetical order and without blanks.
    pub fn thumbprint(&self) -> Thumbprint {
        // Nothing needs escaping: the parts are base64url.
        let members = match self {
            Self::P256 { x, y } => format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#),
            Self::Ed25519 { x } => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#),
            Self::Rsa { n, e } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
        };
        Thumbprint(sha256(members.as_bytes()))
    }
}

fn is_base64url(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// The SHA-256 thumbprint of a key (RFC 7638): what a token is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thumbprint(pub [u8; 32]);

impl Thumbprint {
    /// From the wire; `None` when it is not 43 characters of base64url.
    pub fn parse(text: &str) -> Option<Self> {
        BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

/// As it is on the wire.
impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl Serialize for Thumbprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Thumbprint {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom("a thumbprint is 43 characters of base64url"))
    }
}
