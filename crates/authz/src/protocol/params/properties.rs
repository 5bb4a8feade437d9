//! What holds of every form, not only of those in the tables.

use std::collections::{BTreeMap, BTreeSet};

use model::fuzzing::fuzz;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

/// Any text without NUL.
const TEXT: &str = r"[^\x00]{0,8}";

fn written(pairs: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn pairs(from: BTreeMap<String, String>) -> Vec<(String, String)> {
    from.into_iter().collect()
}

/// Whatever is taken is what the standard's own reader makes of it, and says nothing twice.
fn assert_is_read_as_the_standard_says(text: &[u8]) {
    let Ok(params) = Params::parse(text) else { return };
    let standard: Vec<(String, String)> = form_urlencoded::parse(text).into_owned().collect();
    assert_eq!(params.0, standard);
    assert!(params.0.iter().all(|(name, value)| !name.contains('\0') && !value.contains('\0')));
    let once = params.0.iter().map(|(name, _)| name).filter(|name| !REPEATABLE.contains(&name.as_str()));
    let (count, names) = (once.clone().count(), once.collect::<BTreeSet<_>>());
    assert_eq!(count, names.len());
    assert!(params.0.len() <= MAX_PARAMS);
    assert!(names.iter().all(|name| params.get(name) == params.all(name).next()));
}

proptest! {
    #[test]
    fn what_is_written_as_a_form_is_read_as_it_was(pairs in btree_map(TEXT, TEXT, 0..20).prop_map(pairs)) {
        prop_assert_eq!(Params::parse(written(&pairs).as_bytes()).unwrap().0, pairs);
    }

    /// R12
    #[test]
    fn a_name_that_is_there_twice_is_refused_wherever_it_is(
        pairs in btree_map("[a-zé ]{1,8}", TEXT, 1..10).prop_map(pairs), which: Index, at: Index, value in TEXT,
    ) {
        let (mut pairs, name) = (pairs.clone(), which.get(&pairs).0.clone());
        prop_assume!(!REPEATABLE.contains(&name.as_str()));
        pairs.insert(at.index(pairs.len() + 1), (name, value));
        prop_assert_eq!(Params::parse(written(&pairs).as_bytes()).unwrap_err(), ParamsError::Repeated);
    }

    #[test]
    fn values_of_what_may_be_repeated_keep_their_order(values in vec("[^\\x00]{1,8}", 0..20)) {
        let pairs: Vec<_> = values.iter().map(|value| ("resource".to_owned(), value.clone())).collect();
        let params = Params::parse(written(&pairs).as_bytes()).unwrap();
        prop_assert_eq!(params.all("resource").collect::<Vec<_>>(), values);
    }

    #[test]
    fn a_hundred_parameters_are_read_and_no_more(count in 90..110_usize) {
        let text = (0..count).map(|number| format!("p{number}=1")).collect::<Vec<_>>().join("&");
        prop_assert_eq!(Params::parse(text.as_bytes()).err(), (count > 100).then_some(ParamsError::TooMany));
    }

    /// R150
    #[test]
    fn any_bytes_are_read_as_the_standard_says_or_refused(
        bytes in vec(any::<u8>(), 0..40), text in "[a-c%&=+0-9\\x00é]{0,20}",
    ) {
        assert_is_read_as_the_standard_says(&bytes);
        assert_is_read_as_the_standard_says(text.as_bytes());
    }
}

#[test]
fn fuzz_forms() {
    let corpus = [
        "grant_type=authorization_code&code=ttc_AAAA&redirect_uri=https%3A%2F%2Fc.example%2Fcb&code_verifier=abc",
        "scope=read+write&resource=https://a.example&resource=https://b.example",
        "a=1&%61=2&b=%c0%80&c=%ff&=&&d",
    ];
    fuzz(&corpus, assert_is_read_as_the_standard_says);
}
