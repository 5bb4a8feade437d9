//! Keys of clients, and what they sign: as libraries do it, and as nobody should.

use std::sync::LazyLock;

use aws_lc_rs::encoding::{AsBigEndian, Curve25519SeedBin};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaEncoding, RsaKeyPair, RsaPublicKeyComponents,
};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use model::time::Timestamp;
use serde_json::{Value, json};

use super::{Client, ISSUER};

/// What a form says of an assertion in it.
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What clients may sign with.
pub const ALGS: [&str; 5] = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"];

/// Made once: an RSA key takes its time. Who has it matters to no test.
static RSA: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());

enum Pair {
    Rsa(&'static dyn RsaEncoding),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

/// A private key with a name.
pub struct Signer {
    pair: Pair,
    pub alg: &'static str,
    pub kid: String,
}

impl Signer {
    pub fn new(alg: &'static str, kid: &str) -> Self {
        let pair = match alg {
            "RS256" => Pair::Rsa(&RSA_PKCS1_SHA256),
            "PS256" => Pair::Rsa(&RSA_PSS_SHA256),
            "ES256" => Pair::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()),
            "EdDSA" | "Ed25519" => Pair::Ed(Ed25519KeyPair::generate().unwrap()),
            _ => panic!("{alg}"),
        };
        Self { pair, alg, kid: kid.to_owned() }
    }

    /// The public key.
    pub fn jwk(&self) -> Value {
        let encoded = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match &self.pair {
            Pair::Rsa(_) => {
                let parts: RsaPublicKeyComponents<Vec<u8>> = RSA.public_key().into();
                json!({"kty": "RSA", "n": encoded(&parts.n), "e": encoded(&parts.e)})
            }
            Pair::Ec(pair) => {
                let point = pair.public_key().as_ref();
                json!({"kty": "EC", "crv": "P-256", "x": encoded(&point[1..33]), "y": encoded(&point[33..])})
            }
            Pair::Ed(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": encoded(pair.public_key().as_ref())})
            }
        };
        jwk["kid"] = self.kid.as_str().into();
        jwk
    }

    /// A set of nothing but it.
    pub fn jwks(&self) -> Value {
        json!({"keys": [self.jwk()]})
    }

    /// The private key, as nobody should hand it in.
    pub fn private_jwk(&self) -> Value {
        let Pair::Ed(pair) = &self.pair else { panic!("{} is not asked for", self.alg) };
        let seed = pair.seed().unwrap();
        let seed: Curve25519SeedBin = seed.as_be_bytes().unwrap();
        let mut jwk = self.jwk();
        jwk["d"] = BASE64_URL_SAFE_NO_PAD.encode(seed.as_ref()).into();
        jwk
    }

    /// As a library would sign it.
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_with(&json!({"typ": "JWT", "alg": self.alg, "kid": self.kid}), claims)
    }

    /// With this header, whatever it says.
    pub fn sign_with(&self, header: &Value, claims: &Value) -> String {
        let text = format!("{}.{}", part(header), part(claims));
        let signature = match &self.pair {
            Pair::Rsa(encoding) => {
                let mut signature = vec![0; RSA.public_modulus_len()];
                RSA.sign(*encoding, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
                signature
            }
            Pair::Ec(pair) => pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap().as_ref().to_vec(),
            Pair::Ed(pair) => pair.sign(text.as_bytes()).as_ref().to_vec(),
        };
        format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }
}

/// What a client says who proves who it is, honest until a test bends it, and never the same twice.
pub fn assertion(client: &Client, now: Timestamp) -> Value {
    let now = now.unix_seconds();
    let id = authz::crypto::random::secret("").unwrap();
    json!({"iss": client.id, "sub": client.id, "aud": ISSUER, "exp": now + 60, "iat": now, "jti": id})
}

/// A part of a JWT.
pub fn part(value: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A JWT that somebody has made with an HMAC, keyed with whatever they know.
pub fn signed_by_hmac(key: &[u8], header: &Value, claims: &Value) -> String {
    use aws_lc_rs::hmac;
    let text = format!("{}.{}", part(header), part(claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes());
    format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag))
}
