//! Who may register clients, how many, and what becomes of those that nobody knows.

use authz::audit::Origin;
use authz::store::registrations;
use reqwest::Method;
use serde_json::{Value, json};

use super::{initial_token, is_refused, least, open, post, with};
use crate::support::{AuthorizationRequest, CALLBACK, Client, server, server_with};

/// R106: closed unless an administrator says otherwise, and discovery does not say that it is there.
#[tokio::test]
async fn nobody_registers_where_registration_is_closed() {
    let server = server().await;
    let token = initial_token(&server, 1).await;
    for token in [None, Some(token.as_str())] {
        is_refused(&post(&server, &least(), token).await, 403, "access_denied");
    }
    assert_eq!(server.count("clients").await, 0);
    let metadata = server.http.get("/o/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["registration_endpoint"], Value::Null);
    let open = open().await;
    let metadata = open.http.get("/o/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["registration_endpoint"], "http://localhost:8000/o/register/");
}

/// R16: an initial access token is an administrator's word for whoever holds it. Without one, nobody is taken to the
/// client by an error.
#[tokio::test]
async fn who_came_with_a_token_is_told_errors_at_once_and_who_did_not_only_by_a_link() {
    let server = open().await;
    let token = initial_token(&server, 1).await;
    for token in [Some(token.as_str()), None] {
        let id = post(&server, &least(), token).await.text("client_id");
        let client = Client::known(&server, &id, "");
        let silent = AuthorizationRequest::of(&client).without("scope").with("prompt", "none");
        let answer = server.browser().get(&silent.path()).await;
        if token.is_some() {
            assert_eq!(answer.returned_to(CALLBACK)[0].1, "login_required");
        } else {
            answer.is_page(200);
            assert_eq!(answer.element("error").as_deref(), Some("login_required"));
        }
    }
}

/// R106, R153
#[tokio::test]
async fn one_network_registers_so_many_clients_in_an_hour() {
    let server = server_with(&[("REGISTRATION", "open"), ("REGISTRATIONS_PER_HOUR", "3")]).await;
    for _ in 0..3 {
        assert_eq!(post(&server, &least(), None).await.status, 201);
    }
    let answer = post(&server, &least(), None).await;
    is_refused(&answer, 429, "temporarily_unavailable");
    assert_eq!(answer.header("retry-after"), Some("3600"));
    assert_eq!(server.count("clients").await, 3);
    server.advance(3_601);
    assert_eq!(post(&server, &least(), None).await.status, 201);
}

/// C14: of many at once with one token, in two processes, as many win as it has uses.
#[tokio::test]
async fn a_token_is_used_as_often_as_it_may_be_however_many_use_it_at_once() {
    let first = server_with(&[("REGISTRATION", "token"), ("REGISTRATIONS_PER_HOUR", "0")]).await;
    let second = first.second().await;
    let token = initial_token(&first, 3).await;
    let mut wanting = Vec::new();
    for number in 0..64 {
        let http = if number % 2 == 0 { first.http.clone() } else { second.http.clone() };
        let request = http.request(Method::POST, "/o/register/").bearer_auth(&token);
        let request = request.header("content-type", "application/json").body(least().to_string());
        wanting.push(tokio::spawn(async move { http.send(request).await.status }));
    }
    let mut made = 0;
    for each in wanting {
        match each.await.unwrap() {
            201 => made += 1,
            401 | 503 => {}
            status => panic!("{status}"),
        }
    }
    assert_eq!(made, 3);
    assert_eq!((first.count("clients").await, first.count("client_registrations").await), (3, 3));
    assert_eq!(first.count("registration_tokens WHERE uses_left = 0").await, 1);
}

/// R106: a token ends; a client nobody uses goes, one that somebody has used stays.
#[tokio::test]
async fn what_nobody_uses_in_time_is_removed() {
    let server = server_with(&[("REGISTRATION", "open"), ("REGISTRATION_UNUSED_DAYS", "2")]).await;
    let token = initial_token(&server, 1).await;
    let public = with("token_endpoint_auth_method", json!("none"));
    let [used, unused] = [post(&server, &public, None).await, post(&server, &public, None).await];
    let vouched_for = post(&server, &public, Some(&token)).await;
    let client = Client::known(&server, &used.text("client_id"), "").as_public();
    server.signed_in("ada").await.tokens_for(&client).await;
    let sweep = async || {
        let now = server.clock.now();
        server.app().db.write(move |conn| registrations::sweep(conn, now, 10)).await.unwrap()
    };
    server.advance(2 * 86_400 - 1);
    assert_eq!(sweep().await, Vec::<String>::new());
    server.advance(1);
    assert_eq!(sweep().await, [unused.text("client_id")]);
    assert_eq!(sweep().await, Vec::<String>::new());
    let left = format!("clients WHERE id = '{}'", vouched_for.text("client_id"));
    assert_eq!((server.count("clients").await, server.count(&left).await), (2, 1));
    let late = initial_token(&server, 1).await;
    server.advance(86_401);
    is_refused(&post(&server, &least(), Some(&late)).await, 401, "invalid_token");
}

/// R106: people are told that nobody knows the client; not when an administrator gave a token for it, or vouches for it.
#[tokio::test]
async fn people_are_told_that_a_client_registered_itself() {
    let server = open().await;
    let token = initial_token(&server, 1).await;
    let public = with("token_endpoint_auth_method", json!("none"));
    let unverified = post(&server, &public, None).await.text("client_id");
    let vouched_for = post(&server, &public, Some(&token)).await.text("client_id");
    let browser = server.signed_in("ada").await;
    let said = async |id: &str| {
        let client = Client::known(&server, id, "").as_public();
        browser.get(&AuthorizationRequest::of(&client).path()).await.element("unverified")
    };
    let sentence = "This application registered itself. Nobody here has checked who is behind it: look at where you \
                    return to.";
    assert_eq!(said(&unverified).await.as_deref(), Some(sentence));
    assert_eq!(said(&vouched_for).await, None);
    let origin = Origin::CommandLine(None);
    let changes = r#"{"is_self_registered":false}"#;
    authz::registration::change_metadata(server.app(), &origin, &unverified, changes).await.unwrap();
    assert_eq!(said(&unverified).await, None);
}
