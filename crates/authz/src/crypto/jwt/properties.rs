//! What holds of every JWT, not only of those in the tables.

use std::sync::LazyLock;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use model::fuzzing::fuzz;
use model::time::Timestamp;
use proptest::collection::btree_map;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;

use super::*;
use crate::crypto::master::MasterKey;
use crate::crypto::wrap::Wrapper;

/// Made once: an RSA key takes its time.
static KEYS: LazyLock<SigningKeys> = LazyLock::new(|| {
    let master: MasterKey = MasterKey::generate().unwrap().parse().unwrap();
    let keys = SigningKeys::new(Wrapper::new(&master, "signing keys"));
    keys.replace(SigningAlg::ALL.map(|alg| keys.generate(alg, at(0)).unwrap()).into());
    keys
});

fn at(second: i64) -> Timestamp {
    Timestamp::from_unix_seconds(second)
}

fn alg() -> impl Strategy<Value = SigningAlg> {
    prop::sample::select(SigningAlg::ALL.to_vec())
}

/// Claims of any names and kinds, those among them that have a meaning of their own (R66).
fn claims() -> impl Strategy<Value = Value> {
    let name = prop_oneof!["[a-z]{1,4}", "sub|iss|aud|exp|nbf|iat"];
    let value = prop_oneof![
        any::<i64>().prop_map(Value::from),
        r"\PC{0,8}".prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        Just(json!(["a", {"b": 1.5}])),
    ];
    btree_map(name, value, 0..5).prop_map(|claims| json!(claims))
}

fn signed(alg: SigningAlg, typ: &str, claims: &Value) -> String {
    KEYS.sign(alg, typ, claims, at(1)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 2, ..ProptestConfig::default() })]

    /// R66: a claim of a kind that makes no sense is refused, or left for the caller to judge, and never taken for another.
    #[test]
    fn what_is_signed_is_read_as_it_was_said(alg in alg(), claims in claims()) {
        let names_what_is_known = ["sub", "iss", "aud", "exp", "nbf"].iter().any(|name| claims.get(name).is_some());
        match signed_by_us(&KEYS, &signed(alg, "JWT", &claims), "JWT") {
            Some(read) => prop_assert_eq!(Value::Object(read), claims),
            None => prop_assert!(names_what_is_known),
        }
    }

    #[test]
    fn one_character_of_header_claims_or_signature_changed_and_it_is_refused(
        alg in alg(), claims in claims(), place: Index, put in "[A-Za-z0-9_-]|[.=+/ é]",
    ) {
        let text = signed(alg, "JWT", &claims);
        let at = place.index(text.len());
        let changed = [&text[..at], put.as_str(), &text[at + 1..]].concat();
        prop_assume!(changed != text);
        prop_assert_eq!(signed_by_us(&KEYS, &changed, "JWT"), None);
    }

    #[test]
    fn what_is_cut_or_grown_is_refused(alg in alg(), place: Index, more in "[A-Za-z0-9_=.-]{1,4}") {
        let text = signed(alg, "JWT", &json!({"sub": "1"}));
        prop_assert_eq!(signed_by_us(&KEYS, &text[..place.index(text.len())], "JWT"), None);
        prop_assert_eq!(signed_by_us(&KEYS, &format!("{text}{more}"), "JWT"), None);
        prop_assert_eq!(signed_by_us(&KEYS, &format!("{more}{text}"), "JWT"), None);
    }

    /// R64, R67: another kind of token, another algorithm, another key.
    #[test]
    fn a_header_that_says_something_else_is_refused(
        right in alg(), typ in "[a-zA-Z+]{0,8}|at\\+jwt|jwt", alg in "[A-Za-z0-9]{0,6}|none|HS256|RS256|ES256|EdDSA", kid in 0..3_usize,
    ) {
        prop_assume!(typ != "JWT");
        let claims = json!({"sub": "1"});
        prop_assert_eq!(signed_by_us(&KEYS, &signed(right, &typ, &claims), "JWT"), None);
        let text = signed(right, "JWT", &claims);
        let (first, rest) = text.split_once('.').unwrap();
        let head = json!({"typ": "JWT", "alg": alg, "kid": KEYS.ids()[kid]});
        let head = BASE64_URL_SAFE_NO_PAD.encode(head.to_string());
        let is_taken = signed_by_us(&KEYS, &format!("{head}.{rest}"), "JWT").is_some();
        prop_assert_eq!(is_taken, head == first);
    }
}

/// Only what we signed is taken, whatever it is made of.
#[test]
fn fuzz_jwts() {
    let claims = json!({"sub": "1", "exp": 1, "aud": ["a"]});
    let ours = SigningAlg::ALL.map(|alg| signed(alg, "JWT", &claims));
    fuzz(&ours.each_ref().map(String::as_str), |input| {
        let text = String::from_utf8_lossy(input);
        assert!(ours.iter().any(|known| *known == text) || signed_by_us(&KEYS, &text, "JWT").is_none());
    });
    // Broken before it is encoded, so that what is in it is reached.
    let kid = &KEYS.ids()[0];
    let header = json!({"typ": "JWT", "alg": "EdDSA", "kid": kid, "crit": ["b64"], "jwk": {}, "x5c": [""]});
    let (header, claims) = (header.to_string(), claims.to_string());
    fuzz(&[&header, &claims], |input| {
        let part = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        for text in [
            format!("{}.{}.AAAA", part(input), part(claims.as_bytes())),
            format!("{}.{}.", part(header.as_bytes()), part(input)),
        ] {
            assert_eq!(signed_by_us(&KEYS, &text, "JWT"), None);
        }
    });
}
