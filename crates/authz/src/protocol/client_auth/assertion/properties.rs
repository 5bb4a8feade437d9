//! What holds of every assertion, not only of those in the table.

use model::fuzzing::fuzz;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

const AUDIENCE: &str = "https://id.example/o";

fn judged(claims: &Map<String, Value>, now: i64) -> Result<Once, WrongClaim> {
    judge(&Claims::from(claims.clone()), "web", &[AUDIENCE.to_owned()], Timestamp::from_unix_seconds(now))
}

/// Claims of any names and kinds, right ones among them.
fn claims() -> impl Strategy<Value = Map<String, Value>> {
    let name = prop_oneof![4 => "iss|sub|aud|exp|nbf|iat|jti", 1 => "[a-z]{1,4}"];
    let value = prop_oneof![
        Just(json!("web")),
        Just(json!(AUDIENCE)),
        Just(json!([AUDIENCE])),
        Just(Value::Null),
        (0..2_000_i64).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        r"\PC{0,8}".prop_map(Value::from),
    ];
    prop::collection::btree_map(name, value, 0..8).prop_map(|claims| {
        let honest =
            [("iss", json!("web")), ("sub", json!("web")), ("aud", json!(AUDIENCE)), ("jti", json!("1"))];
        let mut all: Map<String, Value> =
            honest.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
        all.extend(claims);
        all
    })
}

/// Whoever is let in has said who they are, for whom, until when and which one it is, and is remembered for as long.
fn assert_is_lawful(claims: &Map<String, Value>, now: i64) {
    let Ok(once) = judged(claims, now) else { return };
    assert_eq!((&claims["iss"], &claims["sub"]), (&json!("web"), &json!("web")));
    assert!(claims["aud"] == AUDIENCE || claims["aud"] == json!([AUDIENCE]), "{claims:?}");
    assert_eq!(claims["jti"], once.id);
    let exp = claims["exp"].as_i64().unwrap();
    assert!(exp + 30 > now && exp <= now + 330, "{claims:?}");
    assert_eq!(once.ends_at, Timestamp::from_unix_seconds(exp + 30));
    for name in ["nbf", "iat"] {
        assert!(claims.get(name).is_none_or(|at| at.as_i64().is_some_and(|at| at <= now + 30)), "{claims:?}");
    }
}

proptest! {
    /// R44, R66
    #[test]
    fn whoever_is_let_in_has_said_all_there_is_to_say(claims in claims(), now in 0..2_000_i64) {
        assert_is_lawful(&claims, now);
    }

    /// As long as an assertion counts, its id is remembered.
    #[test]
    fn no_assertion_outlives_the_memory_of_it(lasts in -100..400_i64, later in 0..1_000_i64) {
        let mut claims = Map::new();
        for (name, value) in [("iss", json!("web")), ("sub", json!("web")), ("aud", json!(AUDIENCE)), ("jti", json!("1")),
            ("exp", json!(1_000 + lasts))] {
            claims.insert(name.to_owned(), value);
        }
        if let (Ok(first), Ok(_)) = (judged(&claims, 1_000), judged(&claims, 1_000 + later)) {
            prop_assert!(Timestamp::from_unix_seconds(1_000 + later) < first.ends_at);
        }
    }
}

#[test]
fn fuzz_assertions() {
    let honest = json!({"iss": "web", "sub": "web", "aud": AUDIENCE, "exp": 1_060, "iat": 1_000, "nbf": 1_000, "jti": "1"});
    let list = json!({"aud": [AUDIENCE], "iss": "web", "jti": "1", "sub": "web", "exp": 1_060.0});
    fuzz(&[&honest.to_string(), &list.to_string()], |input| {
        if let Ok(claims) = serde_json::from_slice::<Map<String, Value>>(input) {
            assert_is_lawful(&claims, 1_000);
        }
    });
    // Whatever it is made of, nobody is named by what is not three parts with a header that is taken here.
    let jwt = "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ3ZWIifQ.AAAA";
    fuzz(&[jwt, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ3ZWIifQ."], |input| {
        let text = String::from_utf8_lossy(input);
        if claimed_client(&text).is_some() {
            assert_eq!(text.split('.').count(), 3);
            assert!(text.len() <= 8 * 1024);
        }
    });
}
