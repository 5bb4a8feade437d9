//! Whether what a stream says is what the document says of the feed.

use super::{closed, document, operations, problems};
use crate::support::{World, json};

#[tokio::test]
async fn the_data_of_an_event_is_a_change_as_the_feed_has_it() {
    let world = World::new().await;
    let ada = world.person("ada");
    let mut stream = ada.listens(None).await;
    let document = closed(&document(&world).await, false);
    let (_, _, feed) = operations(&document).into_iter().find(|(path, ..)| path == "/api/changes/").unwrap();
    let schema = &feed["responses"]["200"]["content"]["application/json"]["schema"]["$ref"];
    let schema = document.pointer(&schema.as_str().unwrap()[1..]).unwrap();
    let change = &schema["properties"]["changes"]["items"];

    let activity = ada.has_activity("Reading").await;
    let track = ada.post("/api/tracks/", json!({"activity": activity, "tags": ["deep"]})).await.id();
    assert_eq!(ada.delete(&format!("/api/tracks/{track}/")).await.status, 204);
    let mut last = json!({});
    while last["op"] != "delete" {
        let event = stream.event().await.unwrap();
        assert_eq!(event.name, "change");
        let problems = problems(&document, change, &event.data);
        assert!(problems.is_empty(), "{problems:?} in {}", event.data);
        last = event.data;
    }
}
