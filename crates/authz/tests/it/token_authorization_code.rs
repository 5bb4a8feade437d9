//! `POST /o/token/` with `grant_type=authorization_code`.

use serde_json::json;

use crate::support::{CALLBACK, Code, server, server_with};

/// The whole answer, and what introspection says of it.
#[tokio::test]
async fn a_code_buys_an_access_token_and_a_refresh_token() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let answer = client.redeem(&browser.code_for(&client).await).await;
    let (access, refresh) = (answer.text("access_token"), answer.text("refresh_token"));
    let expected = format!(
        r#"{{"access_token":"{access}","expires_in":3600,"token_type":"Bearer","scope":"read write","refresh_token":"{refresh}"}}"#
    );
    assert_eq!((answer.status, answer.body.as_str()), (200, expected.as_str()));
    for (name, value) in
        [("cache-control", "no-store"), ("pragma", "no-cache"), ("content-type", "application/json")]
    {
        assert_eq!(answer.header(name), Some(value));
    }
    assert!(access.starts_with("tta_") && refresh.starts_with("ttr_"));

    let mut said = client.introspect(&access).await.json();
    assert!(said["jti"].take().is_string());
    assert_eq!(
        said,
        json!({
            "active": true, "scope": "read write", "client_id": "web", "username": "ada",
            "token_type": "Bearer", "exp": 1_800_003_600, "iat": 1_800_000_000, "nbf": 1_800_000_000,
            "sub": "1", "aud": ["timetracker"], "iss": "http://localhost:8000/o", "jti": null,
        })
    );
}

/// R29, R30: a second redemption is refused and ends what the first one bought.
/// Section 2 no. 31 of the dossier (CVE-2026-26232).
#[tokio::test]
async fn a_code_redeemed_twice_ends_what_it_bought() {
    let server = server().await;
    let client = server.client("web").await;
    let code = server.signed_in("ada").await.code_for(&client).await;
    let first = client.redeem(&code).await;
    let (access, refresh) = (first.text("access_token"), first.text("refresh_token"));
    assert!(client.vouches_for(&access).await);
    client.redeem(&code).await.is_error(400, "invalid_grant");
    assert!(!client.vouches_for(&access).await);
    client.refresh(&refresh).await.is_error(400, "invalid_grant");
    client.redeem(&code).await.is_error(400, "invalid_grant");
}

/// R26, R30, R31, R32, C3: what is not otherwise valid neither spends the code nor harms what it bought.
/// Section 2 no. 30 of the dossier (CVE-2024-23647, CVE-2023-48228, CVE-2026-26247).
#[tokio::test]
async fn a_faulty_redemption_spends_nothing_and_ends_nothing() {
    let server = server().await;
    let client = server.client("web").await;
    let other = server.client("other").await;
    let browser = server.signed_in("ada").await;
    let code = browser.code_for(&client).await;
    let wrong_verifier = Code { verifier: "x".repeat(43), ..code.clone() };
    let no_verifier =
        [("grant_type", "authorization_code"), ("code", &code.code), ("redirect_uri", CALLBACK)];
    let elsewhere = client.redirected_to("https://client.example/other");
    let mut bought = None;
    for _ in ["before it is redeemed", "after it was redeemed"] {
        other.redeem(&code).await.is_error(400, "invalid_grant");
        client.redeem(&wrong_verifier).await.is_error(400, "invalid_grant");
        client.token(&no_verifier).await.is_error(400, "invalid_grant");
        elsewhere.redeem(&code).await.is_error(400, "invalid_grant");
        client.as_public().redeem(&code).await.is_error(401, "invalid_client");
        let access = match bought.take() {
            None => client.redeem(&code).await.text("access_token"),
            Some(access) => access,
        };
        assert!(client.vouches_for(&access).await);
        bought = Some(access);
    }
}

/// RFC 9700 2.1.1, dossier 0.2-2: PKCE ties the code already.
#[tokio::test]
async fn the_redirect_uri_may_be_left_out_and_must_not_differ() {
    let server = server().await;
    let client = server.client("web").await;
    let code = server.signed_in("ada").await.code_for(&client).await;
    let fields = |uri: &'static str| {
        let mut fields = vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", code.code.clone()),
            ("code_verifier", code.verifier.clone()),
        ];
        fields.extend((!uri.is_empty()).then(|| ("redirect_uri", uri.to_owned())));
        fields
    };
    for differing in ["https://client.example/CB", "https://client.example/cb/", "https://client.example/cb?"]
    {
        let fields = fields(differing);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        client.token(&fields).await.is_error(400, "invalid_grant");
    }
    let fields = fields("");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(client.token(&fields).await.status, 200);
}

/// R25
#[tokio::test]
async fn a_malformed_verifier_is_no_verifier() {
    let server = server().await;
    let client = server.client("web").await;
    let code = server.signed_in("ada").await.code_for(&client).await;
    let honest = code.verifier.clone();
    for verifier in [
        String::new(),
        "a".repeat(42),
        "a".repeat(129),
        format!("{honest}="),
        format!(" {}", &honest[1..]),
        format!("{honest}é"),
        honest.to_uppercase(),
        crate::support::challenge(&honest),
    ] {
        let code = Code { verifier, ..code.clone() };
        client.redeem(&code).await.is_error(400, "invalid_grant");
    }
    assert_eq!(client.redeem(&code).await.status, 200);
}

