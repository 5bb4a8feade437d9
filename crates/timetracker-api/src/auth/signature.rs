//! Whether the key in a proof has signed it: the one place here that calls jsonwebtoken. What a proof must say besides is
//! judged by [`model::dpop`].

use jsonwebtoken::crypto::verify;
use jsonwebtoken::{Algorithm, DecodingKey};
use model::alg::Alg;
use model::dpop::{PublicKey, Signed};

/// Judges (RFC 9449 section 4.3, check 6).
pub fn is_signed(proof: &Signed<'_>) -> bool {
    let alg = match proof.alg {
        Alg::ES256 => Algorithm::ES256,
        Alg::EdDSA => Algorithm::EdDSA,
        Alg::PS256 => Algorithm::PS256,
        Alg::RS256 => Algorithm::RS256,
    };
    let key = match proof.key {
        PublicKey::P256 { x, y } => DecodingKey::from_ec_components(x, y),
        PublicKey::Ed25519 { x } => DecodingKey::from_ed_components(x),
        PublicKey::Rsa { n, e } => DecodingKey::from_rsa_components(n, e),
    };
    key.and_then(|key| verify(proof.signature, proof.message.as_bytes(), &key, alg)).unwrap_or(false)
}
