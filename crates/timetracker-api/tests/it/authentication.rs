//! Who is let in, and what is said to the others.

use std::time::Duration;

use reqwest::Method;

use crate::support::{Answer, Person, World, json};

const NOT_PROVIDED: &str = r#"{"detail":"Authentication credentials were not provided."}"#;
const NOT_ALLOWED: &str = r#"{"detail":"You do not have permission to perform this action."}"#;
const MISSING: &str = r#"Bearer realm="api",resource_metadata="https://time.example.com/.well-known/oauth-protected-resource/api""#;
/// Behind it, for those who hold a key (RFC 9449 section 7.1).
const MISSING_WITH_KEY: &str = r#"DPoP realm="api",algs="ES256 Ed25519 EdDSA PS256 RS256",resource_metadata="https://time.example.com/.well-known/oauth-protected-resource/api""#;
const INVALID: &str = r#"Bearer realm="api",error="invalid_token",error_description="The access token is invalid.",resource_metadata="https://time.example.com/.well-known/oauth-protected-resource/api""#;
const EXPIRED: &str = r#"Bearer realm="api",error="invalid_token",error_description="The access token has expired.",resource_metadata="https://time.example.com/.well-known/oauth-protected-resource/api""#;
const ELSEWHERE: &str = r#"Bearer realm="api",error="invalid_token",error_description="The access token is not valid for this resource.",resource_metadata="https://time.example.com/.well-known/oauth-protected-resource/api""#;

/// R155: without credentials the challenges say nothing more, one for each scheme.
#[tokio::test]
async fn no_token_is_challenged_without_a_reason() {
    let world = World::new().await;
    world
        .anonymous(Method::GET, "/api/tracks/")
        .await
        .is(401, NOT_PROVIDED)
        .has_fields("www-authenticate", &[MISSING, MISSING_WITH_KEY])
        .has("allow", "GET, POST, HEAD, OPTIONS")
        .has("vary", "Accept")
        .has("cache-control", "no-store");
    let basic = world.request(Method::GET, "/api/tracks/").basic_auth("ada", Some("x"));
    Answer::read(basic.send().await.unwrap())
        .await
        .is(401, NOT_PROVIDED)
        .has_fields("www-authenticate", &[MISSING, MISSING_WITH_KEY]);
    assert_eq!(world.authority.asked(), 0);
}

/// R155: malformed tokens are refused without asking anybody.
#[tokio::test]
async fn a_malformed_token_is_refused_without_asking() {
    let world = World::new().await;
    for header in [
        "Bearer",
        "Bearer ",
        "bearer a b",
        "Bearer a,b",
        "Bearer \"x\"",
        "Bearer ===",
        &format!("Bearer {}", "a".repeat(5_000)),
    ] {
        let request = world.request(Method::GET, "/api/tracks/").header("authorization", header);
        Answer::read(request.send().await.unwrap())
            .await
            .is(401, NOT_PROVIDED)
            .has_fields("www-authenticate", &[INVALID]);
    }
    assert_eq!(world.authority.asked(), 0);
}

