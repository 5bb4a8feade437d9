//! `/o/register/`: RFC 7591, and OpenID Connect Dynamic Client Registration 1.0. What is said; who may say it is in
//! `admission.rs`.

mod addresses;
mod admission;
mod allowances;
mod manage;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, AuthorizationRequest, CALLBACK, Client, Listener, TestServer, server_with};

/// A server where everybody may register clients, and as many as they like.
async fn open() -> TestServer {
    server_with(&[("REGISTRATION", "open"), ("REGISTRATIONS_PER_HOUR", "0")]).await
}

async fn post(server: &TestServer, body: &Value, token: Option<&str>) -> Answer {
    let mut request = server.http.request(Method::POST, "/o/register/");
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    server.http.send(request.header("content-type", "application/json").body(body.to_string())).await
}

async fn initial_token(server: &TestServer, uses: u32) -> String {
    allowances::initial_token(server, uses, &[], false).await
}

/// The least there is to say.
fn least() -> Value {
    json!({"redirect_uris": [CALLBACK]})
}

/// With a member more.
fn with(name: &str, value: Value) -> Value {
    let mut body = least();
    body[name] = value;
    body
}

#[track_caller]
fn is_refused(answer: &Answer, status: u16, error: &str) {
    assert_eq!((answer.status, answer.json()["error"].as_str()), (status, Some(error)), "{answer:?}");
    assert_eq!(answer.json().as_object().unwrap().len(), 2, "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let challenged = answer.header("www-authenticate").is_some_and(|value| value.starts_with("Bearer "));
    assert_eq!(challenged, status == 401, "{answer:?}");
}

/// R47, R106: section 3.2.1, the whole answer; and the client works.
#[tokio::test]
async fn a_client_with_a_token_is_registered_as_it_asked_and_works() {
    let server = server_with(&[("REGISTRATION", "token")]).await;
    let token = initial_token(&server, 1).await;
    is_refused(&post(&server, &least(), None).await, 401, "invalid_token");
    is_refused(&post(&server, &least(), Some("tti_x")).await, 401, "invalid_token");
    let asked = json!({
        "redirect_uris": [CALLBACK], "client_name": "Web", "scope": "openid read nonsense",
        "token_endpoint_auth_method": "client_secret_post", "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"], "contacts": ["ada@example.com"], "client_uri": "https://client.example/",
        "logo_uri": "https://client.example/logo.png", "policy_uri": "https://client.example/policy",
        "tos_uri": "https://client.example/tos", "id_token_signed_response_alg": "ES256",
        "initiate_login_uri": "https://client.example/begin",
        "default_max_age": 600, "require_auth_time": true,
        "post_logout_redirect_uris": ["https://client.example/bye"],
        "backchannel_logout_uri": "https://client.example/told", "backchannel_logout_session_required": true,
        "something_else": "ignored", "client_name#de": "Netz",
    });
    let answer = post(&server, &asked, Some(&token)).await;
    assert_eq!((answer.status, answer.header("cache-control")), (201, Some("no-store")));
    let mut told = answer.json();
    let id = told["client_id"].take().as_str().unwrap().to_owned();
    let secret = told["client_secret"].take().as_str().unwrap().to_owned();
    assert!(told["registration_access_token"].take().as_str().unwrap().starts_with("ttm_"));
    assert_eq!(
        told,
        json!({
            "client_id": null, "client_id_issued_at": 1_800_000_000, "client_secret": null,
            "client_secret_expires_at": 0, "registration_access_token": null,
            "registration_client_uri": format!("http://localhost:8000/o/register/{id}/"),
            "client_name": "Web", "redirect_uris": [CALLBACK],
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
            "scope": "openid read", "default_max_age": 600, "id_token_signed_response_alg": "ES256",
            "subject_type": "public", "token_endpoint_auth_method": "client_secret_post",
            "require_signed_request_object": false, "request_uris": [], "dpop_bound_access_tokens": false,
            "require_auth_time": true, "contacts": ["ada@example.com"],
            "client_uri": "https://client.example/", "logo_uri": "https://client.example/logo.png",
            "policy_uri": "https://client.example/policy", "tos_uri": "https://client.example/tos",
            "initiate_login_uri": "https://client.example/begin",
            "post_logout_redirect_uris": ["https://client.example/bye"],
            "backchannel_logout_uri": "https://client.example/told",
            "backchannel_logout_session_required": true, "frontchannel_logout_session_required": false,
        })
    );
    assert!(!server.database_text("clients").await.contains("ignored"));
    // R40: by the method it registered, and by no other.
    let client = Client::known(&server, &id, &secret);
    let code =
        server.signed_in("ada").await.allow(&AuthorizationRequest::of(&client).with("scope", "read")).await;
    client.redeem(&code).await.is_error(401, "invalid_client");
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &code.code),
        ("code_verifier", &code.verifier),
        ("client_id", &id),
        ("client_secret", &secret),
    ];
    assert_eq!(server.http.send_form("/o/token/", &fields).await.status, 200);
    is_refused(&post(&server, &least(), Some(&token)).await, 401, "invalid_token");
    let event = "audit_events WHERE event = 'client_registered' AND detail <> ''";
    assert_eq!(server.count(event).await, 1);
}

