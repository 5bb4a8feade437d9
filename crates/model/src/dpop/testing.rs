//! For tests: somebody who holds a key.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RSA_PSS_SHA256, RsaEncoding, RsaKeyPair, RsaPublicKeyComponents,
};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{PublicKey, Thumbprint, hash};
use crate::alg::Alg;
use crate::id::TokenId;
use crate::time::Timestamp;

enum Pair {
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
}

/// A key, and how proofs are made with it.
pub struct Holder {
    pair: Pair,
    alg: &'static str,
}

fn encoded(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

#[expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "test support")]
impl Holder {
    /// Somebody with a new key for ES256.
    pub fn new() -> Self {
        Self::with("ES256")
    }

    /// Somebody with a new key for the algorithm of that name.
    pub fn with(alg: &'static str) -> Self {
        let rsa = || RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let pair = match Alg::named(alg).unwrap() {
            Alg::ES256 => Pair::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()),
            Alg::EdDSA => Pair::Ed(Ed25519KeyPair::generate().unwrap()),
            Alg::PS256 => Pair::Rsa(rsa(), &RSA_PSS_SHA256),
            Alg::RS256 => Pair::Rsa(rsa(), &RSA_PKCS1_SHA256),
        };
        Self { pair, alg }
    }

    /// The public key.
    pub fn jwk(&self) -> Value {
        match &self.pair {
            Pair::Ec(pair) => {
                let (x, y) = pair.public_key().as_ref().get(1..).unwrap().split_at(32);
                json!({"kty": "EC", "crv": "P-256", "x": encoded(x), "y": encoded(y)})
            }
            Pair::Ed(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": encoded(pair.public_key().as_ref())})
            }
            Pair::Rsa(pair, _) => {
                let parts: RsaPublicKeyComponents<Vec<u8>> = pair.public_key().into();
                json!({"kty": "RSA", "n": encoded(&parts.n), "e": encoded(&parts.e)})
            }
        }
    }

    /// What tokens are bound to.
    pub fn thumbprint(&self) -> Thumbprint {
        let key = PublicKey::parse(Alg::named(self.alg).unwrap(), self.jwk().as_object().unwrap());
        key.unwrap().thumbprint()
    }

    /// The header of an honest proof.
    pub fn header(&self) -> Value {
        json!({"typ": "dpop+jwt", "alg": self.alg, "jwk": self.jwk()})
    }

    /// The claims of an honest proof, with an id of its own.
    pub fn claims(method: &str, url: &str, token: Option<&str>, now: Timestamp) -> Value {
        let mut claims = json!({"jti": TokenId::new(now).to_string(), "htm": method, "htu": url, "iat": now.unix_seconds()});
        if let (Some(token), Some(claims)) = (token, claims.as_object_mut()) {
            claims.insert("ath".to_owned(), hash(token).into());
        }
        claims
    }

    /// An honest proof.
    pub fn proof(&self, method: &str, url: &str, token: Option<&str>, now: Timestamp) -> String {
        self.sign(&self.header(), &Self::claims(method, url, token, now))
    }

    /// Whatever is to be signed.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let message =
            format!("{}.{}", encoded(header.to_string().as_bytes()), encoded(claims.to_string().as_bytes()));
        let (bytes, random) = (message.as_bytes(), SystemRandom::new());
        let signature = match &self.pair {
            Pair::Ec(pair) => pair.sign(&random, bytes).unwrap().as_ref().to_vec(),
            Pair::Ed(pair) => pair.sign(bytes).as_ref().to_vec(),
            Pair::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random, bytes, &mut signature).unwrap();
                signature
            }
        };
        format!("{message}.{}", encoded(&signature))
    }
}

impl Default for Holder {
    fn default() -> Self {
        Self::new()
    }
}
