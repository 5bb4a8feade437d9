//! A name and a password in a header, and at introspection.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;

use super::{MISSING, is, people};
use crate::support::{password_of, server};

/// Off by default; judged and counted like every password where it is on.
#[tokio::test]
async fn a_password_in_a_header_counts_where_that_is_allowed() {
    let people = people(&[("BASIC_AUTHENTICATION", "true")]).await;
    let with = |name: &str, password: &str| {
        let request = people.server.http.request(Method::GET, "/user_details/");
        people.server.http.send(request.basic_auth(name, Some(password)))
    };
    let whole =
        r#"{"id":1,"username":"ada","first_name":"Ada","last_name":"Lovelace","email":"ada@example.com"}"#;
    is(&with("ada", &password_of("ada")).await, 200, whole);
    for (name, password) in [("ada", "wrong"), ("nobody", "wrong")] {
        let answer = with(name, password).await;
        is(&answer, 401, r#"{"detail":"Invalid username/password."}"#);
        assert_eq!(answer.header("www-authenticate"), Some(MISSING));
    }
    for (header, sentence) in [
        ("Basic", "Invalid basic header. No credentials provided."),
        ("Basic a b", "Invalid basic header. Credentials string should not contain spaces."),
        ("Basic !", "Invalid basic header. Credentials not correctly base64 encoded."),
        ("Token", "Invalid token header. No credentials provided."),
        ("Token a b", "Invalid token header. Token string should not contain spaces."),
    ] {
        let request =
            people.server.http.request(Method::GET, "/user_details/").header("authorization", header);
        is(&people.server.http.send(request).await, 401, &format!(r#"{{"detail":"{sentence}"}}"#));
    }
    for _ in 0..4 {
        with("ada", "wrong").await;
    }
    assert_eq!(with("ada", &password_of("ada")).await.status, 429);
    // A resource server may ask about it, and is told what kind it is.
    let watcher = people.server.new_client("watcher").introspects(&["timetracker"]).register().await;
    let told = watcher.introspect("Basic Ym9iOmhvcnNlIGJhdHRlcnkgc3RhcGxlIGJvYg==").await.json();
    assert_eq!(
        (told["token_type"].as_str(), told["sub"].as_str(), told["client_id"].as_str()),
        (Some("Basic"), Some("2"), None)
    );
    assert!(!watcher.vouches_for("Basic Ym9iOng=").await);
}

/// R119: what strangers try at an API shuts out nobody but the one whose password it is: all come from the API's address.
#[tokio::test]
async fn wrong_passwords_at_an_api_shut_nobody_else_out() {
    let people = people(&[("BASIC_AUTHENTICATION", "true"), ("WRONG_PASSWORDS_PER_HOUR", "3")]).await;
    let watcher = people.server.new_client("watcher").introspects(&["timetracker"]).register().await;
    let basic = |name: &str, password: &str| {
        format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{password}")))
    };
    for number in 0..8 {
        assert!(!watcher.vouches_for(&basic(&format!("user{number}"), "wrong")).await);
        assert!(!watcher.vouches_for(&basic("ada", "wrong")).await);
    }
    assert!(watcher.vouches_for(&basic("bob", &password_of("bob"))).await);
    assert!(!watcher.vouches_for(&basic("ada", &password_of("ada"))).await, "hers was guessed at");
    people.server.browser().sign_in("bob").await;
}

/// Where it is off, nobody is asked about a password at introspection either.
#[tokio::test]
async fn a_password_is_no_token_where_that_is_off() {
    let server = server().await;
    server.person("bob").await;
    let watcher = server.new_client("watcher").introspects(&["timetracker"]).register().await;
    assert!(!watcher.vouches_for("Basic Ym9iOmhvcnNlIGJhdHRlcnkgc3RhcGxlIGJvYg==").await);
}
