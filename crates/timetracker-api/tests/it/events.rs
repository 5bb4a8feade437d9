//! `/api/events/`: what changes, as it happens, over real sockets.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, Event, Listener, Mood, Person, World, json};

/// A world whose streams say something every second.
async fn lively() -> World {
    World::with(|config| config.heartbeat = Duration::from_secs(1)).await
}

/// Everything behind a cursor, as the feed of changes tells it.
async fn told(person: &Person, since: &str) -> Vec<Value> {
    let body = person.get(&format!("/api/changes/?since={since}")).await.json();
    assert_eq!(body["has_more"], false);
    body["changes"].as_array().unwrap().clone()
}

async fn cursor(person: &Person) -> String {
    person.get("/api/changes/").await.json()["cursor"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_stream_says_what_the_feed_says_when_it_happens() {
    let world = World::new().await;
    let ada = world.person("ada");
    ada.has_activity("before").await;
    let start = cursor(&ada).await;
    let mut listener = ada.listens(None).await;
    assert_eq!(listener.headers()["cache-control"], "no-store");
    assert_eq!(listener.headers()["x-accel-buffering"], "no");
    assert_eq!(listener.block().await.unwrap(), format!("retry: 2000\nid: {start}"));
    let activity = ada.has_activity("a").await;
    let track = ada.post("/api/tracks/", json!({"activity": activity, "tags": ["t"]})).await;
    ada.delete(&format!("/api/tracks/{}/", track.id())).await;
    // Somebody else's are none of hers.
    world.person("bob").has_activity("b").await;
    let last = ada.has_activity("last").await;
    let mut heard: Vec<Event> = Vec::new();
    while heard
        .last()
        .is_none_or(|event| event.data["data"]["id"] != last || event.data["type"] != "activity")
    {
        heard.push(listener.event().await.unwrap());
    }
    assert!(heard.iter().all(|event| event.name == "change"));
    let kinds: Vec<_> = heard
        .iter()
        .map(|event| (event.data["type"].as_str().unwrap(), event.data["op"].as_str().unwrap()))
        .collect();
    // The track may have been gone before it was told that it is there.
    let mut brief = kinds.clone();
    brief.dedup_by(|now, before| now.0 == "track" && before.0 == "track");
    assert_eq!(brief.len(), 4, "{kinds:?}");
    assert_eq!(kinds[kinds.len() - 2], ("track", "delete"));
    // An id is a cursor of the feed: behind it comes what came behind the event.
    for (index, event) in heard.iter().enumerate() {
        let rest: Vec<Value> = heard[index + 1..].iter().map(|event| event.data.clone()).collect();
        let mut feed = told(&ada, &event.id).await;
        feed.retain(|change| rest.contains(change));
        assert_eq!(feed.last(), rest.last(), "behind {index}");
    }
    // Only some kinds.
    let request = ada.request(Method::GET, &format!("/api/events/?types=tags&since={start}"));
    let mut tags = Listener::new(request.send().await.unwrap());
    let event = tags.event().await.unwrap();
    assert_eq!((event.data["type"].as_str(), event.data["data"]["name"].as_str()), (Some("tag"), Some("t")));
}

/// Listeners of two servers come and go while writers of both write: what each heard is everything, in the feed's order, and
/// nothing twice.
#[tokio::test]
async fn who_comes_back_misses_nothing_and_hears_nothing_twice() {
    let mut world = World::new().await;
    world.start_server(|_| {}).await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let there = world.at_server(1, &ada);
    let start = cursor(&ada).await;
    let writes = join_all((0..60).map(|number| {
        let (ada, there) = (&ada, &there);
        async move {
            tokio::time::sleep(Duration::from_millis(number * 10)).await;
            let person = if number % 2 == 0 { ada } else { there };
            let tag = format!("t{number}");
            let made = person.post("/api/tracks/", json!({"activity": activity, "tags": [tag]})).await;
            assert_eq!(made.status, 201, "{made:?}");
        }
    }));
    let listens = join_all((0..4_usize).map(|number| {
        let (ada, there, start) = (&ada, &there, &start);
        async move {
            let (mut last, mut heard) = (start.clone(), Vec::new());
            let mut round = number;
            while heard.len() < 120 {
                let person = if round % 2 == 0 { ada } else { there };
                let mut listener = person.listens(Some(&last)).await;
                for _ in 0..=round % 7 {
                    if heard.len() == 120 {
                        break;
                    }
                    let event = listener.event().await.unwrap();
                    last = event.id.clone();
                    heard.push(event);
                }
                round += 1;
            }
            heard
        }
    }));
    let (_, heard) = futures_util::future::join(writes, listens).await;
    let feed = told(&ada, &start).await;
    assert_eq!(feed.len(), 120);
    for events in heard {
        let changes: Vec<Value> = events.into_iter().map(|event| event.data).collect();
        assert_eq!(changes, feed);
    }
}

/// R164: a cursor that leads nowhere begins anew and says so; one that is none is refused.
#[tokio::test]
async fn a_cursor_that_leads_nowhere_is_reset() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada"), world.person("bob"));
    ada.has_activity("a").await;
    let hers = cursor(&ada).await;
    let his = cursor(&bob).await;
    let mut listener = bob.listens(Some(&hers)).await;
    let reset =
        json!({"detail": "This cursor leads nowhere any more: begin again without one.", "reset": true});
    let event = listener.event().await.unwrap();
    assert_eq!(event, Event { name: "reset".into(), id: his, data: reset.clone() });
    bob.has_activity("b").await;
    assert_eq!(listener.event().await.unwrap().data["data"]["name"], "b");
    // The database is restored while somebody listens.
    let mut listener = ada.listens(Some(&hers)).await;
    ada.has_activity("c").await;
    assert_eq!(listener.event().await.unwrap().data["data"]["name"], "c");
    let db = world.db();
    let restored = "UPDATE workspaces SET change_seq = change_seq - 1";
    db.write(move |conn| diesel::RunQueryDsl::execute(diesel::sql_query(restored), conn)).await.unwrap();
    let event = listener.event().await.unwrap();
    assert_eq!((event.name.as_str(), event.data), ("reset", reset));
    for (query, field) in [("since=x", "since"), ("types=cats", "types")] {
        let answer = ada.get(&format!("/api/events/?{query}")).await;
        assert_eq!(answer.status, 400);
        assert!(answer.json()[field].is_array(), "{answer:?}");
    }
    let request = ada.request(Method::GET, "/api/events/").header("last-event-id", "x");
    Answer::read(request.send().await.unwrap())
        .await
        .is(400, r#"{"last-event-id":["This is not a cursor of this feed."]}"#);
}

/// R162: a stream ends when its token does, and nothing more is said on it.
#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let world = lively().await;
    let (ada, bob) = (world.person("ada"), world.person("bob"));
    let activity = ada.has_activity("a").await;
    let mut listener = ada.listens(None).await;
    let mut his = bob.listens(None).await;
    ada.has_track(activity, "heard").await;
    assert_eq!(listener.event().await.unwrap().data["data"]["description"], "heard");
    world.authority.forgets(&ada.token);
    // What was said about the token is believed for ten seconds.
    world.clock.advance(Duration::from_secs(11));
    let began = Instant::now();
    assert_eq!(listener.event().await, None);
    assert!(began.elapsed() < Duration::from_secs(5));
    // Whose token lives is told on.
    bob.has_activity("b").await;
    assert_eq!(his.event().await.unwrap().data["data"]["name"], "b");
}

/// R162: what is not known is not let pass.
#[tokio::test]
async fn a_stream_ends_when_nobody_can_say_whether_its_token_lives() {
    let world = lively().await;
    let ada = world.person("ada");
    let mut listener = ada.listens(None).await;
    world.authority.behave(Mood::Says(500, "text/plain", String::new()));
    world.clock.advance(Duration::from_secs(11));
    assert_eq!(listener.event().await, None);
    assert_eq!(ada.get("/api/events/").await.status, 503);
}

/// A token that comes to say something else is another one.
#[tokio::test]
async fn a_stream_ends_when_its_token_comes_to_allow_something_else() {
    let world = lively().await;
    let ada = world.person("ada");
    ada.has_activity("a").await;
    let mut listener = ada.listens(None).await;
    world.authority.knows(&ada.token, world.authority.vouches(4_713, "somebody else", "read"));
    world.clock.advance(Duration::from_secs(11));
    assert_eq!(listener.event().await, None);
}

#[tokio::test]
async fn a_stream_is_heard_to_be_alive() {
    let world = lively().await;
    let ada = world.person("ada");
    let mut listener = ada.listens(None).await;
    listener.block().await.unwrap();
    assert_eq!(listener.block().await.unwrap(), ":");
    assert_eq!(listener.block().await.unwrap(), ":");
}

#[tokio::test]
async fn nobody_listens_more_often_than_they_may_and_who_leaves_makes_room() {
    let world = World::with(|config| {
        config.heartbeat = Duration::from_secs(1);
        config.most_streams = 20;
    })
    .await;
    let (ada, bob) = (world.person("ada"), world.person("bob"));
    let mut hers = Vec::new();
    for _ in 0..16 {
        hers.push(ada.listens(None).await);
    }
    // The seventeenth takes the place of the first, and the others stay.
    let mut last = ada.listens(None).await;
    assert_eq!(hers.remove(0).event().await, None);
    ada.has_activity("a").await;
    for listener in hers.iter_mut().chain([&mut last]) {
        assert_eq!(listener.event().await.unwrap().data["data"]["name"], "a");
    }
    let mut his = Vec::new();
    for _ in 0..4 {
        his.push(bob.listens(None).await);
    }
    let refused = r#"{"detail":"Service temporarily unavailable, try again later."}"#;
    for path in ["/api/events/", "/api/timer/?wait=1"] {
        bob.get(path).await.is(503, refused).has("retry-after", "1");
    }
    // Who does not wait is answered.
    assert_eq!(bob.get("/api/timer/").await.status, 200);
    drop((hers, last));
    // A connection that is gone is noticed when something is said on it.
    let began = Instant::now();
    while ada.get("/api/events/").await.status != 200 {
        assert!(began.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // Whoever stayed is told on.
    bob.has_activity("b").await;
    assert_eq!(his[0].event().await.unwrap().data["data"]["name"], "b");
}

#[tokio::test]
async fn a_server_that_stops_sends_its_listeners_home() {
    let mut world = World::new().await;
    let ada = world.person("ada");
    let mut listener = ada.listens(None).await;
    let wait = tokio::spawn(ada.request(Method::GET, "/api/timer/?wait=25").send());
    listener.block().await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let began = Instant::now();
    world.stop(Duration::from_millis(300)).await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(listener.event().await, None);
    assert_eq!(wait.await.unwrap().unwrap().status(), 200);
}

/// Fifty listen and nothing happens: what they cost the database is one small question every quarter of a second, for all.
#[tokio::test]
async fn others_writes_are_heard_within_a_second_by_all() {
    let mut world = World::new().await;
    world.start_server(|_| {}).await;
    let people: Vec<Person> = (0..10).map(|number| world.person(&format!("p{number}"))).collect();
    let listeners = join_all(people.iter().flat_map(|person| (0..5).map(|_| person.listens(None)))).await;
    let began = Instant::now();
    let writes = join_all(people.iter().map(|person| {
        let there = world.at_server(1, person);
        async move { there.has_activity("elsewhere").await }
    }));
    let mut heard = BTreeMap::new();
    let listens =
        join_all(listeners.into_iter().map(|mut listener| async move { listener.event().await.unwrap() }));
    let (made, events) = futures_util::future::join(writes, listens).await;
    for event in events {
        *heard.entry(event.data["data"]["id"].as_i64().unwrap()).or_insert(0) += 1;
    }
    assert_eq!(heard, made.into_iter().map(|id| (id, 5)).collect());
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}
