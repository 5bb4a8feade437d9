//! Providers, and people on their way from them, who mean no good.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::stub::{CLIENT, SECRET, Stub, comes_back, server_of};
use super::world::Begun;
use crate::support::{Answer, BASE, Browser, Signer, TestServer, part, signed_by_hmac};

async fn world() -> (Stub, TestServer) {
    let stub = Stub::start().await;
    let server = server_of(&stub, &[]).await;
    (stub, server)
}

/// Nobody was signed in, and nobody made.
async fn nothing_came_of_it(server: &TestServer, browser: &Browser, what: &str) {
    assert!(!browser.is_signed_in().await, "{what}");
    assert_eq!(server.count("users").await, 0, "{what}");
    assert_eq!(server.count("linked_accounts").await, 0, "{what}");
}

#[track_caller]
fn is_not_begun_here(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 400, "{what}: {answer:?}");
    let told = "It was not begun in this browser, took more than ten minutes, or was finished before.";
    assert_eq!(answer.element("sentence").as_deref(), Some(told), "{what}");
    assert_eq!(answer.element("reference").unwrap().len(), 16);
}

/// R33, R129: login CSRF and the theft of answers. What comes back counts in the browser in which it was begun, with its
/// state, for its provider, within ten minutes and once.
#[tokio::test]
async fn an_answer_counts_in_the_browser_that_began_and_once() {
    let (stub, server) = world().await;
    let browser = server.browser();
    let begun = Begun::at(&browser, "stub").await;
    let mine = stub.signer.sign(&stub.claims(&server, &begun));
    stub.sells(Some(&mine));
    let right = begun.back(&[("code", "c")]);
    let wrong_state = format!("{}?code=c&state={}", begun.path(), "x".repeat(43));
    let another = server.browser();
    Begun::at(&another, "stub").await;
    let forged = server.browser();
    forged.set_cookie("authz_provider", &"x".repeat(200));
    for (browser, path, what) in [
        (&browser, wrong_state.as_str(), "another state"),
        (&browser, &format!("{}?code=c", begun.path()), "no state"),
        (&browser, &right.replace("/stub/", "/plain/"), "another provider"),
        (&another, &right, "another browser that has begun"),
        (&server.browser(), &right, "another browser"),
        (&forged, &right, "a forged cookie"),
    ] {
        is_not_begun_here(&browser.get(path).await, what);
    }
    assert!(stub.heard("/token").is_empty(), "a code was redeemed for somebody else");
    nothing_came_of_it(&server, &browser, "so far").await;
    let thief = browser.copied();
    assert_eq!(browser.get(&right).await.location(), format!("{BASE}/"));
    is_not_begun_here(&thief.get(&right).await, "replayed with a copy of the cookie");
    is_not_begun_here(&browser.get(&right).await, "replayed");
    assert_eq!(stub.heard("/token").len(), 1);
    // Too late.
    let browser = server.browser();
    let begun = Begun::at(&browser, "stub").await;
    server.advance(600);
    is_not_begun_here(&browser.get(&begun.back(&[("code", "c")])).await, "ten minutes later");
}

