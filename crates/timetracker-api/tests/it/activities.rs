//! `/api/activities/` and `/api/activities/{id}/`.

use reqwest::Method;

use crate::support::{Item, World, json};

#[tokio::test]
async fn an_activity_is_made_read_changed_and_deleted() {
    let world = World::new().await;
    let ada = world.person("ada");
    let made = ada.post("/api/activities/", json!({"name": "  Writing ", "id": 99, "workspace_id": 7})).await;
    let id = made.id();
    assert_ne!(id, 99);
    let path = format!("/api/activities/{id}/");
    let shown = Item::activity(&made, "Writing");
    made.is(201, &shown.to_string())
        .has("location", &format!("https://time.example.com{path}"))
        .has("allow", "GET, POST, HEAD, OPTIONS");
    ada.get(&path).await.is(200, &shown.to_string()).has("allow", "GET, PUT, PATCH, DELETE, HEAD, OPTIONS");
    for spelling in [path.trim_end_matches('/').to_owned(), format!("/api/activities/{id}.json")] {
        ada.get(&spelling).await.is(200, &shown.to_string());
    }

    let shown = shown.with("description", r#""books""#);
    ada.put(&path, json!({"name": "Reading", "description": "books"}))
        .await
        .is(200, &shown.clone().with("name", r#""Reading""#).with("version", 2).to_string());
    // PUT keeps what is left out; PATCH of nothing changes nothing.
    let shown = shown.with("name", r#""Thinking""#).with("version", 3);
    ada.put(&path, json!({"name": "Thinking"})).await.is(200, &shown.to_string());
    ada.patch(&path, json!({})).await.is(200, &shown.to_string());
    let shown = shown.with("description", r#""é ∑""#).with("version", 4);
    ada.patch(&path, json!({"description": "é ∑"})).await.is(200, &shown.to_string());

    ada.delete(&path).await.is(204, "").lacks("content-type");
    for method in [Method::GET, Method::DELETE] {
        ada.send(method, &path).await.is(404, r#"{"detail":"No Activity matches the given query."}"#);
    }
    ada.get("/api/activities/").await.is(200, r#"{"count":0,"next":null,"previous":null,"results":[]}"#);
}

#[tokio::test]
async fn bad_fields_are_told_all_at_once() {
    let world = World::new().await;
    let ada = world.person("ada");
    for (body, expected) in [
        (json!({}), r#"{"name":["This field is required."]}"#),
        (
            json!({"name": null, "description": null}),
            r#"{"name":["This field may not be null."],"description":["This field may not be null."]}"#,
        ),
        (json!({"name": " "}), r#"{"name":["This field may not be blank."]}"#),
        (
            json!({"name": "é".repeat(101)}),
            r#"{"name":["Ensure this field has no more than 100 characters."]}"#,
        ),
        (json!({"name": ["a"]}), r#"{"name":["Not a valid string."]}"#),
        (json!({"name": true}), r#"{"name":["Not a valid string."]}"#),
        (json!([1]), r#"{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}"#),
        (json!("x"), r#"{"non_field_errors":["Invalid data. Expected a dictionary, but got str."]}"#),
        (json!(null), r#"{"non_field_errors":["No data provided"]}"#),
    ] {
        ada.post("/api/activities/", body).await.is(400, expected);
    }
    ada.get("/api/activities/").await.is(200, r#"{"count":0,"next":null,"previous":null,"results":[]}"#);
    let answer = ada.post("/api/activities/", json!({"name": 7, "description": "d".repeat(10_000)})).await;
    assert_eq!((answer.status, answer.json()["name"].clone()), (201, json!("7")));
    assert_eq!(ada.post("/api/activities/", json!({"name": "é".repeat(100)})).await.status, 201);
}

/// R150.
#[tokio::test]
async fn null_characters_are_refused_on_both_databases() {
    let world = World::new().await;
    let ada = world.person("ada");
    let message = r#"["Null characters are not allowed."]"#;
    ada.post("/api/activities/", json!({"name": "a\0b", "description": "\0"}))
        .await
        .is(400, &format!(r#"{{"name":{message},"description":{message}}}"#));
    ada.send_body(Method::POST, "/api/activities/", "application/x-www-form-urlencoded", "name=a%00")
        .await
        .is(400, &format!(r#"{{"name":{message}}}"#));
    ada.get("/api/activities/?search=%00").await.is(400, message);
    ada.get("/api/activities/?search=%ff").await.is(400, r#"{"detail":"The request is not valid UTF-8."}"#);
}

#[tokio::test]
async fn lists_are_paged_searched_and_ordered() {
    let world = World::new().await;
    let ada = world.person("ada");
    for name in ["beta", "Alpha", "gamma 50%"] {
        ada.has_activity(name).await;
    }
    let names = |answer: crate::support::Answer| {
        let results = answer.json()["results"].as_array().unwrap().clone();
        results.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(ada.get("/api/activities/").await), ["beta", "Alpha", "gamma 50%"]);
    assert_eq!(names(ada.get("/api/activities/?ordering=-id").await), ["gamma 50%", "Alpha", "beta"]);
    assert_eq!(names(ada.get("/api/activities/?ordering=nonsense").await), ["beta", "Alpha", "gamma 50%"]);
    assert_eq!(names(ada.get("/api/activities/?search=ALPH").await), ["Alpha"]);
    assert_eq!(names(ada.get("/api/activities/?search=0%25").await), ["gamma 50%"]);
    assert_eq!(names(ada.get("/api/activities/?search=%25").await), ["gamma 50%"]);
    assert_eq!(names(ada.get("/api/activities/?search=a+e").await), ["beta"]);
    let second = ada.get("/api/activities.json?page_size=1&page=2&search=a").await.json();
    assert_eq!(
        (&second["count"], &second["next"], &second["previous"]),
        (
            &json!(3),
            &json!("https://time.example.com/api/activities.json?page=3&page_size=1&search=a"),
            &json!("https://time.example.com/api/activities.json?page_size=1&search=a")
        )
    );
    ada.get("/api/activities/?page=2").await.is(404, r#"{"detail":"Invalid page."}"#);
}

/// R168: what was booked on a deleted activity stays, and nothing new can be booked on it.
#[tokio::test]
async fn deleting_an_activity_loses_no_track() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("gone soon").await;
    let track = ada.has_track(activity, "kept").await;
    ada.delete(&format!("/api/activities/{activity}/")).await.is(204, "");
    let kept = ada.get(&format!("/api/tracks/{track}/")).await;
    assert_eq!((kept.status, kept.json()["activity"].as_i64()), (200, Some(activity)));
    assert_eq!(ada.get("/api/tracks/").await.json()["count"], 1);
    let invalid = format!(r#"{{"activity":["Invalid pk \"{activity}\" - object does not exist."]}}"#);
    ada.post("/api/tracks/", json!({ "activity": activity })).await.is(400, &invalid);
    ada.patch(&format!("/api/tracks/{track}/"), json!({ "activity": activity })).await.is(400, &invalid);
    assert_eq!(
        ada.patch(&format!("/api/tracks/{track}/"), json!({"description": "still"})).await.status,
        200
    );
    ada.get(&format!("/api/tracks/?activity={activity}")).await.is(
        400,
        r#"{"activity":["Select a valid choice. That choice is not one of the available choices."]}"#,
    );
    assert_ne!(ada.has_activity("new").await, activity);
}
