//! JWTs that come in: whether a key of ours, or one that a client has registered, has signed one. The only place that
//! calls jsonwebtoken, so the only place where a header is believed, and that as little as possible (RFC 8725).
//!
//! Signatures only: the package would judge times by the system's clock, round them, and take a list for an issuer. What
//! the claims say is judged by [`super::claims`].

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::verify;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use model::alg::Alg;
use model::dpop::{self, Signed};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::signing::{SigningAlg, SigningKeys};

/// No honest JWT is longer; a longer one is refused before anything is decoded.
pub const MAX_LEN: usize = 8 * 1024;

/// A public key of ours, and what it is good for. Parsed once: that takes as long as an Ed25519 signature.
pub(super) struct PublicKey {
    key: DecodingKey,
    validation: Validation,
}

impl PublicKey {
    /// The key in a JWK (RFC 7517).
    pub(super) fn parse(alg: SigningAlg, jwk: &str) -> Option<Self> {
        let jwk: Jwk = serde_json::from_str(jwk).ok()?;
        Some(Self { key: DecodingKey::from_jwk(&jwk).ok()?, validation: signature_only(alg) })
    }
}

/// The claims of a JWT of this `typ` that one of our keys has signed, whether it has ended or not. The header's `kid`
/// says which key; the algorithm is that key's and not the header's, and no other member of the header (`jwk`, `jku`,
/// `x5c`) names a key. Times and audience are the caller's to judge.
pub fn signed_by_us(keys: &SigningKeys, text: &str, typ: &str) -> Option<Map<String, Value>> {
    claims_signed_by_us(keys, text, typ)
}

/// As [`signed_by_us`], for whoever needs only some of the claims.
pub fn claims_signed_by_us<C: DeserializeOwned>(keys: &SigningKeys, text: &str, typ: &str) -> Option<C> {
    if text.len() > MAX_LEN {
        return None;
    }
    let header = decode_header(text).ok()?;
    if header.crit.is_some() || header.typ.as_deref() != Some(typ) {
        return None;
    }
    let public = keys.public_key(&header.kid?)?;
    Some(decode(text, &public.key, &public.validation).ok()?.claims)
}

/// Whether the key in a proof has signed it (RFC 9449 section 4.3): the one header that brings its key, which proves no
/// more than that its sender holds it.
pub fn is_signed(proof: &Signed<'_>) -> bool {
    let key = match proof.key {
        dpop::PublicKey::P256 { x, y } => DecodingKey::from_ec_components(x, y),
        dpop::PublicKey::Ed25519 { x } => DecodingKey::from_ed_components(x),
        dpop::PublicKey::Rsa { n, e } => DecodingKey::from_rsa_components(n, e),
    };
    key.and_then(|key| verify(proof.signature, proof.message.as_bytes(), &key, algorithm(proof.alg)))
        .unwrap_or(false)
}

const fn algorithm(alg: Alg) -> Algorithm {
    match alg {
        Alg::ES256 => Algorithm::ES256,
        Alg::EdDSA => Algorithm::EdDSA,
        Alg::PS256 => Algorithm::PS256,
        Alg::RS256 => Algorithm::RS256,
    }
}

fn signature_only(alg: SigningAlg) -> Validation {
    let mut validation = Validation::new(match alg {
        SigningAlg::RS256 => Algorithm::RS256,
        SigningAlg::ES256 => Algorithm::ES256,
        SigningAlg::EdDSA => Algorithm::EdDSA,
    });
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}

/// A JWT of somebody else's as it calls itself, before anything vouches for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unverified<'a> {
    text: &'a str,
    /// What kind of JWT it is; media types have no case.
    pub typ: Option<String>,
    /// What it is signed with.
    pub alg: Alg,
    /// Which key it is signed with.
    pub kid: Option<String>,
}

impl<'a> Unverified<'a> {
    /// Reads the header. `None`: it is too long, has no form, is signed in no way that is taken here, demands that
    /// something be understood, or brings a key of its own or names where one is (RFC 7515 section 4.1).
    pub fn read(text: &'a str) -> Option<Self> {
        let Header { alg, typ, kid } = Header::read(text)?;
        Some(Self { text, typ, alg: Alg::named(&alg?)?, kid })
    }

    /// A claim that is a text, of somebody whom nobody has believed yet.
    pub fn claim(&self, name: &str) -> Option<String> {
        part(self.text, 1)?.get(name)?.as_str().map(str::to_owned)
    }

    /// The claims, if this key has signed them. It must be one for the algorithm ([`super::jwk::key_for`]).
    pub fn signed_with(&self, jwk: &Value) -> Option<Map<String, Value>> {
        let jwk: Jwk = serde_json::from_value(jwk.clone()).ok()?;
        let (signed, signature) = self.text.rsplit_once('.')?;
        // Not `decode`, which does not know the newer name of Ed25519 (RFC 9864).
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        let is_signed = verify(signature, signed.as_bytes(), &key, algorithm(self.alg)).ok()?;
        if is_signed { part(self.text, 1) } else { None }
    }
}

/// A JWT that says of itself that nobody has signed it (RFC 7518 section 3.6). It proves nothing: for whoever knows from
/// elsewhere whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsigned {
    /// What kind of JWT it is; media types have no case.
    pub typ: Option<String>,
    /// What it says.
    pub claims: Map<String, Value>,
}

