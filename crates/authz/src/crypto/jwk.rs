//! Others' public keys: RFC 7517. Which key of a set a JWT can have been signed with; what may be registered is in
//! `registered.rs`.

mod registered;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use model::alg::Alg;
use serde_json::{Map, Value};

pub use registered::{WrongKeys, check_set};

/// The most keys in a set. Two are enough to change from one to the other.
const MAX_KEYS: usize = 20;
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

impl Kind {
    const fn of(alg: Alg) -> Self {
        match alg {
            Alg::RS256 | Alg::PS256 => Self::Rsa,
            Alg::ES256 => Self::P256,
            Alg::EdDSA => Self::Ed25519,
        }
    }
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
pub fn key_for<'a>(keys: &'a [Value], alg: Alg, kid: Option<&str>) -> Option<&'a Value> {
    let fits = |key: &&Value| key.as_object().is_some_and(|key| is_for(key, alg));
    let named = |key: &&Value| kid.is_none() || key.get("kid").and_then(Value::as_str) == kid;
    let mut fitting = keys.iter().filter(fits).filter(named);
    match (fitting.next(), fitting.next()) {
        (Some(key), None) => Some(key),
        _ => None,
    }
}

fn is_for(key: &Map<String, Value>, alg: Alg) -> bool {
    let is_of = text(key, "alg").is_ok_and(|own| own.is_none_or(|own| Alg::named(own) == Some(alg)));
    is_of && !has_private(key) && may_verify(key) && kind(key) == Ok(Kind::of(alg))
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

    pub(super) fn rsa(bytes: usize) -> Value {
        json!({"kty": "RSA", "n": BASE64_URL_SAFE_NO_PAD.encode(vec![0xff; bytes]), "e": "AQAB"})
    }

    pub(super) fn ec() -> Value {
        let coordinate = BASE64_URL_SAFE_NO_PAD.encode([1; 32]);
        json!({"kty": "EC", "crv": "P-256", "x": coordinate, "y": coordinate})
    }

    pub(super) fn ed() -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "x": BASE64_URL_SAFE_NO_PAD.encode([1; 32])})
    }

    /// The key with these members, of which `null` takes one away.
    pub(super) fn with(mut key: Value, members: &Value) -> Value {
        for (name, value) in members.as_object().unwrap() {
            if value.is_null() {
                key.as_object_mut().unwrap().remove(name);
            } else {
                key[name] = value.clone();
            }
        }
        key
    }

    #[test]
    fn a_key_is_found_by_its_name_and_without_one_only_where_there_is_no_choice() {
        let named = |key: Value, kid: &str| with(key, &json!({"kid": kid}));
        let keys =
            [named(rsa(256), "a"), named(ec(), "b"), named(ec(), "c"), with(ed(), &json!({"use": "enc"}))];
        for (alg, kid, expected) in [
            (Alg::RS256, Some("a"), Some(0)),
            (Alg::PS256, Some("a"), Some(0)),
            (Alg::RS256, None, Some(0)),
            (Alg::RS256, Some("b"), None),
            (Alg::ES256, Some("c"), Some(2)),
            (Alg::ES256, Some("d"), None),
            (Alg::ES256, None, None),
            (Alg::EdDSA, None, None),
        ] {
            assert_eq!(
                key_for(&keys, alg, kid),
                expected.map(|place: usize| &keys[place]),
                "{alg:?} {kid:?}"
            );
        }
        let of_pss = [with(rsa(256), &json!({"alg": "PS256"}))];
        assert_eq!(key_for(&of_pss, Alg::RS256, None), None);
        assert!(key_for(&of_pss, Alg::PS256, None).is_some());
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
