//! Others' public keys: RFC 7517. What may be registered, and which key of a set a JWT can have been signed with.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What others may sign with for us. HMAC is not among it: we keep no secret that could be its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum VerifyAlg {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RS256,
    /// RSASSA-PSS with SHA-256.
    PS256,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// Ed25519, by its older name and by its own (RFC 9864).
    #[serde(alias = "Ed25519")]
    EdDSA,
}

impl VerifyAlg {
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

    const fn kind(self) -> Kind {
        match self {
            Self::RS256 | Self::PS256 => Kind::Rsa,
            Self::ES256 => Kind::P256,
            Self::EdDSA => Kind::Ed25519,
        }
    }
}

/// What a set may be like when it is registered by value.
pub const MAX_SET_LEN: usize = 16 * 1024;
/// The most keys in a set. Two are enough to change from one to the other.
pub const MAX_KEYS: usize = 20;
/// RSA: shorter is too weak (RFC 7518 section 3.3), longer only costs us time.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;
/// What only its owner may know of a key.
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Rsa,
    P256,
    Ed25519,
}

/// Why a key or a set of keys is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongKeys {
    /// Not `{"keys": […]}` with objects in it.
    NotASet,
    /// No key at all, or more than [`MAX_KEYS`].
    HowMany,
    /// Longer than [`MAX_SET_LEN`].
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
    if set.to_string().len() > MAX_SET_LEN {
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
        let fits = |alg: &str| VerifyAlg::named(alg).is_some_and(|alg| alg.kind() == kind);
        if !text(key, "alg")?.is_none_or(fits) {
            return Err(WrongKeys::Unsupported);
        }
        signs |= may_verify(key);
    }
    if signs { Ok(()) } else { Err(WrongKeys::NothingSigns) }
}

/// The members by which a key is used here, and nothing else, of each key in somebody's set that can be: what is of
/// another kind is for somebody else (RFC 7517 section 5), and what is weak or gives its secret away is for nobody.
pub fn usable(set: &Value) -> Vec<Value> {
    const USED: [&str; 9] = ["kty", "crv", "x", "y", "n", "e", "kid", "use", "alg"];
    let keys = set.get("keys").and_then(Value::as_array).into_iter().flatten();
    let objects = keys.filter_map(Value::as_object);
    let usable = objects.filter(|key| !has_private(key) && kind(key).is_ok() && may_verify(key));
    let used = |key: &Map<String, Value>| {
        USED.iter().filter_map(|name| Some(((*name).to_owned(), key.get(*name)?.clone()))).collect()
    };
    usable.map(used).take(MAX_KEYS).collect()
}

/// The key of that name that fits the algorithm; of a JWT that names none, the only one that fits (OpenID Connect Core
/// section 10.1).
pub fn key_for<'a>(keys: &'a [Value], alg: VerifyAlg, kid: Option<&str>) -> Option<&'a Value> {
    let fits = |key: &&Value| key.as_object().is_some_and(|key| is_for(key, alg));
    let named = |key: &&Value| kid.is_none() || key.get("kid").and_then(Value::as_str) == kid;
    let mut fitting = keys.iter().filter(fits).filter(named);
    match (fitting.next(), fitting.next()) {
        (Some(key), None) => Some(key),
        _ => None,
    }
}

fn is_for(key: &Map<String, Value>, alg: VerifyAlg) -> bool {
    let is_of = text(key, "alg").is_ok_and(|own| own.is_none_or(|own| VerifyAlg::named(own) == Some(alg)));
    is_of && !has_private(key) && may_verify(key) && kind(key) == Ok(alg.kind())
}

fn has_private(key: &Map<String, Value>) -> bool {
    PRIVATE.iter().any(|name| key.contains_key(*name))
        || key.get("kty").and_then(Value::as_str) == Some("oct")
}

/// Whether its owner says that it is for signatures, or does not say.
fn may_verify(key: &Map<String, Value>) -> bool {
    let operations = key.get("key_ops").and_then(Value::as_array);
    text(key, "use").is_ok_and(|purpose| purpose.is_none_or(|purpose| purpose == "sig"))
        && operations.is_none_or(|operations| operations.iter().any(|each| each == "verify"))
}

