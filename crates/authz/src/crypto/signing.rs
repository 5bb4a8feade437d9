//! Signatures of ours: keys of their own for RS256, ES256 and EdDSA, and JWTs signed with them (RFC 7515, RFC 7518,
//! RFC 8037).
//!
//! Keys are parsed once. jsonwebtoken, which judges JWTs that come in ([`super::jwt`]), parses the key again for
//! each token it signs: 600 µs instead of 220 for RS256, hence the few lines here.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair, RsaPublicKeyComponents,
};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use model::secret::sha256;
use model::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::jwt::PublicKey;
use super::wrap::Wrapper;

/// What a key signs with. A key has one algorithm for all its life (RFC 8725 section 3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SigningAlg {
    /// RSASSA-PKCS1-v1_5 with SHA-256: what every client knows.
    #[default]
    RS256,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// Ed25519.
    EdDSA,
}

impl SigningAlg {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::RS256, Self::ES256, Self::EdDSA];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::ES256 => "ES256",
            Self::EdDSA => "EdDSA",
        }
    }

    /// The algorithm of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|alg| alg.as_str() == name)
    }

    /// The left half of the algorithm's hash of a text: `at_hash` and `c_hash` (OpenID Connect Core section
    /// 3.1.3.6). Ed25519 hashes with SHA-512.
    pub fn half_hash(self, text: &str) -> String {
        let hash = match self {
            Self::RS256 | Self::ES256 => digest::digest(&digest::SHA256, text.as_bytes()),
            Self::EdDSA => digest::digest(&digest::SHA512, text.as_bytes()),
        };
        let hash = hash.as_ref();
        BASE64_URL_SAFE_NO_PAD.encode(hash.get(..hash.len() / 2).unwrap_or_default())
    }
}

/// Nothing can be made or signed: no key, no randomness, or what was to be said has no JSON form.
#[derive(Clone, Copy, Debug)]
pub struct SigningError;

impl fmt::Display for SigningError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing can be signed: no usable key or no randomness")
    }
}

impl std::error::Error for SigningError {}

/// A key as it is kept: its private part wrapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptKey {
    /// The thumbprint of the public key (RFC 7638).
    pub kid: String,
    /// What it signs with.
    pub alg: SigningAlg,
    /// The wrapped private key; none when it signs no more.
    pub private: Option<Vec<u8>>,
    /// The public key (RFC 7517).
    pub jwk: String,
    /// From when it may sign.
    pub usable_from: Timestamp,
    /// When its last signature has ended.
    pub retire_after: Option<Timestamp>,
}

/// The bits of an RSA key. 3072 would cost three times as much per token; ID tokens live an hour.
const RSA_BITS: KeySize = KeySize::Rsa2048;

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Pair {
    fn generate(alg: SigningAlg) -> Option<Self> {
        Some(match alg {
            SigningAlg::RS256 => Self::Rsa(RsaKeyPair::generate(RSA_BITS).ok()?),
            SigningAlg::ES256 => Self::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok()?),
            SigningAlg::EdDSA => Self::Ed(Ed25519KeyPair::generate().ok()?),
        })
    }

    fn parse(alg: SigningAlg, pkcs8: &[u8]) -> Option<Self> {
        Some(match alg {
            SigningAlg::RS256 => Self::Rsa(RsaKeyPair::from_pkcs8(pkcs8).ok()?),
            SigningAlg::ES256 => {
                Self::Ec(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).ok()?)
            }
            SigningAlg::EdDSA => Self::Ed(Ed25519KeyPair::from_pkcs8(pkcs8).ok()?),
        })
    }

    fn pkcs8(&self) -> Option<Vec<u8>> {
        Some(match self {
            Self::Rsa(pair) => {
                let der: Pkcs8V1Der = pair.as_der().ok()?;
                der.as_ref().to_vec()
            }
            Self::Ec(pair) => pair.to_pkcs8v1().ok()?.as_ref().to_vec(),
            Self::Ed(pair) => pair.to_pkcs8().ok()?.as_ref().to_vec(),
        })
    }

    /// The members a thumbprint is made of, in the order it wants them (RFC 7638 section 3.2).
    fn public(&self) -> Option<serde_json::Value> {
        let encoded = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        Some(match self {
            Self::Rsa(pair) => {
                let parts: RsaPublicKeyComponents<Vec<u8>> = pair.public_key().into();
                json!({"e": encoded(&parts.e), "kty": "RSA", "n": encoded(&parts.n)})
            }
            Self::Ec(pair) => {
                // An uncompressed point: 4, then x and y.
                let (x, y) = pair.public_key().as_ref().get(1..)?.split_at_checked(32)?;
                json!({"crv": "P-256", "kty": "EC", "x": encoded(x), "y": encoded(y)})
            }
            Self::Ed(pair) => {
                json!({"crv": "Ed25519", "kty": "OKP", "x": encoded(pair.public_key().as_ref())})
            }
        })
    }

    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        Some(match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).ok()?;
                signature
            }
            Self::Ec(pair) => pair.sign(&SystemRandom::new(), message).ok()?.as_ref().to_vec(),
            Self::Ed(pair) => pair.sign(message).as_ref().to_vec(),
        })
    }
}

struct Key {
    kept: KeptKey,
    pair: Option<Pair>,
    public: Option<Arc<PublicKey>>,
}

