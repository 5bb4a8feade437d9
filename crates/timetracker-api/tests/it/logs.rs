//! What the log holds, and what it never holds. One subscriber collects everything at TRACE.

use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex};

use diesel::RunQueryDsl;
use model::logging::LogRequests;
use reqwest::Method;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{ISSUER, Mood, Visitor, World, json, pages};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

static LOG: LazyLock<Lines> = LazyLock::new(|| {
    let lines = Lines::default();
    let all = tracing_subscriber::fmt().json().flatten_event(true).with_env_filter("trace");
    all.with_writer(lines.clone()).init();
    lines
});

fn logged() -> String {
    String::from_utf8_lossy(&LOG.0.lock().unwrap()).into_owned()
}

fn lines_of(request_id: &str) -> Vec<serde_json::Value> {
    let all = logged();
    let ours = all.lines().filter(|line| line.contains(request_id));
    ours.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// R170: neither tokens nor our own secret nor query strings, at any level, on any path.
#[tokio::test]
async fn no_secret_is_ever_logged() {
    LazyLock::force(&LOG);
    let world = World::with(|config| config.log_requests = LogRequests::All).await;
    let vouched = world.authority.vouches(5, "ada-canary-name", "read write reports:share");
    world.authority.knows("canary-good-token", vouched);
    let ada = world.bearer("canary-good-token");
    assert_eq!(ada.get("/api/tracks/?search=canary-query&page=1").await.status, 200);
    assert_eq!(ada.get("/api/tracks/?access_token=canary-query-token").await.status, 400);
    assert_eq!(ada.post("/api/activities/", json!({"name": "canary-body"})).await.status, 201);
    assert_eq!(world.bearer("canary-bad-token").get("/api/").await.status, 401);
    assert_eq!(world.bearer("canary-mal,formed").get("/api/").await.status, 401);
    let feed = ada.post("/api/feeds/", json!({})).await.json()["url"].as_str().unwrap().to_owned();
    let secret = feed.rsplit('/').next().unwrap().trim_end_matches(".ics").to_owned();
    for (method, address, expected) in [
        (Method::GET, format!("/api/feeds/{secret}.ics"), 200),
        (Method::HEAD, format!("/api/feeds/{secret}.ics"), 200),
        (Method::POST, format!("/api/feeds/{secret}.ics"), 405),
        (Method::GET, format!("/api/feeds/{secret}"), 401),
        (Method::GET, format!("/api/feeds/{secret}.ics/"), 401),
        (Method::GET, format!("/{secret}"), 404),
        (Method::GET, "/api/feeds/ttf_canary-feed.ics".to_owned(), 404),
    ] {
        assert_eq!(world.anonymous(method, &address).await.status, expected, "{address}");
    }
    // A calendar that cannot be made.
    let rename = |from: &str, to: &str| diesel::sql_query(format!("ALTER TABLE {from} RENAME TO {to}"));
    for (from, to, expected) in [("tracks", "elsewhere", 500), ("elsewhere", "tracks", 200)] {
        let rename = rename(from, to);
        world.db().write(move |conn| rename.execute(conn)).await.unwrap();
        let answer = world.anonymous(Method::GET, &format!("/api/feeds/{secret}.ics")).await;
        assert_eq!(answer.status, expected);
    }
    let cookie =
        world.request(Method::GET, "/api/").header("cookie", "session=canary-cookie").send().await.unwrap();
    assert_eq!(cookie.status(), 401);
    for mood in [
        Mood::Says(500, "application/json", r#"{"error":"x","error_description":"canary-answer"}"#.into()),
        Mood::Says(200, "application/json", r#"{"active":"canary-answer"}"#.into()),
        Mood::Says(200, "text/html", "canary-answer".into()),
    ] {
        world.authority.behave(mood);
        assert_eq!(world.bearer("canary-unasked-token").get("/api/").await.status, 503);
    }
    let log = logged();
    assert!(log.contains("request failed") && log.contains("/tracks/"), "the log was not collected");
    for secret in [
        secret.as_str(),
        "canary-feed",
        "canary-good",
        "canary-bad",
        "canary-mal",
        "canary-query",
        "canary-body",
        "canary-cookie",
        "canary-unasked",
        "canary-answer",
        "api-secret-canary",
        "YXBpLXNlY3JldC1jYW5hcnk",
        "ada-canary-name",
    ] {
        let line = log.lines().find(|line| line.contains(secret)).unwrap_or_default();
        assert!(line.is_empty(), "{secret} is in the log: {line}");
    }
}

/// What waits as it was asked to is not slow.
#[tokio::test]
async fn a_request_that_is_meant_to_wait_leaves_no_line() {
    LazyLock::force(&LOG);
    let world = World::new().await;
    let answer = world.person("ada").get("/api/timer/?wait=2").await;
    assert_eq!(answer.status, 200);
    assert_eq!(lines_of(answer.header("x-request-id").unwrap()), Vec::<serde_json::Value>::new());
}

/// R151: the line of a fault is found by the id the client was told, with its cause.
#[tokio::test]
async fn a_failure_is_logged_once_under_its_id() {
    LazyLock::force(&LOG);
    let world = World::new().await;
    let ada = world.person("ada");
    let fine = ada.get("/api/").await;
    world.authority.behave(Mood::Says(500, "application/json", "{}".into()));
    let failed = world.bearer("some-token").get("/api/tracks/").await;
    let lines = lines_of(failed.header("x-request-id").unwrap());
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line = &lines[0];
    assert_eq!(
        (&line["level"], &line["message"], &line["method"], &line["route"], &line["status"]),
        (&json!("ERROR"), &json!("request failed"), &json!("GET"), &json!("/tracks/"), &json!(503))
    );
    assert!(line["cause"].as_str().unwrap().starts_with("the authorization server did not answer"), "{line}");
    // A request that went well leaves no line unless asked.
    assert_eq!(lines_of(fine.header("x-request-id").unwrap()).len(), 0);
}

/// R151: so is that of a page that could not be shown, which says the id to the person.
#[tokio::test]
async fn a_page_that_fails_shows_the_number_of_its_line() {
    LazyLock::force(&LOG);
    let world = World::with_pages().await;
    let mut ada = Visitor::new(&world);
    ada.signs_in("ada").await;
    world.clock.advance(std::time::Duration::from_secs(3_600));
    world.authority.issue(Mood::Says(500, "text/html", String::new()));
    for (path, route) in [("/api/tracks/", "/tracks/"), ("/time/", "/time/")] {
        let page = ada.opens(path).await;
        let number = page.reads("#reference");
        assert_eq!((page.status, page.header("x-request-id")), (503, Some(number.as_str())));
        let [line] = lines_of(&number).try_into().unwrap();
        assert_eq!(
            (&line["level"], &line["message"], &line["method"], &line["route"], &line["status"]),
            (&json!("ERROR"), &json!("request failed"), &json!("GET"), &json!(route), &json!(503))
        );
        assert!(
            line["cause"].as_str().unwrap().starts_with("the authorization server did not answer"),
            "{line}"
        );
    }
}

/// R170: neither does a sign-in leave anything there: no code, no state, no cookie, no token, nothing that was typed.
#[tokio::test]
async fn no_secret_of_a_sign_in_is_ever_logged() {
    LazyLock::force(&LOG);
    let world = World::with(|config| {
        pages(config);
        config.log_requests = LogRequests::All;
    })
    .await;
    let mut ada = Visitor::new(&world);
    let [mut state, mut secret] = [String::new(), String::new()];
    for mood in [
        Mood::Says(
            400,
            "application/json",
            r#"{"error":"invalid_request","error_description":"canary-said"}"#.into(),
        ),
        Mood::Says(500, "text/html", "canary-said".into()),
        Mood::Helpful,
    ] {
        world.authority.issue(mood);
        world.authority.redeems("canary-code", "canary-access", "canary-refresh");
        world.authority.knows("canary-access", world.authority.vouches(5, "canary-ada", "read write"));
        [state, _] = ada.leaves("/time/sign-in/?next=/api/tracks/%3Fsearch=canary-next").await;
        secret = ada.cookies["__Host-timetracker_sign_in"].clone();
        ada.returns(&[("code", "canary-code"), ("state", &state), ("iss", ISSUER)]).await;
    }
    let session = ada.cookies["__Host-timetracker_session"].clone();
    let page = ada.opens("/time/").await;
    let key = page.form("#start-form", "#start").1[0].1.clone();
    ada.submits(&page, "#start-form", "#start", &[("name", "canary-typed")]).await;
    ada.submits(&page, "#start-form", "#start", &[("name", "canary-typed"), ("_csrf", "x")]).await;
    let out = ada.submits(&page, "#sign-out-form", "#sign-out", &[]).await;
    assert_eq!(out.status, 200);
    let log = logged();
    assert!(log.contains("/time/callback/"), "the log was not collected");
    for secret in [
        state.as_str(),
        &secret,
        &session,
        &key,
        "canary-code",
        "canary-access",
        "canary-refresh",
        "canary-next",
        "canary-typed",
        "canary-said",
        "canary-ada",
        "d2ViOndlYitzZWNyZXQ",
    ] {
        let line = log.lines().find(|line| line.contains(secret)).unwrap_or_default();
        assert!(line.is_empty(), "{secret} is in the log: {line}");
    }
}

/// R171: nothing a client sends can begin a line of its own.
#[tokio::test]
async fn a_line_cannot_be_forged() {
    LazyLock::force(&LOG);
    let world = World::with(|config| config.log_requests = LogRequests::All).await;
    let ada = world.person("ada");
    let answer = ada.get("/api/tracks/x%0d%0a%1b%5b2Jforged-line/").await;
    assert_eq!(answer.status, 404);
    let lines = lines_of(answer.header("x-request-id").unwrap());
    assert_eq!(lines.len(), 1);
    assert_eq!((&lines[0]["message"], &lines[0]["route"]), (&json!("request"), &json!("/tracks/{id}/")));
    assert!(!logged().lines().any(|line| line.contains("forged-line")));
}
