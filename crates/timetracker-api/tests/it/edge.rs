//! What every answer carries, and what is told of a fault.

use std::collections::BTreeSet;

use diesel::RunQueryDsl;
use reqwest::Method;

use crate::support::{World, json};

/// R147 and the headers of every answer, whatever its status.
#[tokio::test]
async fn every_answer_carries_the_same_armour() {
    let world = World::new().await;
    let (ada, reader) = (world.person("ada"), world.person_with("reader", "read"));
    let activity = ada.has_activity("a").await;
    let mut ids = BTreeSet::new();
    for answer in [
        ada.get("/api/").await,
        ada.get("/api/tracks/").await,
        ada.post("/api/activities/", json!({"name": "b"})).await,
        ada.delete(&format!("/api/activities/{activity}/")).await,
        ada.post("/api/activities/", json!({})).await,
        world.anonymous(Method::GET, "/api/").await,
        reader.delete("/api/tracks/1/").await,
        ada.get("/api/nowhere/").await,
        ada.delete("/api/").await,
        ada.send_body(Method::POST, "/api/tracks/", "text/plain", "x").await,
        world.anonymous(Method::GET, "/healthz").await,
        world.anonymous(Method::POST, "/healthz").await,
        world.anonymous(Method::GET, "/readyz").await,
        world.anonymous(Method::GET, "/nowhere").await,
    ] {
        // What has a tag may be kept by the client itself, and asked about.
        let kept = if answer.header("etag").is_some() { "private, no-cache" } else { "no-store" };
        answer
            .has("cache-control", kept)
            .has("content-security-policy", "default-src 'none'; frame-ancestors 'none'")
            .has("cross-origin-opener-policy", "same-origin")
            .has("cross-origin-resource-policy", "same-origin")
            .has("referrer-policy", "same-origin")
            .has("x-content-type-options", "nosniff")
            .has("x-frame-options", "DENY")
            .lacks("server")
            .lacks("set-cookie")
            .lacks("access-control-allow-origin");
        let id = answer.header("x-request-id").unwrap().to_owned();
        assert!(id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        assert!(ids.insert(id), "an id came twice");
    }
}

/// R151: a fault is told with the request's id and nothing of its cause, and the server lives on.
#[tokio::test]
async fn a_fault_says_nothing_but_its_number() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let db = world.db();
    let sql = |sql: &'static str| db.write(move |conn| diesel::sql_query(sql).execute(conn));
    sql("ALTER TABLE tracks RENAME TO tracks_elsewhere").await.unwrap();
    for answer in [
        ada.get("/api/tracks/").await,
        ada.get("/api/tracks/?search=x").await,
        ada.get("/api/tracks/1/").await,
        ada.post("/api/tracks/", json!({ "activity": activity })).await,
        ada.delete("/api/tracks/1/").await,
    ] {
        let id = answer.header("x-request-id").unwrap().to_owned();
        answer
            .is(500, &format!(r#"{{"detail":"A server error occurred.","request_id":"{id}"}}"#))
            .has("x-frame-options", "DENY")
            .has("content-type", "application/json");
    }
    assert_eq!(ada.get("/api/activities/").await.status, 200);
    sql("ALTER TABLE tracks_elsewhere RENAME TO tracks").await.unwrap();
    assert_eq!(ada.post("/api/tracks/", json!({ "activity": activity })).await.status, 201);
}

/// R147: too many headers are refused before anything else.
#[tokio::test]
async fn a_hundred_headers_are_431() {
    let world = World::new().await;
    let request = (0..120).fold(world.request(Method::GET, "/api/"), |request, number| {
        request.header(format!("x-header-{number}"), "1")
    });
    assert_eq!(request.send().await.unwrap().status(), 431);
    let cookie = world.request(Method::GET, "/api/").header("cookie", "x".repeat(8_000));
    assert_eq!(cookie.send().await.unwrap().status(), 401);
}
