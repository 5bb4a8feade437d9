//! What holds of every `claims` parameter, not only of those in the tables.

use model::fuzzing::fuzz;
use proptest::prelude::*;

use super::*;

/// Only a short JSON object is taken; the rest is refused with one of the two codes there are.
fn assert_is_read_or_refused(text: &str) {
    match Claims::parse(Some(text)) {
        Ok(_) => {
            assert!(text.len() <= MAX_LEN && serde_json::from_str::<Map<String, Value>>(text).is_ok());
        }
        Err(error) => {
            let known = [Code::InvalidRequest, Code::UnmetAuthenticationRequirements];
            assert!(known.contains(&error.code()), "{text}");
        }
    }
}

proptest! {
    #[test]
    fn a_person_is_asked_for_by_one_name(first in prop::option::of("[a-c]"), second in prop::option::of("[a-c]")) {
        let wish = |sub: &Option<String>| serde_json::json!({"sub": sub.as_ref().map(|sub| serde_json::json!({"value": sub}))});
        let text = serde_json::json!({"id_token": wish(&first), "userinfo": wish(&second)}).to_string();
        let contradicts = first.is_some() && second.is_some() && first != second;
        match Claims::parse(Some(&text)) {
            Ok(claims) => prop_assert!(!contradicts && claims.sub == first.or(second)),
            Err(error) => prop_assert!(contradicts && error.code() == Code::InvalidRequest),
        }
    }

    #[test]
    fn claims_that_there_are_not_are_left_out(names in prop::collection::vec("x_[a-z]{1,6}", 0..6)) {
        let wishes: Map<String, Value> = names.iter().map(|name| (name.clone(), Value::Null)).collect();
        let text = serde_json::json!({"id_token": wishes, "userinfo": wishes}).to_string();
        prop_assert_eq!(Claims::parse(Some(&text)).ok(), Some(Claims::default()));
    }
}

#[test]
fn fuzz_claims_parameters() {
    let nested = format!("{{\"id_token\":{}", "{\"name\":".repeat(200));
    let corpus = [
        r#"{"userinfo":{"given_name":{"essential":true},"email":null},"id_token":{"sub":{"value":"7"}}}"#,
        r#"{"id_token":{"acr":{"values":["1","2"],"essential":true},"auth_time":{"essential":true}}}"#,
        &nested,
    ];
    fuzz(&corpus, |input| assert_is_read_or_refused(&String::from_utf8_lossy(input)));
}
