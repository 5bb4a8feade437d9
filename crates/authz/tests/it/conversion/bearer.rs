//! `Authorization: Bearer {provider} {token}`.

use reqwest::Method;
use serde_json::json;

use super::World;
use crate::support::{Answer, ISSUER, TestServer};

async fn asks(server: &TestServer, authorization: &str) -> Answer {
    let request = server.http.request(Method::GET, "/o/userinfo/").header("authorization", authorization);
    server.http.send(request).await
}

const ON: (&str, &str) = ("BEARER_FROM_PROVIDERS", "true");

/// Whom the provider names is known here once they have an account; it makes none.
#[tokio::test]
async fn a_providers_token_says_who_somebody_is() {
    let world = World::with(&[ON]).await;
    let token = world.token("ada").await;
    let header = format!("Bearer site {token}");
    let answer = asks(&world.here, &header).await;
    let told = r#"{"detail":"User inactive or deleted."}"#;
    assert_eq!((answer.status, answer.body.as_str()), (401, told));
    assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer realm="authz", error="invalid_token""#));
    assert_eq!(world.here.count("users").await, 0);
    assert_eq!(world.converts(&token).await.status, 200);
    world.here.advance(1);
    let answer = asks(&world.here, &header).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"sub":"1","preferred_username":"ada"}"#));
    // Ours are taken as ever.
    let ours = world.app.password("ada", "x").await;
    ours.is_error(400, "invalid_grant");
    asks(&world.here, "Bearer x").await.is_challenged();
    world.here.disable("ada", true).await;
    assert_eq!(asks(&world.here, &header).await.body, told);
}

/// The provider is asked once a minute, and then it decides again.
#[tokio::test]
async fn what_the_provider_said_is_believed_for_a_minute() {
    let world = World::with(&[ON]).await;
    let token = world.token("ada").await;
    let header = format!("Bearer site {token}");
    assert_eq!(world.converts(&token).await.status, 200);
    world.here.advance(1);
    assert_eq!(asks(&world.here, &header).await.status, 200);
    world.ours.revoke(&token).await;
    world.here.advance(59);
    assert_eq!(asks(&world.here, &header).await.status, 200);
    world.here.advance(1);
    let answer = asks(&world.here, &header).await;
    assert_eq!((answer.status, answer.body.as_str()), (401, r#"{"detail":"Invalid token."}"#));
}

/// In the words of the packages; and who another client's token speaks for is nobody.
#[tokio::test]
async fn what_is_wrong_with_the_header_is_said() {
    let world = World::with(&[ON]).await;
    let token = world.token("ada").await;
    assert_eq!(world.converts(&token).await.status, 200);
    let theirs = World::token_of(&world.there.client("somebody-elses").await, "ada").await;
    for (header, told) in [
        ("Bearer site".to_owned(), "Invalid token header. No credentials provided."),
        (format!("Bearer site {token} x"), "Invalid token header. Token string should not contain spaces."),
        (format!("Bearer other {token}"), "Invalid backend."),
        ("Bearer site made-up".to_owned(), "Invalid token."),
        (format!("Bearer site {theirs}"), "Invalid token."),
        (format!("Bearer by_name {token}"), "Invalid token."),
    ] {
        let answer = asks(&world.here, &header).await;
        assert_eq!((answer.status, answer.body), (401, format!(r#"{{"detail":"{told}"}}"#)), "{header}");
    }
}

/// A resource server asks about it as about a token, and is told whom it speaks for, of no client. What strangers bring to it in vain
/// is counted for it, and no longer asked about when it is too much.
#[tokio::test]
async fn a_resource_server_may_ask_whom_a_providers_token_speaks_for() {
    let world = World::with(&[ON, ("WRONG_PASSWORDS_PER_HOUR", "2")]).await;
    let here = &world.here;
    let watcher = here.new_client("watcher").introspects(&["timetracker"]).register().await;
    let elsewhere = here.new_client("elsewhere").introspects(&["else"]).register().await;
    let token = format!("site {}", world.token("ada").await);
    let inactive = r#"{"active":false}"#;
    assert_eq!(watcher.introspect(&token).await.body, inactive, "nobody is made");
    assert_eq!(world.converts(&world.token("ada").await).await.status, 200);
    here.advance(1);
    let mut told = watcher.introspect(&token).await.json();
    assert!(told.as_object_mut().unwrap().remove("jti").is_some());
    let now = here.clock.now().unix_seconds();
    let expected = json!({
        "active": true, "scope": "read write", "username": "ada", "token_type": "Bearer", "exp": now + 60, "iat": now,
        "nbf": now, "sub": "1", "aud": ["timetracker"], "iss": ISSUER,
    });
    assert_eq!(told, expected);
    assert_eq!(elsewhere.introspect(&token).await.body, inactive);
    let later = format!("site {}", world.token("ada").await);
    for made_up in ["site x", "site y", "other x", "site ", " x"] {
        assert_eq!(watcher.introspect(made_up).await.body, inactive, "{made_up}");
    }
    let waits = watcher.introspect(&later).await;
    waits.is_error(429, "temporarily_unavailable");
    assert_eq!(waits.header("retry-after"), Some("3599"));
    assert!(watcher.vouches_for(&token).await, "who is known goes on");
    here.disable("ada", true).await;
    assert!(!watcher.vouches_for(&token).await);
    let off = World::new().await;
    let watcher = off.here.new_client("watcher").introspects(&["timetracker"]).register().await;
    assert_eq!(watcher.introspect(&token).await.body, inactive);
}

/// Nobody is known so unless an operator wants it.
#[tokio::test]
async fn it_is_off_unless_an_operator_wants_it() {
    let world = World::new().await;
    let token = world.token("ada").await;
    assert_eq!(world.converts(&token).await.status, 200);
    world.here.advance(1);
    asks(&world.here, &format!("Bearer site {token}")).await.is_challenged();
}

trait Challenged {
    fn is_challenged(&self);
}

impl Challenged for Answer {
    /// As a token that is not good.
    fn is_challenged(&self) {
        assert_eq!((self.status, self.text("error").as_str()), (401, "invalid_token"), "{self:?}");
    }
}