/// What kind of key it is, if it is a whole one.
fn kind(key: &Map<String, Value>) -> Result<Kind, WrongKeys> {
    let bytes = |name| {
        let decoded = text(key, name)?.and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok());
        decoded.ok_or(WrongKeys::Malformed)
    };
    let is_long = |name, length| bytes(name).map(|bytes| bytes.len() == length);
    let kty = text(key, "kty")?.ok_or(WrongKeys::Malformed)?;
    let (kind, is_whole) = match (kty, text(key, "crv")?) {
        ("RSA", _) => {
            if !RSA_BITS.contains(&bits(&bytes("n")?)) {
                return Err(WrongKeys::Size);
            }
            let exponent = bytes("e")?;
            (
                Kind::Rsa,
                exponent.last().is_some_and(|last| last & 1 == 1) && (2..=33).contains(&bits(&exponent)),
            )
        }
        ("EC", Some("P-256")) => (Kind::P256, is_long("x", 32)? && is_long("y", 32)?),
        ("OKP", Some("Ed25519")) => (Kind::Ed25519, is_long("x", 32)?),
        _ => return Err(WrongKeys::Unsupported),
    };
    if is_whole { Ok(kind) } else { Err(WrongKeys::Malformed) }
}

/// How many bits a number has, written with its highest byte first.
fn bits(number: &[u8]) -> usize {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let rest = number.get(zeros..).unwrap_or_default();
    rest.first().map_or(0, |first| rest.len() * 8 - first.leading_zeros() as usize)
}

fn text<'a>(key: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, WrongKeys> {
    key.get(name).map(|value| value.as_str().ok_or(WrongKeys::Malformed)).transpose()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rsa(bytes: usize) -> Value {
        json!({"kty": "RSA", "n": BASE64_URL_SAFE_NO_PAD.encode(vec![0xff; bytes]), "e": "AQAB"})
    }

    /// A modulus that looks longer than it is.
    fn after_zeros(bytes: usize) -> String {
        BASE64_URL_SAFE_NO_PAD.encode([vec![0; 3], vec![0xff; bytes]].concat())
    }

    fn ec() -> Value {
        let coordinate = BASE64_URL_SAFE_NO_PAD.encode([1; 32]);
        json!({"kty": "EC", "crv": "P-256", "x": coordinate, "y": coordinate})
    }

    fn ed() -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "x": BASE64_URL_SAFE_NO_PAD.encode([1; 32])})
    }

    /// The key with these members, of which `null` takes one away.
    fn with(mut key: Value, members: &Value) -> Value {
        for (name, value) in members.as_object().unwrap() {
            if value.is_null() {
                key.as_object_mut().unwrap().remove(name);
            } else {
                key[name] = value.clone();
            }
        }
        key
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

    #[test]
    fn every_name_is_that_of_an_algorithm() {
        for name in VerifyAlg::NAMES {
            let alg = VerifyAlg::named(name).unwrap();
            assert_eq!(serde_json::from_value::<VerifyAlg>(json!(name)).unwrap(), alg);
        }
        for wrong in ["", "none", "HS256", "ES384", "rs256"] {
            assert_eq!(VerifyAlg::named(wrong), None);
        }
    }

    #[test]
    fn a_key_is_found_by_its_name_and_without_one_only_where_there_is_no_choice() {
        let named = |key: Value, kid: &str| with(key, &json!({"kid": kid}));
        let keys =
            [named(rsa(256), "a"), named(ec(), "b"), named(ec(), "c"), with(ed(), &json!({"use": "enc"}))];
        for (alg, kid, expected) in [
            (VerifyAlg::RS256, Some("a"), Some(0)),
            (VerifyAlg::PS256, Some("a"), Some(0)),
            (VerifyAlg::RS256, None, Some(0)),
            (VerifyAlg::RS256, Some("b"), None),
            (VerifyAlg::ES256, Some("c"), Some(2)),
            (VerifyAlg::ES256, Some("d"), None),
            (VerifyAlg::ES256, None, None),
            (VerifyAlg::EdDSA, None, None),
        ] {
            assert_eq!(
                key_for(&keys, alg, kid),
                expected.map(|place: usize| &keys[place]),
                "{alg:?} {kid:?}"
            );
        }
        let of_pss = [with(rsa(256), &json!({"alg": "PS256"}))];
        assert_eq!(key_for(&of_pss, VerifyAlg::RS256, None), None);
        assert!(key_for(&of_pss, VerifyAlg::PS256, None).is_some());
    }

    #[test]
    fn of_a_fetched_set_what_can_be_used_is_kept_and_nothing_else() {
        let set = json!({"keys": [
            with(ec(), &json!({"kid": "a", "x5c": ["long"], "else": {}})),
            with(ed(), &json!({"d": "AQAB"})), rsa(128), {"kty": "AKP"}, 7, {"kty": "oct", "k": "AQAB"},
            with(ed(), &json!({"use": "enc"})),
        ]});
        assert_eq!(usable(&set), [with(ec(), &json!({"kid": "a"}))]);
        for none in [json!({}), json!([]), json!({"keys": 7})] {
            assert_eq!(usable(&none), Vec::<Value>::new());
        }
    }
}