/// Section 2: what is not said has its default.
#[tokio::test]
async fn a_client_that_says_little_gets_the_defaults_and_a_public_one_no_secret() {
    let server = open().await;
    let told = post(&server, &least(), None).await.json();
    assert_eq!(told["client_name"], "An application without a name");
    assert_eq!(told["token_endpoint_auth_method"], "client_secret_basic");
    assert_eq!(told["grant_types"], json!(["authorization_code", "refresh_token"]));
    assert!(told["client_secret"].is_string());
    let told = post(&server, &with("token_endpoint_auth_method", json!("none")), None).await.json();
    assert_eq!((&told["client_secret"], &told["client_secret_expires_at"]), (&Value::Null, &Value::Null));
    assert_eq!(server.count("clients WHERE secret_hash IS NULL").await, 1);
}

/// R3, R97, R107: what may not be registered, by the names of section 3.2.2.
#[tokio::test]
async fn what_is_not_safe_or_not_a_clients_to_say_is_refused() {
    let server = open().await;
    for uri in [
        "http://client.example/cb",
        "https://client.example/cb#f",
        "https://client.example/cb#",
        "/cb",
        "",
        "https://u@client.example/cb",
        "https://*.example/cb",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://x.example/1",
        "about:blank",
        "https://client.example/\u{7}",
        "https://client.example/ cb",
        "myapp:/cb",
        "https:client.example",
    ] {
        let body = json!({"redirect_uris": [CALLBACK, uri]});
        is_refused(&post(&server, &body, None).await, 400, "invalid_redirect_uri");
        for member in [
            "client_uri",
            "policy_uri",
            "tos_uri",
            "logo_uri",
            "initiate_login_uri",
            "backchannel_logout_uri",
            "frontchannel_logout_uri",
        ] {
            is_refused(&post(&server, &with(member, json!(uri)), None).await, 400, "invalid_client_metadata");
        }
        let body = with("post_logout_redirect_uris", json!([uri]));
        is_refused(&post(&server, &body, None).await, 400, "invalid_client_metadata");
    }
    for body in [json!({}), json!({"redirect_uris": []}), json!({"redirect_uris": null})] {
        is_refused(&post(&server, &body, None).await, 400, "invalid_redirect_uri");
    }
    for (member, value) in [
        ("redirect_uris", json!("https://client.example/cb")),
        ("redirect_uris", json!([7])),
        ("grant_types", json!(["client_credentials"])),
        ("grant_types", json!(["authorization_code", "password"])),
        ("grant_types", json!(["implicit"])),
        ("grant_types", json!(["refresh_token"])),
        ("grant_types", json!([])),
        ("response_types", json!(["token"])),
        ("response_types", json!(["code id_token"])),
        ("response_types", json!([])),
        ("scope", json!("nothing that there is")),
        ("scope", json!(7)),
        ("client_name", json!("x".repeat(101))),
        ("client_name", json!("a\u{1b}[31m")),
        // Shown, these would be nothing at all, or something else than they are.
        ("client_name", json!("\u{200d}")),
        ("client_name", json!("\u{3164}\u{2800}")),
        ("client_name", json!("Bank\u{2060}")),
        ("client_name", json!("Bank\u{202e}gnp")),
        ("client_name", json!("Bank\u{e0041}")),
        ("client_name", json!("Ba\u{ad}nk")),
        ("client_name", json!("")),
        ("token_endpoint_auth_method", json!("private_key_jwt")),
        ("token_endpoint_auth_method", json!(1)),
        ("id_token_signed_response_alg", json!("none")),
        ("id_token_signed_response_alg", json!("HS256")),
        ("userinfo_signed_response_alg", json!("none")),
        ("subject_type", json!("secret")),
        ("default_max_age", json!(-1)),
        ("contacts", json!("ada")),
        ("require_auth_time", json!("yes")),
        ("sector_identifier_uri", json!("http://client.example/s")),
    ] {
        is_refused(&post(&server, &with(member, value), None).await, 400, "invalid_client_metadata");
    }
    let pairwise =
        json!({"redirect_uris": [CALLBACK, "https://other.example/cb"], "subject_type": "pairwise"});
    is_refused(&post(&server, &pairwise, None).await, 400, "invalid_client_metadata");
    is_refused(
        &post(&server, &with("software_statement", json!(7)), None).await,
        400,
        "invalid_software_statement",
    );
    is_refused(
        &post(&server, &with("software_statement", json!("x")), None).await,
        400,
        "invalid_software_statement",
    );
    let unapproved = post(&server, &with("software_statement", json!("e30.e30.x")), None).await;
    is_refused(&unapproved, 400, "unapproved_software_statement");
    assert_eq!(server.count("clients").await, 0);
}

