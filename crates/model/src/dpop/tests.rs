//! Each rule by itself, with a signature that is taken to be right: real ones are judged where jsonwebtoken is.

use serde_json::json;

use super::testing::Holder;
use super::*;

const URL: &str = "https://id.example.com/o/token/";
const NOW: i64 = 1_800_000_000;

fn now() -> Timestamp {
    Timestamp::from_unix_seconds(NOW)
}

fn judge(text: &str, token: Option<&str>) -> Result<Proof, Wrong> {
    check(text, &Request { method: "POST", url: URL, token }, now(), |_| true)
}

/// What becomes of an honest proof with these members of its header and its claims replaced; null takes one away.
fn changed(header: &Value, claims: &Value) -> Result<Proof, Wrong> {
    let holder = Holder::new();
    let replaced = |mut honest: Value, changes: &Value| {
        let members = honest.as_object_mut().unwrap();
        for (name, value) in changes.as_object().unwrap() {
            members.insert(name.clone(), value.clone());
            members.retain(|_, value| !value.is_null());
        }
        honest
    };
    let claims = replaced(Holder::claims("POST", URL, Some("token"), now()), claims);
    judge(&holder.sign(&replaced(holder.header(), header), &claims), Some("token"))
}

/// RFC 7638 section 3.1.
#[test]
fn the_thumbprint_of_the_rfc_holds() {
    let jwk = json!({
        "kty": "RSA", "alg": "RS256", "kid": "2011-04-29", "e": "AQAB",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    });
    let key = PublicKey::parse(Alg::RS256, jwk.as_object().unwrap()).unwrap();
    assert_eq!(key.thumbprint().to_string(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

/// R75: each rule violated by itself. R65, R66: what a header names besides, and times that are none.
#[test]
fn whatever_is_wrong_is_refused() {
    assert!(changed(&json!({}), &json!({})).is_ok());
    let jwk = Holder::new().jwk();
    let with = |member: &str, value: &str| {
        let mut jwk = jwk.clone();
        jwk[member] = value.into();
        json!({ "jwk": jwk })
    };
    for (header, wrong) in [
        (json!({"typ": null}), Wrong::Malformed),
        (json!({"typ": "JWT"}), Wrong::Malformed),
        (json!({"typ": "at+jwt"}), Wrong::Malformed),
        (json!({"crit": ["exp"]}), Wrong::Malformed),
        (json!({"jwk": null, "kid": "1"}), Wrong::Malformed),
        (json!({"jwk": "key"}), Wrong::Malformed),
        (json!({"alg": null}), Wrong::Malformed),
        (json!({"alg": "none"}), Wrong::Algorithm),
        (json!({"alg": "HS256"}), Wrong::Algorithm),
        (json!({"alg": "es256"}), Wrong::Algorithm),
        (json!({"alg": "ES384"}), Wrong::Algorithm),
        (json!({"alg": "RS256"}), Wrong::Key),
        (json!({"alg": "EdDSA"}), Wrong::Key),
        (json!({"jwk": {}}), Wrong::Key),
        (json!({"jwk": {"kty": "oct", "k": "AAAA"}}), Wrong::Key),
        (json!({"jwk": Holder::with("EdDSA").jwk()}), Wrong::Key),
        (with("d", "AAAA"), Wrong::Key),
        (with("k", "AAAA"), Wrong::Key),
        (with("crv", "P-384"), Wrong::Key),
        (with("x", "AAAA"), Wrong::Key),
        (with("y", &format!("{}\"", "A".repeat(42))), Wrong::Key),
    ] {
        assert_eq!(changed(&header, &json!({})), Err(wrong), "{header}");
    }
    for (claims, wrong) in [
        (json!({"jti": null}), Wrong::Malformed),
        (json!({"jti": ""}), Wrong::Malformed),
        (json!({"jti": 1}), Wrong::Malformed),
        (json!({"htm": null}), Wrong::Malformed),
        (json!({"htu": null}), Wrong::Malformed),
        (json!({"iat": null}), Wrong::Malformed),
        (json!({"iat": NOW.to_string()}), Wrong::Malformed),
        (json!({"iat": 1_800_000_000.5}), Wrong::Malformed),
        (json!({"iat": 1e300}), Wrong::Malformed),
        (json!({"iat": i64::MIN}), Wrong::Time),
        (json!({"iat": i64::MAX}), Wrong::Time),
        (json!({"iat": u64::MAX}), Wrong::Malformed),
        (json!({"iat": -1}), Wrong::Time),
        (json!({"iat": NOW - MAX_AGE - 1}), Wrong::Time),
        (json!({"iat": NOW + MAX_AHEAD + 1}), Wrong::Time),
        (json!({"htm": "GET"}), Wrong::Elsewhere),
        (json!({"htm": "post"}), Wrong::Elsewhere),
        (json!({"ath": null}), Wrong::Token),
        (json!({"ath": ""}), Wrong::Token),
        (json!({"ath": "token"}), Wrong::Token),
        (json!({"ath": hash("another")}), Wrong::Token),
        (json!({"ath": 1}), Wrong::Malformed),
    ] {
        assert_eq!(changed(&json!({}), &claims), Err(wrong), "{claims}");
    }
    for iat in [NOW - MAX_AGE, NOW + MAX_AHEAD] {
        let proof = changed(&json!({}), &json!({"iat": iat})).unwrap();
        assert_eq!(proof.ends_at, Timestamp::from_unix_seconds(iat + MAX_AGE + 1));
    }
}

/// R75, R137: scheme, host, port and path are those of the settings, however they are spelled; the rest is not looked at.
#[test]
fn a_proof_names_its_url_without_what_is_behind_it() {
    for same in [
        URL,
        "HTTPS://ID.example.com:443/o/token/",
        "https://id.example.com/o/./token/",
        "https://id.example.com/o/token/?a=b",
        "https://id.example.com/o/token/#a",
    ] {
        assert!(changed(&json!({}), &json!({"htu": same})).is_ok(), "{same}");
    }
    for other in [
        "",
        "/o/token/",
        "http://id.example.com/o/token/",
        "https://id.example.com:8443/o/token/",
        "https://id.example.com/o/token",
        "https://id.example.com/o/TOKEN/",
        "https://id.example.com/o/introspect/",
        "https://ada@id.example.com/o/token/",
        "https://id.example.com.evil.example/o/token/",
        "https://evil.example/o/token/",
    ] {
        assert_eq!(changed(&json!({}), &json!({"htu": other})), Err(Wrong::Elsewhere), "{other}");
    }
    let about = Request { method: "GET", url: "https://api.example.com/api/tracks/?page=2", token: None };
    let proof = Holder::new().proof("GET", "https://api.example.com/api/tracks/", None, now());
    assert!(check(&proof, &about, now(), |_| true).is_ok());
}

#[test]
fn what_is_no_jwt_is_refused() {
    let honest = Holder::new().proof("POST", URL, None, now());
    assert!(judge(&honest, None).is_ok());
    let two = format!("{honest},{honest}");
    let long = format!("{honest}{}", "A".repeat(MAX_LEN));
    for text in
        ["", ".", "..", "a.b.c", &honest[1..], &format!("a.{honest}"), &two, &long, &format!(" {honest}")]
    {
        assert_eq!(judge(text, None), Err(Wrong::Malformed), "{text}");
    }
}

/// The key, the algorithm and what they are about come from one and the same text.
#[test]
fn what_is_signed_is_what_was_read() {
    let holder = Holder::with("Ed25519");
    let text = holder.proof("POST", URL, None, now());
    let (message, signature) = text.rsplit_once('.').unwrap();
    let request = Request { method: "POST", url: URL, token: None };
    let seen = |signed: &Signed| {
        assert_eq!((signed.alg, signed.message, signed.signature), (Alg::EdDSA, message, signature));
        assert_eq!(signed.key.thumbprint(), holder.thumbprint());
        false
    };
    assert_eq!(check(&text, &request, now(), seen), Err(Wrong::Signature));
}

#[test]
fn every_algorithm_named_is_known() {
    let known: Vec<_> = ALGS.split(' ').filter_map(Alg::named).collect();
    assert_eq!(known.len(), ALGS.split(' ').count());
}

#[test]
fn a_thumbprint_on_the_wire_is_43_characters() {
    let thumbprint = Holder::new().thumbprint();
    let text = thumbprint.to_string();
    assert_eq!(Thumbprint::parse(&text), Some(thumbprint));
    for wrong in ["", "AAAA", &text[1..], &format!("{text}="), &format!("{text}A"), &"é".repeat(21)] {
        assert_eq!(Thumbprint::parse(wrong), None, "{wrong}");
    }
}
