//! The two services apart: two processes of each, a database for each service, and nothing but HTTP between them.

mod deployment;
mod roles;

use std::time::Duration;

use authz::feed::Feed;
use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Tokens, confidential, until};
use deployment::Deployment;

const CALLBACK: &str = "https://app.example/callback";
const UNAUTHENTICATED: &str = r#"{"detail":"Authentication credentials were not provided."}"#;
const UNAVAILABLE: &str = r#"{"detail":"Service temporarily unavailable, try again later."}"#;

/// "The same two services run apart", and any process does for any step.
#[tokio::test]
async fn the_road_leads_across_two_processes_of_each_service() {
    let apart = Deployment::new(&[("TIMETRACKER_CACHE_SECONDS", "0")]).await;
    let application = apart.register(confidential("Time sheets", CALLBACK)).await;
    let (at_first, at_second) = (application.at(&apart.authz(0)), application.at(&apart.authz(1)));
    let mut browser = apart.browser();
    browser.sign_up("ada").await;

    // Consent at one process, the code redeemed at the other, and never again at either.
    let request = at_first.asks_for("read write");
    let code = browser.allows(&request).await;
    let tokens = Tokens::read(&at_second.exchange(&code, &request.verifier).await).unwrap();
    let next = Tokens::read(&at_first.refresh(&tokens.refresh).await).unwrap();

    // What one API process keeps, the other shows; each asks another authorization server.
    let (ada, also_ada) = (apart.caller(0, &tokens.access), apart.caller(1, &next.access));
    let made = ada.post("/api/activities/", json!({"name": "Reading"})).await;
    let activity = made.id();
    assert_eq!((made.status, &made.json()["name"]), (201, &json!("Reading")));
    also_ada.get(&format!("/api/activities/{activity}/")).await.is(200, &made.text);
    let made = also_ada.post("/api/tracks/", json!({"activity": activity})).await;
    made.has("location", &format!("{}/api/tracks/{}/", deployment::PUBLIC_API, made.id()));
    ada.get(&format!("/api/tracks/{}/", made.id())).await.is(200, &made.text);

    at_second.revoke(&next.refresh).await.is(200, "");
    also_ada.get("/api/tracks/").await.is(401, UNAUTHENTICATED);
    assert_eq!(at_first.refresh(&next.refresh).await.status, 400);
    until(Feed::BOUND, async || ada.get("/api/tracks/").await.status, |status| *status == 401).await;
}

/// Tokens.md: "no token of a dead grant works once the call has returned (own process) or within the bound (other
/// processes)". The grant's and a single token's.
#[tokio::test]
async fn what_one_process_revokes_the_other_refuses_within_the_bound() {
    let apart = Deployment::new(&[]).await;
    let application = apart.register(confidential("Time sheets", CALLBACK)).await;
    let (at_first, at_second) = (application.at(&apart.authz(0)), application.at(&apart.authz(1)));
    let mut browser = apart.browser();
    browser.sign_up("ada").await;
    let inactive = r#"{"active":false}"#;
    for turn in 0..6 {
        let access = if turn % 2 == 0 {
            browser.lets(&at_first, "read").await.access
        } else {
            at_first.speaks_for_itself("read").await
        };
        let (here, there) = if turn < 3 { (&at_first, &at_second) } else { (&at_second, &at_first) };
        assert_eq!(there.introspect(&access).await.json()["active"], true);
        here.revoke(&access).await.is(200, "");
        here.introspect(&access).await.is(200, inactive);
        until(Feed::BOUND, async || there.introspect(&access).await.text, |body| body == inactive).await;
    }
}

/// R31 across processes: of many exchanges at both, one wins.
#[tokio::test]
async fn a_code_redeemed_at_two_processes_at_once_is_redeemed_once() {
    let apart = Deployment::new(&[]).await;
    let application = apart.register(confidential("Time sheets", CALLBACK)).await;
    let servers = [application.at(&apart.authz(0)), application.at(&apart.authz(1))];
    let mut browser = apart.browser();
    browser.sign_up("ada").await;
    for _ in 0..5 {
        let request = servers[0].asks_for("read");
        let code = browser.allows(&request).await;
        let attempts = (0..32).map(|number| servers[number % 2].exchange(&code, &request.verifier));
        let answers = join_all(attempts).await;
        let won: Vec<_> = answers.iter().filter_map(Tokens::read).collect();
        assert_eq!(won.len(), 1);
        let refused = answers.iter().filter(|answer| answer.status == 400);
        assert!(refused.clone().all(|answer| answer.json()["error"] == "invalid_grant"));
        assert_eq!(refused.count(), 31);
        // Every other one was a valid replay, so that what was won is ended, at both.
        for server in &servers {
            until(
                Feed::BOUND,
                async || server.introspect(&won[0].access).await.json(),
                |it| it["active"] == false,
            )
            .await;
        }
    }
}

/// Could not ask is never yes and never no: 503, to be tried again. What was answered a moment ago still holds, and
/// everything goes on by itself when the authorization server is back.
#[tokio::test]
async fn without_its_authorization_server_the_api_answers_503_and_nothing_else() {
    let mut apart = Deployment::new(&[]).await;
    let application = apart.register(confidential("Time sheets", CALLBACK)).await;
    let mut browser = apart.browser();
    browser.sign_up("ada").await;
    let seen = apart.caller(0, &browser.lets(&application, "read write").await.access);
    let unseen = apart.caller(0, &browser.lets(&application, "read write").await.access);
    seen.get("/api/activities/").await.is(200, r#"{"count":0,"next":null,"previous":null,"results":[]}"#);

    apart.stop_authz(0).await;
    seen.get("/api/activities/").await.is(200, r#"{"count":0,"next":null,"previous":null,"results":[]}"#);
    let garbage = apart.caller(0, "tta_nobody-knows-what-this-is");
    for _ in 0..20 {
        for caller in [&unseen, &garbage] {
            caller.get("/api/activities/").await.is(503, UNAVAILABLE).has("retry-after", "1");
            let post = caller.post("/api/activities/", json!({"name": "x"})).await;
            post.is(503, UNAVAILABLE).has("retry-after", "1").lacks("www-authenticate");
        }
    }
    // The other process has another one to ask.
    unseen
        .at(&apart.api(1))
        .get("/api/activities/")
        .await
        .is(200, r#"{"count":0,"next":null,"previous":null,"results":[]}"#);

    apart.start_authz(0).await;
    until(
        Duration::from_secs(5),
        async || unseen.get("/api/activities/").await.status,
        |status| *status == 200,
    )
    .await;
    garbage.get("/api/activities/").await.is(401, UNAUTHENTICATED);
}

/// A database has one user's data only: neither service finds the other's tables in its own.
#[tokio::test]
async fn each_service_has_a_database_of_its_own() {
    let apart = Deployment::new(&[]).await;
    let tables = apart.tables().await;
    let both: Vec<&String> = tables.authz.iter().filter(|table| tables.timetracker.contains(table)).collect();
    // Whether it takes writes, each finds out for itself; and clients are applications there, and who pays here.
    assert_eq!(both, ["clients", "readiness"]);
    let has = |tables: &[String], name: &str| tables.iter().any(|table| table == name);
    assert!(has(&tables.authz, "users") && has(&tables.timetracker, "tracks"));
}
