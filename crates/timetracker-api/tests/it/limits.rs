//! Limits: how much a client may ask on a person's behalf, and `/api/limits/`.

use std::time::Duration;

use reqwest::Method;
use timetracker_api::auth::meter::Quota;

use crate::support::{Answer, Person, World, json};

/// A world in which a quota is ten: one grows back in six minutes.
async fn world() -> World {
    World::with(|config| config.quota = Quota::new(10)).await
}

async fn with_header(person: &Person, path: &str, name: &str, value: &str) -> Answer {
    Answer::read(person.request(Method::GET, path).header(name, value).send().await.unwrap()).await
}

/// R153.
#[tokio::test]
async fn a_quota_can_be_used_at_once_and_then_there_is_one_at_a_time() {
    let world = world().await;
    let ada = world.person("ada");
    for left in (0..10).rev() {
        let field = format!(r#""default";r={left};t=360"#);
        let answer = ada.get("/api/tracks/").await;
        assert_eq!(answer.status, 200);
        answer.has("ratelimit", &field).has("ratelimit-policy", r#""default";q=10;w=3600"#);
    }
    world.clock.advance(Duration::from_secs(1));
    let throttled = r#"{"detail":"Request was throttled. Expected available in 359 seconds."}"#;
    for answer in [ada.get("/api/tracks/").await, ada.post("/api/activities/", json!({"name": "a"})).await] {
        answer
            .is(429, throttled)
            .has("retry-after", "359")
            .has("ratelimit", r#""default";r=0;t=359"#)
            .has("ratelimit-policy", r#""default";q=10;w=3600"#)
            .has("cache-control", "no-store")
            .lacks("www-authenticate");
    }
    world.clock.advance(Duration::from_secs(358));
    let throttled = r#"{"detail":"Request was throttled. Expected available in 1 second."}"#;
    ada.get("/api/nowhere/").await.is(429, throttled).has("retry-after", "1");
    world.clock.advance(Duration::from_secs(1));
    let activities = r#"{"count":0,"next":null,"previous":null,"results":[]}"#;
    ada.get("/api/activities/").await.is(200, activities);
    assert_eq!(ada.get("/api/activities/").await.status, 429);
}

/// R153: nobody uses up what is another's, and a new token is no new quota.
#[tokio::test]
async fn a_quota_is_of_a_person_and_a_client() {
    let world = world().await;
    let ada = world.person("ada");
    let other_token = |name: &str, client: &str| {
        let mut answer = world.authority.vouches(ada.subject, "ada", "read");
        answer["client_id"] = client.into();
        world.authority.knows(name, answer);
        world.bearer(name)
    };
    for _ in 0..10 {
        assert_eq!(ada.get("/api/tracks/").await.status, 200);
    }
    assert_eq!(other_token("again", "web").get("/api/tracks/").await.status, 429);
    assert_eq!(other_token("elsewhere", "phone").get("/api/tracks/").await.status, 200);
    assert_eq!(world.person("bob").get("/api/tracks/").await.status, 200);
    // Nor is it new when the answer about the token is.
    world.clock.advance(Duration::from_secs(11));
    assert_eq!(ada.get("/api/tracks/").await.status, 429);
}

/// What the client had already costs nothing, and neither does what is refused for want of a scope.
#[tokio::test]
async fn what_is_not_sent_costs_nothing() {
    let world = world().await;
    let ada = world.person_with("ada", "tracks:read");
    let list = ada.get("/api/tracks/").await;
    list.has("ratelimit", r#""default";r=9;t=360"#);
    let tag = list.header("etag").unwrap().to_owned();
    for _ in 0..20 {
        let held = with_header(&ada, "/api/tracks/", "if-none-match", &tag).await;
        held.is(304, "").has("ratelimit", r#""default";r=9;t=360"#);
        ada.get("/api/activities/").await.lacks("ratelimit");
    }
    let other = with_header(&ada, "/api/tracks/", "if-none-match", "W/\"0\"").await;
    other.has("ratelimit", r#""default";r=8;t=360"#);
}

/// R153: asking whether anything is new is work as well, and no way round the quota.
#[tokio::test]
async fn what_the_client_had_already_is_free_ten_times_as_often_as_there_is_a_quota() {
    let world = world().await;
    let ada = world.person("ada");
    let tag = ada.get("/api/tracks/").await.header("etag").unwrap().to_owned();
    for _ in 0..100 {
        let held = with_header(&ada, "/api/tracks/", "if-none-match", &tag).await;
        held.is(304, "").has("ratelimit", r#""default";r=9;t=360"#);
    }
    with_header(&ada, "/api/tracks/", "if-none-match", &tag).await.has("ratelimit", r#""default";r=8;t=360"#);
    // Who names nothing has nothing.
    let bob = world.person("bob");
    for (left, any) in [(9, "*"), (8, "W/\"0\", *")] {
        let answer = with_header(&bob, "/api/tracks/", "if-none-match", any).await;
        answer.is(304, "").has("ratelimit", &format!(r#""default";r={left};t=360"#));
    }
}

/// R153: as many at once as one likes get what there is, and no more.
#[tokio::test]
async fn of_many_at_once_as_many_come_in_as_there_is() {
    let world = world().await;
    let ada = world.person("ada");
    assert_eq!(ada.get("/api/tracks/").await.status, 200);
    let answers = futures_util::future::join_all((0..64).map(|_| ada.get("/api/tracks/"))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 9);
    assert_eq!(answers.iter().filter(|answer| answer.status == 429).count(), 55);
}

#[tokio::test]
async fn without_a_limit_nothing_is_said_of_one() {
    let world = World::with(|config| config.quota = None).await;
    let ada = world.person("ada");
    ada.get("/api/tracks/").await.lacks("ratelimit").lacks("ratelimit-policy");
}

#[tokio::test]
async fn what_is_left_can_be_asked_for_free() {
    let world = world().await;
    let ada = world.person("ada");
    let whole = r#"{"limit":10,"window":3600,"remaining":10,"more_in":0,"whole_in":0}"#;
    for _ in 0..20 {
        ada.get("/api/limits/").await.is(200, whole).has("ratelimit", r#""default";r=10;t=0"#);
    }
    for _ in 0..11 {
        ada.get("/api/tracks/").await;
    }
    ada.get("/api/limits/")
        .await
        .is(200, r#"{"limit":10,"window":3600,"remaining":0,"more_in":360,"whole_in":3600}"#);
    assert_eq!(ada.send(Method::OPTIONS, "/api/limits/").await.status, 200);
    // By any token that opens anything here.
    world.person_with("button", "timer:write").get("/api/limits/").await.is(200, whole);
    assert_eq!(world.person_with("other", "openid profile").get("/api/limits/").await.status, 403);
    let unlimited = World::with(|config| config.quota = None).await;
    let none = r#"{"limit":null,"window":null,"remaining":null,"more_in":null,"whole_in":null}"#;
    unlimited.person("ada").get("/api/limits/").await.is(200, none);
}

/// R153: many changes at once cost more than one, and to open a stream as much as to ask.
#[tokio::test]
async fn a_batch_costs_by_its_size_and_a_stream_when_it_is_opened() {
    let world = world().await;
    let ada = world.person("ada");
    let batch = |size: usize| json!({"operations": vec![json!({"op": "delete", "id": 1}); size]});
    let left = |answer: &Answer| {
        let field = answer.header("ratelimit").unwrap().to_owned();
        field.split(';').find_map(|part| part.strip_prefix("r=")?.parse::<i64>().ok()).unwrap()
    };
    for (size, expected) in [(49, 9), (100, 6)] {
        let answer = ada.post("/api/batch/", batch(size)).await;
        assert_eq!((answer.status, left(&answer)), (200, expected), "{size}");
    }
    let refused = ada.post("/api/batch/", batch(300)).await;
    refused.is(429, r#"{"detail":"Request was throttled. Expected available in 360 seconds."}"#);
    assert_eq!(left(&refused), 5);
    let listener = ada.listens(None).await;
    assert!(listener.headers()["ratelimit"].to_str().unwrap().contains("r=4;"), "{:?}", listener.headers());
    // However small a quota is, a whole one is enough for any batch.
    let whole = world.person("bob").post("/api/batch/", batch(500)).await;
    assert_eq!((whole.status, left(&whole)), (200, 0));
}
