//! What holds of every proof, not only of those in the tables.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;

use super::testing::Holder;
use super::*;
use crate::fuzzing::fuzz;

const URL: &str = "https://api.example.com/api/tracks/";

static HOLDER: LazyLock<Holder> = LazyLock::new(Holder::new);

fn at(second: i64) -> Timestamp {
    Timestamp::from_unix_seconds(second)
}

fn claims(jti: &str, iat: i64) -> Value {
    json!({"jti": jti, "htm": "GET", "htu": URL, "iat": iat, "ath": hash("token")})
}

/// Judged as a server would to which only `ours` is signed.
fn judge(text: &str, ours: &str, now: i64) -> Result<Proof, Wrong> {
    let request = Request { method: "GET", url: URL, token: Some("token") };
    check(text, &request, at(now), |signed| format!("{}.{}", signed.message, signed.signature) == ours)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 2, ..ProptestConfig::default() })]

    /// R66, R75: in the window, and nowhere else, for every clock there is.
    #[test]
    fn a_proof_counts_in_its_window_only(jti in r"\PC{1,20}", iat: i64, off in -200..200_i64, far: i64) {
        let text = HOLDER.sign(&HOLDER.header(), &claims(&jti, iat));
        for now in [iat.saturating_add(off), far] {
            // An instant is kept in microseconds: what is beyond them is no clock's.
            let now = at(now).unix_seconds();
            let age = i128::from(now) - i128::from(iat);
            let fits = (-i128::from(MAX_AHEAD)..=i128::from(MAX_AGE)).contains(&age);
            match judge(&text, &text, now) {
                Ok(proof) => {
                    prop_assert!(fits);
                    prop_assert_eq!(proof.id, jti.as_str());
                    prop_assert_eq!(proof.key, HOLDER.thumbprint());
                }
                Err(wrong) => prop_assert!(!fits && wrong == Wrong::Time),
            }
        }
    }

    #[test]
    fn one_character_changed_and_it_is_refused(place: Index, put in "[A-Za-z0-9_-]|[.=+/ é]") {
        let text = HOLDER.sign(&HOLDER.header(), &claims("1", 100));
        let at = place.index(text.len());
        let changed = [&text[..at], put.as_str(), &text[at + 1..]].concat();
        prop_assume!(changed != text);
        prop_assert!(judge(&changed, &text, 100).is_err());
    }

    /// A URL that is not the request's own is never taken for it.
    #[test]
    fn another_url_is_refused(
        scheme in "http|https|ftp|", host in r"api\.example\.com|[a-z.]{1,12}", port in "|:443|:80|:[0-9]{1,5}",
        path in r"/api/tracks/|/[a-z/.%0-9]{0,12}",
    ) {
        let htu = format!("{scheme}://{host}{port}{path}");
        let mut claims = claims("1", 100);
        claims["htu"] = htu.as_str().into();
        let text = HOLDER.sign(&HOLDER.header(), &claims);
        let is_ours = scheme == "https" && host == "api.example.com" && (port.is_empty() || port == ":443");
        if judge(&text, &text, 100).is_ok() {
            prop_assert!(is_ours, "{}", htu);
        } else {
            prop_assert!(!is_ours || path != "/api/tracks/", "{}", htu);
        }
    }
}

/// Only what was signed is taken, whatever it is made of.
#[test]
fn fuzz_proofs() {
    let (header, claims) = (HOLDER.header(), claims("1", 100));
    let ours = HOLDER.sign(&header, &claims);
    fuzz(&[&ours], |input| {
        let text = String::from_utf8_lossy(input);
        assert!(text == ours || judge(&text, &ours, 100).is_err());
    });
    // Broken before it is encoded, so that what is in it is reached.
    let (header, claims) = (header.to_string(), claims.to_string());
    let part = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let known = [part(header.as_bytes()), part(claims.as_bytes())];
    let more =
        r#"{"typ":"dpop+jwt","alg":"PS256","jwk":{"kty":"RSA","n":"AQAB","e":"AQAB","d":""},"crit":null}"#;
    fuzz(&[&header, &claims, more], |input| {
        for text in
            [format!("{}.{}.AAAA", part(input), known[1]), format!("{}.{}.AAAA", known[0], part(input))]
        {
            assert!(judge(&text, &ours, 100).is_err());
        }
    });
}
