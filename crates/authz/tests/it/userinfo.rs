//! UserInfo: OpenID Connect Core section 5.3, with errors as RFC 6750 has them.

use reqwest::Method;
use serde_json::json;

use crate::support::{
    Answer, AuthorizationRequest, Browser, Client, Program, TestServer, server, server_on_real_time, verified,
};

const PATH: &str = "/o/userinfo/";

impl TestServer {
    /// UserInfo by a token in the header.
    pub async fn userinfo(&self, token: &str) -> Answer {
        let request = self.http.request(Method::GET, PATH).header("authorization", format!("Bearer {token}"));
        self.http.send(request).await
    }
}

async fn token_for(browser: &Browser, client: &Client, scope: &str) -> String {
    let request = AuthorizationRequest::of(client).with("scope", scope);
    client.redeem(&browser.allow(&request).await).await.text("access_token")
}

/// A refusal: status and challenge.
#[track_caller]
fn is_refused(answer: &Answer, status: u16, error: Option<&str>) {
    assert_eq!(answer.status, status, "{answer:?}");
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.starts_with(r#"Bearer realm="authz""#), "{challenge}");
    match error {
        Some(error) => {
            assert!(challenge.contains(&format!(r#"error="{error}""#)), "{challenge}");
            assert_eq!(answer.text("error"), error);
        }
        None => assert!(!challenge.contains("error") && answer.body.is_empty(), "{answer:?}"),
    }
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

/// Section 5.4: each scope its claims; what is not known is left out.
#[tokio::test]
async fn each_scope_tells_its_own_claims() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let profile = json!({
        "name": "Ada Lovelace", "given_name": "Ada", "birthdate": "1815-12-10", "updated_at": 5, "email": "ada@example.com",
        "email_verified": true, "phone_number": "+44 1", "address": {"locality": "London"},
    });
    server.set_profile("ada", profile).await;
    server.set_groups("ada", &["staff", "admins", "staff"]).await;
    let profile = json!({
        "sub": "1", "name": "Ada Lovelace", "given_name": "Ada", "preferred_username": "ada", "birthdate": "1815-12-10",
        "updated_at": 5,
    });
    for (scope, expected) in [
        ("openid", json!({"sub": "1"})),
        ("openid profile", profile),
        ("openid email", json!({"sub": "1", "email": "ada@example.com", "email_verified": true})),
        ("openid phone", json!({"sub": "1", "phone_number": "+44 1"})),
        ("openid address", json!({"sub": "1", "address": {"locality": "London"}})),
        ("openid groups offline_access", json!({"sub": "1", "groups": ["admins", "staff"]})),
    ] {
        let told = server.userinfo(&token_for(&browser, &client, scope).await).await;
        assert_eq!((told.status, told.json()), (200, expected), "{scope}");
        assert_eq!(told.header("cache-control"), Some("no-store"));
    }
    let bob = server.signed_in("bob").await;
    let told = server.userinfo(&token_for(&bob, &client, "openid profile email groups").await).await;
    assert_eq!(told.json(), json!({"sub": "2", "preferred_username": "bob", "groups": []}));
}

/// RFC 6750 section 2: in the header or in a form, in one place, and never in the address.
#[tokio::test]
async fn a_token_comes_in_the_header_or_in_a_form_and_never_in_the_address() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let token = token_for(&browser, &client, "openid").await;
    let bearer = |method, scheme: &str| {
        server.http.request(method, PATH).header("authorization", format!("{scheme} {token}"))
    };
    for request in
        [bearer(Method::GET, "Bearer"), bearer(Method::GET, "bEARER"), bearer(Method::POST, "Bearer")]
    {
        assert_eq!(server.http.send(request).await.json(), json!({"sub": "1"}));
    }
    assert_eq!(server.http.send_form(PATH, &[("access_token", &token)]).await.json(), json!({"sub": "1"}));
    is_refused(&server.http.get(&format!("{PATH}?access_token={token}")).await, 401, None);
    is_refused(&server.http.get(PATH).await, 401, None);
    is_refused(&server.http.send(bearer(Method::GET, "Token")).await, 401, None);
    let twice = server.http.post(PATH, format!("access_token={token}"));
    let twice = server.http.send(twice.header("authorization", format!("Bearer {token}"))).await;
    is_refused(&twice, 400, Some("invalid_request"));
    let twice = server.http.post(PATH, format!("access_token={token}&access_token={token}"));
    is_refused(&server.http.send(twice).await, 400, Some("invalid_request"));
    let twice = bearer(Method::GET, "Bearer").header("authorization", format!("Bearer {token}"));
    is_refused(&server.http.send(twice).await, 400, Some("invalid_request"));
    assert_eq!(server.http.send(server.http.request(Method::PUT, PATH)).await.status, 405);
}

/// R101: only a live access token of a person's with `openid`, which is not for a particular resource.
#[tokio::test]
async fn other_tokens_open_nothing() {
    let server = server().await;
    let audiences = ["https://api.example", "https://other.example"];
    let client = server.new_client("web").audiences(&audiences).register().await;
    let browser = server.signed_in("ada").await;
    let request = AuthorizationRequest::of(&client).with("scope", "openid");
    let tokens = client.redeem(&browser.allow(&request).await).await;
    for wrong in ["x", &tokens.text("refresh_token"), &tokens.text("id_token"), &"tta_A".repeat(2000)] {
        is_refused(&server.userinfo(wrong).await, 401, Some("invalid_token"));
    }
    let for_one = client.redeem(&browser.allow(&request.with("resource", audiences[0])).await).await;
    let own = client.client_credentials().await.text("access_token");
    let without = token_for(&browser, &client, "read").await;
    for wrong in [for_one.text("access_token"), own, without] {
        let answer = server.userinfo(&wrong).await;
        is_refused(&answer, 403, Some("insufficient_scope"));
        assert!(answer.header("www-authenticate").unwrap().ends_with(r#"scope="openid""#));
    }
}

/// R79 at this endpoint: what ends a token ends it here at once.
#[tokio::test]
async fn what_was_revoked_or_has_ended_is_refused_at_once() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let token = token_for(&browser, &client, "openid").await;
    assert_eq!(server.userinfo(&token).await.status, 200);
    client.revoke(&token).await;
    is_refused(&server.userinfo(&token).await, 401, Some("invalid_token"));
    let token = token_for(&browser, &client, "openid").await;
    server.advance(3_600);
    is_refused(&server.userinfo(&token).await, 401, Some("invalid_token"));
    let token = token_for(&browser, &client, "openid").await;
    server.advance(1);
    server.disable("ada", true).await;
    is_refused(&server.userinfo(&token).await, 401, Some("invalid_token"));
    server.disable("ada", false).await;
    is_refused(&server.userinfo(&token).await, 401, Some("invalid_token"));
    server.advance(61);
    browser.sign_in("ada").await;
    let token = token_for(&browser, &client, "openid").await;
    server.delete_client(&client).await;
    is_refused(&server.userinfo(&token).await, 401, Some("invalid_token"));
}

/// Section 5.3.2
#[tokio::test]
async fn it_is_signed_for_a_client_that_registered_for_it() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    for alg in ["RS256", "ES256", "EdDSA"] {
        let metadata = format!(r#"{{"userinfo_signed_response_alg":"{alg}"}}"#);
        let client = server.new_client(alg).metadata(&metadata).register().await;
        let told = server.userinfo(&token_for(&browser, &client, "openid profile").await).await;
        assert_eq!((told.status, told.header("content-type")), (200, Some("application/jwt")));
        assert_eq!(format!("{:?}", jsonwebtoken::decode_header(&told.body).unwrap().alg), alg);
        let claims = verified(&server, alg, &told.body).await;
        let expected =
            json!({"sub": "1", "preferred_username": "ada", "iss": crate::support::ISSUER, "aud": alg});
        assert_eq!(claims, expected);
    }
}

/// R52, section 1.17 of the dossier: any origin, never with credentials, errors and preflights included.
#[tokio::test]
async fn a_page_of_any_origin_that_holds_a_token_may_ask() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let token = token_for(&browser, &client, "openid").await;
    let preflight = server.http.request(Method::OPTIONS, PATH).header("origin", "https://spa.example");
    let preflight = server.http.send(preflight.header("access-control-request-method", "GET")).await;
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-allow-headers"), Some("Authorization, Content-Type, DPoP"));
    assert_eq!(preflight.header("access-control-allow-methods"), Some("GET, POST"));
    let asked = async |token: &str| {
        let request = server.http.request(Method::GET, PATH).header("origin", "https://spa.example");
        server.http.send(request.header("authorization", format!("Bearer {token}"))).await
    };
    for answer in [preflight, asked(&token).await, asked("x").await] {
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
    }
}

/// The administrator's way to say who somebody is.
#[tokio::test]
async fn the_administrator_sets_profiles_and_groups() {
    let server = server_on_real_time(&[]).await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let program = Program::new(&server.settings);
    let token = token_for(&browser, &client, "openid profile email groups").await;
    for wrong in ["", "[7]", r#"{"email":7}"#, r#"{"no_such_claim":1}"#] {
        assert_eq!(program.run(&["user", "set-profile", "ada"], wrong).status, 1, "{wrong}");
    }
    let profile = r#"{"name":"Ada","email":"ada@example.com","updated_at":7}"#;
    assert_eq!(program.run(&["user", "set-profile", "Ada"], profile).status, 0);
    assert_eq!(program.run(&["user", "groups", "ada", "b", "a"], "").status, 0);
    let expected = json!({
        "sub": "1", "name": "Ada", "preferred_username": "ada", "updated_at": 7, "email": "ada@example.com",
        "groups": ["a", "b"],
    });
    assert_eq!(server.userinfo(&token).await.json(), expected);
    assert_eq!(program.run(&["user", "groups", "ada", "c"], "").status, 0);
    assert_eq!(server.userinfo(&token).await.json()["groups"], json!(["c"]));
    assert_eq!(program.run(&["user", "groups", "ada"], "").status, 0);
    assert_eq!(server.userinfo(&token).await.json()["groups"], json!([]));
    assert_eq!(program.run(&["user", "set-profile", "ada"], "{}").status, 0);
    assert!(server.userinfo(&token).await.json()["updated_at"].as_i64().unwrap() > 1_700_000_000);
    for arguments in [
        &["user", "set-profile", "nobody"][..],
        &["user", "groups", "nobody", "x"],
        &["user", "groups", "ada", ""],
    ] {
        assert_eq!(program.run(arguments, "{}").status, 1);
    }
}
