//! `/api/batch/`: what one may take, of time, of room and of the database.

use std::time::{Duration, Instant};

use diesel::RunQueryDsl;
use futures_util::future::join_all;
use model::db::DatabaseUrl;
use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, Person, World, json};

const UID: &str = "018c0000-0000-7000-8000-0000000000a1";
const OTHER: &str = "018c0000-0000-7000-8000-0000000000b2";

async fn send(person: &Person, headers: &[(&str, &str)], operations: Value) -> Answer {
    let mut request = person.request(Method::POST, "/api/batch/").header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = json!({ "operations": operations }).to_string();
    Answer::read(request.body(body).send().await.unwrap()).await
}

/// R175: it does not keep the others waiting, and who is told that nothing was done may rely on it.
#[tokio::test]
async fn a_batch_that_takes_too_long_is_undone_and_says_so() {
    let world = World::with(|config| config.batch_within = Duration::ZERO).await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let create = json!({"op": "create", "data": {"activity": activity, "tags": ["t"]}});
    let before = ada.get("/api/changes/").await.json()["changes"].clone();
    let key = [("idempotency-key", "k")];
    let two = json!([create, create]);
    for _ in 0..2 {
        send(&ada, &key, two.clone())
            .await
            .is(
                503,
                r#"{"detail":"Nothing was done: it would take too long. Send fewer operations at once."}"#,
            )
            .has("retry-after", "1")
            .lacks("idempotency-replayed");
    }
    send(&ada, &[("accept", "application/problem+json")], two).await.is(
        503,
        r#"{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"Nothing was done: it would take too long. Send fewer operations at once.","code":"overrun"}"#,
    );
    assert_eq!(ada.get("/api/changes/").await.json()["changes"], before);
    // Fewer do, with the same key.
    let one = send(&ada, &key, json!([create])).await;
    assert_eq!((one.status, &one.json()["results"][0]["status"]), (200, &json!(201)));
    assert_eq!(ada.get("/api/tracks/").await.json()["count"], 1);
}

/// R145: what is answered is bounded before it is kept, and can be had in brief.
#[tokio::test]
async fn an_answer_that_would_be_too_large_is_refused_before_anything_is_done() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let long = "€".repeat(10_000);
    let track = ada.has_track(activity, &long).await;
    // Twice as many would do; of what is refused the row is told as well.
    let toggled =
        |each: usize| json!({"op": "update", "id": track, "data": {"billable": each.is_multiple_of(2)}});
    let stale = json!({"op": "update", "id": track, "data": {}, "if_version": 99});
    let many: Vec<Value> = (0..40).map(toggled).chain(vec![stale; 40]).collect();
    let refused = r#"{"detail":"Nothing was done: the answer would be too large. Send fewer operations, or prefer return=minimal."}"#;
    send(&ada, &[("idempotency-key", "k")], json!(many)).await.is(413, refused).lacks("connection");
    assert_eq!(ada.get(&format!("/api/tracks/{track}/")).await.json()["version"], 1);
    let brief = send(&ada, &[("idempotency-key", "k"), ("prefer", "return=minimal")], json!(many)).await;
    assert_eq!(brief.status, 200);
    brief.has("preference-applied", "return=minimal");
    assert!(brief.text.len() < 10_000, "{}", brief.text.len());
    assert_eq!(ada.get(&format!("/api/tracks/{track}/")).await.json()["version"], 41);
}