impl Unsigned {
    /// Reads it. `None`: it has no form, a header as no JWT may have here, or calls itself signed.
    pub fn read(text: &str) -> Option<Self> {
        let Header { alg, typ, .. } = Header::read(text)?;
        let is_unsigned = alg? == "none" && text.ends_with('.');
        if is_unsigned { Some(Self { typ, claims: part(text, 1)? }) } else { None }
    }
}

/// What is read of a header.
struct Header {
    alg: Option<String>,
    /// In lower case.
    typ: Option<String>,
    kid: Option<String>,
}

impl Header {
    /// Of a JWT that demands nothing, brings no key and names no place for one.
    fn read(text: &str) -> Option<Self> {
        const REFUSED: [&str; 7] = ["crit", "b64", "jwk", "jku", "x5u", "x5c", "zip"];
        if text.len() > MAX_LEN || text.split('.').count() != 3 {
            return None;
        }
        let header = part(text, 0)?;
        if REFUSED.iter().any(|name| header.contains_key(*name)) {
            return None;
        }
        let word = |name| match header.get(name) {
            None => Some(None),
            Some(value) => value.as_str().map(|value| Some(value.to_owned())),
        };
        let typ = word("typ")?.map(|typ| typ.to_ascii_lowercase());
        Some(Self { alg: word("alg")?, typ, kid: word("kid")? })
    }
}

fn part(text: &str, place: usize) -> Option<Map<String, Value>> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text.split('.').nth(place)?).ok()?;
    serde_json::from_slice(&bytes).ok()
}

#[cfg(test)]
mod proofs;
#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use jsonwebtoken::{EncodingKey, encode};
    use model::time::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::crypto::master::MasterKey;
    use crate::crypto::wrap::Wrapper;

    fn keys() -> SigningKeys {
        let master: MasterKey = MasterKey::generate().unwrap().parse().unwrap();
        let keys = SigningKeys::new(Wrapper::new(&master, "signing keys"));
        let now = Timestamp::from_unix_seconds(0);
        keys.replace(SigningAlg::ALL.map(|alg| keys.generate(alg, now).unwrap()).into());
        keys
    }

    fn sign(keys: &SigningKeys, alg: SigningAlg) -> String {
        keys.sign(alg, "JWT", &json!({"sub": "1"}), Timestamp::from_unix_seconds(1)).unwrap()
    }

    fn part(value: &Value) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
    }

    #[test]
    fn what_each_key_signs_is_known_again_and_nothing_else_is() {
        let (keys, others) = (keys(), keys());
        for alg in SigningAlg::ALL {
            let text = sign(&keys, alg);
            assert_eq!(signed_by_us(&keys, &text, "JWT").unwrap()["sub"], "1");
            assert_eq!(signed_by_us(&keys, &text, "at+jwt"), None);
            assert_eq!(signed_by_us(&others, &text, "JWT"), None);
            let (signed, signature) = text.rsplit_once('.').unwrap();
            let (header, _) = signed.split_once('.').unwrap();
            let other = part(&json!({"sub": "2"}));
            for changed in [format!("{header}.{other}.{signature}"), format!("{signed}."), signed.to_owned()]
            {
                assert_eq!(signed_by_us(&keys, &changed, "JWT"), None, "{changed}");
            }
        }
        assert_eq!(signed_by_us(&keys, &"a".repeat(MAX_LEN + 1), "JWT"), None);
    }

    /// R64, R65: `none`, a public key as an HMAC secret, another algorithm's key, a key in the header.
    #[test]
    fn a_header_never_chooses_the_key_or_the_algorithm() {
        let keys = keys();
        let claims = json!({"sub": "1"});
        for kid in keys.ids() {
            let (_, jwk) = keys.public(&kid).unwrap();
            for alg in ["none", "None", "HS256"] {
                let head = part(&json!({"typ": "JWT", "alg": alg, "kid": kid}));
                for signature in ["", "AAAA"] {
                    let forged = format!("{head}.{}.{signature}", part(&claims));
                    assert_eq!(signed_by_us(&keys, &forged, "JWT"), None, "{forged}");
                }
            }
            let mut header = jsonwebtoken::Header::new(Algorithm::HS256);
            header.kid = Some(kid.clone());
            let forged = encode(&header, &claims, &EncodingKey::from_secret(jwk.as_bytes())).unwrap();
            assert_eq!(signed_by_us(&keys, &forged, "JWT"), None);
        }
        // Another's good signature with another's key in the header, under the id of ours and without.
        let others = self::keys();
        let (_, signed) = (0, sign(&others, SigningAlg::ES256));
        let (_, rest) = signed.split_once('.').unwrap();
        let theirs: Value = serde_json::from_str(&others.public(&others.ids()[1]).unwrap().1).unwrap();
        for kid in [json!(keys.ids()[0]), theirs["kid"].clone(), Value::Null] {
            let head = part(&json!({"typ": "JWT", "alg": "ES256", "kid": kid, "jwk": theirs}));
            assert_eq!(signed_by_us(&keys, &format!("{head}.{rest}"), "JWT"), None);
        }
    }

    /// R65
    #[test]
    fn an_extension_that_must_be_understood_is_refused() {
        let keys = keys();
        let kid = &keys.ids()[0];
        let (alg, _) = keys.public(kid).unwrap();
        let head = part(&json!({"typ": "JWT", "alg": alg.as_str(), "kid": kid, "crit": ["exp"]}));
        assert_eq!(signed_by_us(&keys, &format!("{head}.{}.AAAA", part(&json!({}))), "JWT"), None);
    }
}
