//! Providers that answer what they should not. The caller is told, and nobody is signed in.

use std::time::Duration;

use super::{UNSUCCESSFUL, converts, error, hostile, vouching};
use crate::support::{Client, Listener, TestServer};

async fn nobody(listener: &Listener, here: &TestServer, app: &Client, status: u16, body: &str) {
    let asked = listener.heard().len();
    let answer = converts(here, app, "site", "abc").await;
    assert_eq!((answer.status, answer.body.as_str()), (status, body));
    assert!(listener.heard().len() > asked);
    let answer = here.http.get("/register-by-access-token/site/?access_token=abc").await;
    assert_eq!((answer.status, answer.body.as_str()), (401, UNSUCCESSFUL));
    assert_eq!(here.count("users").await, 0);
}

#[tokio::test]
async fn whatever_a_provider_answers_wrongly_signs_nobody_in() {
    let (listener, here, app) = hostile(&[]).await;
    let denied = error("access_denied", "Your credentials aren't allowed");
    let unreadable = error("invalid_request", "Backend responded with something that cannot be read.");
    for said in [
        r#"{"active":false}"#,
        r#"{"active":true,"client_id":"another"}"#,
        "{}",
        r#"{"active":"true"}"#,
        "[]",
    ] {
        listener.says(said);
        nobody(&listener, &here, &app, 400, &denied).await;
    }
    for said in ["", "<html>Sign in</html>", "null x", "{"] {
        listener.says(said);
        nobody(&listener, &here, &app, 400, &unreadable).await;
    }
    listener.says(&vouching(""));
    nobody(&listener, &here, &app, 400, &unreadable).await;
    for status in [401, 403, 500] {
        listener.answers(status);
        let told = error("invalid_request", &format!("Backend responded with HTTP {status}."));
        nobody(&listener, &here, &app, 400, &told).await;
    }
    listener.answers(302);
    listener.with_headers(&["location: http://127.0.0.1/"]);
    nobody(&listener, &here, &app, 400, &error("invalid_request", "Backend responded with an HTTP error."))
        .await;
}

#[tokio::test]
async fn a_provider_that_answers_too_much_or_too_slowly_is_given_up() {
    let (listener, here, app) = hostile(&[]).await;
    listener.says(&format!(
        r#"{{"active":true,"client_id":"timetracker-here","x":"{}"}}"#,
        "x".repeat(10_000_000)
    ));
    let answer = converts(&here, &app, "site", "abc").await;
    assert_ne!(answer.status, 200, "{answer:?}");
    listener.says(&vouching("17"));
    listener.drips(Duration::from_secs(1));
    let began = std::time::Instant::now();
    let answer = converts(&here, &app, "site", "abc").await;
    answer.is_error(503, "temporarily_unavailable");
    assert_eq!(answer.header("retry-after"), Some("10"));
    assert!(began.elapsed() < Duration::from_secs(15));
    assert_eq!(here.count("users").await, 0);
}

/// A token that is no token goes nowhere: it would say what it wants in a header of ours.
#[tokio::test]
async fn what_cannot_be_a_token_is_sent_to_nobody() {
    let (listener, here, app) = hostile(&[]).await;
    listener.says(&vouching("17"));
    for token in ["a\r\nx-evil: 1", "a b", "ü", &"x".repeat(10_000)] {
        converts(&here, &app, "site", token).await.is_error(400, "access_denied");
    }
    assert_eq!(listener.heard(), Vec::<String>::new());
}