/// R28
#[tokio::test]
async fn a_code_lives_for_a_minute() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let (early, late) = (browser.code_for(&client).await, browser.code_for(&client).await);
    server.advance(59);
    assert_eq!(client.redeem(&early).await.status, 200);
    server.advance(1);
    client.redeem(&late).await.is_error(400, "invalid_grant");
}

/// R31, R46: tampered, cut, lengthened, or not a code at all.
/// Section 2 no. 1 of the dossier (CVE-2026-16089).
#[tokio::test]
async fn a_text_that_is_not_a_code_of_ours_buys_nothing() {
    let server = server().await;
    let client = server.client("web").await;
    let code = server.signed_in("ada").await.code_for(&client).await;
    let text = code.code.clone();
    let mut forgeries = vec!["x".to_owned(), "ttc_".to_owned(), format!("{text}A"), format!("{text}{text}")];
    forgeries.extend([format!("{text}="), text.to_uppercase(), text[..text.len() - 1].to_owned()]);
    forgeries.extend([text.replacen("ttc_", "ttr_", 1), text.replacen("ttc_", "tta_", 1), "x".repeat(9_000)]);
    for place in (4..text.len()).step_by(7) {
        let other = if &text[place..=place] == "A" { "B" } else { "A" };
        forgeries.push(format!("{}{other}{}", &text[..place], &text[place + 1..]));
    }
    for forgery in forgeries {
        let code = Code { code: forgery, ..code.clone() };
        client.redeem(&code).await.is_error(400, "invalid_grant");
    }
    assert_eq!(client.redeem(&code).await.status, 200);
}

/// R35: between issue and redemption the password changes, the person is disabled, or the client is deleted.
#[tokio::test]
async fn a_code_dies_with_what_it_was_based_on() {
    let server = server().await;
    let client = server.client("web").await;
    let doomed = server.client("doomed").await;
    let (ada, bob, cy) =
        (server.signed_in("ada").await, server.signed_in("bob").await, server.signed_in("cy").await);
    let (of_ada, of_bob, of_cy) =
        (ada.code_for(&client).await, bob.code_for(&client).await, cy.code_for(&doomed).await);
    server.set_password("ada", "something else entirely").await;
    server.disable("bob", true).await;
    server.delete_client(&doomed).await;
    client.redeem(&of_ada).await.is_error(400, "invalid_grant");
    client.redeem(&of_bob).await.is_error(400, "invalid_grant");
    doomed.redeem(&of_cy).await.is_error(401, "invalid_client");
    client.redeem(&of_cy).await.is_error(400, "invalid_grant");
    server.disable("bob", false).await;
    client.redeem(&of_bob).await.is_error(400, "invalid_grant");
}

/// R60: what was used up or ended stays so after a restart.
#[tokio::test]
async fn a_restart_revives_no_code() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let (spent, fresh) = (browser.code_for(&client).await, browser.code_for(&client).await);
    let access = client.redeem(&spent).await.text("access_token");
    let server = server.restarted().await;
    let client = client.at(&server);
    client.redeem(&spent).await.is_error(400, "invalid_grant");
    assert!(!client.vouches_for(&access).await);
    assert_eq!(client.redeem(&fresh).await.status, 200);
}

/// R49: the access token has what was allowed, and `scope` in the exchange changes nothing.
#[tokio::test]
async fn the_token_has_the_scope_that_was_allowed() {
    let server = server_with(&[("SCOPES", "read=Read; write=Write; admin=Rule")]).await;
    let client = server.new_client("web").scopes(&["read", "write"]).register().await;
    let browser = server.signed_in("ada").await;
    let request = crate::support::AuthorizationRequest::of(&client).with("scope", "read");
    let code = browser.allow(&request).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &code.code),
        ("code_verifier", &code.verifier),
        ("scope", "read write admin"),
    ];
    let answer = client.token(&fields).await;
    assert_eq!(answer.text("scope"), "read");
    assert_eq!(client.introspect(&answer.text("access_token")).await.text("scope"), "read");
}

/// R12: see also `params`; `code` is the classic.
#[tokio::test]
async fn a_missing_or_repeated_parameter_is_an_invalid_request() {
    let server = server().await;
    let client = server.client("web").await;
    let code = server.signed_in("ada").await.code_for(&client).await;
    client.token(&[("grant_type", "authorization_code")]).await.is_error(400, "invalid_request");
    client
        .token(&[("grant_type", "authorization_code"), ("code", "")])
        .await
        .is_error(400, "invalid_request");
    let honest = [
        ("grant_type", "authorization_code"),
        ("code", code.code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", &code.verifier),
        ("client_id", &client.id),
        ("client_secret", client.secret.as_deref().unwrap()),
        ("scope", "read"),
        ("extra", "x"),
    ];
    for (name, value) in honest {
        for second in [value, "another", ""] {
            let mut fields = honest.to_vec();
            fields.push((name, second));
            server.http.send_form("/o/token/", &fields).await.is_error(400, "invalid_request");
        }
    }
    assert_eq!(server.http.send_form("/o/token/", &honest).await.status, 200);
}
