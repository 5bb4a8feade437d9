//! Entity tags: nothing is sent twice to who has it, and nothing is overwritten that its writer has not seen.

use futures_util::future::join_all;
use reqwest::Method;

use crate::support::{Answer, Person, World, json};

async fn with(
    person: &Person,
    method: Method,
    path: &str,
    header: (&str, &str),
    body: serde_json::Value,
) -> Answer {
    let request = person.request(method, path).header(header.0, header.1);
    let request = request.header("content-type", "application/json").body(body.to_string());
    Answer::read(request.send().await.unwrap()).await
}

async fn get(person: &Person, path: &str, held: &str) -> Answer {
    Answer::read(person.request(Method::GET, path).header("if-none-match", held).send().await.unwrap()).await
}

#[tokio::test]
async fn what_a_client_has_is_not_sent_again() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let track = ada.has_track(activity, "t").await;
    for path in [format!("/api/tracks/{track}/"), format!("/api/activities/{activity}/")] {
        let answer = ada.get(&path).await;
        answer.has("etag", "\"1\"").has("cache-control", "private, no-cache");
        for held in ["\"1\"", "W/\"1\"", "\"9\", \"1\"", "*"] {
            get(&ada, &path, held).await.is(304, "").has("etag", "\"1\"").lacks("content-type");
        }
        assert_eq!(get(&ada, &path, "\"2\"").await.status, 200);
        let indented = format!("{path}?format=json");
        let request = ada.request(Method::GET, &indented).header("accept", "application/json; indent=4");
        Answer::read(request.send().await.unwrap()).await.has("etag", "\"1.4\"");
        ada.patch(&path, json!({"description": "new"})).await.has("etag", "\"2\"");
        assert_eq!(get(&ada, &path, "\"1\"").await.status, 200);
    }
    for list in ["/api/tracks/", "/api/activities/", "/api/changes/", "/api/tracks/?search=n"] {
        let tag = ada.get(list).await.header("etag").unwrap().to_owned();
        assert!(tag.starts_with("W/\""), "{tag}");
        get(&ada, list, &tag).await.is(304, "").has("etag", &tag);
        ada.has_track(activity, "new").await;
        if !list.starts_with("/api/activities") {
            assert_eq!(get(&ada, list, &tag).await.status, 200, "{list}");
        }
    }
    // Errors have no tag and are never 304.
    get(&ada, "/api/tracks/999999/", "*").await.is(404, r#"{"detail":"No Track matches the given query."}"#);
}

/// R166.
#[tokio::test]
async fn a_change_is_only_made_to_the_version_it_was_meant_for() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    for path in [
        format!("/api/tracks/{}/", ada.has_track(activity, "t").await),
        format!("/api/activities/{activity}/"),
    ] {
        let there = ada.get(&path).await.text;
        let stale = format!(r#"{{"detail":"This is not the version that is there.","current":{there}}}"#);
        let (change, none) = (json!({"description": "new"}), json!(null));
        for method in [Method::PATCH, Method::PUT] {
            with(&ada, method, &path, ("if-match", "\"2\""), change.clone()).await.is(412, &stale);
        }
        with(&ada, Method::DELETE, &path, ("if-match", "\"2\""), none.clone()).await.is(412, &stale);
        // A weak tag never says that two are the same byte for byte.
        with(&ada, Method::PATCH, &path, ("if-match", "W/\"1\""), change.clone()).await.is(412, &stale);
        with(&ada, Method::PATCH, &path, ("if-match", "\"1.4\""), change).await.has("etag", "\"2\"");
        assert_eq!(with(&ada, Method::PATCH, &path, ("if-match", "*"), json!({})).await.status, 200);
        assert_eq!(with(&ada, Method::DELETE, &path, ("if-match", "\"2\""), none).await.status, 204);
        let gone = with(&ada, Method::PATCH, &path, ("if-match", "\"3\""), json!({})).await;
        assert_eq!(gone.status, 404);
    }
}

/// C11: of 64 that all have seen version 1, one changes it.
#[tokio::test]
async fn sixty_four_changes_of_one_version_have_one_winner() {
    let mut world = World::new().await;
    world.start_server(|_| {}).await;
    let ada = world.person("ada");
    let path = format!("/api/tracks/{}/", ada.has_track(ada.has_activity("a").await, "t").await);
    let there = world.at_server(1, &ada);
    let changes = (0..64).map(|number| {
        let person = if number % 2 == 0 { &ada } else { &there };
        with(
            person,
            Method::PATCH,
            &path,
            ("if-match", "\"1\""),
            json!({"description": format!("by {number}")}),
        )
    });
    let answers = join_all(changes).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 412).count(), 63);
}

#[tokio::test]
async fn a_timer_is_only_changed_if_it_is_the_one_that_was_meant() {
    let world = World::new().await;
    let ada = world.person("ada");
    ada.put("/api/timer/", json!({"activity": ada.has_activity("a").await})).await;
    let change = json!({"description": "new"});
    assert_eq!(
        with(&ada, Method::PATCH, "/api/timer/", ("if-match", "\"7\""), change.clone()).await.status,
        412
    );
    assert_eq!(with(&ada, Method::PATCH, "/api/timer/", ("if-match", "\"1\""), change).await.status, 200);
}

/// Every change of a track asks its condition, also those that are no PUT.
#[tokio::test]
async fn no_verb_passes_over_a_condition() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let ended = json!({"activity": activity, "start": "2027-01-14T08:00:00Z", "end": "2027-01-14T10:00:00Z"});
    let track = format!("/api/tracks/{}/", ada.post("/api/tracks/", ended).await.id());
    ada.put("/api/timer/", json!({"activity": activity})).await;
    let stale = ("if-match", "\"7\"");
    let at = json!({"at": "2027-01-14T09:00:00Z"});
    for (method, path) in [
        (Method::POST, format!("{track}split/")),
        (Method::POST, format!("{track}restore/")),
        (Method::POST, format!("{track}continue/")),
        (Method::PUT, "/api/timer/".to_owned()),
        (Method::DELETE, "/api/timer/".to_owned()),
        (Method::DELETE, "/api/timer/?discard=true".to_owned()),
    ] {
        assert_eq!(with(&ada, method, &path, stale, at.clone()).await.status, 412, "{path}");
    }
    for held in ["*", "\"1\"", "W/\"1\""] {
        let answer =
            with(&ada, Method::PATCH, &track, ("if-none-match", held), json!({"description": "x"})).await;
        assert_eq!(answer.status, 412, "{held}");
    }
    assert_eq!(ada.get("/api/tracks/").await.json()["count"], 2);
    assert_eq!(ada.get(&track).await.json()["version"], 1);
}
