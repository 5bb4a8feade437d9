//! What the authorization endpoint hands out itself: OpenID Connect Core sections 3.2 and 3.3, RFC 6749 section 4.2.

use authz::crypto::signing::SigningAlg;
use authz::response_type::ResponseType;
use serde_json::json;

use crate::support::{
    Answer, AuthorizationRequest, Browser, CALLBACK, Client, Code, ISSUER, NewClient, server, verified,
};

/// The parameters of an answer in the fragment.
#[track_caller]
fn in_fragment(answer: &Answer) -> Vec<(String, String)> {
    let fragment =
        answer.location().strip_prefix(&format!("{CALLBACK}#")).unwrap_or_else(|| panic!("{answer:?}"));
    form_urlencoded::parse(fragment.as_bytes()).into_owned().collect()
}

fn get<'a>(params: &'a [(String, String)], name: &str) -> &'a str {
    params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).unwrap_or_default()
}

/// A client that an administrator has given all response types.
fn marked(new: NewClient<'_>) -> NewClient<'_> {
    let all: Vec<String> = ResponseType::all().map(|each| each.to_string()).collect();
    new.metadata(&json!({"response_types": all}).to_string())
}

fn request(client: &Client, response_type: &str) -> AuthorizationRequest {
    let request = AuthorizationRequest::of(client).with("scope", "openid read").with("nonce", "n");
    request.with("response_type", response_type)
}

async fn allowed(browser: &Browser, request: &AuthorizationRequest) -> Vec<(String, String)> {
    in_fragment(&browser.decide(request, "allow").await)
}

/// R14: nobody else, whatever they ask for; told where tokens would have been.
#[tokio::test]
async fn a_client_that_is_not_marked_gets_codes_and_nothing_else() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    for each in ResponseType::all().filter(|each| *each != ResponseType::CODE) {
        let answer = browser.get(&request(&client, &each.to_string()).path()).await;
        let params = in_fragment(&answer);
        assert_eq!((get(&params, "error"), get(&params, "iss")), ("unauthorized_client", ISSUER), "{each}");
    }
    for unknown in ["token token", "id_token none", "TOKEN id_token"] {
        let params = in_fragment(&browser.get(&request(&client, unknown).path()).await);
        assert_eq!(get(&params, "error"), "unsupported_response_type", "{unknown}");
    }
    let tokens = marked(server.new_client("tokens").grant_types(&["client_credentials"])).register().await;
    let params = in_fragment(&browser.get(&request(&tokens, "code token").path()).await);
    assert_eq!(get(&params, "error"), "unauthorized_client");
}

/// R7, R69: each of them hands out exactly what it says, tied together by hashes and to the request by the nonce.
#[tokio::test]
async fn each_response_type_hands_out_what_it_says() {
    let server = server().await;
    let client = marked(server.new_client("web")).register().await;
    let browser = server.signed_in("ada").await;
    for (response_type, expected) in [
        ("token", "access_token expires_in token_type scope state iss"),
        ("id_token", "id_token state iss"),
        ("id_token token", "access_token expires_in token_type scope id_token state iss"),
        ("token id_token", "access_token expires_in token_type scope id_token state iss"),
        ("code id_token", "code id_token state iss"),
        ("code token", "code access_token expires_in token_type scope state iss"),
        ("token code id_token", "code access_token expires_in token_type scope id_token state iss"),
    ] {
        let request = request(&client, response_type);
        let params = allowed(&browser, &request).await;
        let names: Vec<&str> = params.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names.join(" "), expected, "{response_type}");
        let has = |name| names.contains(&name);
        let (code, access) = (get(&params, "code"), get(&params, "access_token"));
        if has("access_token") {
            assert_eq!((get(&params, "token_type"), get(&params, "expires_in")), ("Bearer", "3600"));
            assert_eq!(get(&params, "scope"), "openid read");
            assert!(client.vouches_for(access).await);
            assert_eq!(server.userinfo(access).await.json(), json!({"sub": "1"}));
        }
        if has("id_token") {
            let claims = verified(&server, "web", get(&params, "id_token")).await;
            assert_eq!((&claims["sub"], &claims["nonce"]), (&json!("1"), &json!("n")));
            let hash = |text: &str| json!(SigningAlg::RS256.half_hash(text));
            assert_eq!(claims.get("at_hash"), has("access_token").then(|| hash(access)).as_ref());
            assert_eq!(claims.get("c_hash"), has("code").then(|| hash(code)).as_ref());
        }
        if has("code") {
            let code = Code { code: code.to_owned(), verifier: request.verifier.clone() };
            let answer = client.redeem(&code).await;
            let claims = verified(&server, "web", &answer.text("id_token")).await;
            assert_eq!((&claims["sub"], &claims["nonce"]), (&json!("1"), &json!("n")));
        }
    }
}