#[tokio::test]
async fn a_batch_can_be_answered_without_its_rows() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let operations = json!([
        {"op": "create", "data": {"activity": activity, "uid": UID}},
        {"op": "upsert", "uid": UID, "data": {"activity": activity, "description": "b"}},
        {"op": "update", "uid": UID, "data": {}, "if_version": 1},
        {"op": "delete", "uid": UID},
        {"op": "create", "type": "activity", "data": {"name": "b", "uid": OTHER}},
        {"op": "create", "data": {}},
    ]);
    let minimal = [("prefer", "return=minimal"), ("idempotency-key", "k")];
    let first = send(&ada, &minimal, operations.clone()).await;
    let results = first.json()["results"].clone();
    let (track, other) = (results[0]["id"].clone(), results[4]["id"].clone());
    let expected = [
        format!(r#"{{"status":201,"id":{track},"uid":"{UID}","version":1,"etag":"\"1\""}}"#),
        format!(r#"{{"status":200,"id":{track},"uid":"{UID}","version":2,"etag":"\"2\""}}"#),
        r#"{"status":412,"body":{"detail":"This is not the version that is there."}}"#.to_owned(),
        r#"{"status":204}"#.to_owned(),
        format!(r#"{{"status":201,"id":{other},"uid":"{OTHER}","version":1,"etag":"\"1\""}}"#),
        r#"{"status":400,"body":{"activity":["This field is required."]}}"#.to_owned(),
    ];
    let expected = format!(r#"{{"results":[{}]}}"#, expected.join(","));
    first.is(200, &expected).has("preference-applied", "return=minimal");
    let again = send(&ada, &minimal, operations.clone()).await;
    again.is(200, &expected).has("idempotency-replayed", "true").has("preference-applied", "return=minimal");
    // In another form it is another request.
    assert_eq!(send(&ada, &[("idempotency-key", "k")], operations).await.status, 422);
    // Who sees no rates has another tag of what has one.
    let some = world.person_with("some", "activities:write");
    let made =
        send(&some, &minimal, json!([{"op": "create", "type": "activity", "data": {"name": "c"}}])).await;
    let id = made.json()["results"][0]["id"].clone();
    let shown = world.authority.vouches(some.subject, "some", "activities:read");
    world.authority.knows("looks", shown);
    let tag = world.bearer("looks").get(&format!("/api/activities/{id}/")).await;
    assert_eq!(made.json()["results"][0]["etag"], tag.header("etag").unwrap());
}

/// R165: as a single request that was refused, it did nothing and is not kept.
#[tokio::test]
async fn a_batch_of_which_nothing_could_be_done_may_be_tried_again() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let key = [("idempotency-key", "k")];
    let operations = json!([{"op": "update", "uid": UID, "data": {"description": "b"}}]);
    let refused = send(&ada, &key, operations.clone()).await;
    assert_eq!((refused.status, &refused.json()["results"][0]["status"]), (200, &json!(404)));
    ada.post("/api/tracks/", json!({"activity": activity, "uid": UID})).await;
    let done = send(&ada, &key, operations.clone()).await;
    assert_eq!(done.json()["results"][0]["status"], 200);
    done.lacks("idempotency-replayed");
    send(&ada, &key, operations).await.is(200, &done.text).has("idempotency-replayed", "true");
}

/// What would otherwise be passed over without a word: a name of its own, and a misspelt condition.
#[tokio::test]
async fn what_an_operation_or_a_batch_does_not_know_is_refused_by_name() {
    let world = World::new().await;
    let ada = world.person("ada");
    let data = json!({"activity": ada.has_activity("a").await});
    let operations = json!([
        {"op": "create", "uid": UID, "data": data},
        {"op": "create", "id": 7, "data": data},
        {"op": "create", "data": data, "if_versoin": 1},
    ]);
    send(&ada, &[], operations).await.is(
        200,
        r#"{"results":[{"status":400,"body":{"uid":["The uid of what is made stands in its data."]}},{"status":400,"body":{"id":["What is made has no id yet."]}},{"status":400,"body":{"non_field_errors":["\"if_versoin\" is not known here."]}}]}"#,
    );
    ada.post("/api/batch/", json!({"atomc": true, "operations": [{"op": "create", "data": data}]}))
        .await
        .is(400, r#"{"non_field_errors":["\"atomc\" is not known here."]}"#);
    assert_eq!(ada.get("/api/tracks/").await.json()["count"], 0);
}

/// R175: batches that wait for their workspaces do not keep a single change of another one waiting. On PostgreSQL: on SQLite
/// whoever holds one workspace holds them all, and there it is only seen that all of them are done.
#[tokio::test]
async fn batches_leave_writers_to_others() {
    let world = World::with(|config| config.batch_within = Duration::from_secs(4)).await;
    let people: Vec<Person> = (0..8).map(|number| world.person(&format!("p{number}"))).collect();
    let activities = join_all(people.iter().map(|person| person.has_activity("a"))).await;
    let other = world.person("other");
    let others = other.has_activity("a").await;
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (holds_all, held_all) = tokio::sync::oneshot::channel();
    let (db, activity) = (world.db(), others);
    let holds = tokio::spawn(async move {
        db.write(move |conn| {
            let all = format!(
                "UPDATE workspaces SET change_seq = change_seq WHERE id <> \
                 (SELECT workspace_id FROM activities WHERE id = {activity})"
            );
            diesel::sql_query(all).execute(conn)?;
            let _ = holds_all.send(());
            let _ = held.recv();
            Ok(())
        })
        .await
    });
    held_all.await.unwrap();
    let release = match world.database().url() {
        DatabaseUrl::Postgres(_) => Some(release),
        DatabaseUrl::Sqlite(_) => {
            drop(release);
            None
        }
    };
    let batches: Vec<_> = people
        .iter()
        .zip(activities)
        .map(|(person, activity)| {
            let body = json!({"operations": [{"op": "create", "data": {"activity": activity}}]});
            let request =
                person.request(Method::POST, "/api/batch/").header("content-type", "application/json");
            tokio::spawn(request.body(body.to_string()).send())
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let began = Instant::now();
    assert_eq!(other.post("/api/tracks/", json!({"activity": others})).await.status, 201);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    drop(release);
    holds.await.unwrap().unwrap();
    for batch in batches {
        assert_eq!(batch.await.unwrap().unwrap().status(), 200);
    }
}

/// R175: whoever is told that it was not done finds nothing of it, and whoever is told that it was finds all.
#[tokio::test]
async fn sixty_four_batches_and_single_changes_at_once_lose_nothing() {
    let world = World::new().await;
    let people: Vec<Person> = (0..16).map(|number| world.person(&format!("p{number}"))).collect();
    let activities = join_all(people.iter().map(|person| person.has_activity("a"))).await;
    let both = |number: usize| {
        let (person, activity) = (&people[number % 16], activities[number % 16]);
        async move {
            let create = json!({"op": "create", "data": {"activity": activity, "tags": ["t"]}});
            let batch = person.post("/api/batch/", json!({"operations": vec![create; 10]}));
            let single = person.post("/api/tracks/", json!({"activity": activity}));
            let (batch, single) = futures_util::future::join(batch, single).await;
            (number % 16, batch.status, single.status)
        }
    };
    let mut expected = [0; 16];
    for (person, batch, single) in join_all((0..64).map(both)).await {
        assert!(matches!(batch, 200 | 503) && matches!(single, 201 | 503), "{batch} {single}");
        expected[person] += if batch == 200 { 10 } else { 0 } + i64::from(single == 201);
    }
    assert!(expected.iter().sum::<i64>() >= 64, "{expected:?}");
    for (person, expected) in people.iter().zip(expected) {
        assert_eq!(person.get("/api/tracks/?page_size=1").await.json()["count"], expected);
    }
}
