//! What is no client, and whom nobody calls.

use std::time::{Duration, Instant};

use authz::registration::Ending;
use serde_json::json;

use super::{ON, There, is_no_client, is_unknown, tokens};
use crate::support::{AuthorizationRequest, Client, Listener, Signer, server_with};

/// R111: the document is the address's own, answered with 200, JSON, short, and without a secret.
#[tokio::test]
async fn what_does_not_describe_the_client_at_its_own_address_is_no_client() {
    let there = There::new().await;
    let browser = there.server.browser();
    let no_client = || async {
        let before = there.calls();
        for _ in 0..2 {
            is_no_client(&browser.get(&there.request().path()).await);
        }
        // Left alone for a while, and not asked where a redirect would lead.
        assert_eq!(there.calls(), before + 1);
        there.server.advance(10);
    };
    for wrong in [
        json!({"client_id": null}),
        json!({"client_id": there.listener.url("/client.json/")}),
        json!({"client_id": there.listener.url("/other.json")}),
        json!({"client_id": "https://client.example/client.json"}),
        json!({"client_secret": "x"}),
        json!({"token_endpoint_auth_method": "client_secret_basic"}),
        json!({"token_endpoint_auth_method": "private_key_jwt"}),
        json!({"jwks": {"keys": [Signer::new("EdDSA", "k1").private_jwk()]}}),
        json!({"redirect_uris": null}),
        json!({"redirect_uris": []}),
        json!({"redirect_uris": ["javascript:alert(1)"]}),
        json!({"redirect_uris": ["https://client.example/*"]}),
        json!({"grant_types": ["urn:ietf:params:oauth:grant-type:device_code"]}),
        json!({"response_types": ["token"]}),
        json!({"scope": "nothing that there is"}),
        json!({"client_name": "Bank\u{202e}gnp"}),
        json!({"client_uri": "javascript:alert(1)"}),
        json!({"contacts": ["x".repeat(5_120)]}),
    ] {
        there.describes(&wrong);
        no_client().await;
    }
    for (status, headers, body) in [
        (404, "content-type: application/json", None),
        (500, "content-type: application/json", None),
        (201, "content-type: application/json", None),
        (302, "location: /other.json", None),
        (301, "location: /client.json", None),
        (200, "content-type: text/html", None),
        (200, "x-content-type: application/json", None),
        (200, "content-type: application/json", Some("[]")),
        (200, "content-type: application/json", Some("not JSON")),
        (200, "content-type: application/json", Some("")),
    ] {
        there.describes(&json!({}));
        there.listener.answers(status);
        there.listener.with_headers(&[headers]);
        if let Some(body) = body {
            there.listener.says(body);
        }
        no_client().await;
    }
    // Ten megabytes, of which no more is read than counts.
    there.describes(&json!({"contacts": ["x".repeat(10_000_000)]}));
    there.listener.answers(200);
    no_client().await;
    there.describes(&json!({}));
    there.listener.with_headers(&["content-type: application/x.client+json; charset=utf-8"]);
    browser.get(&there.request().path()).await.location();
    assert_eq!(there.clients().await, 0);
}