/// C8: of many who come with one answer one goes on.
#[tokio::test]
async fn of_many_who_come_with_one_answer_one_goes_on() {
    let (stub, server) = world().await;
    let second = server.second().await;
    let browser = server.browser();
    let begun = Begun::at(&browser, "stub").await;
    stub.sells(Some(&stub.signer.sign(&stub.claims(&server, &begun))));
    let path = begun.back(&[("code", "c")]);
    let coming: Vec<_> = (0..16)
        .map(|number| {
            let copy = browser.copied();
            let copy = if number % 2 == 0 { copy } else { copy.at(&second) };
            let path = path.clone();
            tokio::spawn(async move { copy.get(&path).await.status })
        })
        .collect();
    let mut statuses = Vec::new();
    for each in coming {
        statuses.push(each.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!((statuses[0], statuses[15]), (303, 400), "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 15);
    assert_eq!((stub.heard("/token").len(), server.count("sessions").await), (1, 1));
}

/// R7: mix-up. Whoever answers says who they are if they have announced it, and never somebody else.
#[tokio::test]
async fn an_answer_of_another_issuer_is_refused_before_its_code_is_shown_to_anybody() {
    let (stub, server) = world().await;
    for (provider, iss) in [
        ("stub", "https://evil.example"),
        ("plain", "https://evil.example"),
        ("plain", "http://127.0.0.1:1"),
        ("plain", "x"),
    ] {
        for answer in [("code", "c"), ("error", "access_denied")] {
            let browser = server.browser();
            let begun = Begun::at(&browser, provider).await;
            browser.get(&begun.back(&[answer, ("iss", iss)])).await.is_page(502);
            nothing_came_of_it(&server, &browser, iss).await;
        }
    }
    assert!(stub.heard("/token").is_empty(), "a code was shown to whom it was not from");
    let browser = server.browser();
    let begun = Begun::at(&browser, "plain").await;
    stub.sells(None);
    let answer = browser.get(&begun.back(&[("code", "c"), ("iss", &format!("{}/o", stub.url))])).await;
    assert_eq!(answer.location(), format!("{BASE}/"));
    // One that announces it and then does not say it.
    let mut metadata = stub.metadata();
    metadata["authorization_response_iss_parameter_supported"] = json!(true);
    stub.says("/.well-known/openid-configuration", &metadata);
    server.advance(3_601);
    let heard = stub.heard("/token").len();
    let browser = server.browser();
    comes_back(&stub, &server, &browser, |_| {}).await.is_page(502);
    assert_eq!(stub.heard("/token").len(), heard);
}

/// R69: an ID token is the provider's, for us, for this request and still good.
#[tokio::test]
async fn an_id_token_that_is_not_the_providers_for_us_and_now_signs_nobody_in() {
    let (stub, server) = world().await;
    let now = server.clock.now().unix_seconds();
    for (name, value) in [
        ("nonce", Value::Null),
        ("nonce", json!("another")),
        ("nonce", json!("")),
        ("aud", json!("another client")),
        ("aud", json!([CLIENT, "another client"])),
        ("aud", json!([])),
        ("aud", json!({})),
        ("aud", Value::Null),
        ("azp", json!("another client")),
        ("iss", json!("https://evil.example")),
        ("iss", json!(format!("{}/", stub.url))),
        ("iss", Value::Null),
        ("exp", json!(now - 31)),
        ("exp", json!(f64::from(2_000_000_000))),
        ("exp", Value::Null),
        ("iat", json!(now + 60)),
        ("iat", Value::Null),
        ("nbf", json!(now + 60)),
        ("sub", Value::Null),
        ("sub", json!("")),
        ("sub", json!(7)),
    ] {
        let browser = server.browser();
        let what = format!("{name}: {value}");
        let bend = |claims: &mut Value| {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value;
            }
        };
        let answer = comes_back(&stub, &server, &browser, bend).await;
        assert_eq!(answer.status, 502, "{what}: {answer:?}");
        let told = "It could not be asked, or did not answer as it should. Begin again in a while.";
        assert_eq!(answer.element("sentence").as_deref(), Some(told), "{what}");
        nothing_came_of_it(&server, &browser, &what).await;
    }
    assert!(stub.heard("/me").is_empty(), "a token was used of somebody who was not vouched for");
    let browser = server.browser();
    let several = |claims: &mut Value| {
        claims["aud"] = json!(["another client", CLIENT]);
        claims["azp"] = json!(CLIENT);
    };
    assert_eq!(comes_back(&stub, &server, &browser, several).await.location(), format!("{BASE}/"));
}

/// R64, R65: signed by a key in the provider's set, and by nothing else.
#[tokio::test]
async fn an_id_token_that_no_key_of_the_provider_has_signed_signs_nobody_in() {
    let (stub, server) = world().await;
    let stranger = Signer::new("ES256", "one");
    let unknown = Signer::new("EdDSA", "two");
    let jwk = stub.signer.jwk().to_string();
    let browser = server.browser();
    for what in
        ["none", "HS256 secret", "HS256 key", "stranger", "unknown", "own key", "tampered", "nothing", "text"]
    {
        let begun = Begun::at(&browser, "stub").await;
        let claims = stub.claims(&server, &begun);
        let header = json!({"alg": "HS256", "kid": "one"});
        let token = match what {
            "none" => format!("{}.{}.", part(&json!({"alg": "none"})), part(&claims)),
            "HS256 secret" => signed_by_hmac(SECRET.as_bytes(), &header, &claims),
            "HS256 key" => signed_by_hmac(jwk.as_bytes(), &header, &claims),
            "stranger" => stranger.sign(&claims),
            "unknown" => unknown.sign(&claims),
            "own key" => {
                stranger.sign_with(&json!({"alg": "ES256", "kid": "one", "jwk": stranger.jwk()}), &claims)
            }
            "tampered" => {
                let token = stub.signer.sign(&claims);
                let mut parts: Vec<&str> = token.split('.').collect();
                let mut other = claims.clone();
                other["sub"] = json!("s-2");
                let other = part(&other);
                parts[1] = &other;
                parts.join(".")
            }
            "text" => "x".to_owned(),
            _ => String::new(),
        };
        stub.sells(Some(token.as_str()).filter(|token| !token.is_empty()));
        assert_eq!(browser.get(&begun.back(&[("code", "c")])).await.status, 502, "{what}");
        nothing_came_of_it(&server, &browser, what).await;
        server.advance(11);
    }
    // A key that was added since is found, after a while in which nobody is asked again.
    stub.says("/keys", &json!({"keys": [stub.signer.jwk(), unknown.jwk()]}));
    let begun = Begun::at(&browser, "stub").await;
    stub.sells(Some(&unknown.sign(&stub.claims(&server, &begun))));
    assert_eq!(browser.get(&begun.back(&[("code", "c")])).await.location(), format!("{BASE}/"));
}

/// OpenID Connect Core section 5.3.2: UserInfo is about whom the ID token is about, or about nobody.
#[tokio::test]
async fn userinfo_about_somebody_else_signs_nobody_in() {
    let (stub, server) = world().await;
    for told in [json!({"sub": "s-2"}), json!({}), json!([]), json!({"sub": ["s-1"]}), json!("s-1")] {
        stub.says("/me", &told);
        let browser = server.browser();
        comes_back(&stub, &server, &browser, |_| {}).await.is_page(502);
        nothing_came_of_it(&server, &browser, &told.to_string()).await;
    }
}

/// R109, R112: whatever a provider answers costs five seconds and 64 KiB at most, leads nowhere else, and is a page.
#[tokio::test]
async fn a_provider_that_answers_badly_or_not_at_all_is_a_page() {
    let (stub, server) = world().await;
    let json = "content-type: application/json\r\n";
    let huge = format!("{{\"sub\":\"s-1\",\"x\":\"{}\"}}", "x".repeat(65 * 1_024));
    let away = format!("location: {}/elsewhere\r\n", stub.url);
    stub.says("/elsewhere", &json!({"sub": "s-1", "access_token": "at", "token_type": "Bearer"}));
    for path in ["/token", "/me"] {
        for (status, headers, body) in [
            (200, json, huge.as_str()),
            (302, &away, ""),
            (307, &away, ""),
            (500, json, "{}"),
            (200, "content-type: text/html\r\n", "<html><title>Sign in</title></html>"),
            (200, json, "{\"sub\":"),
            (200, json, "[]"),
            (401, json, "{\"error\":\"invalid_token\"}"),
            (200, json, "{\"error\":\"bad_verification_code\"}"),
            (0, "", ""),
        ] {
            let browser = server.browser();
            let begun = Begun::at(&browser, "plain").await;
            stub.sells(None);
            stub.says("/me", &json!({"sub": "s-1"}));
            stub.answers_with(path, status, headers, body);
            let answer = browser.get(&begun.back(&[("code", "c")])).await;
            answer.is_page(502);
            nothing_came_of_it(&server, &browser, &format!("{path} {status} {headers} {body:.40}")).await;
        }
    }
    assert!(stub.heard("/elsewhere").is_empty());
}

/// OpenID Connect Discovery section 4.3: a provider's metadata are its own; without them nothing begins.
#[tokio::test]
async fn metadata_that_are_another_issuers_begin_nothing() {
    let (stub, server) = world().await;
    let mut forged = stub.metadata();
    forged["issuer"] = json!("https://evil.example");
    let mut script = stub.metadata();
    script["authorization_endpoint"] = json!("javascript:alert(1)");
    for wrong in [forged, script, json!({"issuer": stub.url}), json!([])] {
        stub.says("/.well-known/openid-configuration", &wrong);
        server.advance(3_600 * 7);
        let browser = server.browser();
        let form = browser.get("/accounts/login/").await.form("sign-in-with-stub");
        browser.submit(&form).await.is_page(502);
    }
    // And is left alone for a moment.
    let asked = stub.heard("/.well-known/openid-configuration").len();
    stub.says("/.well-known/openid-configuration", &stub.metadata());
    let browser = server.browser();
    let form = browser.get("/accounts/login/").await.form("sign-in-with-stub");
    browser.submit(&form).await.is_page(502);
    assert_eq!(stub.heard("/.well-known/openid-configuration").len(), asked);
    server.advance(11);
    Begun::at(&browser, "stub").await;
}

/// R109: an operator names the networks besides the internet, also for providers.
#[tokio::test]
async fn a_provider_on_this_machine_is_not_asked_unless_the_operator_has_named_it() {
    let stub = Stub::start().await;
    let server = server_of(&stub, &[("OUTBOUND_NETWORKS", "10.0.0.0/8")]).await;
    let browser = server.browser();
    let form = browser.get("/accounts/login/").await.form("sign-in-with-stub");
    browser.submit(&form).await.is_page(502);
    let begun = Begun::at(&browser, "plain").await;
    browser.get(&begun.back(&[("code", "c")])).await.is_page(502);
    assert!(stub.heard("/token").is_empty() && stub.heard("/.well-known/openid-configuration").is_empty());
}

/// RFC 6749 section 2.3.1, RFC 7636: the code is redeemed as our client, with the verifier, and the secret in one place.
#[tokio::test]
async fn a_code_is_redeemed_with_the_secret_in_one_place_and_the_verifier() {
    let (stub, server) = world().await;
    let browser = server.browser();
    comes_back(&stub, &server, &browser, |_| {}).await.location();
    let begun = Begun::at(&server.browser(), "plain").await;
    let other = server.browser();
    let begun_there = Begun::at(&other, "plain").await;
    assert_ne!(begun.asked("code_challenge"), begun_there.asked("code_challenge"));
    stub.sells(None);
    other.get(&begun_there.back(&[("code", "c")])).await.location();
    let [openid, plain] = &stub.heard("/token")[..] else { panic!() };
    let basic = BASE64_STANDARD.encode(format!(
        "{}:{}",
        CLIENT.replace(' ', "+"),
        SECRET.replace(' ', "+").replace(',', "%2C")
    ));
    assert!(
        openid.to_ascii_lowercase().contains("authorization: basic ") && openid.contains(&basic),
        "{openid}"
    );
    assert!(!openid.contains("client_secret") && plain.contains("client_secret=our+secret"), "{plain}");
    assert!(!plain.to_ascii_lowercase().contains("authorization: "), "{plain}");
    let sent = plain.split_once("\r\n\r\n").unwrap().1;
    let verifier =
        form_urlencoded::parse(sent.as_bytes()).find(|(name, _)| name == "code_verifier").unwrap().1;
    assert_eq!(crate::support::challenge(&verifier), begun_there.asked("code_challenge"));
    assert!(
        sent.contains("redirect_uri=http%3A%2F%2Flocalhost%3A8000%2Faccounts%2Fcomplete%2Fplain%2F"),
        "{sent}"
    );
}
