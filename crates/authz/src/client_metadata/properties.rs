//! What holds of every change of metadata, not only of those in the tables.

use model::fuzzing::fuzz;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::json;

use super::*;

fn metadata() -> impl Strategy<Value = ClientMetadata> {
    let alg = || select(SigningAlg::ALL.to_vec());
    let types: Vec<ResponseType> = ResponseType::all().collect();
    let subject_type = select(vec![SubjectType::Public, SubjectType::Pairwise]);
    let sector = prop::option::of("https://[a-z]{1,5}/[a-z]{0,3}");
    let all = subsequence(types.clone(), 0..=types.len());
    (any::<Option<u64>>(), alg(), prop::option::of(alg()), subject_type, sector, all, any::<[bool; 2]>())
        .prop_map(
            |(
                max_age,
                id_token,
                userinfo,
                subject_type,
                sector,
                response_types,
                [require_pkce, is_first_party],
            )| {
                ClientMetadata {
                    default_max_age: max_age,
                    id_token_signed_response_alg: id_token,
                    userinfo_signed_response_alg: userinfo,
                    subject_type,
                    sector_identifier_uri: sector,
                    response_types,
                    require_pkce,
                    is_first_party,
                    ..ClientMetadata::default()
                }
            },
        )
}

/// Each member by its name.
fn members(metadata: &ClientMetadata) -> Map<String, Value> {
    serde_json::to_value(metadata).unwrap().as_object().unwrap().clone()
}

fn names() -> Vec<String> {
    members(&ClientMetadata::default()).into_iter().map(|(name, _)| name).collect()
}

fn json_text() -> impl Strategy<Value = String> {
    let name = || prop_oneof![select(names()), "[a-z_]{0,8}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-zA-Z0-9 ]{0,8}".prop_map(Value::from),
        "RS256|EdDSA|pairwise|code|none".prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(3, 16, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name(), inner, 0..4).prop_map(|members| json!(members)),
        ]
    });
    value.prop_map(|value| value.to_string())
}

/// What is taken is an object of known members, reads back from its row as it is, and is the same when taken again.
fn assert_is_lawful(metadata: &ClientMetadata, changes: &str) {
    let Ok(result) = metadata.changed_by(changes) else { return };
    let said: Map<String, Value> = serde_json::from_str(changes).unwrap();
    let (before, after) = (members(metadata), members(&result));
    assert!(said.keys().all(|name| before.contains_key(name)), "{changes}");
    for name in names().iter().filter(|name| !said.contains_key(*name)) {
        assert_eq!(before[name], after[name], "{changes} changes {name}");
    }
    assert_eq!(result.changed_by(changes).as_ref(), Ok(&result));
    assert_eq!(serde_json::from_value::<ClientMetadata>(json!(result)).unwrap(), result);
}

proptest! {
    #[test]
    fn whatever_it_was_it_becomes_what_all_members_say(before in metadata(), after in metadata()) {
        prop_assert_eq!(before.changed_by(&json!(after).to_string()), Ok(after));
        prop_assert_eq!(before.changed_by("{}"), Ok(before));
    }

    #[test]
    fn null_brings_a_members_default_back_and_touches_no_other(before in metadata(), name in select(names())) {
        let mut expected = members(&before);
        expected.insert(name.clone(), members(&ClientMetadata::default())[&name].clone());
        let changed = before.changed_by(&json!({ name: null }).to_string()).unwrap();
        prop_assert_eq!(members(&changed), expected);
    }

    #[test]
    fn changes_of_different_members_have_no_order(before in metadata(), after in metadata(), some in subsequence(names(), 0..=8)) {
        let (first, second): (Map<_, _>, Map<_, _>) =
            members(&after).into_iter().partition(|(name, _)| some.contains(name));
        let by = |metadata: &ClientMetadata, changes: &Map<String, Value>| metadata.changed_by(&json!(changes).to_string()).unwrap();
        prop_assert_eq!(by(&by(&before, &first), &second), after.clone());
        prop_assert_eq!(by(&by(&before, &second), &first), after);
    }

    #[test]
    fn a_member_that_there_is_not_is_refused_whatever_else_is_said(
        before in metadata(), after in metadata(), name in "[a-z_]{0,12}", value in json_text(),
    ) {
        let mut changes = members(&after);
        prop_assume!(!changes.contains_key(&name));
        changes.insert(name, serde_json::from_str(&value).unwrap());
        prop_assert!(before.changed_by(&json!(changes).to_string()).is_err());
    }

    #[test]
    fn any_json_is_a_lawful_change_or_refused(before in metadata(), changes in json_text()) {
        assert_is_lawful(&before, &changes);
    }
}

#[test]
fn fuzz_client_metadata() {
    let corpus = [
        json!(ClientMetadata::default()).to_string(),
        r#"{"default_max_age":18446744073709551615,"subject_type":"pairwise"}"#.to_owned(),
        r#"{"response_types":["code id_token","token"],"is_first_party":null}"#.to_owned(),
        "[".repeat(200),
    ];
    fuzz(&corpus.each_ref().map(String::as_str), |input| {
        assert_is_lawful(&ClientMetadata::default(), &String::from_utf8_lossy(input));
    });
}
