//! Every object × another person: there is no difference between what is another's and what never was.

use reqwest::Method;

use crate::support::{Answer, MEMBERS, OF_ACTIVITY, World, json};

fn same(theirs: &Answer, never: &Answer) {
    assert_eq!(theirs.status, 404);
    assert_eq!(theirs.text, never.text);
    let without = |answer: &Answer| {
        let mut headers = answer.headers.clone();
        headers.remove("x-request-id");
        headers.remove("date");
        headers.remove("ratelimit");
        headers
    };
    assert_eq!(without(theirs), without(never));
}

/// R158: read, update and delete, with bodies that will do and bodies that will not.
#[tokio::test]
async fn anothers_objects_are_not_there() {
    let world = World::new().await;
    let (ada, eve) = (world.person("ada"), world.person("eve"));
    let activity = ada.has_activity("secret plan").await;
    let track = ada.has_track(activity, "secret work").await;
    let eves = eve.has_activity("eve's").await;
    let mut objects = vec![("activities", activity), ("tracks", track)];
    for kind in ["projects", "clients", "tags"] {
        objects.push((kind, ada.post(&format!("/api/{kind}/"), json!({"name": "secret"})).await.id()));
    }
    for (kind, id) in objects {
        let (theirs, never) = (format!("/api/{kind}/{id}/"), format!("/api/{kind}/999999/"));
        let before = ada.get(&theirs).await.text;
        for method in [Method::GET, Method::HEAD, Method::DELETE] {
            same(&eve.send(method.clone(), &theirs).await, &eve.send(method, &never).await);
        }
        for body in [
            json!({}),
            json!({"name": "x", "activity": eves}),
            json!({"name": null, "activity": null}),
            json!([]),
        ] {
            same(&eve.put(&theirs, body.clone()).await, &eve.put(&never, body.clone()).await);
            same(&eve.patch(&theirs, body.clone()).await, &eve.patch(&never, body).await);
        }
        let described = eve.send(Method::OPTIONS, &theirs).await;
        assert_eq!(described.text, eve.send(Method::OPTIONS, &never).await.text);
        assert_eq!(ada.get(&theirs).await.text, before);
    }
}

/// R158: ids in bodies and filters.
#[tokio::test]
async fn anothers_ids_in_bodies_and_filters_are_not_there() {
    let world = World::new().await;
    let (ada, eve) = (world.person("ada"), world.person("eve"));
    let adas = ada.has_activity("secret plan").await;
    let eves = eve.has_activity("eve's").await;
    let track = eve.has_track(eves, "mine").await;
    let invalid = |id: i64| format!(r#"{{"activity":["Invalid pk \"{id}\" - object does not exist."]}}"#);
    for id in [adas, 999_999] {
        eve.post("/api/tracks/", json!({ "activity": id })).await.is(400, &invalid(id));
        eve.put(&format!("/api/tracks/{track}/"), json!({ "activity": id })).await.is(400, &invalid(id));
        eve.patch(&format!("/api/tracks/{track}/"), json!({ "activity": id })).await.is(400, &invalid(id));
        eve.get(&format!("/api/tracks/?activity={id}")).await.is(
            400,
            r#"{"activity":["Select a valid choice. That choice is not one of the available choices."]}"#,
        );
    }
}

/// R158: nor can anything of another's be belonged to.
#[tokio::test]
async fn anothers_projects_and_clients_are_not_there() {
    let world = World::new().await;
    let (ada, eve) = (world.person("ada"), world.person("eve"));
    let client = ada.post("/api/clients/", json!({"name": "secret"})).await.id();
    let project = ada.post("/api/projects/", json!({"name": "secret"})).await.id();
    let eves = eve.has_activity("eve's").await;
    for (kind, field, theirs) in [("activities", "project", project), ("projects", "client", client)] {
        for id in [theirs, 999_999] {
            let invalid = format!(r#"{{"{field}":["Invalid pk \"{id}\" - object does not exist."]}}"#);
            eve.post(&format!("/api/{kind}/"), json!({"name": "x", field: id})).await.is(400, &invalid);
            eve.get(&format!("/api/{kind}/?{field}={id}")).await.is(
                400,
                &format!(
                    r#"{{"{field}":["Select a valid choice. That choice is not one of the available choices."]}}"#
                ),
            );
        }
    }
    let invalid = format!(r#"{{"project":["Invalid pk \"{project}\" - object does not exist."]}}"#);
    eve.patch(&format!("/api/activities/{eves}/"), json!({ "project": project })).await.is(400, &invalid);
    // A name that somebody else has is free.
    for kind in ["projects", "clients"] {
        assert_eq!(eve.post(&format!("/api/{kind}/"), json!({"name": "Secret"})).await.status, 201);
    }
}

/// R158, R159: lists hold one's own, and only the documented fields.
#[tokio::test]
async fn lists_hold_ones_own_only() {
    let world = World::new().await;
    let (ada, eve) = (world.person("ada"), world.person("eve"));
    let activity = ada.has_activity("secret plan").await;
    ada.has_track(activity, "secret work").await;
    for kind in ["projects", "clients", "tags"] {
        ada.post(&format!("/api/{kind}/"), json!({"name": "secret"})).await;
    }
    let empty = r#"{"count":0,"next":null,"previous":null,"results":[]}"#;
    for path in [
        "/api/activities/",
        "/api/tracks/",
        "/api/tracks/?search=secret",
        "/api/activities/?search=secret",
        "/api/projects/",
        "/api/clients/",
        "/api/tags/",
        "/api/tracks/?page=last&page_size=1000&ordering=-id",
    ] {
        eve.get(path).await.is(200, empty);
    }
    let keys = |answer: &Answer| {
        answer.json()["results"][0].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(keys(&ada.get("/api/tracks/").await), MEMBERS);
    assert_eq!(keys(&ada.get("/api/activities/").await), OF_ACTIVITY);
}
