//! `Authorization: Token` with a person's own key, and `Basic` where it is allowed.

use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, World, json};

const NONE: &str = r#"{"count":0,"next":null,"previous":null,"results":[]}"#;
const KEY: &str = "0123456789abcdef0123456789abcdef01234567";
const MISSING: &str = r#"Bearer realm="api",resource_metadata="https://time.example.com/.well-known/oauth-protected-resource/api""#;
const INVALID: &str = r#"Bearer realm="api",error="invalid_token",error_description="The access token is invalid.",resource_metadata="https://time.example.com/.well-known/oauth-protected-resource/api""#;

/// What the authorization server says about somebody without a client.
const NOT_PROVIDED: &str = "Authentication credentials were not provided.";

fn vouched(world: &World, kind: &str, scope: &str) -> Value {
    let mut answer = world.authority.vouches(7, "ada", scope);
    answer["token_type"] = kind.into();
    answer.as_object_mut().unwrap().remove("client_id");
    answer
}

async fn with(world: &World, method: Method, path: &str, header: &str) -> Answer {
    let request = world.request(method, path).header("authorization", header);
    Answer::read(request.send().await.unwrap()).await
}

fn detail(sentence: &str) -> String {
    format!(r#"{{"detail":"{sentence}"}}"#)
}

/// R155, R157: asked about as any token is, once for all who wait, and good in its own scheme alone.
#[tokio::test]
async fn a_key_lets_its_person_in_and_is_no_bearer_token() {
    let world = World::new().await;
    world.authority.knows(KEY, vouched(&world, "Token", "read"));
    for header in [format!("Token {KEY}"), format!("tOKEN {KEY}")] {
        with(&world, Method::GET, "/api/activities/", &header).await.is(200, NONE);
    }
    assert_eq!(world.authority.asked(), 1);
    let me = with(&world, Method::GET, "/api/me/", &format!("Token {KEY}")).await.json();
    assert_eq!((me["username"].as_str(), me["client_id"].as_str()), (Some("ada"), Some("personal key")));
    let answer = with(&world, Method::POST, "/api/activities/", &format!("Token {KEY}")).await;
    let forbidden = r#"{"detail":"You do not have permission to perform this action.","required_scopes":["activities:write"],"or":["write"]}"#;
    answer.is(403, forbidden);
    // In the place of a bearer token it is none, and the other way round.
    let as_bearer = with(&world, Method::GET, "/api/activities/", &format!("Bearer {KEY}")).await;
    as_bearer.is(401, &detail(NOT_PROVIDED));
    as_bearer.has("www-authenticate", INVALID);
    let other = KEY.replace('0', "f");
    world.authority.knows(&other, world.authority.vouches(7, "ada", "read"));
    let as_key = with(&world, Method::GET, "/api/activities/", &format!("Token {other}")).await;
    as_key.is(401, &detail("Invalid token.")).has_fields("www-authenticate", &[MISSING]);
}

/// R155: in the framework's words, with the challenge of the first way in; what cannot be a key is asked about nowhere.
#[tokio::test]
async fn a_key_that_is_not_good_is_told_why() {
    let world = World::new().await;
    for (header, sentence) in [
        ("Token", "Invalid token header. No credentials provided."),
        ("Token a b", "Invalid token header. Token string should not contain spaces."),
        ("Token abc", "Invalid token."),
    ] {
        let answer = with(&world, Method::GET, "/api/activities/", header).await;
        answer.is(401, &detail(sentence)).has_fields("www-authenticate", &[MISSING]);
    }
    assert_eq!(world.authority.asked(), 0);
    for (digit, answer, sentence) in [
        ("1", json!({"active": false}), "Invalid token."),
        ("2", json!({"active": false, "inactive_reason": "expired"}), "Token has expired"),
        ("3", json!({"active": false, "inactive_reason": "user_inactive"}), "User inactive or deleted."),
    ] {
        let key = digit.repeat(40);
        world.authority.knows(&key, answer);
        let answer = with(&world, Method::GET, "/api/activities/", &format!("Token {key}")).await;
        answer.is(401, &detail(sentence)).has_fields("www-authenticate", &[MISSING]);
    }
}

/// R162: an ended key is refused as soon as the answer before is not believed any more.
#[tokio::test]
async fn a_key_that_was_ended_is_refused_within_ten_seconds() {
    let world = World::new().await;
    world.authority.knows(KEY, vouched(&world, "Token", "read"));
    let header = format!("Token {KEY}");
    with(&world, Method::GET, "/api/activities/", &header).await.is(200, NONE);
    world.authority.forgets(KEY);
    world.clock.advance(std::time::Duration::from_secs(10));
    with(&world, Method::GET, "/api/activities/", &header).await.is(401, &detail("Invalid token."));
}

/// Off by default; where it is allowed the authorization server is asked, and the password is in no question twice within ten
/// seconds.
#[tokio::test]
async fn a_password_in_a_header_counts_where_it_is_allowed() {
    let header = "Basic YWRhOnB3";
    let world = World::new().await;
    let off = with(&world, Method::GET, "/api/activities/", header).await;
    off.is(401, &detail(NOT_PROVIDED));
    assert_eq!(world.authority.asked(), 0);

    let world = World::with(|config| config.allowed.basic = true).await;
    world.authority.knows(header, vouched(&world, "Basic", "read write"));
    for _ in 0..3 {
        with(&world, Method::GET, "/api/activities/", header).await.is(200, NONE);
    }
    assert_eq!(world.authority.asked(), 1);
    for (header, sentence) in [
        ("Basic YWRhOnB4", "Invalid username/password."),
        ("Basic", "Invalid basic header. No credentials provided."),
        ("Basic YWRh", "Invalid basic header. Credentials not correctly base64 encoded."),
    ] {
        let answer = with(&world, Method::GET, "/api/activities/", header).await;
        answer.is(401, &detail(sentence)).has_fields("www-authenticate", &[MISSING]);
    }
}

/// Off by default; where it is allowed the authorization server is asked about the provider's name and its token as about one of its
/// own.
#[tokio::test]
async fn a_providers_token_counts_where_it_is_allowed() {
    let header = "Bearer site abc|def";
    let world = World::new().await;
    with(&world, Method::GET, "/api/activities/", header).await.is(401, &detail(NOT_PROVIDED));
    assert_eq!(world.authority.asked(), 0);

    let world = World::with(|config| config.allowed.from_providers = true).await;
    world.authority.knows("site abc|def", vouched(&world, "Bearer", "read write"));
    for _ in 0..3 {
        with(&world, Method::GET, "/api/activities/", header).await.is(200, NONE);
    }
    assert_eq!(world.authority.asked(), 1);
    let spaces = "Invalid token header. Token string should not contain spaces.";
    for (header, sentence) in [("Bearer site a b", spaces), ("Bearer site other", NOT_PROVIDED)] {
        let answer = with(&world, Method::GET, "/api/activities/", header).await;
        answer.is(401, &detail(sentence));
    }
}
