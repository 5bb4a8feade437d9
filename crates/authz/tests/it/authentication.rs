//! `/authentication/…`: signing up and in by requests, through the client of the server's own.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestServer, form, password_of, server, server_with};

async fn world(more: &[(&str, &str)]) -> TestServer {
    let server = server_with(&[&[("FIRST_PARTY_CLIENT", "ours")], more].concat()).await;
    server.new_client("ours").grant_types(&["password"]).register().await;
    server
}

async fn posts(server: &TestServer, path: &str, body: &Value) -> Answer {
    let request = server.http.request(Method::POST, &format!("/authentication/{path}"));
    server.http.send(request.header("content-type", "application/json").body(body.to_string())).await
}

fn somebody(name: &str) -> Value {
    json!({"username": name, "password": password_of(name)})
}

#[track_caller]
fn is_a_pair(answer: &Answer) -> (String, String) {
    let (access, refresh) = (answer.text("access_token"), answer.text("refresh_token"));
    let expected = format!(
        r#"{{"access_token":"{access}","expires_in":3600,"token_type":"Bearer","scope":"read write","refresh_token":"{refresh}"}}"#
    );
    assert_eq!((answer.status, answer.body.as_str()), (200, expected.as_str()));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.set_cookies(), Vec::<&str>::new());
    (access, refresh)
}

/// The road of the guide: whole answers, as JSON.
#[tokio::test]
async fn somebody_signs_up_in_renews_and_signs_out() {
    let server = world(&[]).await;
    let watcher = server.new_client("watcher").introspects(&["timetracker"]).register().await;
    let (access, _) = is_a_pair(&posts(&server, "register/", &somebody("ada")).await);
    let said = watcher.introspect(&access).await.json();
    let told = (&said["username"], &said["sub"], &said["client_id"], &said["scope"]);
    assert_eq!(told, (&json!("ada"), &json!("1"), &json!("ours"), &json!("read write")));
    let (access, refresh) = is_a_pair(&posts(&server, "token/", &somebody("ada")).await);
    let (renewed, _) = is_a_pair(&posts(&server, "token/refresh/", &json!({"refresh_token": refresh})).await);
    assert!(watcher.vouches_for(&access).await && watcher.vouches_for(&renewed).await);
    let answer = posts(&server, "token/revoke/", &json!({"token": renewed})).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"message":"token revoked"}"#));
    assert!(!watcher.vouches_for(&renewed).await && !watcher.vouches_for(&access).await);
    // At the page, too.
    server.browser().sign_in("ada").await;
}

/// As form, JSON and multipart, with and without the slash.
#[tokio::test]
async fn each_is_asked_in_every_way() {
    let server = world(&[]).await;
    let mut number = 0;
    for path in ["/authentication/register", "/authentication/token"] {
        number = 0;
        for slash in ["", "/"] {
            for kind in
                ["application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=x"]
            {
                let (name, password) = (format!("ada{number}"), password_of(&format!("ada{number}")));
                number += 1;
                let body = match kind {
                    "application/json" => somebody(&name).to_string(),
                    "application/x-www-form-urlencoded" => {
                        form(&[("username", name.as_str()), ("password", password.as_str())])
                    }
                    _ => {
                        let part = |name: &str, value: &str| {
                            format!(
                                "--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
                            )
                        };
                        format!("{}{}--x--\r\n", part("username", &name), part("password", &password))
                    }
                };
                let request = server.http.request(Method::POST, &format!("{path}{slash}"));
                is_a_pair(&server.http.send(request.header("content-type", kind).body(body)).await);
            }
        }
    }
    assert_eq!(server.count("users").await, number);
}

/// What is wrong with an account, in the framework's words, and 400.
#[tokio::test]
async fn what_is_wrong_with_an_account_is_said_field_by_field() {
    let server = world(&[]).await;
    server.person("ada").await;
    let good = password_of("bob");
    let required = "This field is required.";
    let short = "This password is too short. It must contain at least 15 characters.";
    let name =
        "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.";
    for (body, expected) in [
        (json!({}), json!({"username": [required], "password": [required]})),
        (json!({"username": "bob"}), json!({"password": [required]})),
        (json!({"username": "", "password": good}), json!({"username": ["This field may not be blank."]})),
        (json!({"username": null, "password": good}), json!({"username": ["This field may not be null."]})),
        (json!({"username": [], "password": good}), json!({"username": ["Not a valid string."]})),
        (json!({"username": "a b", "password": "short"}), json!({"username": [name], "password": [short]})),
        (json!({"username": "bob", "password": "short"}), json!({"password": [short]})),
        (
            json!({"username": "ADA", "password": good}),
            json!({"username": ["A user with that username already exists."]}),
        ),
        (
            json!({"username": "a".repeat(151), "password": good}),
            json!({"username": ["Ensure this field has no more than 150 characters."]}),
        ),
        (
            json!({"username": "bob", "password": "passwordpassword"}),
            json!({"password": ["This password is too common."]}),
        ),
    ] {
        let answer = posts(&server, "register/", &body).await;
        assert_eq!((answer.status, answer.json()), (400, expected), "{body}");
    }
    let request = server.http.request(Method::POST, "/authentication/register/");
    let answer = server.http.send(request.header("content-type", "application/json").body("{")).await;
    let told = r#"{"detail":"The body is not a JSON object of texts."}"#;
    assert_eq!((answer.status, answer.body.as_str()), (400, told));
    let request = server.http.request(Method::POST, "/authentication/register/");
    let answer = server.http.send(request.header("content-type", "text/plain").body("x")).await;
    assert_eq!(answer.status, 415);
    assert_eq!(server.count("users").await, 1);
}

