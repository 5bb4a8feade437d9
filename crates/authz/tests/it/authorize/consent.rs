//! The question, and what counts as an answer to it.

use crate::support::{AuthorizationRequest, BASE, CALLBACK, server};

/// R97: the person learns who asks, for what, and where it leads.
#[tokio::test]
async fn the_question_says_who_asks_for_what_and_where_it_leads() {
    let server = server().await;
    let client = server.new_client("web").named("Time Keeper").register().await;
    let browser = server.signed_in("ada").await;
    let page = browser.get(&AuthorizationRequest::of(&client).with("scope", "read").path()).await;
    for (id, text) in [
        ("client", "Time Keeper"),
        ("person", "ada"),
        (
            "scopes",
            "See your activities, the time you tracked and all else you keep here, and your user name read",
        ),
        ("redirect-host", "client.example"),
        ("access-lasts", "1 hour, and the application may renew it without asking you again"),
    ] {
        assert_eq!(page.element(id).as_deref(), Some(text));
    }
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(
        page.header("content-security-policy"),
        Some(
            "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self' https://client.example; \
             base-uri 'none'; frame-ancestors 'none'"
        )
    );
}

/// R97: a name that got into the database all the same neither turns around what stands beside it nor hides what it is.
#[tokio::test]
async fn a_name_neither_reorders_nor_hides_what_is_shown() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    browser.tokens_for(&client).await;
    server.sql("UPDATE clients SET name = 'Bank\u{202e}…\u{200b}<b>\u{2066}' WHERE id = 'web'").await;
    // What an administrator's command would announce.
    client.rotate_secret(&server).await;
    let asks = AuthorizationRequest::of(&client);
    let login = browser.get(&asks.clone().with("prompt", "login").path()).await;
    let login = login.location().strip_prefix(crate::support::BASE).unwrap().to_owned();
    let access = crate::authorized_tokens::ends(&browser).await.remove(0);
    for path in [
        asks.with("prompt", "consent").path(),
        login,
        "/o/logout/?client_id=web".to_owned(),
        "/o/authorized_tokens/".to_owned(),
        access,
    ] {
        let page = browser.get(&path).await;
        assert!(page.element("main").unwrap().contains("Bank…<b>"), "{path}: {page:?}");
        assert!(!page.body.contains(['\u{202e}', '\u{200b}', '\u{2066}']), "{path}");
    }
    let question = browser.enters(&client.device().await.user_code).await;
    assert_eq!(question.element("client").as_deref(), Some("Bank…<b>"));
}

/// OpenID Connect Dynamic Client Registration section 2: what a client says about itself is where somebody decides about it,
/// if somebody has vouched for the client. The policy lets its picture be fetched, and nothing else.
#[tokio::test]
async fn a_clients_picture_policy_and_terms_are_shown_if_somebody_has_vouched_for_it() {
    let server = server().await;
    let ada = server.signed_in("ada").await;
    let about = r#""logo_uri":"https://pics.example:8443/l.png","policy_uri":"https://client.example/p","tos_uri":"https://client.example/t""#;
    for (id, is_self_registered) in [("vouched-for", false), ("unknown", true)] {
        let metadata = format!(r#"{{{about},"is_self_registered":{is_self_registered}}}"#);
        let client = server.new_client(id).metadata(&metadata).register().await;
        let request = AuthorizationRequest::of(&client);
        let nobody = server.browser();
        let login = nobody.get(&request.path()).await;
        let login = nobody.get(login.location().strip_prefix(BASE).unwrap()).await;
        let consent = ada.get(&request.path()).await;
        for page in [login, consent] {
            assert_eq!(page.status, 200, "{page:?}");
            let shown = |id, text: &str| {
                let expected = (!is_self_registered).then(|| text.to_owned());
                assert_eq!(page.element(id), expected, "{page:?}");
            };
            shown("client-logo", "");
            shown("client-policy", "What it does with your data");
            shown("client-terms", "Its terms of service");
            let policy = page.header("content-security-policy").unwrap();
            let allowed = policy.contains("img-src 'self' data: https://pics.example:8443; ");
            assert_eq!(allowed, !is_self_registered, "{policy}");
            assert_eq!(
                policy.matches("client.example").count(),
                usize::from(policy.contains("form-action 'self' https"))
            );
            assert!(policy.contains("default-src 'none'; ") && !policy.contains("script"), "{policy}");
        }
    }
}

/// R7, R9
#[tokio::test]
async fn a_decision_is_answered_with_303_and_the_issuer() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let request = AuthorizationRequest::of(&client);
    let params = browser.decide(&request, "allow").await.returned_to(CALLBACK);
    let names: Vec<&str> = params.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["code", "state", "iss"]);
    assert_eq!(params[2].1, crate::support::ISSUER);
    for decision in ["refuse", "", "ALLOW", "yes"] {
        let params = browser.decide(&request, decision).await.returned_to(CALLBACK);
        assert_eq!(params[0].1, "access_denied");
        assert_eq!(params[2], ("state".into(), "the state".into()));
        assert_eq!(params[3], ("iss".into(), crate::support::ISSUER.into()));
    }
}

