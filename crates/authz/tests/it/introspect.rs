//! `POST /o/introspect/`: RFC 7662.

use crate::support::{Client, INACTIVE, eventually, password_of, server, server_with};

/// R77; an access token is a credential only with the scope for it. The other ways to fail are in
/// `client_authentication`.
#[tokio::test]
async fn a_missing_token_is_an_invalid_request_and_a_missing_caller_is_nobody() {
    let server = server().await;
    let client = server.client("web").await;
    client.post("/o/introspect/", &[]).await.is_error(400, "invalid_request");
    client.introspect("").await.is_error(400, "invalid_request");
    let access = client.client_credentials().await.text("access_token");
    let request = server.http.post("/o/introspect/", format!("token={access}"));
    let request = request.header("authorization", format!("Bearer {access}"));
    let answer = server.http.send(request).await;
    assert_eq!((answer.status, answer.text("error").as_str()), (403, "insufficient_scope"));
    assert_eq!(
        answer.header("www-authenticate"),
        Some(r#"Bearer realm="authz", error="insufficient_scope""#)
    );
}

/// RFC 7662 section 2.1: by a token of the caller's own with `introspection`, it is told what it is told by its secret.
#[tokio::test]
async fn a_client_may_ask_by_an_access_token_of_its_own_with_the_scope_for_it() {
    let server = server().await;
    server.person("ada").await;
    let web = server.client("web").await;
    let api = server.new_client("api").introspects(&["timetracker"]).scopes(&["read", "introspection"]);
    let api = api.register().await;
    let other = server.new_client("other").scopes(&["introspection"]).register().await;
    let named = async |client: &Client| {
        client.token(&[("grant_type", "client_credentials"), ("scope", "introspection")]).await
    };
    let by = async |credential: &str, token: &str| {
        let request = server.http.post("/o/introspect/", format!("token={token}"));
        server.http.send(request.header("authorization", credential)).await
    };
    let access = server.browser();
    access.sign_in("ada").await;
    let access = access.tokens_for(&web).await.0;
    let credential = named(&api).await.text("access_token");
    let told = by(&format!("bEARER {credential}"), &access).await;
    assert_eq!((told.status, told.body), (200, api.introspect(&access).await.body));
    assert_eq!(by(&format!("Bearer {credential}"), "junk").await.body, INACTIVE);
    assert_eq!(
        by(&format!("Bearer {}", named(&other).await.text("access_token")), &access).await.body,
        INACTIVE
    );
    // The scope is for whom it was named, by name, and for no person's token.
    named(&web).await.is_error(400, "invalid_scope");
    assert_eq!(api.client_credentials().await.text("scope"), "read");
    let password = password_of("ada");
    let wide = [
        ("grant_type", "password"),
        ("username", "ada"),
        ("password", &password),
        ("scope", "introspection"),
    ];
    api.token(&wide).await.is_error(400, "invalid_scope");
    // A person's token, a refresh token, junk, a revoked one, and two credentials at once.
    api.revoke(&credential).await;
    for wrong in [&access, &credential, "tta_junk"] {
        let answer = by(&format!("Bearer {wrong}"), &access).await;
        assert_eq!((answer.status, answer.text("error").as_str()), (401, "invalid_token"), "{wrong}");
        let challenge = answer.header("www-authenticate");
        assert_eq!(challenge, Some(r#"Bearer realm="authz", error="invalid_token""#));
    }
    let credential = named(&api).await.text("access_token");
    let twice = server.http.post("/o/introspect/", format!("token={access}&client_id=api&client_secret=x"));
    let twice = twice.header("authorization", format!("Bearer {credential}"));
    server.http.send(twice).await.is_error(400, "invalid_request");
    // It is no credential anywhere else.
    for path in ["/o/token/", "/o/revoke_token/"] {
        let request = server.http.post(path, format!("token={access}&grant_type=client_credentials"));
        let answer = server.http.send(request.header("authorization", format!("Bearer {credential}"))).await;
        answer.is_error(401, "invalid_client");
    }
    server.advance(1);
    server.delete_client(&api).await;
    assert_eq!(by(&format!("Bearer {credential}"), &access).await.status, 401);
}

/// R78: one's own tokens, and those meant for a resource one answers for; of others one learns nothing.
/// Section 2 no. 13 of the dossier (CVE-2026-37979).
#[tokio::test]
async fn a_caller_is_told_of_its_own_tokens_and_of_those_meant_for_it() {
    let server = server().await;
    let client = server.new_client("web").audiences(&["timetracker", "reports"]).register().await;
    let time = server.new_client("time").introspects(&["timetracker"]).register().await;
    let both = server.new_client("both").introspects(&["x", "reports", "timetracker"]).register().await;
    let near =
        server.new_client("near").introspects(&["timetracke", "timetracker2", "report"]).register().await;
    let none = server.client("none").await;
    let access = server.signed_in("ada").await.tokens_for(&client).await.0;
    let told = client.introspect(&access).await;
    assert_eq!(told.json()["aud"], serde_json::json!(["timetracker", "reports"]));
    for caller in [&time, &both] {
        assert_eq!(caller.introspect(&access).await.body, told.body);
    }
    for caller in [&near, &none] {
        assert_eq!(caller.introspect(&access).await.body, INACTIVE);
    }
}

/// R79, R80: nothing tells the reasons apart.
#[tokio::test]
async fn whatever_is_not_a_live_access_token_is_inactive_and_nothing_else() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let expired = client.client_credentials().await.text("access_token");
    server.advance(3_600);
    browser.sign_in("ada").await;
    let code = browser.code_for(&client).await.code;
    let (live, refresh) = browser.tokens_for(&client).await;
    let revoked = client.client_credentials().await.text("access_token");
    client.revoke(&revoked).await;
    let last = if live.ends_with('A') { "B" } else { "A" };
    let mut bodies = Vec::new();
    for token in [
        "unknown",
        "tta_",
        "tta_AAAA",
        &format!("{}{last}", &live[..live.len() - 1]),
        &live[4..],
        &live.replacen("tta_", "ttr_", 1),
        &format!("{live} "),
        &format!("{live}{live}"),
        &"tta_A".repeat(3_000),
        "é🔑",
        &expired,
        &revoked,
        &refresh,
        &code,
        client.secret.as_deref().unwrap(),
        &browser.cookie(),
    ] {
        let answer = client.introspect(token).await;
        assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")), "{token}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let mut headers = answer.headers.clone();
        for own in ["x-request-id", "date"] {
            headers.remove(own);
        }
        bodies.push((answer.body, headers));
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
    assert_eq!(bodies[0].0, INACTIVE);
    assert!(client.vouches_for(&live).await);
}

/// RFC 7662 2.1: a hint is a hint.
#[tokio::test]
async fn a_hint_changes_nothing() {
    let server = server().await;
    let client = server.client("web").await;
    let (access, refresh) = server.signed_in("ada").await.tokens_for(&client).await;
    for hint in ["access_token", "refresh_token", "nonsense", ""] {
        for (token, active) in [(&access, true), (&refresh, false)] {
            let answer = client.post("/o/introspect/", &[("token", token), ("token_type_hint", hint)]).await;
            assert_eq!(answer.json()["active"], active);
        }
    }
}

/// R81
#[tokio::test]
async fn what_was_ended_is_inactive_at_the_next_question() {
    let server = server().await;
    let client = server.client("web").await;
    let watcher = server.new_client("watcher").introspects(&["timetracker"]).register().await;
    let ada = server.signed_in("ada").await;
    let (access, _) = ada.tokens_for(&client).await;
    assert!(watcher.vouches_for(&access).await);
    server.disable("ada", true).await;
    assert!(!watcher.vouches_for(&access).await);
    server.person("bob").await;
    let access = client.password("bob", &password_of("bob")).await.text("access_token");
    assert!(watcher.vouches_for(&access).await);
    server.set_password("bob", "something else entirely").await;
    assert!(!watcher.vouches_for(&access).await);
    server.advance(1);
    let access = client.password("bob", "something else entirely").await.text("access_token");
    assert!(watcher.vouches_for(&access).await);
    server.delete_client(&client).await;
    assert!(!watcher.vouches_for(&access).await);
}

/// R82, R153: scanning is slowed down; questions about live tokens are not.
#[tokio::test]
async fn a_caller_that_scans_is_slowed_down_and_its_honest_questions_are_not() {
    let server = server_with(&[("UNKNOWN_TOKENS_PER_MINUTE", "20")]).await;
    let (client, other) = (server.client("web").await, server.client("other").await);
    let live = client.client_credentials().await.text("access_token");
    for number in 0..20 {
        assert_eq!(client.introspect(&format!("tta_{number}")).await.body, INACTIVE);
    }
    let answer = client.introspect("tta_x").await;
    answer.is_error(429, "temporarily_unavailable");
    assert_eq!(answer.header("retry-after"), Some("60"));
    assert!(client.vouches_for(&live).await);
    assert_eq!(other.introspect("tta_x").await.body, INACTIVE);
    server.advance(60);
    assert_eq!(client.introspect("tta_x").await.body, INACTIVE);
}

/// R84: when revocations cannot be read for longer than the bound, nothing is vouched for; nothing is lost.
/// Section 2 no. 19 of the dossier (CVE-2020-15223).
#[tokio::test]
async fn without_its_storage_the_server_vouches_for_nothing() {
    let server = server().await;
    let client = server.client("web").await;
    let (access, refresh) = server.signed_in("ada").await.tokens_for(&client).await;
    server.sql("ALTER TABLE revocations RENAME TO revocations_elsewhere").await;
    let answer = client.revoke(&refresh).await;
    answer.is_error(503, "temporarily_unavailable");
    assert_eq!(answer.header("retry-after"), Some("1"));
    let (asking, token) = (client.clone(), access.clone());
    eventually("introspection says 503", || {
        let (client, token) = (asking.clone(), token.clone());
        async move { client.introspect(&token).await.status == 503 }
    })
    .await;
    let answer = client.introspect(&access).await;
    answer.is_error(503, "temporarily_unavailable");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(server.http.send(server.http.request(reqwest::Method::GET, "/readyz")).await.status, 503);
    assert_eq!(server.http.get("/healthz").await.status, 200);

    server.sql("ALTER TABLE revocations_elsewhere RENAME TO revocations").await;
    eventually("introspection vouches again", || {
        let (client, token) = (asking.clone(), token.clone());
        async move { client.introspect(&token).await.status == 200 }
    })
    .await;
    assert!(client.vouches_for(&access).await);
    assert_eq!(client.refresh(&refresh).await.status, 200);
}
