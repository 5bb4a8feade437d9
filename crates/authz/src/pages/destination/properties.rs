//! What holds of every `next`, not only of those in the table.

use model::fuzzing::fuzz;
use proptest::prelude::*;
use url::Url;

use super::*;

const ISSUER: &str = "https://id.example:8443/o";

fn assert_stays_here(next: &str) {
    let issuer: Issuer = ISSUER.parse().unwrap();
    let destination = Destination::parse(Some(next));
    let written = destination.url(&issuer);
    assert!(written.bytes().all(|byte| byte.is_ascii_graphic()), "{next:?} leads to {written:?}");
    // As a browser reads it, also when it is relative to some page of ours.
    let url = Url::parse(&written).unwrap();
    assert_eq!(url.origin().ascii_serialization(), issuer.origin(), "{next:?}");
    assert!(matches!(url.path(), "/" | "/o/authorize/" | "/o/device/"), "{next:?} leads to {url}");
    assert!(url.fragment().is_none() && url.username().is_empty() && url.password().is_none(), "{next:?}");
    let page = Url::parse("https://id.example:8443/accounts/login/").unwrap();
    assert_eq!(page.join(destination.next().as_deref().unwrap_or("/")).unwrap(), url, "{next:?}");
    // What a form carries on to the next page is the same place.
    assert_eq!(Destination::parse(destination.next().as_deref()), destination);
}

proptest! {
    /// R103
    #[test]
    fn whatever_is_sent_as_next_leads_to_one_of_three_places(
        any in r"\PC{0,30}", near in r"/o/(authorize|device)/\??[?#/\\.%a-z0-9=&@: ]{0,20}",
        away in r"(https?:|//|/\\|[a-z]{1,4}:|)[/\\.@a-z]{0,16}(/o/authorize/\?|/o/device/)[ -~]{0,8}",
    ) {
        for next in [any, near, away] {
            assert_stays_here(&next);
        }
    }

    /// An application's request outlives the sign-in, byte for byte.
    #[test]
    fn the_query_of_a_request_is_kept_as_it_is(query in r"[!-\x22$-~]{0,60}") {
        let next = format!("/o/authorize/?{query}");
        prop_assert_eq!(Destination::parse(Some(&next)).next(), Some(next));
    }
}

#[test]
fn fuzz_destinations() {
    let corpus = [
        "/o/authorize/?client_id=a&redirect_uri=https%3A%2F%2Fc.example&state=%0A",
        "/o/device/?user_code=BDWP-HQPK",
        "//evil.example/o/device/",
        "/\\evil.example/o/authorize/?a",
    ];
    fuzz(&corpus, |input| assert_stays_here(&String::from_utf8_lossy(input)));
}
