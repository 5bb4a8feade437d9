//! What holds of every signed request, not only of those in the tables.

use model::fuzzing::fuzz;
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn signed() -> impl Strategy<Value = Map<String, Value>> {
    let name = prop_oneof![
        3 => "client_id|response_type|scope|state|nonce|max_age|claims|prompt|redirect_uri|resource",
        1 => "request|request_uri|iss|aud|exp|[a-z]{1,4}",
    ];
    let leaf = prop_oneof![
        3 => "web|code|openid|[a-z ]{0,5}".prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => r"\PC{0,4}|\x00".prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,3}", inner, 0..3).prop_map(|members| json!(members)),
        ]
    });
    prop::collection::btree_map(name, value, 0..6).prop_map(|members| members.into_iter().collect())
}

/// Whatever counts was signed, or for OpenID stood beside it under a name that was not.
fn assert_is_lawful(outside: &str, signed: &Map<String, Value>) {
    let outside = Params::parse(outside.as_bytes()).unwrap();
    let counted = parameters(signed).and_then(|params| counting(&outside, params, "web"));
    let Ok(counted) = counted else { return };
    let is_openid = outside.get("scope").is_some_and(|scope| scope.split(' ').any(|each| each == "openid"));
    for (name, value) in counted.pairs() {
        assert!(!["request", SEEN].contains(&name.as_str()) || value.is_empty(), "{name}");
        assert!(!value.contains('\0'));
        match signed.get(name) {
            Some(Value::String(said)) => assert_eq!(said, value),
            Some(Value::Array(several)) => assert!(several.iter().any(|each| each == value.as_str())),
            Some(said) => assert_eq!(&said.to_string(), value),
            None => assert!(is_openid && outside.all(name).any(|each| each == value) || value.is_empty()),
        }
    }
    for name in signed.keys().filter(|name| !ABOUT_THE_JWT.contains(&name.as_str())) {
        // Nothing that was signed is left out.
        assert!(counted.pairs().any(|(known, _)| known == name), "{name}");
    }
}

const BESIDE: [&str; 3] = [
    "client_id=web&response_type=code&scope=openid&state=a&request=x&request_seen=y",
    "client_id=web&response_type=code&scope=read&state=a&request=x",
    "client_id=web&scope=openid&request=x",
];

proptest! {
    #[test]
    fn what_is_signed_counts_as_it_was_signed(signed in signed(), beside in 0..3_usize) {
        assert_is_lawful(BESIDE[beside], &signed);
    }
}

#[test]
fn fuzz_request_objects() {
    let honest = json!({"client_id": "web", "response_type": "code", "scope": "openid", "max_age": 7, "nonce": "n",
        "claims": {"id_token": {"sub": null}}, "resource": ["a", "b"], "iss": "web", "aud": "x", "exp": 9});
    fuzz(&[&honest.to_string(), r#"{"request":"a.b.c","prompt":["login"],"state":"\u0000"}"#], |input| {
        if let Ok(signed) = serde_json::from_slice::<Map<String, Value>>(input) {
            for beside in BESIDE {
                assert_is_lawful(beside, &signed);
            }
        }
    });
    // What an address says of its object never brings anything into it, and is said once.
    let object = |source| Object {
        text: "a.b.c".to_owned(),
        source,
        came_at: Timestamp::from_micros(2),
        seen_at: None,
        seen: "request_seen=2.y".to_owned(),
    };
    for (source, own) in [
        (Source::Query, &["request_seen=2.y"][..]),
        (Source::ItsAddress, &["request=a.b.c", "request_seen=2.y"]),
    ] {
        let object = object(source);
        let names: &[&str] = if own.len() == 1 { &[SEEN] } else { &source::PARAMETERS };
        fuzz(
            &["a=1&request_seen=1.x&b=2&request_ur%69=z", "request_seen&&request%5fseen=1&request=x"],
            |input| {
                let query = String::from_utf8_lossy(input);
                let kept = carried_on(&query, &object);
                let is_own = |pair: &&str| {
                    let name =
                        form_urlencoded::parse(pair.as_bytes()).next().map(|(name, _)| name.into_owned());
                    name.is_some_and(|name| names.contains(&name.as_str()))
                };
                assert!(kept.split('&').filter(is_own).eq(own.iter().copied()), "{kept}");
                assert_eq!(carried_on(&kept, &object), kept);
            },
        );
    }
}
