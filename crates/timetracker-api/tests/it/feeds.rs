//! `/api/feeds/`, and what is under the addresses that are made there.

use std::time::Duration;

use diesel::prelude::*;
use reqwest::Method;
use timetracker_api::schema::feeds;

use crate::support::{Answer, PUBLIC, Person, World, filled, json};

/// No alias stands for sharing.
const SCOPES: &str = "read write reports:share";

/// Makes one and answers where it is.
async fn feed(person: &Person) -> String {
    let made = person.post("/api/feeds/", json!({})).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.json()["url"].as_str().unwrap().strip_prefix(PUBLIC).unwrap().to_owned()
}

async fn fetch(world: &World, path: &str) -> Answer {
    world.anonymous(Method::GET, path).await
}

/// Asks for what is other than that.
async fn again_with(world: &World, path: &str, tag: &str) -> Answer {
    let request = world.request(Method::GET, path).header("if-none-match", tag);
    Answer::read(request.send().await.unwrap()).await
}

/// The whole calendar: one line of each kind of property, folded and escaped.
#[tokio::test]
async fn whoever_has_the_address_sees_the_tracks_without_a_token() {
    let world = World::new().await;
    let ada = world.person_with("ada", SCOPES);
    let activity = ada.has_activity("Reading; slowly").await;
    let uids = ["018c0000-0000-7000-8000-000000000001", "018c0000-0000-7000-8000-000000000002"];
    let track = json!({
        "uid": uids[0], "activity": activity, "start": "2027-01-14T09:00:00Z", "end": "2027-01-14T10:30:00.25Z",
        "description": "The pump, its valves and their history, é included, as far as one page goes\nEND:VEVENT",
        "tags": ["deep", "a,b"],
    });
    assert_eq!(ada.post("/api/tracks/", track).await.status, 201);
    ada.patch("/api/tracks/1/", json!({"billable": true})).await;
    ada.put("/api/timer/", json!({"uid": uids[1], "activity": activity, "start": "2027-01-15T07:00:00Z"}))
        .await;
    let made = ada.post("/api/feeds/", json!({"name": "Ada's time", "days": 7, "url": "mine"})).await;
    let url = made.json()["url"].as_str().unwrap().to_owned();
    let expected = format!(
        r#"{{"id":1,"name":"Ada's time","days":7,"created_at":"2027-01-15T08:00:00Z","client_id":"web","last_read_at":null,"url":"{url}"}}"#
    );
    made.is(201, &expected).has("location", &format!("{PUBLIC}/api/feeds/1/"));
    let path = url.strip_prefix(PUBLIC).unwrap();
    let secret = path.strip_prefix("/api/feeds/ttf_").and_then(|rest| rest.strip_suffix(".ics"));
    assert_eq!(secret.unwrap().len(), 43);

    let calendar = fetch(&world, path).await;
    let expected = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Timetracker//Tracks//EN",
        "NAME:Ada's time",
        "X-WR-CALNAME:Ada's time",
        "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
        "X-PUBLISHED-TTL:PT15M",
        "BEGIN:VEVENT",
        "UID:018c0000-0000-7000-8000-000000000002",
        "DTSTAMP:20270115T080000Z",
        "CREATED:20270115T080000Z",
        "LAST-MODIFIED:20270115T080000Z",
        "SEQUENCE:0",
        "DTSTART:20270115T070000Z",
        "SUMMARY:Reading\\; slowly",
        "TRANSP:TRANSPARENT",
        "STATUS:TENTATIVE",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "UID:018c0000-0000-7000-8000-000000000001",
        "DTSTAMP:20270115T080000Z",
        "CREATED:20270115T080000Z",
        "LAST-MODIFIED:20270115T080000Z",
        "SEQUENCE:1",
        "DTSTART:20270114T090000Z",
        "DTEND:20270114T103000Z",
        "SUMMARY:Reading\\; slowly: The pump\\, its valves and their history\\, é incl",
        " uded\\, as far as one page goes",
        "DESCRIPTION:The pump\\, its valves and their history\\, é included\\, as far ",
        " as one page goes\\nEND:VEVENT",
        "CATEGORIES:deep,a\\,b",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ];
    calendar.is(200, &expected.join("\r\n"));
    calendar.has("content-type", "text/calendar; charset=utf-8").has("cache-control", "private, no-cache");
    calendar.has("x-content-type-options", "nosniff").has("allow", "GET, HEAD");
    let head = world.anonymous(Method::HEAD, path).await;
    head.is(200, "").has("etag", calendar.header("etag").unwrap());

    // Nothing changed, and then something did.
    let tag = calendar.header("etag").unwrap().to_owned();
    again_with(&world, path, &tag).await.is(304, "").has("etag", &tag);
    ada.patch("/api/tracks/1/", json!({"description": ""})).await;
    assert!(again_with(&world, path, &tag).await.text.contains("SEQUENCE:2"));
    let tag = fetch(&world, path).await.header("etag").unwrap().to_owned();
    // What is called otherwise is another calendar, too.
    ada.patch(&format!("/api/activities/{activity}/"), json!({"name": "Writing"})).await;
    let answer = again_with(&world, path, &tag).await;
    assert!(answer.status == 200 && answer.text.contains("SUMMARY:Writing"), "{answer:?}");
    // Another day is another calendar: what is older than the feed goes back, in days of UTC, has left it.
    let tag = answer.header("etag").unwrap().to_owned();
    for (hours, left) in [(154, 2), (8, 1)] {
        world.clock.advance(Duration::from_secs(hours * 3_600));
        let answer = again_with(&world, path, &tag).await;
        assert_eq!((answer.status, answer.text.matches("BEGIN:VEVENT").count()), (200, left));
    }
}

