//! `/api/batch/`.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::Value;
use timetracker_api::config::Config;

use crate::support::{Answer, Person, Shown, World, json};

const UID: &str = "018c0000-0000-7000-8000-0000000000a1";
const OTHER: &str = "018c0000-0000-7000-8000-0000000000b2";

fn statuses(answer: &Answer) -> Vec<i64> {
    let body = answer.json();
    let results = body["results"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
    results.iter().map(|result| result["status"].as_i64().unwrap()).collect()
}

/// The number of the workspace's last transaction, as its cursor has it.
async fn seq(person: &Person) -> i64 {
    use base64::Engine;
    let cursor = person.get("/api/changes/").await.json()["cursor"].as_str().unwrap().to_owned();
    let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(cursor).unwrap();
    String::from_utf8(text).unwrap().split(' ').nth(2).unwrap().parse().unwrap()
}

#[tokio::test]
async fn each_operation_is_answered_as_it_would_have_been_alone() {
    let world = World::new().await;
    let ada = world.person("ada");
    let (user, activity) = (ada.user().await, ada.has_activity("Reading").await);
    let before = seq(&ada).await;
    let operations = json!([
        {"op": "create", "data": {"activity": activity, "uid": UID, "description": "first"}},
        {"op": "create", "type": "track", "data": {"activity": 999_999}},
        {"op": "update", "uid": UID, "data": {"description": "changed"}, "if_version": 1},
        {"op": "update", "uid": UID, "data": {"description": "too late"}, "if_version": 1},
        {"op": "upsert", "uid": OTHER, "data": {"activity": activity}},
        {"op": "upsert", "uid": OTHER, "data": {"activity": activity}},
        {"op": "delete", "uid": OTHER},
        {"op": "delete", "uid": OTHER},
        {"op": "create", "type": "activity", "data": {"name": "Writing"}},
        {"op": "update", "type": "activity", "id": activity, "data": {"name": "Books"}, "if_version": 1},
        {"op": "delete", "type": "activity", "id": 999_999},
        {"op": "explode"},
        7,
    ]);
    let answer = ada.post("/api/batch/", json!({ "operations": operations })).await;
    let body = answer.json();
    let of = |index: usize, member: &str| body["results"][index]["body"][member].clone();
    let (id, other) = (of(0, "id").as_i64().unwrap(), of(4, "id").as_i64().unwrap());
    assert_eq!(
        (of(8, "name"), of(9, "name"), of(9, "version")),
        (json!("Writing"), json!("Books"), json!(2))
    );
    let shown = ada.get(&format!("/api/activities/{}/", of(8, "id"))).await.text;
    let item = |index: usize| body["results"][index]["body"].to_string();
    let first = Shown { description: "first".into(), ..Shown::new(id, activity, user, UID) };
    let changed = Shown { description: "changed".into(), version: 2, ..first.clone() };
    let second = Shown::new(other, activity, user, OTHER);
    let results = [
        format!(r#"{{"status":201,"version":1,"body":{first}}}"#),
        r#"{"status":400,"body":{"activity":["Invalid pk \"999999\" - object does not exist."]}}"#.into(),
        format!(r#"{{"status":200,"version":2,"body":{changed}}}"#),
        format!(
            r#"{{"status":412,"body":{{"detail":"This is not the version that is there.","current":{changed}}}}}"#
        ),
        format!(r#"{{"status":201,"version":1,"body":{second}}}"#),
        format!(r#"{{"status":200,"version":1,"body":{second}}}"#),
        r#"{"status":204}"#.into(),
        r#"{"status":404,"body":{"detail":"No Track matches the given query."}}"#.into(),
        format!(r#"{{"status":201,"version":1,"body":{shown}}}"#),
        format!(r#"{{"status":200,"version":2,"body":{}}}"#, item(9)),
        r#"{"status":404,"body":{"detail":"No Activity matches the given query."}}"#.into(),
        r#"{"status":400,"body":{"op":["\"explode\" is not a valid choice."]}}"#.into(),
        r#"{"status":400,"body":{"non_field_errors":["Invalid data. Expected a dictionary, but got int."]}}"#
            .into(),
    ];
    answer.is(200, &format!(r#"{{"results":[{}]}}"#, results.join(",")));
    assert_eq!(seq(&ada).await, before + 1, "one transaction");
    assert_eq!(ada.get("/api/tracks/").await.json()["count"], 1);
}

#[tokio::test]
async fn a_batch_as_a_whole_is_done_or_nothing_of_it() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let running = ada.put("/api/timer/", json!({"activity": activity})).await.json()["running"].clone();
    let everything = async || {
        [ada.get("/api/tracks/").await.text, ada.get("/api/activities/").await.text, {
            ada.get("/api/changes/").await.json()["changes"].to_string()
        }]
    };
    let before = everything().await;
    let refused = json!({"atomic": true, "operations": [
        {"op": "create", "data": {"activity": activity, "uid": UID, "tags": ["new"], "start": "2027-01-15T08:00:00Z"}},
        {"op": "create", "data": {"description": 1}},
        {"op": "delete", "uid": UID},
        {"op": "delete", "id": running["id"]},
        {"op": "create", "type": "activity", "data": {"name": "b"}},
        {"op": "delete", "id": running["id"]},
    ]});
    ada.post("/api/batch/", refused.clone()).await.is(
        409,
        r#"{"detail":"Nothing was changed, because this failed: 2.","failed":[{"index":1,"status":400,"body":{"activity":["This field is required."]}},{"index":5,"status":404,"body":{"detail":"No Track matches the given query."}}]}"#,
    );
    assert_eq!(everything().await, before);
    let request = ada.request(Method::POST, "/api/batch/").header("accept", "application/problem+json");
    let request = request.header("content-type", "application/json").body(refused.to_string());
    Answer::read(request.send().await.unwrap()).await.is(
        409,
        r#"{"type":"about:blank","title":"Conflict","status":409,"detail":"Nothing was changed, because this failed: 2.","code":"not_done","failed":[{"index":1,"status":400,"body":{"activity":["This field is required."]}},{"index":5,"status":404,"body":{"detail":"No Track matches the given query."}}]}"#,
    );
    let fine = json!({"atomic": true, "operations": [
        {"op": "create", "data": {"activity": activity, "uid": UID}},
        {"op": "delete", "id": running["id"]},
    ]});
    let done = ada.post("/api/batch/", fine).await;
    assert_eq!((done.status, statuses(&done)), (200, vec![201, 204]));
    assert_eq!(ada.get("/api/tracks/").await.json()["count"], 1);
}

/// R165: a batch that is sent again is done once; one that was refused as a whole may be sent again.
#[tokio::test]
async fn a_batch_that_is_sent_again_is_done_once() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let send = async |body: Value| {
        let request = ada.request(Method::POST, "/api/batch/").header("idempotency-key", "k");
        let request = request.header("content-type", "application/json").body(body.to_string());
        Answer::read(request.send().await.unwrap()).await
    };
    let refused = json!({"atomic": true, "operations": [{"op": "delete", "id": 999_999}]});
    assert_eq!(send(refused.clone()).await.status, 409);
    assert_eq!(send(refused).await.status, 409);
    let one = json!({"operations": [{"op": "create", "data": {"activity": activity}}, {"op": "delete", "id": 999_999}]});
    let first = send(one.clone()).await;
    assert_eq!(statuses(&first), [201, 404]);
    send(one).await.is(200, &first.text).has("idempotency-replayed", "true");
    assert_eq!(send(json!({"operations": []})).await.status, 422);
    assert_eq!(ada.get("/api/tracks/").await.json()["count"], 1);
}

#[tokio::test]
async fn overlaps_are_decided_for_all_or_for_one() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let track = |overlap: Value| {
        let data = json!({"activity": activity, "start": "2024-01-01T09:00Z", "end": "2024-01-01T10:00Z"});
        let mut operation = json!({"op": "create", "data": data});
        if !overlap.is_null() {
            operation["overlap"] = overlap;
        }
        operation
    };
    let operations = [track(json!(null)), track(json!(null)), track(json!("allow")), track(json!("trim"))];
    let answer = ada.post("/api/batch/?overlap=reject", json!({ "operations": operations })).await;
    assert_eq!(statuses(&answer), [201, 409, 201, 409]);
    ada.post("/api/batch/?overlap=never", json!({"operations": []}))
        .await
        .is(400, r#"{"overlap":["\"never\" is not a valid choice."]}"#);
}

/// R158: somebody else's is not there, in a batch either.
#[tokio::test]
async fn a_batch_does_not_reach_anothers_things() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada"), world.person("bob"));
    let activity = ada.has_activity("a").await;
    let made = ada.post("/api/tracks/", json!({"activity": activity, "uid": UID})).await;
    let before = made.text.clone();
    for is_atomic in [false, true] {
        let operations = json!([
            {"op": "update", "id": made.id(), "data": {"description": "x"}},
            {"op": "update", "uid": UID, "data": {"description": "x"}},
            {"op": "delete", "id": made.id()},
            {"op": "delete", "uid": UID},
            {"op": "create", "data": {"activity": activity}},
            {"op": "update", "type": "activity", "id": activity, "data": {"name": "x"}},
            {"op": "delete", "type": "activity", "id": activity},
        ]);
        let answer = bob.post("/api/batch/", json!({"atomic": is_atomic, "operations": operations})).await;
        let body = answer.json();
        let results = body[if is_atomic { "failed" } else { "results" }].as_array().unwrap();
        let statuses: Vec<_> = results.iter().map(|result| result["status"].as_i64().unwrap()).collect();
        assert_eq!(statuses, [404, 404, 404, 404, 400, 404, 404]);
    }
    ada.get(&format!("/api/tracks/{}/", made.id())).await.is(200, &before);
    assert_eq!(ada.get("/api/activities/").await.json()["results"][0]["name"], "a");
}

/// R160: each operation needs the scope that it would need alone.
#[tokio::test]
async fn an_operation_needs_what_it_would_need_alone() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let user = ada.user().await;
    let lacks = |scope: &str| {
        format!(
            r#"{{"status":403,"body":{{"detail":"You do not have permission to perform this action.","required_scopes":["{scope}"],"or":["write"]}}}}"#
        )
    };
    for (scope, expected) in [
        ("tracks:write", [None, Some("activities:write")]),
        ("activities:write", [Some("tracks:write"), None]),
        ("write", [None, None]),
    ] {
        let token = scope.replace(':', "-");
        world.authority.knows(&token, world.authority.vouches(ada.subject, "ada", scope));
        let some = world.bearer(&token);
        let operations = json!([
            {"op": "create", "data": {"activity": activity}},
            {"op": "create", "type": "activity", "data": {"name": "b"}},
        ]);
        let answer = some.post("/api/batch/", json!({ "operations": operations })).await;
        for (index, missing) in expected.iter().enumerate() {
            let result = answer.json()["results"][index].clone();
            match missing {
                None => assert_eq!(result["status"], 201, "{scope}: {result}"),
                Some(missing) => assert_eq!(result.to_string(), lacks(missing), "{scope}"),
            }
        }
    }
    assert_eq!(ada.get(&format!("/api/tracks/?user={user}")).await.json()["count"], 2);
}

/// R145, R149: a batch is bounded in operations and in bytes.
#[tokio::test]
async fn what_is_no_batch_or_too_much_of_one_is_told() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    for (body, expected) in [
        (json!({}), r#"{"operations":["This field is required."]}"#),
        (json!({"operations": null}), r#"{"operations":["This field may not be null."]}"#),
        (json!({"operations": {}}), r#"{"operations":["Expected a list of items but got type \"dict\"."]}"#),
        (json!({"operations": [], "atomic": "maybe"}), r#"{"atomic":["Must be a valid boolean."]}"#),
        (
            json!({"operations": vec![json!({"op": "delete", "id": 1}); 501]}),
            r#"{"operations":["Ensure this field has no more than 500 elements."]}"#,
        ),
        (json!([]), r#"{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}"#),
    ] {
        ada.post("/api/batch/", body).await.is(400, expected);
    }
    ada.post("/api/batch/", json!({"operations": []})).await.is(200, r#"{"results":[]}"#);
    ada.send_body(Method::POST, "/api/batch/", "application/x-www-form-urlencoded", "operations=1")
        .await
        .is(400, r#"{"operations":["Expected a list of items but got type \"str\"."]}"#);
    // More than elsewhere, but not more than a megabyte.
    let long = json!({"op": "create", "data": {"activity": activity, "description": "d".repeat(9_000)}});
    let answer = ada.post("/api/batch/", json!({"operations": vec![long.clone(); 100]})).await;
    assert_eq!(statuses(&answer), vec![201; 100]);
    ada.post("/api/batch/", json!({"operations": vec![long; 120]}))
        .await
        .is(413, r#"{"detail":"The request is too large."}"#);
    assert_eq!(ada.get("/api/tracks/").await.json()["count"], 100);
}

/// Five hundred at once, from two servers, while somebody else writes: nobody loses anything, and a copy learns all of it.
#[tokio::test]
async fn batches_of_five_hundred_take_turns() {
    let patient = |config: &mut Config| config.batch_within = Duration::from_secs(4);
    let mut world = World::with(patient).await;
    world.start_server(patient).await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let there = world.at_server(1, &ada);
    let track = json!({"op": "create", "data": {"activity": activity, "tags": ["a", "b"], "start": "2024-01-01", "duration": 60}});
    let batch = json!({"atomic": true, "operations": vec![track; 500]});
    let batches = join_all([ada.post("/api/batch/", batch.clone()), there.post("/api/batch/", batch)]);
    let single = join_all((0..20).map(|_| ada.post("/api/tracks/", json!({"activity": activity}))));
    let (batches, single) = futures_util::future::join(batches, single).await;
    for answer in &batches {
        assert_eq!(statuses(answer), vec![201; 500]);
    }
    assert!(single.iter().all(|answer| answer.status == 201), "{single:?}");
    assert_eq!(ada.get("/api/tracks/?page_size=1").await.json()["count"], 1_020);
    let mut ids = std::collections::BTreeSet::new();
    let mut path = "/api/changes/?types=tracks".to_owned();
    loop {
        let body = ada.get(&path).await.json();
        for change in body["changes"].as_array().unwrap() {
            assert!(ids.insert(change["data"]["id"].as_i64().unwrap()), "{change} came twice");
        }
        if body["has_more"] == false {
            break;
        }
        path = format!("/api/changes/?types=tracks&since={}", body["cursor"].as_str().unwrap());
    }
    assert_eq!(ids.len(), 1_020);
}