/// R33: what one person was shown in one browser is worth nothing in another.
#[tokio::test]
async fn a_question_is_answered_by_whom_and_where_it_was_asked() {
    let server = server().await;
    let client = server.client("web").await;
    let ada = server.signed_in("ada").await;
    let eve = server.signed_in("eve").await;
    let request = AuthorizationRequest::of(&client);
    let shown_to_eve = eve.asked(&request).await.with("decision", "allow");

    let answer = ada.submit(&shown_to_eve).await;
    answer.is_page(403);
    let own_token = ada.asked(&request).await.field("csrf_token").unwrap().to_owned();
    let answer = ada.submit(&shown_to_eve.clone().with("csrf_token", &own_token)).await;
    answer.form("consent-form");
    let stranger = server.browser();
    stranger.submit(&shown_to_eve).await.is_page(403);
}

/// C6: what changed while the page was open is asked about again.
#[tokio::test]
async fn a_decision_about_something_else_than_was_shown_is_asked_again() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let request = AuthorizationRequest::of(&client).with("scope", "read");
    let shown = browser.asked(&request).await.with("decision", "allow");

    // The address changes.
    for (name, value) in [("scope", "read write"), ("state", "another"), ("prompt", "consent")] {
        let mut bent = shown.clone();
        bent.action = request.clone().with(name, value).path();
        browser.submit(&bent).await.form("consent-form");
    }
    for tampered in [shown.clone().without("shown"), shown.clone().with("shown", "x")] {
        browser.submit(&tampered).await.form("consent-form");
    }
    // The registration changes.
    for change in
        ["name = 'Evil Corp'", "redirect_uris = 'https://client.example/cb\nhttps://evil.example/cb'"]
    {
        server.sql(&format!("UPDATE clients SET {change} WHERE id = 'web'")).await;
        // What an administrator's command would announce.
        client.rotate_secret(&server).await;
        browser.submit(&shown).await.form("consent-form");
    }
    server.sql("UPDATE clients SET scopes = 'write' WHERE id = 'web'").await;
    client.rotate_secret(&server).await;
    assert_eq!(browser.submit(&shown).await.returned_to(CALLBACK)[0].1, "invalid_scope");
    server
        .sql("UPDATE clients SET grant_types = 'client_credentials', scopes = 'read' WHERE id = 'web'")
        .await;
    client.rotate_secret(&server).await;
    assert_eq!(browser.submit(&shown).await.returned_to(CALLBACK)[0].1, "unauthorized_client");
    server.delete_client(&client).await;
    browser.submit(&shown).await.is_page(400);
}

/// R35, R61: the page was open while the person signed out, was disabled, or changed the password.
#[tokio::test]
async fn a_session_that_ended_decides_nothing() {
    let server = server().await;
    let client = server.client("web").await;
    let request = AuthorizationRequest::of(&client);
    let (ada, bob, cy) =
        (server.signed_in("ada").await, server.signed_in("bob").await, server.signed_in("cy").await);
    let mut shown = Vec::new();
    for browser in [&ada, &bob, &cy] {
        shown.push(browser.asked(&request).await.with("decision", "allow"));
    }
    server.advance(1);
    let copy = ada.copied();
    let sign_out = ada.get("/").await.form("sign-out-form");
    ada.submit(&sign_out).await.is_page(200);
    server.disable("bob", true).await;
    server.set_password("cy", "something else entirely").await;
    for (browser, shown) in [copy, bob, cy].iter().zip(&shown) {
        let answer = browser.submit(shown).await;
        assert!(answer.location().starts_with("http://localhost:8000/accounts/login/"), "{answer:?}");
    }
}