/// R107: nothing becomes another's by being said.
#[tokio::test]
async fn what_only_an_administrator_sets_is_ignored() {
    let server = open().await;
    server.client("web").await;
    let body = json!({
        "redirect_uris": [CALLBACK], "client_id": "web", "id": "web", "client_secret": "mine", "is_first_party": true,
        "is_self_registered": false, "audiences": ["x"], "introspects": ["timetracker"], "skip_authorization": true,
        "client_secret_expires_at": 5, "registration_access_token": "mine", "require_pkce": false,
    });
    let told = post(&server, &body, None).await.json();
    let id = told["client_id"].as_str().unwrap();
    assert!(id != "web" && told["client_secret"] != "mine" && told["registration_access_token"] != "mine");
    let said = format!("clients WHERE id = '{id}' AND introspects = '' AND audiences = 'timetracker'");
    assert_eq!(server.count(&said).await, 1);
    let metadata = server.database_text("clients").await;
    assert!(
        metadata.contains(r#""is_self_registered":true"#) && !metadata.contains(r#""is_first_party":true"#)
    );
}

/// R145
#[tokio::test]
async fn a_registration_is_a_json_object_of_at_most_sixteen_kilobytes() {
    let server = open().await;
    let send = async |content_type: &str, body: String| {
        let request = server.http.request(Method::POST, "/o/register/").header("content-type", content_type);
        server.http.send(request.body(body)).await
    };
    for body in ["", "[]", "7", "{", "null", "{\"a\":1}{}", "\u{feff}{}"] {
        is_refused(&send("application/json", body.to_owned()).await, 400, "invalid_request");
    }
    is_refused(
        &send("application/json", format!("{}{}", " ".repeat(17_000), least())).await,
        413,
        "invalid_request",
    );
    for wrong in ["application/x-www-form-urlencoded", "text/plain", "application/jsonx"] {
        is_refused(&send(wrong, least().to_string()).await, 415, "invalid_request");
    }
    assert_eq!(send("application/json; charset=utf-8", least().to_string()).await.status, 201);
}

/// R109, R110, OpenID Connect Dynamic Client Registration section 5: of all addresses only the sector identifier is
/// looked at, and it names every redirect URI.
#[tokio::test]
async fn a_sector_identifier_names_every_redirect_uri_and_no_picture_is_fetched() {
    let changes = [("REGISTRATION", "open"), ("OUTBOUND_NETWORKS", "127.0.0.0/8")];
    let (server, listener) = (server_with(&changes).await, Listener::start().await);
    let body = with("sector_identifier_uri", json!(listener.url("/sector")));
    for listed in ["", "{}", r#"["https://client.example/other"]"#] {
        listener.says(listed);
        is_refused(&post(&server, &body, None).await, 400, "invalid_client_metadata");
    }
    listener.says(r#"["https://client.example/other","https://client.example/cb"]"#);
    assert_eq!(post(&server, &body, None).await.status, 201);
    assert!(listener.heard().iter().all(|heard| heard.starts_with("GET /sector HTTP/1.1\r\n")));
    assert_eq!(listener.heard().len(), 4);
    for member in ["logo_uri", "client_uri", "policy_uri", "tos_uri"] {
        assert_eq!(post(&server, &with(member, json!(listener.url("/x"))), None).await.status, 201);
    }
    assert_eq!(listener.heard().len(), 4);
    // Where the operator has not said so, nobody is sent to this machine.
    let elsewhere = open().await;
    is_refused(&post(&elsewhere, &body, None).await, 400, "invalid_client_metadata");
    assert_eq!(listener.heard().len(), 4);
}