/// R111, R112: one whose server answers a byte at a time has five seconds, and nobody else waits for it.
#[tokio::test]
async fn a_document_that_drips_is_no_client_and_keeps_nobody_waiting() {
    let (there, other) = (There::new().await, Listener::start().await);
    there.listener.drips(Duration::from_millis(200));
    let (browser, path) = (there.server.browser(), there.request().path());
    let began = Instant::now();
    let waits = tokio::spawn(async move { browser.get(&path).await });
    let neighbour = other.url("/client.json");
    other.with_headers(&["content-type: application/json"]);
    other.says(&json!({"client_id": neighbour, "redirect_uris": ["https://client.example/cb"]}).to_string());
    let client = Client::known(&there.server, &neighbour, "");
    there.server.browser().get(&AuthorizationRequest::of(&client).path()).await.location();
    assert!(!waits.is_finished());
    is_no_client(&waits.await.unwrap());
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

/// R17, R109, R111: off unless an operator says so, whatever may be called; and on, nowhere that must not be called.
#[tokio::test]
async fn nobody_is_called_for_a_client_id_by_default_or_on_this_machine() {
    let listener = Listener::start().await;
    for settings in [&ON[1..], &ON[..1]] {
        let server = server_with(settings).await;
        let client = Client::known(&server, &listener.url("/client.json"), "");
        let answer = server.browser().get(&AuthorizationRequest::of(&client).path()).await;
        answer.is_page(400);
    }
    let there = There::new().await;
    let (place, browser) = (there.id.strip_prefix("http://").unwrap(), there.server.browser());
    let port = place.split([':', '/']).nth(1).unwrap();
    for id in [
        format!("https://{place}"),
        format!("HTTP://{place}"),
        format!("http://ada@{place}"),
        format!("http://{place}#x"),
        format!("http://{place}/../client.json"),
        format!("http://127.0.0.1:{port}/./client.json"),
        format!("http://127.0.0.1:{port}/%2e/client.json"),
        format!("http://127.0.0.1:{port}"),
        format!("http://localhost:{port}/client.json"),
        format!("http://127.1:{port}/client.json"),
        format!("http://2130706433:{port}/client.json"),
        format!("https://localhost:{port}/client.json"),
        format!("{}\u{0}", there.id),
        format!("{} ", there.id),
        format!("{}?{}", there.id, "a".repeat(256)),
    ] {
        let client = Client::known(&there.server, &id, "");
        browser.get(&AuthorizationRequest::of(&client).path()).await.is_page(400);
    }
    // Only a person who is sent here by it makes it known: whoever says its name elsewhere makes nobody call.
    there.client().refresh("x").await.is_error(401, "invalid_client");
    there.client().client_credentials().await.is_error(401, "invalid_client");
    there.client().device_authorization(&[]).await.is_error(401, "invalid_client");
    browser.get(&format!("/o/logout/?client_id={}", there.id)).await.is_page(400);
    assert_eq!((there.calls(), listener.heard().len()), (0, 0));
}

/// An administrator keeps it out like any other, and nobody is called for it; one that was removed may come back.
#[tokio::test]
async fn a_client_known_by_its_document_can_be_switched_off_and_removed() {
    let there = There::new().await;
    let browser = there.server.signed_in("ada").await;
    let refresh = tokens(&browser, &there).await.text("refresh_token");
    there.end(Ending::Disable).await;
    there.server.advance(3_600);
    is_unknown(&browser.get(&there.request().path()).await);
    there.client().refresh(&refresh).await.is_error(401, "invalid_client");
    assert_eq!(there.calls(), 1);
    there.end(Ending::Enable).await;
    browser.asked(&there.request()).await;
    there.client().refresh(&refresh).await.is_error(400, "invalid_grant");
    there.server.delete_client(&there.client()).await;
    assert_eq!(there.clients().await, 0);
    there.client().refresh(&refresh).await.is_error(401, "invalid_client");
    browser.allow(&there.request()).await;
    assert_eq!(there.clients().await, 1);
}

/// R106: new ones are limited per network, as documents that are not in memory are; what nobody uses goes.
#[tokio::test]
async fn new_clients_are_limited_and_those_that_nobody_uses_go() {
    let there = There::with(&[("REGISTRATIONS_PER_HOUR", "1")]).await;
    let browser = there.server.signed_in("ada").await;
    let known = |path: &str| Client::known(&there.server, &there.listener.url(path), "").as_public();
    let allow = |path: &'static str| {
        let (there, browser, client) = (&there, &browser, known(path));
        async move {
            there.describes_at(&client.id, &json!({}));
            let page = browser.get(&AuthorizationRequest::of(&client).path()).await;
            browser.submit(&page.form("consent-form").with("decision", "allow")).await
        }
    };
    assert_eq!(allow("/client.json").await.status, 303);
    allow("/second.json").await.is_page(503);
    assert_eq!(allow("/client.json").await.status, 303);
    assert_eq!(there.clients().await, 1);
    there.server.advance(30 * 86_400);
    let app = there.server.app();
    let now = app.now();
    let swept = app.db.write(move |conn| authz::store::registrations::sweep(conn, now, 10)).await.unwrap();
    assert_eq!(swept, std::slice::from_ref(&there.id));
    app.feed.catch_up().await.unwrap();
    // Whoever makes up addresses makes us call thirty in a minute.
    let before = there.calls();
    let mut answers = Vec::new();
    for number in 0..40 {
        let client = known(&format!("/{number}"));
        answers.push(browser.get(&AuthorizationRequest::of(&client).path()).await.status);
    }
    assert_eq!((there.calls() - before, answers[29], answers[30]), (30, 400, 503));
}
