//! `/healthz` and `/readyz`, and the graceful stop.

use std::time::Duration;

use diesel::RunQueryDsl;
use reqwest::Method;

use crate::support::{Answer, Mood, World};

/// What readiness says once its status is that; it is found out once a second.
async fn becomes(world: &World, status: u16) -> Answer {
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    loop {
        let answer = world.anonymous(Method::GET, "/readyz").await;
        if answer.status == status {
            return answer;
        }
        assert!(std::time::Instant::now() < deadline, "{answer:?}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

/// R154: liveness does not depend on the database, readiness does; neither says more.
#[tokio::test]
async fn readiness_follows_the_database() {
    let world = World::new().await;
    world.anonymous(Method::GET, "/healthz").await.is(200, r#"{"status":"ok"}"#);
    world.anonymous(Method::GET, "/readyz").await.is(200, r#"{"status":"ready"}"#);
    let db = world.db();
    let sql = |sql: &'static str| db.write(move |conn| diesel::sql_query(sql).execute(conn));
    sql("ALTER TABLE readiness RENAME TO readiness_elsewhere").await.unwrap();
    becomes(&world, 503).await.is(503, r#"{"status":"unavailable"}"#);
    world.anonymous(Method::GET, "/healthz").await.is(200, r#"{"status":"ok"}"#);
    sql("ALTER TABLE readiness_elsewhere RENAME TO readiness").await.unwrap();
    becomes(&world, 200).await.is(200, r#"{"status":"ready"}"#);
    world
        .anonymous(Method::DELETE, "/readyz")
        .await
        .is(405, r#"{"detail":"Method \"DELETE\" not allowed."}"#)
        .has("allow", "GET, HEAD");
    world.anonymous(Method::HEAD, "/healthz").await.is(200, "").has("allow", "GET, HEAD");
}

/// F11: readiness turns first, what is in flight is answered, and then nobody listens.
#[tokio::test]
async fn a_stop_finishes_what_is_in_flight() {
    let mut world = World::new().await;
    let ada = world.person("ada");
    let app = world.server().app().clone();
    assert!(app.ready().await);
    world.authority.behave(Mood::Slow(Duration::from_millis(500)));
    let (token, base) = (ada.token.clone(), world.base());
    let in_flight = tokio::spawn(async move { ada.get("/api/tracks/").await });
    while world.authority.asked() == 0 {
        tokio::task::yield_now().await;
    }
    let began = std::time::Instant::now();
    world.stop(Duration::ZERO).await;
    assert!(!app.ready().await);
    assert_eq!(in_flight.await.unwrap().status, 200);
    assert!(began.elapsed() < Duration::from_secs(15));
    let late = reqwest::Client::new().get(format!("{base}/api/")).bearer_auth(token).send().await;
    assert!(late.is_err());
}

/// F12: while it drains it still answers, and says that it should not be asked.
#[tokio::test]
async fn a_draining_server_answers_but_is_not_ready() {
    let world = World::new().await;
    let ada = world.person("ada");
    world.server().app().drain();
    world.anonymous(Method::GET, "/readyz").await.is(503, r#"{"status":"unavailable"}"#);
    assert_eq!(ada.get("/api/").await.status, 200);
}
