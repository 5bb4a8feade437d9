//! What holds of every request for less, not only of those in the tables.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const SCOPES: &str = "[abc]{1,2}";
const AUDIENCE: &str = "https://[abc]";

fn whole() -> impl Strategy<Value = Permission> {
    (vec(SCOPES, 1..6), vec(AUDIENCE, 1..4)).prop_map(|(scopes, audiences)| Permission {
        scopes: scopes.iter().map(String::as_str).collect(),
        audiences: audiences.join(" "),
    })
}

fn asking() -> impl Strategy<Value = Params> {
    let resource = prop_oneof![AUDIENCE, "[a-c:/#]{0,10}"];
    (vec(SCOPES, 0..4), vec(resource, 0..3)).prop_map(|(scopes, resources)| {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("scope", &scopes.join(" "));
        form.extend_pairs(resources.iter().map(|resource| ("resource", resource)));
        Params::parse(form.finish().as_bytes()).unwrap()
    })
}

fn is_within(part: &Permission, whole: &Permission) -> bool {
    let known = |audience| whole.audiences.split(' ').any(|each| each == audience);
    part.scopes.is_subset(&whole.scopes) && part.audiences.split(' ').all(known)
}

proptest! {
    /// R49, R58: whatever is asked for, refresh after refresh: never more than there was, and never nothing in its place.
    #[test]
    fn what_is_granted_never_grows(whole in whole(), first in asking(), second in asking()) {
        if let Ok(part) = whole.narrowed(&first) {
            prop_assert!(is_within(&part, &whole));
            prop_assert!(!part.scopes.is_empty() && !part.audiences.is_empty());
            prop_assert_eq!(part.narrowed(&first).ok(), Some(part.clone()));
            if let Ok(less) = part.narrowed(&second) {
                prop_assert!(is_within(&less, &part));
            }
        }
        if let Ok(part) = whole.at(&second) {
            prop_assert!(is_within(&part, &whole));
        }
    }

    #[test]
    fn whoever_asks_for_nothing_in_particular_keeps_it_all(whole in whole()) {
        prop_assert_eq!(whole.narrowed(&Params::default()).ok(), Some(whole));
    }
}
