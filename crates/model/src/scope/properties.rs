//! What holds of every scope set, not only of those in the tables.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::fuzzing::fuzz;

const TOKEN: &str = r"[!#-\[\]-~]{1,6}";

fn set() -> impl Strategy<Value = ScopeSet> {
    // Few different ones, so that sets meet.
    vec("[abc]{1,2}", 0..6).prop_map(|tokens| tokens.iter().map(String::as_str).collect())
}

fn tokens(set: &ScopeSet) -> BTreeSet<&str> {
    set.iter().collect()
}

/// The grammar of RFC 6749 section 3.3, said another way than the parser says it.
fn is_scope(text: &str) -> bool {
    let is_allowed = |each: char| each.is_ascii_graphic() && each != '"' && each != '\\';
    let tokens: Vec<&str> = text.split(' ').collect();
    tokens.len() <= MAX_SCOPES
        && tokens.iter().all(|token| !token.is_empty() && token.chars().all(is_allowed))
}

fn assert_follows_the_grammar(text: &str) {
    let parsed = text.parse::<ScopeSet>();
    assert_eq!(parsed.is_ok(), is_scope(text), "{text:?}");
    if let Ok(set) = parsed {
        assert_eq!(tokens(&set), text.split(' ').collect());
        assert_eq!(set.to_string().parse(), Ok(set));
    }
}

proptest! {
    #[test]
    fn order_and_repeats_mean_nothing(tokens in vec(TOKEN, 1..10), picks in vec(any::<prop::sample::Index>(), 0..10)) {
        let set: ScopeSet = tokens.join(" ").parse().unwrap();
        let again = picks.iter().map(|pick| pick.get(&tokens).as_str());
        let shuffled: Vec<&str> = again.chain(tokens.iter().rev().map(String::as_str)).collect();
        prop_assert_eq!(shuffled.join(" ").parse(), Ok(set.clone()));
        prop_assert_eq!(set.to_string().parse(), Ok(set));
    }

    #[test]
    fn nothing_outside_the_grammar_is_a_scope(text in prop_oneof!["\\PC{0,20}", "[ -~]{0,20}", "[a-c\" \\\\]{0,8}"]) {
        assert_follows_the_grammar(&text);
    }

    #[test]
    fn a_set_is_within_another_when_each_of_its_tokens_is(a in set(), b in set()) {
        prop_assert_eq!(a.is_subset(&b), tokens(&a).is_subset(&tokens(&b)));
        prop_assert_eq!(a.is_subset(&b) && b.is_subset(&a), a == b);
    }

    #[test]
    fn a_union_is_the_least_that_both_are_within(a in set(), b in set(), c in set()) {
        let both = a.union(&b);
        prop_assert!(a.is_subset(&both) && b.is_subset(&both));
        prop_assert_eq!(both.is_subset(&c), a.is_subset(&c) && b.is_subset(&c));
        prop_assert_eq!(&both, &b.union(&a));
    }

    /// R58: whoever narrows what was narrowed never gets back what was left out.
    #[test]
    fn what_is_within_a_part_is_within_the_whole(a in set(), b in set(), c in set()) {
        let (part, whole) = (a.union(&b), a.union(&b).union(&c));
        prop_assert!(a.is_subset(&part) && part.is_subset(&whole) && a.is_subset(&whole));
    }
}

#[test]
fn fuzz_scopes() {
    let many = (0..=MAX_SCOPES).map(|number| number.to_string()).collect::<Vec<_>>().join(" ");
    fuzz(&["read write", "openid profile https://x.example/a:b", &many], |input| {
        assert_follows_the_grammar(&String::from_utf8_lossy(input));
    });
}
