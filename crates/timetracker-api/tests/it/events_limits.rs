//! `/api/events/` and `?wait=`: how many wait, and what becomes of who does not listen.

use std::time::{Duration, Instant};

use futures_util::future::{join_all, select_all};
use reqwest::{Method, Response};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Answer, Listener, Person, World, json};

const THROTTLED: &str = r#"{"detail":"Request was throttled. Expected available in 5 seconds."}"#;

/// So many tracks of thirty kilobytes each, and a cursor before them.
async fn has_much_to_tell(person: &Person, tracks: usize) -> String {
    let activity = person.has_activity("a").await;
    let start = person.get("/api/changes/").await.json()["cursor"].as_str().unwrap().to_owned();
    let data = json!({"activity": activity, "description": "€".repeat(10_000)});
    let create = json!({"op": "create", "data": data});
    for rest in (0..tracks).step_by(30) {
        let operations = vec![create.clone(); 30.min(tracks - rest)];
        let body = json!({ "operations": operations }).to_string();
        let request = person.request(Method::POST, "/api/batch/").header("prefer", "return=minimal");
        let answer = request.header("content-type", "application/json").body(body).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    start
}

async fn opens(person: &Person, since: &str) -> Response {
    person.request(Method::GET, &format!("/api/events/?since={since}")).send().await.unwrap()
}

async fn waits(person: &Person, seconds: u64) -> Answer {
    person.get(&format!("/api/timer/?wait={seconds}")).await
}

/// R164: who waits beyond the limit is told, and nobody who listens loses their place by it.
#[tokio::test]
async fn a_request_takes_no_streams_place_and_a_stream_no_requests() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada"), world.person("bob"));
    let mut hers = join_all((0..16).map(|_| ada.listens(None))).await;
    waits(&ada, 25).await.is(429, THROTTLED).has("retry-after", "5");
    assert_eq!(ada.get("/api/timer/?wait=0").await.status, 200);
    ada.has_activity("a").await;
    for listener in &mut hers {
        assert_eq!(listener.event().await.unwrap().data["data"]["name"], "a");
    }
    let all = (0..17).map(|_| Box::pin(waits(&bob, 25)));
    let (refused, _, waiting) = select_all(all).await;
    refused.is(429, THROTTLED).has("retry-after", "5");
    bob.get("/api/events/").await.is(429, THROTTLED).has("retry-after", "5");
    let activity = bob.has_activity("b").await;
    let started = bob.put("/api/timer/", json!({"activity": activity})).await;
    for told in join_all(waiting).await {
        assert_eq!((told.status, &told.json()["running"]), (200, &started.json()["running"]));
    }
}

/// R148: who never reads loses the place, and cannot have more and more connections.
#[tokio::test]
async fn a_stream_that_nobody_reads_is_given_up() {
    let world = World::with(|config| config.heartbeat = Duration::from_secs(1)).await;
    let ada = world.person("ada");
    let start = has_much_to_tell(&ada, 400).await;
    let mut unread = Vec::new();
    for _ in 0..16 {
        unread.push(opens(&ada, &start).await);
    }
    let began = Instant::now();
    while waits(&ada, 1).await.status != 200 {
        assert!(began.elapsed() < Duration::from_secs(20), "they keep their places");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // Some may have been told that it is over before their sockets were full.
    let refused = loop {
        let opened = opens(&ada, &start).await;
        if opened.status() != 200 {
            break Answer::read(opened).await;
        }
        unread.push(opened);
        assert!(unread.len() < 200, "there is no end to it");
    };
    assert!(unread.len() >= 32, "{}", unread.len());
    refused.is(429, THROTTLED).has("retry-after", "5");
    drop(world.person("bob").listens(None).await);
    drop(unread);
    while ada.get("/api/events/").await.status != 200 {
        assert!(began.elapsed() < Duration::from_secs(60), "they keep their connections");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// R148: also with much to tell, a stream is over when its place is taken.
#[tokio::test]
async fn a_stream_with_a_backlog_makes_room_before_its_end() {
    let world = World::new().await;
    let ada = world.person("ada");
    let start = has_much_to_tell(&ada, 600).await;
    let mut first = Listener::new(opens(&ada, &start).await);
    first.event().await.unwrap();
    let _others = join_all((0..16).map(|_| ada.listens(None))).await;
    let mut heard = 1;
    while first.event().await.is_some() {
        heard += 1;
    }
    assert!(heard < 600, "all of it was told");
}

/// R145, R164: what is said at once is bounded, however much there is.
#[tokio::test]
async fn a_backlog_comes_in_pieces() {
    let world = World::new().await;
    let ada = world.person("ada");
    let start = has_much_to_tell(&ada, 8).await;
    let address = world.server().address();
    let mut socket = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "GET /api/events/?since={start} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        ada.token
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut said = Vec::new();
    while said.len() < 240_000 {
        let read = tokio::time::timeout(Duration::from_secs(20), socket.read_buf(&mut said)).await;
        assert!(read.unwrap().unwrap() > 0, "it ended");
    }
    let begin = said.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    let (mut rest, mut largest) = (&said[begin..], 0);
    while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        largest = largest.max(size);
        rest = rest.get(end + 2 + size + 2..).unwrap_or_default();
    }
    assert!((32_768..=65_536).contains(&largest), "{largest}");
}

/// A server that stops answers at once, with what there is.
#[tokio::test]
async fn who_comes_to_wait_while_the_server_stops_is_answered() {
    let world = World::new().await;
    let ada = world.person("ada");
    ada.has_activity("a").await;
    let changes = ada.get("/api/changes/").await.json();
    let since = changes["cursor"].as_str().unwrap();
    world.server().app().drain();
    let began = Instant::now();
    let timer = waits(&ada, 25).await;
    assert_eq!((timer.status, &timer.json()["running"]), (200, &Value::Null));
    let told = format!(r#"{{"changes":[],"cursor":"{since}","has_more":false}}"#);
    ada.get(&format!("/api/changes/?since={since}&wait=25")).await.is(200, &told);
    let refused = r#"{"detail":"Service temporarily unavailable, try again later."}"#;
    ada.get("/api/events/").await.is(503, refused).has("retry-after", "1");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}
