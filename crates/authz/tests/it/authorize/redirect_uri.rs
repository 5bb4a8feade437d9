//! Where answers may go, and that nothing goes anywhere else.

use crate::support::{AuthorizationRequest, CALLBACK, server};

/// What an attacker would have instead of `https://client.example/cb`.
const EVIL: [&str; 27] = [
    "https://client.example/CB",
    "https://client.example/cb/",
    "https://client.example/cb?x=1",
    "https://client.example/cb?",
    "https://client.example/cb;p=1",
    "https://client.example/cb#f",
    "https://client.example/cb#",
    "https://u@client.example/cb",
    "https://u@v@client.example/cb",
    "https://client.example@evil.example/cb",
    "https://client.example:443/cb",
    "https://CLIENT.EXAMPLE/cb",
    "http://client.example/cb",
    "https://client.example/%63b",
    "https://client.example/x/../cb",
    "https://client.example/cb/..;/e",
    "https://client.example/cb%2f..%2fe",
    "https://client.example/cb%252f..%252fe",
    "https://client.example/cb%0d%0aX",
    "https://client.example/cb\r\nX: y",
    "https://client.example.evil.com/cb",
    "https://client.example./cb",
    "https://xn--client-exmple-cb/cb",
    "https://client.e\u{17f}ample/cb",
    "https://\u{212A}lient.example/cb",
    "//client.example/cb",
    "javascript:alert(1)",
];

/// R1, section 2 nos. 9, 18, 28 and 39: no wildcards, no prefixes, no letter case, no normal form.
#[tokio::test]
async fn anything_but_the_registered_bytes_is_a_page_that_leads_nowhere() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    for evil in EVIL {
        let request = AuthorizationRequest::of(&client).with("redirect_uri", evil);
        let page = browser.get(&request.path()).await;
        page.is_page(400);
        assert_eq!(page.element("detail").as_deref(), Some("Mismatching redirect URI."), "{evil}");
        assert!(!page.body.contains(CALLBACK), "the page tells what is registered");
    }
}

/// R2, section 2 nos. 36 (DOT #1719) and 38 (CVE-2026-41479, CVE-2026-44681)
#[tokio::test]
async fn no_other_fault_redirects_before_the_redirect_uri_is_known_to_be_good() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let honest = AuthorizationRequest::of(&client).with("redirect_uri", "https://evil.example/cb");
    for bent in [
        honest.clone().with("response_type", "token"),
        honest.clone().without("response_type"),
        honest.clone().with("scope", "admin"),
        honest.clone().with("prompt", "none"),
        honest.clone().without("code_challenge"),
        honest.clone().with("max_age", "soon"),
        honest.clone().and("state", "twice"),
        honest.clone().with("request", "x.y.z"),
        honest.clone().with("request_uri", "https://evil.example/"),
        honest.clone().with("response_mode", "fragment"),
        honest.clone().with("response_type", "id_token").with("scope", "read").with("nonce", "n"),
        honest.clone().with("prompt", "none login"),
        honest.clone().with("id_token_hint", "x"),
        honest.clone().with("claims", "{"),
        honest.clone().with("resource", "#"),
        honest.clone().with("client_id", "nobody"),
        honest.clone().without("client_id"),
        honest.clone(),
    ] {
        browser.get(&bent.path()).await.is_page(400);
        server.browser().get(&bent.path()).await.is_page(400);
    }
}

/// R2: a refusal is an answer like any other.
#[tokio::test]
async fn the_form_is_judged_again_before_a_decision_is_sent_anywhere() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let honest = AuthorizationRequest::of(&client);
    for decision in ["allow", "refuse"] {
        let mut shown = browser.asked(&honest).await.with("decision", decision);
        shown.action = honest.clone().with("redirect_uri", "https://evil.example/cb").path();
        browser.submit(&shown).await.is_page(400);
    }
}

/// R4, section 2 no. 18 (CVE-2020-15233)
#[tokio::test]
async fn a_loopback_address_may_have_any_port_and_nothing_else() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    let native = server.new_client("native").public();
    let native =
        native.redirect_uris(&["http://127.0.0.1/cb", "http://[::1]:9/cb", "http://localhost:3000/cb"]);
    let native = native.register().await;
    for right in [
        "http://127.0.0.1:51234/cb",
        "http://127.0.0.1/cb",
        "http://[::1]:51234/cb",
        "http://[::1]/cb",
        "http://localhost:3000/cb",
    ] {
        let native = native.redirected_to(right);
        let code = browser.code_for(&native).await;
        assert_eq!(native.redeem(&code).await.status, 200, "{right}");
    }
    for wrong in [
        "http://127.0.0.1:51234/cb?x=1",
        "http://127.0.0.1:51234/other",
        "http://127.0.0.1.evil.com/cb",
        "http://127.0.0.1:80@evil.com/cb",
        "http://127.0.0.1:51234@evil.com/cb",
        "http://127.1:51234/cb",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:99999/cb",
        "https://127.0.0.1:51234/cb",
        "http://localhost:51234/cb",
        "http://localhost/cb",
        "http://2130706433/cb",
    ] {
        let request = AuthorizationRequest::of(&native).with("redirect_uri", wrong);
        browser.get(&request.path()).await.is_page(400);
    }
}

/// R5
#[tokio::test]
async fn without_a_redirect_uri_the_only_registered_one_is_meant_and_never_one_of_several() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    let one = server.client("one").await;
    let several = server.new_client("several").redirect_uris(&[CALLBACK, "https://client.example/other"]);
    let several = several.register().await;

    let answer = browser.decide(&AuthorizationRequest::of(&one).without("redirect_uri"), "allow").await;
    answer.returned_to(CALLBACK);
    let page = browser.get(&AuthorizationRequest::of(&several).without("redirect_uri").path()).await;
    page.is_page(400);
    assert_eq!(page.element("detail").as_deref(), Some("Missing redirect URI."));
}

/// R6, R10, section 2 no. 46 of the dossier (CVE-2021-22213)
#[tokio::test]
async fn a_registered_query_stays_and_the_answer_is_added_once() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    let uri = "https://client.example/cb?a=1&b=x%20y";
    let client = server.new_client("web").redirect_uris(&[uri]).register().await;
    for decision in ["allow", "refuse"] {
        let answer = browser.decide(&AuthorizationRequest::of(&client), decision).await;
        let names: Vec<String> = answer.returned_to(uri).into_iter().map(|(name, _)| name).collect();
        let expected: &[&str] = if decision == "allow" {
            &["code", "state", "iss"]
        } else {
            &["error", "error_description", "state", "iss"]
        };
        assert_eq!(names, expected);
    }
}

/// R3, R134: a redirect to an application's own scheme.
#[tokio::test]
async fn a_private_scheme_gets_its_code() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    let client = server.new_client("app").public().redirect_uris(&["com.example.app:/cb"]).register().await;
    let answer = browser.decide(&AuthorizationRequest::of(&client), "allow").await;
    assert_eq!(answer.returned_to("com.example.app:/cb")[0].0, "code");
}