/// As the token endpoint says it.
#[tokio::test]
async fn what_is_wrong_with_a_token_request_is_said_as_ever() {
    let server = world(&[]).await;
    server.person("ada").await;
    posts(&server, "token/", &json!({"username": "ada"})).await.is_error(400, "invalid_request");
    let wrong = json!({"username": "ada", "password": "wrong"});
    posts(&server, "token/", &wrong).await.is_error(400, "invalid_grant");
    posts(&server, "token/refresh/", &json!({})).await.is_error(400, "invalid_request");
    posts(&server, "token/refresh/", &json!({"refresh_token": "x"})).await.is_error(400, "invalid_grant");
    posts(&server, "token/revoke/", &json!({})).await.is_error(400, "invalid_request");
    // What is unknown or somebody else's is not touched, and not told apart.
    let other = server.client("other").await;
    let theirs = other.password("ada", &password_of("ada")).await;
    for token in ["x", &theirs.text("access_token")] {
        assert_eq!(posts(&server, "token/revoke/", &json!({"token": token})).await.status, 200);
    }
    assert!(other.vouches_for(&theirs.text("access_token")).await);
    let refresh = json!({"refresh_token": theirs.text("refresh_token")});
    posts(&server, "token/refresh/", &refresh).await.is_error(400, "invalid_grant");
    // It is a password and nothing else that is taken here.
    let mut more = somebody("ada");
    more["grant_type"] = "client_credentials".into();
    more["client_id"] = "other".into();
    is_a_pair(&posts(&server, "token/", &more).await);
}

/// R118, R119, R153: guesses count with those at the page, and accounts with those made there.
#[tokio::test]
async fn the_limits_of_the_pages_hold_here() {
    let server = world(&[("SIGNUPS_PER_HOUR", "2")]).await;
    server.person("ada").await;
    for _ in 0..3 {
        server.browser().try_sign_in("ada", "wrong").await.is_page(200);
    }
    for _ in 0..2 {
        let wrong = json!({"username": "ada", "password": "wrong"});
        posts(&server, "token/", &wrong).await.is_error(400, "invalid_grant");
    }
    let answer = posts(&server, "token/", &somebody("ada")).await;
    answer.is_error(429, "temporarily_unavailable");
    assert_eq!(answer.header("retry-after"), Some("60"));
    server.browser().try_sign_up("bob", &password_of("bob")).await.location();
    is_a_pair(&posts(&server, "register/", &somebody("carol")).await);
    let answer = posts(&server, "register/", &somebody("dave")).await;
    let told = r#"{"detail":"Request was throttled. Expected available in 3600 seconds."}"#;
    assert_eq!((answer.status, answer.body.as_str()), (429, told));
    assert_eq!(answer.header("retry-after"), Some("3600"));
}

/// C4: one person per name, however it is written, on two servers at once; all others are told that it is taken.
#[tokio::test]
async fn of_many_who_register_one_name_exactly_one_gets_it() {
    let first = world(&[]).await;
    let second = first.second().await;
    let spellings = ["ada", "ADA", "Ada", "aDa", "ａｄａ", "ＡＤＡ", "adA", "AdA"];
    let tries: Vec<_> = (0..64)
        .map(|number| {
            let http = if number % 2 == 0 { &first.http } else { &second.http }.clone();
            let password = password_of("whoever");
            let body = form(&[("username", spellings[number % 8]), ("password", password.as_str())]);
            tokio::spawn(async move { http.send(http.post("/authentication/register/", body)).await })
        })
        .collect();
    let mut winners = 0;
    for each in tries {
        let answer = each.await.unwrap();
        match answer.status {
            200 => winners += 1,
            // The queue for passwords is short on purpose.
            503 => assert_eq!(answer.header("retry-after"), Some("1")),
            _ => {
                let told = r#"{"username":["A user with that username already exists."]}"#;
                assert_eq!((answer.status, answer.body.as_str()), (400, told));
            }
        }
    }
    assert_eq!(winners, 1);
    assert_eq!((first.count("users").await, first.count("grants").await), (1, 1));
}

/// Nothing half made: without tokens there is no account.
#[tokio::test]
async fn without_the_client_or_its_grant_there_is_no_account() {
    let server = server().await;
    for path in ["register/", "token/", "token/refresh/", "token/revoke/"] {
        assert_eq!(posts(&server, path, &somebody("ada")).await.status, 404, "{path}");
    }
    let server = server_with(&[("FIRST_PARTY_CLIENT", "ours")]).await;
    for path in ["register/", "token/", "token/refresh/", "token/revoke/"] {
        let answer = posts(&server, path, &somebody("ada")).await;
        assert_eq!((answer.status, answer.body.as_str()), (404, r#"{"detail":"Not found."}"#), "{path}");
    }
    server.new_client("ours").grant_types(&["client_credentials"]).register().await;
    let answer = posts(&server, "register/", &somebody("ada")).await;
    let told = r#"{"detail":"The client may not use this grant type."}"#;
    assert_eq!((answer.status, answer.body.as_str()), (400, told));
    assert_eq!(server.count("users").await, 0);
    let closed = world(&[("SIGNUP", "false")]).await;
    assert_eq!(posts(&closed, "register/", &somebody("ada")).await.status, 404);
    assert_eq!(closed.count("users").await, 0);
}
