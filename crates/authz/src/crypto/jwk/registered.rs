//! What a set of keys may be like when a client registers it by value (RFC 7591 section 2, `jwks`).

use std::fmt;

use model::alg::Alg;
use serde_json::Value;

use super::{Kind, MAX_KEYS, has_private, kind, may_verify, text};

/// The longest set in bytes.
const MAX_LEN: usize = 16 * 1024;

/// Why a key or a set of keys is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongKeys {
    /// Not `{"keys": […]}` with objects in it.
    NotASet,
    /// No key at all, or more than may be in one.
    HowMany,
    /// Longer than 16 KiB.
    TooLong,
    /// A member that only the owner may know, or a symmetric key.
    Private,
    /// A kind of key or an algorithm that is not known here.
    Unsupported,
    /// A member is missing, or not what its kind of key has.
    Malformed,
    /// An RSA key that is too short or too long.
    Size,
    /// Two keys of one name.
    SameName,
    /// A set without a key that could sign.
    NothingSigns,
}

impl fmt::Display for WrongKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotASet => "is a JWK Set: an object with a list of keys",
            Self::HowMany => "has 1 to 20 keys",
            Self::TooLong => "has at most 16384 bytes; name a jwks_uri instead",
            Self::Private => "has public keys only: one of them has a private member, or is a shared secret",
            Self::Unsupported => {
                "has keys for RS256, PS256, ES256 or EdDSA: kty RSA, EC with crv P-256, OKP with crv Ed25519"
            }
            Self::Malformed => "has a key with a member that is missing or malformed",
            Self::Size => "has RSA keys of 2048 to 8192 bits",
            Self::SameName => "has a kid twice",
            Self::NothingSigns => "has no key that signs",
        })
    }
}

impl std::error::Error for WrongKeys {}

/// Judges a set that is to be registered. Keys for encryption may be in it; they are of no use here.
///
/// # Errors
/// The first thing that is wrong.
pub fn check_set(set: &Value) -> Result<(), WrongKeys> {
    let keys = set.get("keys").and_then(Value::as_array).ok_or(WrongKeys::NotASet)?;
    if keys.is_empty() || keys.len() > MAX_KEYS {
        return Err(WrongKeys::HowMany);
    }
    if set.to_string().len() > MAX_LEN {
        return Err(WrongKeys::TooLong);
    }
    let mut names = Vec::new();
    let mut signs = false;
    for key in keys {
        let key = key.as_object().ok_or(WrongKeys::NotASet)?;
        if has_private(key) {
            return Err(WrongKeys::Private);
        }
        if let Some(name) = text(key, "kid")? {
            if names.contains(&name) {
                return Err(WrongKeys::SameName);
            }
            names.push(name);
        }
        if text(key, "use")? == Some("enc") {
            continue;
        }
        let kind = kind(key)?;
        let fits = |alg: &str| Alg::named(alg).is_some_and(|alg| Kind::of(alg) == kind);
        if !text(key, "alg")?.is_none_or(fits) {
            return Err(WrongKeys::Unsupported);
        }
        signs |= may_verify(key);
    }
    if signs { Ok(()) } else { Err(WrongKeys::NothingSigns) }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::super::tests::{ec, ed, rsa, with};
    use super::*;

    /// A modulus that looks longer than it is.
    fn after_zeros(bytes: usize) -> String {
        BASE64_URL_SAFE_NO_PAD.encode([vec![0; 3], vec![0xff; bytes]].concat())
    }

    /// R71, for keys of others: public, whole, strong and told apart.
    #[test]
    fn what_may_be_registered() {
        for right in [
            json!([rsa(256)]),
            json!([rsa(1024)]),
            json!([with(rsa(256), &json!({"n": after_zeros(256)}))]),
            json!([ec(), ed(), rsa(256)]),
            json!([with(ec(), &json!({"kid": "a", "use": "sig", "alg": "ES256", "key_ops": ["verify"]}))]),
            json!([with(rsa(256), &json!({"alg": "PS256"})), with(rsa(256), &json!({"kid": "b"}))]),
            json!([ed(), {"kty": "RSA", "use": "enc", "alg": "RSA-OAEP", "n": "AQAB", "e": "AQAB"}]),
            json!([with(ed(), &json!({"x5c": ["?"], "else": 7, "alg": "Ed25519"}))]),
        ] {
            assert_eq!(check_set(&json!({"keys": right})), Ok(()), "{right}");
        }
        for (wrong, expected) in [
            (json!([]), WrongKeys::HowMany),
            (json!(vec![ed(); 21]), WrongKeys::HowMany),
            (json!([7]), WrongKeys::NotASet),
            (json!(vec![rsa(1024); 12]), WrongKeys::TooLong),
            (json!([with(rsa(256), &json!({"d": "AQAB"}))]), WrongKeys::Private),
            (json!([with(rsa(256), &json!({"p": "AQAB"}))]), WrongKeys::Private),
            (json!([ec(), with(ec(), &json!({"d": "AQAB"}))]), WrongKeys::Private),
            (json!([with(ed(), &json!({"d": "", "use": "enc"}))]), WrongKeys::Private),
            (json!([{"kty": "oct", "k": "AQAB"}]), WrongKeys::Private),
            (json!([{"kty": "oct"}]), WrongKeys::Private),
            (json!([{}]), WrongKeys::Malformed),
            (json!([{"kty": 7}]), WrongKeys::Malformed),
            (json!([{"kty": "AKP"}]), WrongKeys::Unsupported),
            (json!([with(ec(), &json!({"crv": "P-384"}))]), WrongKeys::Unsupported),
            (json!([with(ed(), &json!({"crv": "X25519"}))]), WrongKeys::Unsupported),
            (json!([with(ed(), &json!({"alg": "ES256"}))]), WrongKeys::Unsupported),
            (json!([with(rsa(256), &json!({"alg": "HS256"}))]), WrongKeys::Unsupported),
            (json!([with(rsa(256), &json!({"alg": "none"}))]), WrongKeys::Unsupported),
            (json!([rsa(255)]), WrongKeys::Size),
            (json!([rsa(1025)]), WrongKeys::Size),
            (json!([with(rsa(256), &json!({"n": after_zeros(255)}))]), WrongKeys::Size),
            (json!([with(rsa(256), &json!({"e": "AQ"}))]), WrongKeys::Malformed),
            (json!([with(rsa(256), &json!({"e": "Ag"}))]), WrongKeys::Malformed),
            (json!([with(rsa(256), &json!({"e": null}))]), WrongKeys::Malformed),
            (json!([with(rsa(256), &json!({"n": "é"}))]), WrongKeys::Malformed),
            (json!([with(ec(), &json!({"y": "AQAB"}))]), WrongKeys::Malformed),
            (json!([with(ed(), &json!({"kid": 7}))]), WrongKeys::Malformed),
            (
                json!([with(ed(), &json!({"kid": "a"})), with(ec(), &json!({"kid": "a"}))]),
                WrongKeys::SameName,
            ),
            (json!([with(ed(), &json!({"use": "enc"}))]), WrongKeys::NothingSigns),
            (json!([with(ed(), &json!({"key_ops": ["encrypt"]}))]), WrongKeys::NothingSigns),
        ] {
            assert_eq!(check_set(&json!({"keys": wrong})), Err(expected), "{wrong}");
        }
        for wrong in [json!({}), json!([]), json!("x"), json!({"keys": {}}), Value::Null] {
            assert_eq!(check_set(&wrong), Err(WrongKeys::NotASet), "{wrong}");
        }
    }
}
