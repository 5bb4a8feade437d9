//! What holds of every hint, not only of those in the tests over HTTP.

use proptest::prelude::*;
use serde_json::json;

use super::*;

const ISSUER: &str = "https://id.example/o";
const CLIENT: &str = "web";

fn claims() -> Map<String, Value> {
    let claims = json!({
        "iss": ISSUER, "sub": "7", "aud": CLIENT, "exp": 20, "iat": 10, "auth_time": 5, "acr": ACR, "nonce": "n"
    });
    claims.as_object().unwrap().clone()
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        Just(json!(u64::MAX)),
        r"\PC{0,8}".prop_map(Value::from),
        Just(json!([ISSUER])),
        Just(json!([CLIENT])),
        Just(json!({})),
        prop::sample::select(vec![ISSUER, CLIENT, "WEB", "https://id.example/o/", "20"])
            .prop_map(Value::from),
    ]
}

proptest! {
    /// R66, R67: a wrong issuer, another's audience, and a time that is none are refused; so is what is missing.
    #[test]
    fn a_claim_that_is_missing_or_wrong_is_no_id_token(
        name in "iss|sub|aud|exp|iat|acr|auth_time", value in prop::option::of(value()),
    ) {
        let mut claims = claims();
        let right = match name.as_str() {
            "iss" => value == Some(json!(ISSUER)),
            "aud" => value == Some(json!(CLIENT)),
            "sub" | "acr" => value.as_ref().is_some_and(Value::is_string),
            "auth_time" => value.as_ref().is_none_or(Value::is_i64),
            _ => value.as_ref().is_some_and(Value::is_i64),
        };
        match value {
            Some(value) => claims.insert(name, value),
            None => claims.remove(&name),
        };
        prop_assert_eq!(stated_subject(&claims, ISSUER, CLIENT).is_some(), right);
    }

    #[test]
    fn the_subject_is_told_to_the_client_it_was_stated_to_and_to_no_other(
        subject in r"\PC{0,8}", client in "[a-z]{0,4}", issuer in "https://[a-z]{1,3}/o",
    ) {
        let mut claims = claims();
        claims.insert("sub".to_owned(), json!(subject));
        prop_assert_eq!(stated_subject(&claims, ISSUER, CLIENT), Some(subject.as_str()));
        prop_assert_eq!(stated_subject(&claims, ISSUER, &client).is_some(), client == CLIENT);
        prop_assert_eq!(stated_subject(&claims, &issuer, CLIENT), None);
    }
}