/// R156: a token counts only in the header, and only once.
#[tokio::test]
async fn a_token_counts_only_in_the_header() {
    let world = World::new().await;
    let ada = world.person("ada");
    world
        .anonymous(Method::GET, &format!("/api/tracks/?access_token={}", ada.token))
        .await
        .is(401, NOT_PROVIDED);
    let twice = r#"{"detail":"The access token was sent in more than one way."}"#;
    ada.get("/api/tracks/?access_token=other")
        .await
        .is(400, twice)
        .has("www-authenticate", r#"Bearer realm="api",error="invalid_request",error_description="The access token was sent in more than one way.""#);
    let two = ada.request(Method::GET, "/api/tracks/").header("authorization", "Bearer other");
    Answer::read(two.send().await.unwrap()).await.is(400, twice);
    ada.send_body(
        Method::POST,
        "/api/activities/",
        "application/x-www-form-urlencoded",
        "name=a&access_token=x",
    )
    .await
    .is(400, twice);
    let odd =
        world.request(Method::GET, "/api/tracks/").header("authorization", format!("bEaReR   {}", ada.token));
    assert_eq!(Answer::read(odd.send().await.unwrap()).await.status, 200);
}

/// R155, R157: what the authority says is judged on every point.
#[tokio::test]
async fn a_token_that_is_not_good_here_is_refused_and_told_why() {
    let world = World::new().await;
    let authority = &world.authority;
    for (name, change, challenge) in [
        ("inactive", json!({"active": false}), INVALID),
        ("expired", json!({"exp": authority.in_seconds(-1)}), EXPIRED),
        ("endless", json!({"exp": null}), INVALID),
        ("early", json!({"nbf": authority.in_seconds(60)}), INVALID),
        ("foreign-issuer", json!({"iss": "http://localhost:9/other"}), INVALID),
        ("id-token", json!({"token_type": "id_token"}), INVALID),
        ("foreign-audience", json!({"aud": ["calendar"]}), ELSEWHERE),
        ("no-audience", json!({"aud": null}), ELSEWHERE),
    ] {
        let mut answer = authority.vouches(5, "ada", "read write");
        for (member, value) in change.as_object().unwrap() {
            answer[member] = value.clone();
        }
        authority.knows(name, answer);
        world.bearer(name).get("/api/tracks/").await.is(401, NOT_PROVIDED).has("www-authenticate", challenge);
    }
    world.bearer("unknown").get("/api/tracks/").await.is(401, NOT_PROVIDED).has("www-authenticate", INVALID);
}

/// R157: a token a client got for itself speaks for no person.
#[tokio::test]
async fn a_clients_own_token_is_forbidden() {
    let world = World::new().await;
    let mut answer = world.authority.vouches(5, "x", "read write");
    answer["sub"] = json!("web");
    answer.as_object_mut().unwrap().remove("username");
    world.authority.knows("machine", answer);
    let machine = world.bearer("machine");
    machine.get("/api/tracks/").await.is(403, NOT_ALLOWED).lacks("www-authenticate");
    machine.post("/api/activities/", json!({"name": "a"})).await.is(403, NOT_ALLOWED);
}

/// R155, R160: a scope per operation, and the one that is lacking is named.
#[tokio::test]
async fn a_scope_that_is_lacking_is_named() {
    let world = World::new().await;
    let reader = world.person_with("reader", "read");
    let writer = world.person_with("writer", "write profile");
    for (answer, scope, or) in [
        (reader.post("/api/activities/", json!({"name": "a"})).await, "activities:write", "write"),
        (writer.get("/api/activities/").await, "activities:read", "read"),
    ] {
        let body = format!(
            r#"{{"detail":"You do not have permission to perform this action.","required_scopes":["{scope}"],"or":["{or}"]}}"#
        );
        let challenge = format!(r#"Bearer realm="api",error="insufficient_scope",scope="{scope}""#);
        answer.is(403, &body).has("www-authenticate", &challenge);
    }
    assert_eq!(writer.post("/api/activities/", json!({"name": "a"})).await.status, 201);
    reader.get("/api/activities/").await.is(200, r#"{"count":0,"next":null,"previous":null,"results":[]}"#);
}

/// R157: people are told apart by issuer and subject, and keep what they have when their name changes.
#[tokio::test]
async fn a_person_stays_the_same_under_a_new_name_and_token() {
    let world = World::new().await;
    let (authority, ada) = (&world.authority, world.person("ada"));
    authority.knows("first", authority.vouches(42, "ada", "read write"));
    authority.knows("second", authority.vouches(42, "ada.lovelace", "read write"));
    authority.knows("other", authority.vouches(43, "ada", "read write"));
    let activity = world.bearer("first").has_activity("a").await;
    let path = format!("/api/activities/{activity}/");
    assert_eq!(world.bearer("second").get(&path).await.status, 200);
    assert_eq!(world.bearer("other").get(&path).await.status, 404);
    assert_eq!(ada.get(&path).await.status, 404);
}

/// R162: staleness is bounded: ten seconds after the question at the latest a revoked token is refused.
#[tokio::test]
async fn a_revoked_token_is_refused_after_ten_seconds() {
    let world = World::new().await;
    let ada = world.person("ada");
    assert_eq!(ada.get("/api/tracks/").await.status, 200);
    world.authority.forgets(&ada.token);
    world.clock.advance(Duration::from_millis(9_999));
    assert_eq!(ada.get("/api/tracks/").await.status, 200);
    assert_eq!(world.authority.asked(), 1);
    world.clock.advance(Duration::from_millis(1));
    ada.get("/api/tracks/").await.is(401, NOT_PROVIDED).has("www-authenticate", INVALID);
    assert_eq!(world.authority.asked(), 2);
}

/// R162: an answer is not believed beyond the token's own end.
#[tokio::test]
async fn a_token_ends_when_it_ends() {
    let world = World::new().await;
    let mut answer = world.authority.vouches(5, "ada", "read");
    answer["exp"] = json!(world.authority.in_seconds(3));
    world.authority.knows("short", answer);
    let ada = world.bearer("short");
    assert_eq!(ada.get("/api/tracks/").await.status, 200);
    world.clock.advance(Duration::from_secs(3));
    ada.get("/api/tracks/").await.is(401, NOT_PROVIDED).has("www-authenticate", EXPIRED);
}

/// R162: a refusal is repeated for two seconds without asking; a token that becomes good is then noticed.
#[tokio::test]
async fn a_refusal_is_remembered_for_two_seconds() {
    let world = World::new().await;
    let late: Person = world.bearer("late");
    for _ in 0..3 {
        assert_eq!(late.get("/api/tracks/").await.status, 401);
    }
    assert_eq!(world.authority.asked(), 1);
    world.authority.knows("late", world.authority.vouches(5, "ada", "read"));
    assert_eq!(late.get("/api/tracks/").await.status, 401);
    world.clock.advance(Duration::from_secs(2));
    assert_eq!(late.get("/api/tracks/").await.status, 200);
}

/// The token is judged before the body is read: a stranger does not make the server parse.
#[tokio::test]
async fn refusals_come_in_the_documented_order() {
    let world = World::new().await;
    let (ada, reader) = (world.person("ada"), world.person_with("reader", "read"));
    let broken =
        |request: reqwest::RequestBuilder| request.header("content-type", "application/json").body("{");
    let status = async |request: reqwest::RequestBuilder| request.send().await.unwrap().status().as_u16();
    let anonymous = |method, path| world.request(method, path);
    // 406 before 401.
    assert_eq!(status(anonymous(Method::GET, "/api/tracks/").header("accept", "application/xml")).await, 406);
    // 401 before 405, 404 and the body's 400 and 415.
    assert_eq!(status(anonymous(Method::DELETE, "/api/tracks/")).await, 401);
    assert_eq!(status(anonymous(Method::GET, "/api/tracks/999999/")).await, 401);
    assert_eq!(status(broken(anonymous(Method::POST, "/api/tracks/"))).await, 401);
    // 403 before 405 and the body's.
    assert_eq!(status(reader.request(Method::DELETE, "/api/tracks/")).await, 403);
    assert_eq!(status(broken(reader.request(Method::POST, "/api/tracks/"))).await, 403);
    // 405 before the body's 400.
    assert_eq!(status(broken(ada.request(Method::PUT, "/api/tracks/"))).await, 405);
    // A body that cannot be read before 404; 404 before a body that will not do.
    assert_eq!(status(broken(ada.request(Method::PUT, "/api/tracks/999999/"))).await, 400);
    assert_eq!(ada.put("/api/tracks/999999/", json!([])).await.status, 404);
    assert_eq!(ada.put("/api/activities/999999/", json!([])).await.status, 404);
}

/// R140: however a path is spelled, the same door is behind it, or none.
#[tokio::test]
async fn no_spelling_of_a_path_is_open() {
    let world = World::new().await;
    for path in [
        "/api/%74racks/",
        "/%61pi/tracks/",
        "/api/./tracks/",
        "/api//tracks/",
        "/api/tracks//",
        "/api/tracks%2f",
        "/api/tracks;x/",
        "/api/TRACKS/",
        "/api/x/../tracks/",
        "/api/tracks/1%2f",
        "/api/tracks/%31/",
    ] {
        let socket = tokio::net::TcpStream::connect(world.server().address()).await.unwrap();
        let status = raw(socket, path).await;
        assert!(status == "401" || status == "404", "{path}: {status}");
        if path.starts_with("/api/") {
            assert_eq!(status, "401", "{path}");
        }
    }
}

/// Sends the path as it stands: a client library would tidy it.
async fn raw(mut socket: tokio::net::TcpStream, path: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut line = vec![0; 12];
    socket.read_exact(&mut line).await.unwrap();
    String::from_utf8_lossy(&line[9..]).into_owned()
}
