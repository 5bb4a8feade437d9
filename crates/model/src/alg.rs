//! What others may sign with for us: clients what says who they are or what they ask, and whoever proves that they hold a
//! key (RFC 7518, RFC 8037, RFC 9864). HMAC is not among it: we keep no secret that could be its key.

use serde::{Deserialize, Serialize};

/// An asymmetric algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Alg {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RS256,
    /// RSASSA-PSS with SHA-256.
    PS256,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// Ed25519, by its older name and by its own, which names the curve (RFC 9864).
    #[serde(alias = "Ed25519")]
    EdDSA,
}

impl Alg {
    /// Their names on the wire.
    pub const NAMES: [&str; 5] = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"];

    /// The algorithm of that name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::RS256,
            "PS256" => Self::PS256,
            "ES256" => Self::ES256,
            "EdDSA" | "Ed25519" => Self::EdDSA,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_name_is_that_of_an_algorithm() {
        for name in Alg::NAMES {
            let alg = Alg::named(name).unwrap();
            assert_eq!(serde_json::from_value::<Alg>(json!(name)).unwrap(), alg);
        }
        for wrong in ["", "none", "HS256", "ES384", "rs256"] {
            assert_eq!(Alg::named(wrong), None);
        }
    }
}
