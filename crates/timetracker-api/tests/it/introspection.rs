//! Asking the authorization server: once for all who wait, within limits, and never "let it pass".

use std::time::{Duration, Instant};

use crate::support::{Mood, World, json};

const UNAVAILABLE: &str = r#"{"detail":"Service temporarily unavailable, try again later."}"#;

/// R163: the question carries our own credential and the token in the body, nothing in the URL.
#[tokio::test]
async fn the_question_is_rfc_7662s() {
    let world = World::new().await;
    let ada = world.person("ada");
    assert_eq!(ada.get("/api/tracks/").await.status, 200);
    let (authorization, body) = world.authority.last_question();
    // timetracker-api:api-secret-canary
    assert_eq!(authorization, "Basic dGltZXRyYWNrZXItYXBpOmFwaS1zZWNyZXQtY2FuYXJ5");
    assert_eq!(body, format!("token={}&token_type_hint=access_token", ada.token));
}

/// R161, R163, F9: whatever is not a clear answer is 503 with Retry-After, in time, and is asked again.
/// Section 2 no. 45 of the dossier (Cloudflare, 2025-06-12).
#[tokio::test]
async fn no_clear_answer_is_503_and_never_200_or_401() {
    let json = "application/json";
    let vouched = r#""scope":"read write","client_id":"web","username":"ada","token_type":"Bearer","exp":4000000000,"sub":"7","aud":["timetracker"]"#;
    for mood in [
        Mood::Says(500, json, r#"{"active":true}"#.into()),
        Mood::Says(429, json, "{}".into()),
        Mood::Says(401, json, r#"{"error":"invalid_client"}"#.into()),
        Mood::Says(404, json, String::new()),
        Mood::Says(204, json, String::new()),
        Mood::Says(200, "text/html", "<html>Sign in</html>".into()),
        Mood::Says(200, json, String::new()),
        Mood::Says(200, json, "<html>".into()),
        Mood::Says(200, json, "[]".into()),
        Mood::Says(200, json, "{}".into()),
        Mood::Says(200, json, format!(r#"{{"active":"true",{vouched}}}"#)),
        Mood::Says(200, json, format!(r#"{{"active":1,{vouched}}}"#)),
        Mood::Says(200, json, format!(r#"{{"active":null,{vouched}}}"#)),
        Mood::Says(200, json, format!("{{{vouched}}}")),
        Mood::Says(200, json, format!(r#"{{"active":true,{vouched},"jti":"{}"}}"#, "x".repeat(10_000_000))),
        Mood::Redirects,
        Mood::Slow(Duration::from_secs(5)),
        Mood::Drips,
    ] {
        let world = World::with(|config| config.introspection_timeout = Duration::from_millis(800)).await;
        let ada = world.person("ada");
        world.authority.behave(mood.clone());
        let began = Instant::now();
        ada.get("/api/tracks/").await.is(503, UNAVAILABLE).has("retry-after", "1").lacks("www-authenticate");
        assert!(began.elapsed() < Duration::from_millis(2_500), "{:?}", began.elapsed());
        assert_eq!(world.authority.asked(), 1);
        // A failure is not remembered: the next request asks again.
        world.authority.behave(Mood::Helpful);
        assert_eq!(ada.get("/api/tracks/").await.status, 200);
    }
}

/// R161: nobody listens there.
#[tokio::test]
async fn an_authority_that_is_gone_is_503() {
    let world = World::new().await;
    let ada = world.person("ada");
    world.authority.stop().await;
    ada.get("/api/tracks/").await.is(503, UNAVAILABLE).has("retry-after", "1");
    // Health does not depend on it: a restart of ours would not help.
    world.anonymous(reqwest::Method::GET, "/readyz").await.is(200, r#"{"status":"ready"}"#);
}

/// R161: what was already answered is believed for its ten seconds even when the authority is down.
#[tokio::test]
async fn a_warm_token_outlives_a_short_failure() {
    let world = World::new().await;
    let ada = world.person("ada");
    assert_eq!(ada.get("/api/tracks/").await.status, 200);
    world.authority.behave(Mood::Says(500, "application/json", "{}".into()));
    world.clock.advance(Duration::from_secs(9));
    assert_eq!(ada.get("/api/tracks/").await.status, 200);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(ada.get("/api/tracks/").await.status, 503);
}

/// R163, F9: one question per token, however many wait.
#[tokio::test]
async fn a_hundred_requests_with_one_token_ask_once() {
    let world = World::new().await;
    let ada = world.person("ada");
    world.authority.behave(Mood::Slow(Duration::from_millis(200)));
    let requests = (0..100).map(|_| ada.get("/api/tracks/"));
    for answer in futures_util::future::join_all(requests).await {
        assert_eq!(answer.status, 200);
    }
    assert_eq!(world.authority.asked(), 1);
}

/// F9: when many tokens wait at once, the authority still has at most fifty questions at a time.
#[tokio::test]
async fn at_most_fifty_questions_at_once() {
    let world = World::with(|config| config.introspection_timeout = Duration::from_secs(10)).await;
    let people: Vec<_> = (0..200).map(|number| world.person(&format!("p{number}"))).collect();
    world.authority.behave(Mood::Slow(Duration::from_millis(50)));
    let requests = people.iter().map(|person| person.get("/api/"));
    for answer in futures_util::future::join_all(requests).await {
        assert_eq!(answer.status, 200);
    }
    assert_eq!(world.authority.asked(), 200);
    assert!((2..=50).contains(&world.authority.most_at_once()), "{}", world.authority.most_at_once());
}

/// F9: any number of tokens that nobody knows do not keep from their work those whose tokens were good a moment ago.
#[tokio::test]
async fn a_flood_of_unknown_tokens_leaves_places_for_known_ones() {
    // Long enough for a busy machine: an answer that comes too late would open the breaker.
    let world = World::with(|config| config.introspection_timeout = Duration::from_secs(5)).await;
    let ada = world.person("ada");
    assert_eq!(ada.get("/api/tracks/").await.status, 200);
    world.authority.behave(Mood::Slow(Duration::from_millis(400)));
    for _ in 0..3 {
        let asked = world.authority.asked();
        let strangers: Vec<_> = (0..400).map(|number| world.bearer(&format!("x-{asked}-{number}"))).collect();
        let flood = futures_util::future::join_all(strangers.iter().map(|person| person.get("/api/tracks/")));
        world.clock.advance(Duration::from_secs(10));
        let at_work = async {
            let is_flooded = async {
                while world.authority.asked() < asked + 36 {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(30), is_flooded).await.unwrap();
            assert_eq!(ada.get("/api/tracks/").await.status, 200);
        };
        let (answers, ()) = futures_util::join!(flood, at_work);
        // Some were told that they are nobody, and the others that nobody could be asked in time.
        assert!(answers.iter().all(|answer| [401, 503].contains(&answer.status)));
        assert!(answers.iter().any(|answer| answer.status == 503), "it was no flood");
    }
    assert!(world.authority.most_at_once() <= 48, "{}", world.authority.most_at_once());
}

/// R163: after five failures in a row it is left alone for a second, and then found again.
#[tokio::test]
async fn the_breaker_opens_and_closes() {
    let world = World::new().await;
    let ada = world.person("ada");
    world.authority.behave(Mood::Says(500, "application/json", "{}".into()));
    let began = Instant::now();
    for _ in 0..50 {
        ada.get("/api/tracks/").await.is(503, UNAVAILABLE).has("retry-after", "1");
    }
    let seconds = usize::try_from(began.elapsed().as_secs()).unwrap();
    assert!(world.authority.asked() <= 6 + seconds, "{} questions", world.authority.asked());
    world.authority.behave(Mood::Helpful);
    let back = Instant::now();
    while ada.get("/api/tracks/").await.status != 200 {
        assert!(back.elapsed() < Duration::from_secs(5), "it does not come back");
    }
}

/// A stranger's unknown tokens, of which the authority wants to hear no more, do not close the way for the others.
#[tokio::test]
async fn too_many_unknown_tokens_do_not_open_the_breaker() {
    let world = World::new().await;
    let ada = world.person("ada");
    world.authority.behave(Mood::Says(
        429,
        "application/json",
        r#"{"error":"temporarily_unavailable"}"#.into(),
    ));
    for _ in 0..20 {
        ada.get("/api/tracks/").await.is(503, UNAVAILABLE).has("retry-after", "1");
    }
    assert_eq!(world.authority.asked(), 20);
    world.authority.behave(Mood::Helpful);
    assert_eq!(ada.get("/api/tracks/").await.status, 200);
}

/// C15: a revocation that arrives while the answer is under way: the answer's age counts from the question.
#[tokio::test]
async fn an_answer_is_as_old_as_its_question() {
    let world = World::new().await;
    let ada = world.person("ada");
    world.authority.behave(Mood::Slow(Duration::from_millis(300)));
    let under_way = async {
        let answer = ada.get("/api/tracks/").await;
        assert_eq!(answer.status, 200);
    };
    let meanwhile = async {
        while world.authority.asked() == 0 {
            tokio::task::yield_now().await;
        }
        world.authority.forgets(&ada.token);
        world.clock.advance(Duration::from_secs(6));
    };
    futures_util::join!(under_way, meanwhile);
    world.authority.behave(Mood::Helpful);
    world.clock.advance(Duration::from_millis(3_999));
    assert_eq!(ada.get("/api/tracks/").await.status, 200);
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(ada.get("/api/tracks/").await.status, 401);
}

/// Two tokens that begin alike are two tokens.
#[tokio::test]
async fn answers_are_kept_per_token() {
    let world = World::new().await;
    world.authority.knows("token", world.authority.vouches(5, "ada", "read"));
    assert_eq!(world.bearer("token").get("/api/").await.status, 200);
    assert_eq!(world.bearer("token1").get("/api/").await.status, 401);
    assert_eq!(world.bearer("token").post("/api/activities/", json!({"name": "a"})).await.status, 403);
    assert_eq!(world.authority.asked(), 2);
}

/// F9: the one who asked for all goes away; the others are answered all the same.
#[tokio::test]
async fn a_client_that_goes_away_strands_nobody() {
    let world = World::new().await;
    let ada = world.person("ada");
    world.authority.behave(Mood::Slow(Duration::from_millis(300)));
    let impatient = tokio::spawn(ada.request(reqwest::Method::GET, "/api/").send());
    while world.authority.asked() == 0 {
        tokio::task::yield_now().await;
    }
    let patient = (0..10).map(|_| ada.get("/api/tracks/"));
    let leave = async {
        tokio::task::yield_now().await;
        impatient.abort();
    };
    let (answers, ()) = futures_util::join!(futures_util::future::join_all(patient), leave);
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert!(world.authority.asked() <= 2, "{}", world.authority.asked());
}
