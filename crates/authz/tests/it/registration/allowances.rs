//! What an administrator lets the clients have that register with an initial access token.

use std::time::Duration;

use authz::audit::Origin;
use authz::self_registration;
use authz::store::json::Json;
use authz::store::registration_tokens::Allowance;
use reqwest::Method;
use serde_json::{Value, json};

use super::{is_refused, post, with};
use crate::support::{AuthorizationRequest, CALLBACK, Client, TestServer, server_with};

/// An initial access token that allows this.
pub(super) async fn initial_token(
    server: &TestServer,
    uses: u32,
    response_types: &[&str],
    without_pkce: bool,
) -> String {
    let (origin, ttl) = (Origin::CommandLine(None), Duration::from_secs(86_400));
    let response_types = response_types.iter().map(|each| each.parse().unwrap()).collect();
    let allows = Json::new(Allowance { response_types, without_pkce }).unwrap();
    let made = self_registration::create_token(server.app(), &origin, "bob".into(), uses, ttl, allows).await;
    made.unwrap().1.expose().clone()
}

/// One for many clients.
async fn token(server: &TestServer, types: &[&str], without_pkce: bool) -> String {
    initial_token(server, 9, types, without_pkce).await
}

/// A registration of these response types.
fn of_types(types: &[&str]) -> Value {
    let mut body = with("response_types", json!(types));
    let has = |word: &str| types.iter().any(|each| each.split(' ').any(|part| part == word));
    let implicit = has("token") || has("id_token");
    let grants = [("authorization_code", has("code")), ("implicit", implicit)];
    body["grant_types"] = grants.into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect();
    body
}

fn unproven(client: &Client) -> AuthorizationRequest {
    AuthorizationRequest::of(client).without("code_challenge").without("code_challenge_method")
}

/// R107: response types beyond `code`, as many as the token says; and the client gets them.
#[tokio::test]
async fn a_client_registers_the_response_types_its_token_allows_and_no_others() {
    let server = server_with(&[("REGISTRATION", "token")]).await;
    let token = token(&server, &["code id_token", "id_token"], false).await;
    let told = post(&server, &of_types(&["code", "id_token code"]), Some(&token)).await;
    assert_eq!(told.status, 201, "{told:?}");
    assert_eq!(told.json()["response_types"], json!(["code", "code id_token"]));
    assert_eq!(told.json()["grant_types"], json!(["authorization_code", "refresh_token", "implicit"]));
    let client = Client::known(&server, &told.text("client_id"), &told.text("client_secret"));
    let asked = AuthorizationRequest::of(&client).with("response_type", "code id_token");
    let asked = asked.with("scope", "openid").with("nonce", "n");
    let answer = server.signed_in("ada").await.decide(&asked, "allow").await;
    assert!(answer.location().starts_with(&format!("{CALLBACK}#code=")), "{answer:?}");
    let told = post(&server, &of_types(&["id_token"]), Some(&token)).await;
    assert_eq!((told.status, &told.json()["grant_types"]), (201, &json!(["implicit"])), "{told:?}");
    for types in
        [&["token"][..], &["code", "code token"], &["code id_token token"], &["none"], &["code code"]]
    {
        is_refused(&post(&server, &of_types(types), Some(&token)).await, 400, "invalid_client_metadata");
    }
    // RFC 7591 section 2.1: what does not fit together.
    for (types, grants) in [
        (json!(["code id_token"]), json!(["authorization_code"])),
        (json!(["code id_token"]), json!(["implicit"])),
        (json!(["id_token"]), json!(["authorization_code", "implicit"])),
        (json!(["code"]), json!(["authorization_code", "implicit"])),
        (json!([]), json!([])),
        (json!([]), json!(["refresh_token"])),
    ] {
        let mut body = with("response_types", types);
        body["grant_types"] = grants;
        is_refused(&post(&server, &body, Some(&token)).await, 400, "invalid_client_metadata");
    }
    // None of that used the token up.
    assert_eq!(server.count("registration_tokens WHERE uses_left = 7").await, 1);
}

/// R20, R107: only an administrator excuses from PKCE, and only who has a secret.
#[tokio::test]
async fn a_client_is_excused_from_pkce_by_its_token_and_never_by_itself() {
    let server = server_with(&[("REGISTRATION", "token")]).await;
    let (excusing, strict) = (token(&server, &[], true).await, token(&server, &[], false).await);
    let mut body = with("require_pkce", json!(false));
    body["registrable_response_types"] = json!(["token"]);
    let browser = server.signed_in("ada").await;
    for (token, auth_method, is_excused) in [
        (&excusing, "client_secret_basic", true),
        (&excusing, "none", false),
        (&strict, "client_secret_basic", false),
        (&strict, "none", false),
    ] {
        body["token_endpoint_auth_method"] = json!(auth_method);
        let told = post(&server, &body, Some(token)).await;
        assert_eq!(told.status, 201, "{told:?}");
        let members = told.json();
        assert_eq!(
            (&members["require_pkce"], &members["registrable_response_types"]),
            (&Value::Null, &Value::Null)
        );
        let client = Client::known(&server, &told.text("client_id"), "");
        let answer = browser.get(&unproven(&client).path()).await;
        assert_eq!(answer.status == 200, is_excused, "{token} {auth_method} {answer:?}");
        if !is_excused {
            let params = answer.returned_to(CALLBACK);
            assert_eq!(params[1], ("error_description".to_owned(), "Code challenge required.".to_owned()));
        }
    }
}

/// R107, R108: RFC 7592; a replacement is judged by what the token allowed, long after it is gone.
#[tokio::test]
async fn a_replacement_is_judged_by_what_the_token_allowed() {
    let server = server_with(&[("REGISTRATION", "token")]).await;
    let token = initial_token(&server, 1, &["code id_token"], true).await;
    let told = post(&server, &of_types(&["code"]), Some(&token)).await;
    let (id, access) = (told.text("client_id"), told.text("registration_access_token"));
    let put = async |mut body: Value| {
        body["client_id"] = json!(id);
        let request = server.http.request(Method::PUT, &format!("/o/register/{id}/")).bearer_auth(&access);
        server.http.send(request.header("content-type", "application/json").body(body.to_string())).await
    };
    let is_excused = async || {
        let client = Client::known(&server, &id, "");
        server.browser().get(&unproven(&client).path()).await.location().contains("/accounts/login/")
    };
    assert!(is_excused().await);
    let both = ["code", "code id_token"];
    let told = put(of_types(&both)).await;
    assert_eq!((told.status, &told.json()["response_types"]), (200, &json!(both)), "{told:?}");
    assert!(is_excused().await);
    is_refused(&put(of_types(&["code token"])).await, 400, "invalid_client_metadata");
    let mut public = of_types(&["code"]);
    public["token_endpoint_auth_method"] = json!("none");
    assert_eq!(put(public).await.status, 200);
    assert!(!is_excused().await);
    // Whoever gave the secret up gave the excuse up with it.
    assert_eq!(put(of_types(&both)).await.status, 200);
    assert!(!is_excused().await);
}
