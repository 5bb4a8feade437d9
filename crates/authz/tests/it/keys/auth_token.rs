//! Keys given for a name and a password, at `/get_auth_token/`.

use reqwest::Method;
use serde_json::json;

use super::{made, watcher};
use crate::support::{Answer, TestServer, form, password_of, server, server_with};

async fn auth_token(server: &TestServer, name: &str, password: &str) -> Answer {
    server.http.send_form("/get_auth_token/", &[("username", name), ("password", password)]).await
}

/// As the framework's `obtain_auth_token`, to the letter; but each takes the place of the one before, which cannot be told again.
#[tokio::test]
async fn a_name_and_a_password_give_a_key_in_place_of_the_one_before() {
    let server = server().await;
    let watcher = watcher(&server).await;
    let browser = server.signed_in("ada").await;
    let own = made(&browser, "Backups", &["read"]).await;
    let password = password_of("ada");
    let first = auth_token(&server, "ada", &password).await;
    let token = first.text("token");
    assert_eq!((first.status, first.body.clone()), (200, format!(r#"{{"token":"{token}"}}"#)));
    assert_eq!((first.header("allow"), first.header("vary")), (Some("POST, OPTIONS"), None));
    assert_eq!(watcher.introspect(&token).await.text("scope"), "read write");
    let json = json!({"username": "ada", "password": password}).to_string();
    let post = |media: &str, body: String| {
        server.http.request(Method::POST, "/get_auth_token/").header("content-type", media).body(body)
    };
    let second = server.http.send(post("application/json", json)).await.text("token");
    let part = |name: &str, value: &str| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let parts = format!("{}{}--x--\r\n", part("username", " ADA "), part("password", &password));
    let third = server.http.send(post("multipart/form-data; boundary=x", parts)).await.text("token");
    for (key, is_live) in [(&token, false), (&second, false), (&third, true), (&own, true)] {
        assert_eq!(watcher.vouches_for(key).await, is_live);
    }
    for (fields, body) in [
        (
            vec![("username", "ada"), ("password", "x")],
            r#"{"non_field_errors":["Unable to log in with provided credentials."]}"#,
        ),
        (
            vec![("username", "nobody"), ("password", "x")],
            r#"{"non_field_errors":["Unable to log in with provided credentials."]}"#,
        ),
        (vec![("username", "ada")], r#"{"password":["This field is required."]}"#),
        (vec![], r#"{"username":["This field is required."],"password":["This field is required."]}"#),
        (
            vec![("username", " "), ("password", "")],
            r#"{"username":["This field may not be blank."],"password":["This field may not be blank."]}"#,
        ),
    ] {
        let answer = server.http.send(post("application/x-www-form-urlencoded", form(&fields))).await;
        assert_eq!((answer.status, sorted(&answer.body)), (400, sorted(body)), "{fields:?}");
    }
    for (body, expected) in [
        ("[]", r#"{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}"#),
        (
            r#"{"username":null,"password":true}"#,
            r#"{"password":["Not a valid string."],"username":["This field may not be null."]}"#,
        ),
        (
            r#"{"username":1,"password":"x"}"#,
            r#"{"non_field_errors":["Unable to log in with provided credentials."]}"#,
        ),
    ] {
        let answer = server.http.send(post("application/json", body.to_owned())).await;
        assert_eq!((answer.status, sorted(&answer.body)), (400, sorted(expected)));
    }
    let broken = server.http.send(post("application/json", "{".to_owned())).await;
    assert!(broken.status == 400 && broken.text("detail").starts_with("JSON parse error - "), "{broken:?}");
    let plain = server.http.send(post("text/plain", "x".to_owned())).await;
    let unsupported = r#"{"detail":"Unsupported media type \"text/plain\" in request."}"#;
    assert_eq!((plain.status, plain.body.as_str()), (415, unsupported));
    let got = server.http.get("/get_auth_token/").await;
    assert_eq!((got.status, got.body.as_str()), (405, r#"{"detail":"Method \"GET\" not allowed."}"#));
    let options = server.http.send(server.http.request(Method::OPTIONS, "/get_auth_token/")).await.json();
    assert_eq!(options["actions"]["POST"]["token"]["read_only"], true);
}

/// Members have no order.
fn sorted(body: &str) -> serde_json::Value {
    serde_json::from_str(body).unwrap()
}

/// R116, R118, R119: counted as everywhere, and a disabled person is as good as nobody.
#[tokio::test]
async fn passwords_for_keys_are_counted_like_all_others() {
    let server = server().await;
    server.person("ada").await;
    server.person("bob").await;
    server.disable("bob", true).await;
    let refused = r#"{"non_field_errors":["Unable to log in with provided credentials."]}"#;
    assert_eq!(auth_token(&server, "bob", &password_of("bob")).await.body, refused);
    for _ in 0..5 {
        assert_eq!(auth_token(&server, "ada", "wrong").await.body, refused);
    }
    let waits = auth_token(&server, "ada", &password_of("ada")).await;
    let throttled = r#"{"detail":"Request was throttled. Expected available in 60 seconds."}"#;
    assert_eq!((waits.status, waits.body.as_str()), (429, throttled));
    assert_eq!(waits.header("retry-after"), Some("60"));
    // The page counts the same.
    let page = server.browser().try_sign_in("ada", &password_of("ada")).await;
    assert_eq!(page.status, 429);
}

/// C8: of 64 at once one key is left, and one of those that were told.
#[tokio::test]
async fn sixty_four_passwords_at_once_leave_one_key() {
    let server = server_with(&[("WRONG_PASSWORDS_PER_MINUTE", "0")]).await;
    let watcher = watcher(&server).await;
    server.person("ada").await;
    let password = password_of("ada");
    let all = futures_util::future::join_all((0..64).map(|_| auth_token(&server, "ada", &password)));
    let told: Vec<String> = all
        .await
        .into_iter()
        .filter(|answer| answer.status == 200)
        .map(|answer| answer.text("token"))
        .collect();
    assert!(!told.is_empty());
    assert_eq!(server.count("personal_keys").await, 1);
    let mut live = 0;
    for key in &told {
        live += usize::from(watcher.vouches_for(key).await);
    }
    assert_eq!(live, 1);
}