impl Key {
    fn new(kept: KeptKey, wrapper: &Wrapper) -> Self {
        let pkcs8 = kept.private.as_ref().and_then(|it| wrapper.unwrap(it, &bound(kept.alg, &kept.kid)));
        let pair = pkcs8.and_then(|pkcs8| Pair::parse(kept.alg, &pkcs8));
        let public = PublicKey::parse(kept.alg, &kept.jwk).map(Arc::new);
        Self { kept, pair, public }
    }
}

/// The header of what we sign (RFC 7515 section 4).
#[derive(Serialize)]
struct Header<'a> {
    typ: &'a str,
    alg: SigningAlg,
    kid: &'a str,
}

/// All signing keys, newest first. They are few.
pub struct SigningKeys {
    wrapper: Wrapper,
    ring: RwLock<Arc<Vec<Key>>>,
}

impl SigningKeys {
    /// No keys yet; [`Self::replace`] brings them.
    pub fn new(wrapper: Wrapper) -> Self {
        Self { wrapper, ring: RwLock::default() }
    }

    /// A new key, usable from an instant on. An RSA key takes some 50 ms.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn generate(&self, alg: SigningAlg, usable_from: Timestamp) -> Result<KeptKey, SigningError> {
        let make = || {
            let pair = Pair::generate(alg)?;
            let mut jwk = pair.public()?;
            let kid = BASE64_URL_SAFE_NO_PAD.encode(sha256(jwk.to_string().as_bytes()));
            for (name, value) in [("use", "sig"), ("alg", alg.as_str()), ("kid", &kid)] {
                jwk.as_object_mut()?.insert(name.to_owned(), value.into());
            }
            let private = Some(self.wrapper.wrap(&pair.pkcs8()?, &bound(alg, &kid))?);
            Some(KeptKey { kid, alg, private, jwk: jwk.to_string(), usable_from, retire_after: None })
        };
        make().ok_or(SigningError)
    }

    /// Takes exactly these keys from now on. One that another master key has wrapped does not sign.
    pub fn replace(&self, mut keys: Vec<KeptKey>) {
        keys.sort_by(|a, b| (b.usable_from, &b.kid).cmp(&(a.usable_from, &a.kid)));
        let ring = keys.into_iter().map(|kept| Key::new(kept, &self.wrapper)).collect();
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
    }

    fn ring(&self) -> Arc<Vec<Key>> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The algorithms for which there is nothing to sign with.
    pub fn missing(&self) -> Vec<SigningAlg> {
        let ring = self.ring();
        let has = |alg| ring.iter().any(|key| key.kept.alg == alg && key.pair.is_some());
        SigningAlg::ALL.into_iter().filter(|alg| !has(*alg)).collect()
    }

    /// The ids of all keys known.
    pub fn ids(&self) -> Vec<String> {
        self.ring().iter().map(|key| key.kept.kid.clone()).collect()
    }

    /// A JWT (RFC 7519) in compact form, signed with the newest key that may sign.
    ///
    /// # Errors
    /// When there is no key, or no randomness.
    pub fn sign(
        &self,
        alg: SigningAlg,
        typ: &str,
        claims: &impl Serialize,
        now: Timestamp,
    ) -> Result<String, SigningError> {
        let ring = self.ring();
        let mut usable = ring.iter().filter(|key| key.kept.alg == alg).filter_map(|key| {
            let pair = key.pair.as_ref()?;
            Some((&key.kept, pair))
        });
        // A clock set back to before the first key was made is no reason to sign nothing.
        let first = usable.clone().next_back();
        let (kept, pair) = usable.find(|(kept, _)| kept.usable_from <= now).or(first).ok_or(SigningError)?;
        let header = serde_json::to_vec(&Header { typ, alg, kid: &kept.kid }).map_err(|_| SigningError)?;
        let claims = serde_json::to_vec(claims).map_err(|_| SigningError)?;
        let mut text = String::with_capacity(512 + claims.len() * 4 / 3);
        BASE64_URL_SAFE_NO_PAD.encode_string(header, &mut text);
        text.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(claims, &mut text);
        let signature = pair.sign(text.as_bytes()).ok_or(SigningError)?;
        text.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut text);
        Ok(text)
    }

    /// The JWK Set (RFC 7517 section 5): the public part of every key whose last signature has not ended.
    pub fn jwks(&self, now: Timestamp) -> String {
        let ring = self.ring();
        let live = ring.iter().filter(|key| key.kept.retire_after.is_none_or(|until| now < until));
        let keys: Vec<&str> = live.map(|key| key.kept.jwk.as_str()).collect();
        format!("{{\"keys\":[{}]}}", keys.join(","))
    }

    /// What the key of that id, also one that has retired, is verified with.
    pub(super) fn public_key(&self, kid: &str) -> Option<Arc<PublicKey>> {
        self.ring().iter().find(|key| key.kept.kid == kid)?.public.clone()
    }

    /// The public key of that id, also of one that has retired, with its algorithm.
    pub fn public(&self, kid: &str) -> Option<(SigningAlg, String)> {
        let ring = self.ring();
        let key = ring.iter().find(|key| key.kept.kid == kid)?;
        Some((key.kept.alg, key.kept.jwk.clone()))
    }
}

/// What a private key is bound to: it cannot be moved to another row.
fn bound(alg: SigningAlg, kid: &str) -> String {
    format!("{} {kid}", alg.as_str())
}
