//! Whether what the document shows works: each example is sent, and the answer is what the document says.

use reqwest::Method;
use serde_json::Value;

use super::{closed, document, fits, operations};
use crate::support::{Answer, PUBLIC, Person, World, json};

/// What the examples are about: an activity, a track on it, and for those about the timer, something that runs.
async fn with_what_is_asked_for(world: &World, path: &str) -> Person {
    let ada = world.person_with("ada", "read write reports:share");
    assert_eq!(ada.has_activity("Reading").await, 1);
    let track = json!({
        "activity": 1, "uid": "019ac9c2-0d3c-7cc0-9a51-5f0c6c0e7a11", "tags": ["deep"],
        "start": "2026-11-23T09:00:00Z", "end": "2026-11-23T10:30:00Z",
    });
    assert_eq!(ada.post("/api/tracks/", track).await.id(), 1);
    for path in ["/api/projects/", "/api/clients/"] {
        assert_eq!(ada.post(path, json!({"name": "Pumps"})).await.id(), 1);
    }
    // Told by the feed as one that is gone.
    let gone = ada.has_track(1, "gone").await;
    assert_eq!(ada.delete(&format!("/api/tracks/{gone}/")).await.status, 204);
    if path.starts_with("/api/feeds/") {
        assert_eq!(ada.post("/api/feeds/", json!({"name": "Phone"})).await.id(), 1);
    }
    if path == "/api/timer/" {
        assert_eq!(ada.put("/api/timer/", json!({"activity": 1})).await.status, 200);
    }
    ada
}

/// As it is written in a query or a header.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

async fn send(
    person: &Person,
    (path, method): (&str, &Method),
    operation: &Value,
    parameter: Option<&Value>,
) -> Answer {
    let mut path = path.replace("{id}", "1").replace("{uid}", "019ac9c2-0d3c-7cc0-9a51-5f0c6c0e7a11");
    if path.contains("{token}") {
        let feed = person.post("/api/feeds/", json!({})).await.json();
        feed["url"].as_str().unwrap().strip_prefix(PUBLIC).unwrap().clone_into(&mut path);
    }
    let mut request = person.request(method.clone(), &path);
    if let Some(parameter) = parameter {
        let (name, value) = (parameter["name"].as_str().unwrap(), text(&parameter["example"]));
        request = match parameter["in"].as_str().unwrap() {
            "query" => {
                let query: String =
                    form_urlencoded::Serializer::new(String::new()).append_pair(name, &value).finish();
                person.request(method.clone(), &format!("{path}?{query}"))
            }
            _ => request.header(name, value),
        };
    }
    let body = &operation["requestBody"]["content"]["application/json"]["example"];
    if !body.is_null() {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    Answer::read(request.send().await.unwrap()).await
}

/// Each example by itself, then each parameter beside it: all of it does what the document says it does, and the answer has
/// no member that the document does not name.
#[tokio::test]
async fn every_example_that_is_sent_gets_the_documented_answer() {
    let document = document(&World::new().await).await;
    let (whole, parts) = (closed(&document, false), closed(&document, true));
    for (path, method, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap();
        let own = operation["parameters"].as_array().into_iter().flatten();
        for parameter in std::iter::once(None).chain(own.map(Some)) {
            let world = World::new().await;
            let ada = with_what_is_asked_for(&world, &path).await;
            let answer = send(&ada, (&path, &method), &operation, parameter).await;
            let what = parameter.map_or(String::new(), |parameter| parameter["name"].to_string());
            assert!((200..300).contains(&answer.status), "{name} {what}: {answer:?}");
            let is_part = parameter
                .is_some_and(|parameter| parameter["name"] == "fields" || parameter["name"] == "omit");
            fits(if is_part { &parts } else { &whole }, &operation, &answer);
        }
    }
}