/// C7: who comes twice is given two codes, each of which works once.
#[tokio::test]
async fn a_request_that_is_made_twice_gives_codes_that_do_not_harm_each_other() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let request = AuthorizationRequest::of(&client);
    let (first, second) = (browser.allow(&request).await, browser.allow(&request).await);
    assert_ne!(first.code, second.code);
    assert_eq!(client.redeem(&first).await.status, 200);
    assert_eq!(client.redeem(&second).await.status, 200);
}

/// R134, section 2 nos. 26 and 48 of the dossier (GHSA-6rx5-m2rc-hmf7)
#[tokio::test]
async fn names_and_descriptions_are_text_and_nothing_else() {
    let evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let scopes = format!("read={evil}; write=Write");
    let server = crate::support::server_with(&[("SCOPES", &scopes)]).await;
    let client = server.new_client("web").named(evil).register().await;
    let browser = server.signed_in("ada").await;
    let request = AuthorizationRequest::of(&client);
    let login = browser.get(&request.clone().with("prompt", "login").path()).await;
    let login = browser.get(login.location().strip_prefix(crate::support::BASE).unwrap()).await;
    let consent = browser.get(&request.path()).await;
    for page in [&login, &consent] {
        assert!(!page.body.contains("<script") && !page.body.contains("<img src=x"), "{page:?}");
        assert!(page.element("client").unwrap().contains(evil));
    }
    assert!(consent.element("scopes").unwrap().contains(evil));
}

/// R33, section 2 nos. 7, 21 and 33 (Hydra #770, CVE-2022-39222, CVE-2026-7507): who begins a request and has somebody else
/// allow it gets nothing: there is nothing of the request on our side that two browsers could share.
#[tokio::test]
async fn who_has_somebody_else_allow_their_request_gets_nothing() {
    let server = server().await;
    let client = server.client("web").await;
    let (ada, eve) = (server.signed_in("ada").await, server.signed_in("eve").await);
    let request = AuthorizationRequest::of(&client);
    let stranger = server.browser();
    let begun = stranger.get(&request.path()).await.location().to_owned();
    let shown_to_eve = eve.asked(&request).await;
    // Ada opens both, the request and the sign-in that the stranger was sent to, and allows it.
    let sign_in = begun.strip_prefix(crate::support::BASE).unwrap();
    let form = ada.get(sign_in).await.form("login-form").with("username", "ada");
    ada.submit(&form.with("password", &crate::support::password_of("ada"))).await.location();
    let answer = ada.decide(&request, "allow").await;
    assert_eq!(answer.returned_to(CALLBACK)[0].0, "code");
    for (browser, error) in [(&eve, "consent_required"), (&stranger, "login_required")] {
        let silent = browser.get(&request.clone().with("prompt", "none").path()).await;
        assert_eq!(silent.returned_to(CALLBACK)[0].1, error);
        assert_ne!(browser.get(&request.path()).await.status, 500);
    }
    assert_eq!(stranger.get(&request.path()).await.location(), begun);
    // What eve then allows is hers.
    let code = eve.submit(&shown_to_eve.with("decision", "allow")).await.returned_to(CALLBACK)[0].1.clone();
    let code = crate::support::Code { code, verifier: request.verifier.clone() };
    let access = client.redeem(&code).await.text("access_token");
    assert_eq!(client.introspect(&access).await.text("username"), "eve");
}

/// Section 2 no. 8 (CVE-2026-7571): what a client may be given is looked up when it is given, and not what the page or the
/// address said of it.
#[tokio::test]
async fn a_mark_that_was_taken_while_the_page_was_open_counts_for_nothing() {
    let server = server().await;
    let marked = r#"{"response_types":["code","id_token token"]}"#;
    let client = server.new_client("web").metadata(marked).register().await;
    let browser = server.signed_in("ada").await;
    let request = AuthorizationRequest::of(&client).with("response_type", "id_token token");
    let request = request.with("scope", "openid").with("nonce", "n");
    let shown = browser.asked(&request).await.with("decision", "allow");
    let origin = authz::audit::Origin::CommandLine(None);
    let changes = r#"{"response_types":null}"#;
    authz::registration::change_metadata(server.app(), &origin, &client.id, changes).await.unwrap();
    let answer = browser.submit(&shown).await;
    assert!(answer.location().starts_with(&format!("{CALLBACK}#error=unauthorized_client")), "{answer:?}");
}
