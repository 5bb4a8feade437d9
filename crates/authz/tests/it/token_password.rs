//! `POST /o/token/` with `grant_type=password`, for clients an administrator has marked.

use crate::support::{password_of, server};

/// The whole answer; the person is the subject.
#[tokio::test]
async fn a_marked_client_gets_tokens_for_a_password() {
    let server = server().await;
    server.person("ada").await;
    let client = server.client("web").await;
    for name in ["ada", "ADA", "ａｄａ"] {
        let answer = client.password(name, &password_of("ada")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let said = client.introspect(&answer.text("access_token")).await.json();
        assert_eq!((&said["sub"], &said["username"]), (&"1".into(), &"ada".into()));
        assert_eq!(client.refresh(&answer.text("refresh_token")).await.status, 200);
    }
}

/// R48, R116: an unknown person, a wrong password and a disabled person are one and the same answer.
#[tokio::test]
async fn every_failure_is_the_same_to_the_byte() {
    let server = server().await;
    server.person("ada").await;
    server.person("bob").await;
    let client = server.client("web").await;
    server.disable("bob", true).await;
    let mut answers = Vec::new();
    for (name, password) in [
        ("ada", "not the password"),
        ("nobody", "not the password"),
        ("bob", "not the password"),
        ("bob", &password_of("bob")),
        ("ada", &password_of("ADA")),
        ("ada", &format!("{} ", password_of("ada"))),
        ("ada", &password_of("ada")[1..]),
        (&"x".repeat(5_000), "y"),
        ("a", &"y".repeat(10_000)),
    ] {
        let answer = client.password(name, password).await;
        answer.is_error(400, "invalid_grant");
        let mut headers = answer.headers.clone();
        for own in ["x-request-id", "date"] {
            headers.remove(own);
        }
        answers.push((answer.body, headers));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
}

/// R12, R49, R150
#[tokio::test]
async fn faulty_requests_are_refused_before_a_password_is_looked_at() {
    let server = server().await;
    server.person("ada").await;
    let client = server.client("web").await;
    let password = password_of("ada");
    let grant = ("grant_type", "password");
    client.token(&[grant, ("username", "ada")]).await.is_error(400, "invalid_request");
    client.token(&[grant, ("password", &password)]).await.is_error(400, "invalid_request");
    client.password("", &password).await.is_error(400, "invalid_request");
    client.password("ada\0", &password).await.is_error(400, "invalid_request");
    client.password("ada", &format!("{password}\0")).await.is_error(400, "invalid_request");
    let fields = [grant, ("username", "ada"), ("password", password.as_str()), ("scope", "admin")];
    client.token(&fields).await.is_error(400, "invalid_scope");
}

/// R118, R119, R153: guesses are counted by name and address, whichever door they come through.
#[tokio::test]
async fn guessing_at_the_token_endpoint_counts_with_guessing_at_the_page() {
    let server = server().await;
    server.person("ada").await;
    server.person("bob").await;
    let client = server.client("web").await;
    for name in ["ada", "ADA"] {
        client.password(name, "wrong").await.is_error(400, "invalid_grant");
        server.browser().try_sign_in(name, "wrong").await.is_page(200);
    }
    client.password("ada", "wrong").await.is_error(400, "invalid_grant");
    let answer = client.password("ada", &password_of("ada")).await;
    answer.is_error(429, "temporarily_unavailable");
    assert_eq!(answer.header("retry-after"), Some("60"));
    let page = server.browser().try_sign_in("ada", &password_of("ada")).await;
    page.is_page(429);
    assert_eq!(page.header("retry-after"), Some("60"));
    let told = page.element("login-error");
    assert_eq!(told.as_deref(), Some("There were too many wrong tries. Wait a while, then try again."));
    assert_eq!(client.password("bob", &password_of("bob")).await.status, 200);
    server.advance(60);
    assert_eq!(client.password("ada", &password_of("ada")).await.status, 200);
}