/// Section 5.4: where there is nothing to ask UserInfo with, the ID token tells what the scopes stand for.
#[tokio::test]
async fn an_id_token_alone_tells_what_the_scopes_stand_for() {
    let server = server().await;
    let client = marked(server.new_client("web")).register().await;
    let browser = server.signed_in("ada").await;
    server.set_profile("ada", json!({"email": "ada@example.com"})).await;
    for (response_type, told) in [("id_token", true), ("id_token token", false), ("code id_token", false)] {
        let params = allowed(&browser, &request(&client, response_type).with("scope", "openid email")).await;
        let claims = verified(&server, "web", get(&params, "id_token")).await;
        assert_eq!(claims.get("email").is_some(), told, "{response_type}");
    }
}

/// Faults and refusals are told where the answer would be, and tokens never travel in a query.
#[tokio::test]
async fn faults_are_told_in_the_fragment_and_nothing_travels_in_a_query() {
    let server = server().await;
    let client = marked(server.new_client("web")).register().await;
    let browser = server.signed_in("ada").await;
    let of = |response_type| request(&client, response_type);
    for (bent, error) in [
        (of("id_token").without("nonce"), "invalid_request"),
        (of("id_token token").without("nonce"), "invalid_request"),
        (of("code id_token").without("nonce"), "invalid_request"),
        (of("code id_token token").without("nonce"), "invalid_request"),
        (of("id_token").with("scope", "read"), "invalid_request"),
        (of("token").with("response_mode", "query"), "invalid_request"),
        (of("code id_token").with("response_mode", "query"), "invalid_request"),
        (of("code token").without("code_challenge"), "invalid_request"),
        (of("token").with("scope", "x"), "invalid_scope"),
        (of("id_token").with("prompt", "none"), "consent_required"),
    ] {
        let params = in_fragment(&browser.get(&bent.path()).await);
        assert_eq!(get(&params, "error"), error, "{bent:?}");
        assert_eq!((get(&params, "state"), get(&params, "iss")), ("the state", ISSUER));
    }
    let params = in_fragment(&browser.decide(&of("token"), "refuse").await);
    assert_eq!(get(&params, "error"), "access_denied");
    let posted = browser.decide(&of("id_token").with("response_mode", "form_post"), "allow").await;
    assert!(posted.form("answer-form").field("id_token").is_some());
    // What has no ID token needs no nonce, and what has no code no challenge.
    for (name, bent) in [
        (
            "access_token",
            of("token").without("nonce").without("code_challenge").without("code_challenge_method"),
        ),
        ("code", of("code token").without("nonce")),
    ] {
        assert!(!get(&allowed(&browser, &bent).await, name).is_empty());
    }
}

/// R61, R82: a token of no grant ends by what ends others.
#[tokio::test]
async fn a_token_from_the_authorization_endpoint_ends_as_others_do() {
    let server = server().await;
    let client = marked(server.new_client("web")).register().await;
    let browser = server.signed_in("ada").await;
    let token = async || get(&allowed(&browser, &request(&client, "token")).await, "access_token").to_owned();
    let (first, second) = (token().await, token().await);
    assert_eq!(client.revoke(&first).await.status, 200);
    assert!(!client.vouches_for(&first).await && client.vouches_for(&second).await);
    server.advance(1);
    server.disable("ada", true).await;
    assert!(!client.vouches_for(&second).await);
    assert_eq!(server.count("grants").await, 0);
}

/// R26, RFC 9700 section 2.1.1: a confidential client may be excused from PKCE; then its redirect URI ties the code to it, and
/// a challenge that it sends all the same counts.
#[tokio::test]
async fn a_confidential_client_may_be_excused_from_pkce() {
    let server = server().await;
    let excused = r#"{"require_pkce":false}"#;
    let client = server.new_client("web").metadata(excused).register().await;
    let browser = server.signed_in("ada").await;
    assert!(server.new_client("phone").public().metadata(excused).try_register().await.is_err());
    let plain = AuthorizationRequest::of(&client).without("code_challenge").without("code_challenge_method");
    let code = browser.allow(&plain).await.code;
    let redeem = async |fields: &[(&str, &str)]| {
        let fields = [&[("grant_type", "authorization_code"), ("code", code.as_str())], fields].concat();
        client.token(&fields).await
    };
    let (right, verifier) = (("redirect_uri", CALLBACK), ("code_verifier", plain.verifier.as_str()));
    for wrong in [&[][..], &[right, verifier], &[("redirect_uri", "https://client.example/other")]] {
        redeem(wrong).await.is_error(400, "invalid_grant");
    }
    assert_eq!(redeem(&[right]).await.status, 200);

    let honest = AuthorizationRequest::of(&client);
    let code = browser.allow(&honest).await;
    let without = [("grant_type", "authorization_code"), ("code", code.code.as_str()), right];
    client.token(&without).await.is_error(400, "invalid_grant");
    assert_eq!(client.redeem(&code).await.status, 200);
    let plain = honest.with("code_challenge_method", "plain");
    assert!(browser.get(&plain.path()).await.location().contains("error=invalid_request"));
}
