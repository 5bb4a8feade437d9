//! Proofs of keys with their real signatures (tests): what they must say besides is judged in [`model::dpop`].

use std::sync::LazyLock;

use model::dpop::testing::Holder;
use model::dpop::{ALGS, Proof, Request, Wrong, check};
use model::time::Timestamp;
use proptest::prelude::*;
use proptest::sample::Index;

use super::is_signed;

const URL: &str = "https://id.example.com/o/token/";

/// One for each algorithm.
static HOLDERS: LazyLock<Vec<Holder>> = LazyLock::new(|| ALGS.split(' ').map(Holder::with).collect());

fn now() -> Timestamp {
    Timestamp::from_unix_seconds(1_800_000_000)
}

fn judge(text: &str) -> Result<Proof, Wrong> {
    check(text, &Request { method: "POST", url: URL, token: None }, now(), is_signed)
}

/// RFC 9449 section 4.1 and 6.1, letter for letter.
#[test]
fn the_example_of_the_rfc_holds() {
    let text = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0Rs\
        cEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.\
        eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0\
        IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
    let request = Request { method: "POST", url: "https://server.example.com/token", token: None };
    let proof = check(text, &request, Timestamp::from_unix_seconds(1_562_262_616), is_signed).unwrap();
    assert_eq!(proof.key.to_string(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    assert_eq!(proof.id, "-BwC3ESc6acc2lTc");
    assert_eq!(proof.ends_at, Timestamp::from_unix_seconds(1_562_262_677));
}

/// R64: with the algorithm that the key is for, and with no other.
#[test]
fn each_key_signs_for_itself() {
    for holder in HOLDERS.iter() {
        let claims = Holder::claims("POST", URL, None, now());
        let proof = judge(&holder.sign(&holder.header(), &claims)).unwrap();
        assert_eq!((proof.key, claims["jti"].as_str()), (holder.thumbprint(), Some(proof.id.as_str())));
        for other in HOLDERS.iter().filter(|other| other.thumbprint() != holder.thumbprint()) {
            assert!(judge(&holder.sign(&other.header(), &claims)).is_err());
            let mut header = holder.header();
            header["alg"] = other.header()["alg"].clone();
            let is_the_same_by_another_name = ["EdDSA", "Ed25519"].map(|alg| header["alg"] == alg)
                != [false; 2]
                && holder.jwk()["kty"] == "OKP";
            assert_eq!(
                judge(&holder.sign(&header, &claims)).is_ok(),
                is_the_same_by_another_name,
                "{header}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 2, ..ProptestConfig::default() })]

    #[test]
    fn one_character_changed_and_nothing_is_proven(
        holder in 0..HOLDERS.len(), place: Index, put in "[A-Za-z0-9_-]|[.=+/ é]",
    ) {
        let text = HOLDERS[holder].proof("POST", URL, None, now());
        let at = place.index(text.len());
        let changed = [&text[..at], put.as_str(), &text[at + 1..]].concat();
        prop_assume!(changed != text);
        prop_assert!(judge(&changed).is_err());
    }

    #[test]
    fn what_is_cut_or_grown_proves_nothing(
        holder in 0..HOLDERS.len(), place: Index, more in "[A-Za-z0-9_=.-]{1,4}",
    ) {
        let text = HOLDERS[holder].proof("POST", URL, None, now());
        let changed = [text[..place.index(text.len())].to_owned(), format!("{text}{more}"), format!("{more}{text}")];
        prop_assert!(changed.iter().all(|text| judge(text).is_err()));
    }
}
