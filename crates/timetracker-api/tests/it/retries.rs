//! Requests that are sent again because an answer was lost: by `Idempotency-Key`, and by a client's own `uid`.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;

use crate::support::{Answer, Person, Shown, World, json};

const UID: &str = "018c0000-0000-7000-8000-00000000aaaa";

async fn send(person: &Person, method: Method, path: &str, key: &str, body: serde_json::Value) -> Answer {
    let request = person.request(method, path).header("idempotency-key", key);
    let request = request.header("content-type", "application/json").body(body.to_string());
    Answer::read(request.send().await.unwrap()).await
}

/// R165.
#[tokio::test]
async fn the_second_answer_is_the_first() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let track = json!({"activity": activity, "description": "once"});
    let first = send(&ada, Method::POST, "/api/tracks/", "k-1", track.clone()).await;
    first.lacks("idempotency-replayed").has("etag", "\"1\"");
    // Also without the quotes, or with other white space between the parts.
    let again = send(&ada, Method::POST, "/api/tracks/", "\"k-1\"", track.clone()).await;
    again
        .is(201, &first.text)
        .has("idempotency-replayed", "true")
        .has("location", first.header("location").unwrap())
        .has("etag", "\"1\"");
    send(&ada, Method::POST, "/api/tracks/", "k-1", json!({"activity": activity}))
        .await
        .is(422, r#"{"detail":"This Idempotency-Key was used for another request."}"#);
    let path = format!("/api/tracks/{}/", first.id());
    send(&ada, Method::DELETE, &path, "k-1", json!(null)).await.is(204, "");
    // Without the key it would be 404.
    send(&ada, Method::DELETE, &path, "k-1", json!(null))
        .await
        .is(204, "")
        .has("idempotency-replayed", "true");
    assert_eq!(ada.get("/api/tracks/").await.json()["count"], 0);
}

/// R165.
#[tokio::test]
async fn what_was_refused_may_be_sent_again_with_the_same_key() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    assert_eq!(send(&ada, Method::POST, "/api/tracks/", "k", json!({})).await.status, 400);
    assert_eq!(
        send(&ada, Method::POST, "/api/tracks/", "k", json!({"activity": activity})).await.status,
        201
    );
    let long = "k".repeat(256);
    for key in ["\"\"", "\"a", "a\"b", long.as_str()] {
        send(&ada, Method::POST, "/api/tracks/", key, json!({}))
            .await
            .is(400, r#"{"detail":"The Idempotency-Key must be a string of at most 255 characters."}"#);
    }
}

#[tokio::test]
async fn a_key_is_ones_own_and_lasts_a_day() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada"), world.person("bob"));
    let body = json!({"name": "a"});
    let hers = send(&ada, Method::POST, "/api/activities/", "k", body.clone()).await;
    let his = send(&bob, Method::POST, "/api/activities/", "k", body.clone()).await;
    assert_ne!(hers.id(), his.id());
    his.lacks("idempotency-replayed");
    world.clock.advance(Duration::from_secs(24 * 3_600 + 1));
    // A new token: the old one has ended, the person is the same.
    world.authority.knows("later", world.authority.vouches(4_711, "cleo", "read write"));
    let cleo = world.bearer("later");
    let first = send(&cleo, Method::POST, "/api/activities/", "k", body.clone()).await;
    let again = send(&cleo, Method::POST, "/api/activities/", "k", body).await;
    assert_eq!(first.id(), again.id());
}

/// C11, R165: 64 at once with one key, at two servers, are one track.
#[tokio::test]
async fn sixty_four_with_one_key_make_one_track() {
    let mut world = World::new().await;
    world.start_server(|_| {}).await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let there = world.at_server(1, &ada);
    let posts = (0..64).map(|number| {
        let person = if number % 2 == 0 { &ada } else { &there };
        send(person, Method::POST, "/api/tracks/", "k", json!({"activity": activity}))
    });
    let answers = join_all(posts).await;
    assert!(answers.iter().all(|answer| answer.status == 201 && answer.text == answers[0].text));
    assert_eq!(answers.iter().filter(|answer| answer.header("idempotency-replayed").is_none()).count(), 1);
    assert_eq!(ada.get("/api/tracks/").await.json()["count"], 1);
}

#[tokio::test]
async fn a_client_that_was_offline_sends_what_it_has_until_it_arrives() {
    let world = World::new().await;
    let ada = world.person("ada");
    let (user, activity) = (ada.user().await, ada.has_activity("a").await);
    let path = format!("/api/tracks/by-uid/{UID}/");
    ada.get(&path).await.is(404, r#"{"detail":"No Track matches the given query."}"#);
    let sent = json!({"activity": activity, "description": "on the train"});
    let made = ada.put(&path, sent.clone()).await;
    let id = made.json()["id"].as_i64().unwrap();
    let shown = Shown { description: "on the train".into(), ..Shown::new(id, activity, user, UID) };
    made.is(201, &shown.to_string()).has("location", &format!("https://time.example.com/api/tracks/{id}/"));
    ada.put(&path, sent.clone()).await.is(200, &shown.to_string()).has("etag", "\"1\"");
    ada.get(&path).await.is(200, &shown.to_string());
    ada.put(&path, json!({"activity": activity, "uid": "018c0000-0000-7000-8000-00000000bbbb"}))
        .await
        .is(400, r#"{"uid":["This must be the uid of the address."]}"#);
    ada.put(&path, json!({})).await.is(400, r#"{"activity":["This field is required."]}"#);

    let only_new = |path: String| {
        let request = ada.request(Method::PUT, &path).header("if-none-match", "*");
        let request = request.header("content-type", "application/json").body(sent.to_string());
        async move { Answer::read(request.send().await.unwrap()).await }
    };
    only_new(path.clone())
        .await
        .is(412, &format!(r#"{{"detail":"This is not the version that is there.","current":{shown}}}"#));
    assert_eq!(only_new(path.replace("aaaa", "cccc")).await.status, 201);

    assert_eq!(ada.delete(&path).await.status, 204);
    assert_eq!(ada.delete(&path).await.status, 404);
    ada.put(&path, sent).await.is(409, r#"{"detail":"The track was deleted: restore it first."}"#);
    assert_eq!(ada.get("/api/tracks/by-uid/nonsense/").await.status, 404);
    // Somebody else's is not there.
    assert_eq!(world.person("bob").get(&path.replace("aaaa", "cccc")).await.status, 404);
}
