//! `?wait=`: an answer that comes as soon as there is something to say.

use std::time::{Duration, Instant};

use reqwest::Method;

use crate::support::{Answer, Person, World, json};

async fn held(person: &Person, path: &str, tag: &str) -> Answer {
    let request = person.request(Method::GET, path).header("if-none-match", tag);
    Answer::read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn changes_come_when_there_are_some() {
    let mut world = World::new().await;
    world.start_server(|_| {}).await;
    let ada = world.person("ada");
    let there = world.at_server(1, &ada);
    ada.has_activity("first").await;
    let start = ada.get("/api/changes/").await.json()["cursor"].as_str().unwrap().to_owned();
    // News is told at once.
    let began = Instant::now();
    assert_eq!(ada.get("/api/changes/?wait=25").await.json()["changes"].as_array().unwrap().len(), 1);
    assert!(began.elapsed() < Duration::from_secs(5));
    // None is none, when the time is over.
    let path = format!("/api/changes/?since={start}");
    let began = Instant::now();
    ada.get(&format!("{path}&wait=1"))
        .await
        .is(200, &format!(r#"{{"changes":[],"cursor":"{start}","has_more":false}}"#));
    assert!((1.0..5.0).contains(&began.elapsed().as_secs_f64()), "{:?}", began.elapsed());
    // What is written here, and what is written elsewhere; but nothing of somebody else's.
    let mut since = start;
    for (writer, name) in [(&ada, "here"), (&there, "elsewhere")] {
        let began = Instant::now();
        let path = format!("/api/changes/?since={since}&wait=25");
        let write = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            world.person("bob").has_activity("of no concern").await;
            writer.has_activity(name).await;
        };
        let (told, ()) = futures_util::future::join(ada.get(&path), write).await;
        let told = told.json();
        assert_eq!(told["changes"].as_array().unwrap().len(), 1);
        assert_eq!(told["changes"][0]["data"]["name"], name);
        assert!(began.elapsed() < Duration::from_secs(10));
        told["cursor"].as_str().unwrap().clone_into(&mut since);
    }
    for wrong in ["26", "-1", "x", "1.5", "99999999999999999999"] {
        let message = r#"{"wait":["Ensure this is a whole number from 0 to 25."]}"#;
        ada.get(&format!("{path}&wait={wrong}")).await.is(400, message);
        ada.get(&format!("/api/timer/?wait={wrong}")).await.is(400, message);
    }
}

#[tokio::test]
async fn the_timer_comes_when_something_else_runs() {
    let mut world = World::new().await;
    world.start_server(|_| {}).await;
    let ada = world.person("ada");
    let there = world.at_server(1, &ada);
    let activity = ada.has_activity("a").await;
    let idle = ada.get("/api/timer/").await;
    idle.is(200, r#"{"running":null,"server_time":"2027-01-15T08:00:00Z"}"#).has("etag", "W/\"idle\"");
    // What the client has is not sent again, and waited for it comes when it is another.
    held(&ada, "/api/timer/", "W/\"idle\"").await.is(304, "");
    let began = Instant::now();
    held(&ada, "/api/timer/?wait=1", "W/\"idle\"").await.is(304, "");
    assert!(began.elapsed() >= Duration::from_secs(1));
    ada.get("/api/timer/?wait=1").await.is(200, &idle.text);
    let wait = async { held(&ada, "/api/timer/?wait=25", "W/\"idle\"").await };
    let start = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        there.put("/api/timer/", json!({"activity": activity})).await
    };
    let (told, started) = futures_util::future::join(wait, start).await;
    assert_eq!(told.status, 200);
    assert_eq!(told.json()["running"], started.json()["running"]);
    let tag = told.header("etag").unwrap().to_owned();
    assert_eq!(tag, format!("W/\"track-{}-1\"", told.json()["running"]["id"]));
    // A change that the client has not seen is told at once, though it came before it asked.
    ada.patch("/api/timer/", json!({"description": "more"})).await;
    let began = Instant::now();
    let told = held(&ada, "/api/timer/?wait=25", &tag).await;
    assert_eq!(told.json()["running"]["description"], "more");
    assert!(began.elapsed() < Duration::from_secs(5));
    // Indented it is another form of the same.
    let request = ada.request(Method::GET, "/api/timer/").header("accept", "application/json; indent=2");
    let tag = Answer::read(request.send().await.unwrap()).await.header("etag").unwrap().to_owned();
    let request =
        ada.request(Method::GET, "/api/timer/?wait=1").header("accept", "application/json; indent=2");
    let began = Instant::now();
    Answer::read(request.header("if-none-match", &tag).send().await.unwrap()).await.is(304, "");
    assert!(began.elapsed() >= Duration::from_secs(1));
    // Without anything in hand it waits for whatever comes next: here, that nothing runs.
    let wait = async { ada.get("/api/timer/?wait=25").await };
    let stop = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        // Of no concern to the timer.
        there.has_activity("b").await;
        there.delete("/api/timer/").await
    };
    let (told, _) = futures_util::future::join(wait, stop).await;
    assert_eq!(told.json()["running"], json!(null));
}

/// R162: who waited is let in once more.
#[tokio::test]
async fn a_token_that_ended_meanwhile_gets_nothing() {
    let world = World::new().await;
    let ada = world.person("ada");
    let wait = async { ada.get("/api/timer/?wait=1").await };
    let revoke = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        world.authority.forgets(&ada.token);
        world.clock.advance(Duration::from_secs(11));
    };
    let (told, ()) = futures_util::future::join(wait, revoke).await;
    told.is(401, r#"{"detail":"Authentication credentials were not provided."}"#);
}
