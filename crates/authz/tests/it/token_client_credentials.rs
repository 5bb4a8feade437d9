//! `POST /o/token/` with `grant_type=client_credentials`.

use std::collections::HashSet;

use serde_json::json;

use crate::support::{server, server_with};

/// R51: no refresh token, no person, and the client is its own subject.
#[tokio::test]
async fn a_client_speaks_for_itself() {
    let server = server().await;
    let client = server.client("web").await;
    let answer = client.client_credentials().await;
    let access = answer.text("access_token");
    let expected = format!(
        r#"{{"access_token":"{access}","expires_in":3600,"token_type":"Bearer","scope":"read write"}}"#
    );
    assert_eq!((answer.status, answer.body.as_str()), (200, expected.as_str()));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("pragma"), Some("no-cache"));
    let mut said = client.introspect(&access).await.json();
    said["jti"].take();
    assert_eq!(
        said,
        json!({
            "active": true, "scope": "read write", "client_id": "web", "token_type": "Bearer",
            "exp": 1_800_003_600, "iat": 1_800_000_000, "nbf": 1_800_000_000, "sub": "web",
            "aud": ["timetracker"], "iss": "http://localhost:8000/o", "jti": null,
        })
    );
}

/// R51: nobody can be registered under the number of a person.
#[tokio::test]
async fn no_client_can_be_mistaken_for_a_person() {
    let server = server().await;
    server.person("ada").await;
    for id in ["1", "42", "-1", "", " web", "we b", "wéb", "w\0", "a/b", "a:b", &"c".repeat(101)] {
        assert!(server.new_client("x").id(Some(id)).try_register().await.is_err(), "{id:?}");
    }
    let made = server.new_client("x").id(None).register().await;
    assert!(made.id.starts_with('c') && made.id.parse::<i64>().is_err());
    assert_eq!(made.client_credentials().await.status, 200);
}

/// R49
#[tokio::test]
async fn a_client_gets_what_it_asks_for_and_no_more_than_it_may() {
    let server = server_with(&[("SCOPES", "read=Read; write=Write; admin=Rule")]).await;
    let client = server.new_client("web").scopes(&["read", "write"]).register().await;
    for (asked, granted) in
        [("", "read write"), ("read", "read"), ("write read", "read write"), ("read read", "read")]
    {
        let answer = client.token(&[("grant_type", "client_credentials"), ("scope", asked)]).await;
        assert_eq!(answer.text("scope"), granted, "{asked}");
        assert_eq!(client.introspect(&answer.text("access_token")).await.text("scope"), granted);
    }
    for wrong in ["admin", "read admin", "READ", "read  write", " read", "read,write", "\"", "re\\ad", "é"] {
        let answer = client.token(&[("grant_type", "client_credentials"), ("scope", wrong)]).await;
        answer.is_error(400, "invalid_scope");
    }
}

/// R27
#[tokio::test]
async fn a_thousand_tokens_are_all_different_all_over() {
    let server = server().await;
    let client = server.client("web").await;
    let mut tokens = HashSet::new();
    for _ in 0..1_000 {
        let token = client.client_credentials().await.text("access_token");
        // Prefix and key id (4 bytes) are common; then come 12 random bytes and what they made unreadable.
        tokens.insert(token[10..26].to_owned());
    }
    assert_eq!(tokens.len(), 1_000);
}

/// Tokens end by themselves.
#[tokio::test]
async fn a_token_ends_when_it_said_it_would() {
    let server = server_with(&[("ACCESS_TOKEN_TTL_SECONDS", "60")]).await;
    let client = server.client("web").await;
    let answer = client.client_credentials().await;
    assert_eq!(answer.json()["expires_in"], 60);
    server.advance(59);
    assert!(client.vouches_for(&answer.text("access_token")).await);
    server.advance(1);
    assert!(!client.vouches_for(&answer.text("access_token")).await);
}