/// R170: the secret is in one answer, and nowhere else: not in a list, not where answers are kept, not in the database.
#[tokio::test]
async fn an_address_is_told_once() {
    let world = World::new().await;
    let ada = world.person_with("ada", SCOPES);
    let send = async || {
        let request = ada.request(Method::POST, "/api/feeds/").header("idempotency-key", "once");
        let request = request.header("content-type", "application/json").body("{}");
        Answer::read(request.send().await.unwrap()).await
    };
    let made = send().await;
    let url = made.json()["url"].as_str().unwrap().to_owned();
    let without = made.text.replace(&format!("\"{url}\""), "null");
    send().await.is(201, &without).has("idempotency-replayed", "true");
    ada.get("/api/feeds/1/").await.is(200, &without);
    ada.get("/api/feeds/")
        .await
        .is(200, &format!(r#"{{"count":1,"next":null,"previous":null,"results":[{without}]}}"#));
    let kept: Vec<Vec<u8>> =
        world.db().read(|conn| feeds::table.select(feeds::token_hash).load(conn)).await.unwrap();
    let token = url.rsplit('/').next().unwrap().trim_end_matches(".ics");
    assert_eq!(kept, [model::secret::sha256(token.as_bytes())]);
}

/// R158.
#[tokio::test]
async fn what_was_ended_or_never_was_is_not_there() {
    let world = World::new().await;
    let (ada, bob) = (world.person_with("ada", SCOPES), world.person_with("bob", SCOPES));
    let (ended, kept) = (feed(&ada).await, feed(&ada).await);
    let not_found = r#"{"detail":"Not found."}"#;
    bob.delete("/api/feeds/1/").await.is(404, r#"{"detail":"No Feed matches the given query."}"#);
    bob.get("/api/feeds/1/").await.is(404, r#"{"detail":"No Feed matches the given query."}"#);
    assert_eq!(fetch(&world, &ended).await.status, 200);
    ada.delete("/api/feeds/1/").await.is(204, "");
    ada.delete("/api/feeds/1/").await.is(404, r#"{"detail":"No Feed matches the given query."}"#);
    let never = ended.replace("ttf_", "ttf_A").replace("A.ics", ".ics");
    for path in [
        ended.as_str(),
        &never,
        "/api/feeds/1.ics",
        "/api/feeds/.ics",
        "/api/feeds/ttf_.ics",
        &kept[..kept.len() - 5],
    ] {
        let answer = fetch(&world, path).await;
        if path.strip_suffix(".ics").is_some_and(|rest| rest != "/api/feeds/") {
            answer.is(404, not_found).has("cache-control", "no-store");
        } else {
            assert_eq!(answer.status, 401, "{path}");
        }
    }
    assert_eq!(fetch(&world, &kept).await.status, 200);
    for method in [Method::POST, Method::DELETE, Method::PUT] {
        assert_eq!(world.anonymous(method, &kept).await.status, 405);
    }
}

#[tokio::test]
async fn what_a_feed_may_be_is_told_and_there_are_not_too_many() {
    let world = World::new().await;
    let ada = world.person_with("ada", SCOPES);
    let days = r#""days":["Ensure this is a whole number from 1 to 400."]"#;
    for wrong in [json!(0), json!(401), json!(1.5), json!("x"), json!(null), json!(true)] {
        ada.post("/api/feeds/", json!({ "days": wrong })).await.is(400, &format!("{{{days}}}"));
    }
    let name = r#""name":["Ensure this field has no more than 100 characters."]"#;
    ada.post("/api/feeds/", json!({"days": 0, "name": "x".repeat(101)}))
        .await
        .is(400, &format!("{{{name},{days}}}"));
    ada.post("/api/feeds/", json!({"name": "a\u{7}b"}))
        .await
        .is(400, r#"{"name":["Control characters are not allowed."]}"#);
    for _ in 0..20 {
        feed(&ada).await;
    }
    ada.post("/api/feeds/", json!({}))
        .await
        .is(409, r#"{"detail":"There are 20 feeds, which is the most: end one of them first."}"#);
    let page = ada.get("/api/feeds/?page=20&page_size=1").await.json();
    assert_eq!(
        (&page["count"], &page["results"][0]["id"], &page["results"][0]["days"]),
        (&json!(20), &json!(20), &json!(90))
    );
    // What another may do does not count.
    feed(&world.person_with("bob", SCOPES)).await;
}

/// Who made it, and whether anybody looks at it, is there for its person to see.
#[tokio::test]
async fn a_feed_says_which_client_made_it_and_in_which_hour_it_was_read_last() {
    let world = World::new().await;
    let ada = world.person_with("ada", SCOPES);
    let path = feed(&ada).await;
    let shown = async || {
        let page = ada.get("/api/feeds/").await.json();
        let feed = &page["results"][0];
        assert_eq!(&ada.get("/api/feeds/1/").await.json(), feed);
        (feed["client_id"].clone(), feed["last_read_at"].clone())
    };
    assert_eq!(shown().await, (json!("web"), json!(null)));
    world.clock.advance(Duration::from_secs(1_234));
    let tag = fetch(&world, &path).await.header("etag").unwrap().to_owned();
    assert_eq!(shown().await, (json!("web"), json!("2027-01-15T08:00:00Z")));
    world.clock.advance(Duration::from_secs(2_000));
    fetch(&world, &path).await;
    assert_eq!(shown().await.1, "2027-01-15T08:00:00Z");
    // What somebody has already was read all the same, and that it was read is no other calendar.
    world.clock.advance(Duration::from_secs(3_600));
    world.renews(&ada, "ada", SCOPES);
    again_with(&world, &path, &tag).await.is(304, "");
    assert_eq!(shown().await.1, "2027-01-15T09:00:00Z");
    // Feeds of before do not know.
    let older = diesel::update(feeds::table).set(feeds::client_id.eq(None::<String>));
    world.db().write(move |conn| older.execute(conn)).await.unwrap();
    assert_eq!(shown().await.0, json!(null));
}

/// R153: so many calendars an hour, whoever asks; and what somebody has already costs nothing.
#[tokio::test]
async fn an_address_gives_so_many_calendars_an_hour() {
    let world = World::new().await;
    let ada = world.person_with("ada", SCOPES);
    let (path, other) = (feed(&ada).await, feed(&ada).await);
    let mut tag = String::new();
    for _ in 0..120 {
        let calendar = fetch(&world, &path).await;
        assert_eq!(calendar.status, 200);
        tag = calendar.header("etag").unwrap().to_owned();
    }
    let told = r#"{"detail":"Request was throttled. Expected available in 30 seconds."}"#;
    fetch(&world, &path).await.is(429, told).has("retry-after", "30").has("cache-control", "no-store");
    again_with(&world, &path, &tag).await.is(304, "");
    assert_eq!(fetch(&world, &other).await.status, 200);
    world.clock.advance(Duration::from_secs(30));
    assert_eq!(fetch(&world, &path).await.status, 200);
    assert_eq!(fetch(&world, &path).await.status, 429);
}

/// R164.
#[tokio::test]
async fn a_calendar_has_so_many_letters_and_the_newest_tracks() {
    let world = World::new().await;
    let ada = world.person_with("ada", SCOPES);
    let activity = ada.has_activity("a").await;
    let made = ada.post("/api/feeds/", json!({"days": 400})).await.json();
    let path = made["url"].as_str().unwrap().strip_prefix(PUBLIC).unwrap().to_owned();
    filled::fill(&world, activity, 600, &"x".repeat(10_000)).await;
    let calendar = fetch(&world, &path).await.text;
    let starts: Vec<&str> = calendar.lines().filter(|line| line.starts_with("DTSTART:")).collect();
    assert_eq!((starts.len(), starts[0]), (419, "DTSTART:20260922T001220Z"));
    assert!(starts.is_sorted_by(|newer, older| newer > older) && calendar.len() < 5 * 1_024 * 1_024);
}
