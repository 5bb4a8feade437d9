//! What becomes of tracks that overlap: the person decides, for themselves and for each request.

use futures_util::future::join_all;

use crate::support::{Person, World, json};

const MORNING: (&str, &str) = ("2027-01-15T05:00:00Z", "2027-01-15T06:00:00Z");

async fn has(person: &Person, activity: i64, (start, end): (&str, &str)) -> i64 {
    person.post("/api/tracks/", json!({"activity": activity, "start": start, "end": end})).await.id()
}

#[tokio::test]
async fn overlaps_are_allowed_refused_or_trimmed_as_asked() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let there = has(&ada, activity, MORNING).await;
    let wanted =
        json!({"activity": activity, "start": "2027-01-15T05:30:00Z", "end": "2027-01-15T07:00:00Z"});
    let refusal = format!(r#"{{"detail":"The track would overlap others.","tracks":[{there}]}}"#);
    ada.post("/api/tracks/?overlap=reject", wanted.clone()).await.is(409, &refusal);
    ada.post("/api/tracks/?overlap=maybe", wanted.clone())
        .await
        .is(400, r#"{"overlap":["\"maybe\" is not a valid choice."]}"#);
    let trimmed = ada.post("/api/tracks/?overlap=trim", wanted.clone()).await;
    assert_eq!((trimmed.status, &trimmed.json()["start"]), (201, &json!(MORNING.1)));
    // Now nothing is left to trim it to.
    let both =
        format!(r#"{{"detail":"The track would overlap others.","tracks":[{there},{}]}}"#, trimmed.id());
    ada.post("/api/tracks/?overlap=trim", wanted.clone()).await.is(409, &both);
    assert_eq!(ada.post("/api/tracks/", wanted).await.status, 201);
}

/// Nine to one and one to five do not overlap, and what has no length is nowhere.
#[tokio::test]
async fn touching_is_not_overlapping() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    has(&ada, activity, MORNING).await;
    for (start, end) in [
        ("2027-01-15T04:00:00Z", MORNING.0),
        (MORNING.1, "2027-01-15T07:00:00Z"),
        ("2027-01-15T05:30:00Z", "2027-01-15T05:30:00Z"),
    ] {
        let track = json!({"activity": activity, "start": start, "end": end});
        assert_eq!(ada.post("/api/tracks/?overlap=reject", track).await.status, 201, "{start}");
    }
}

#[tokio::test]
async fn what_runs_is_in_the_way_from_its_start_on() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let running = ada.put("/api/timer/", json!({"activity": activity, "start": MORNING.0})).await.json();
    let running = running["running"]["id"].as_i64().unwrap();
    let later = json!({"activity": activity, "start": "2027-01-15T09:00:00Z", "end": "2027-01-15T10:00:00Z"});
    ada.post("/api/tracks/?overlap=reject", later.clone())
        .await
        .is(409, &format!(r#"{{"detail":"The track would overlap others.","tracks":[{running}]}}"#));
    let before =
        json!({"activity": activity, "start": "2027-01-15T04:00:00Z", "end": "2027-01-15T09:00:00Z"});
    let trimmed = ada.post("/api/tracks/?overlap=trim", before).await.json();
    assert_eq!(trimmed["end"], MORNING.0);
    // A switch stops it, so it is not in the way of what follows.
    assert_eq!(ada.put("/api/timer/?overlap=reject", json!({})).await.status, 200);
    assert_eq!(ada.post("/api/tracks/?overlap=reject", later).await.status, 409);
}

#[tokio::test]
async fn only_a_change_of_the_times_is_judged() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    has(&ada, activity, MORNING).await;
    let other = has(&ada, activity, MORNING).await;
    let path = format!("/api/tracks/{other}/?overlap=reject");
    assert_eq!(ada.patch(&path, json!({"description": "both at once"})).await.status, 200);
    assert_eq!(ada.patch(&path, json!({"end": "2027-01-15T05:59:00Z"})).await.status, 409);
    assert_eq!(
        ada.patch(&path, json!({"start": MORNING.1, "end": "2027-01-15T07:00:00Z"})).await.status,
        200
    );
    assert_eq!(ada.get(&format!("/api/tracks/{other}/")).await.json()["version"], 3);
}

#[tokio::test]
async fn a_forgotten_timer_is_in_the_way_however_long_ago_it_began() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    ada.put("/api/timer/", json!({"activity": activity, "start": "2026-10-01T00:00:00Z"})).await;
    let now = json!({"activity": activity, "start": MORNING.0, "end": MORNING.1});
    assert_eq!(ada.post("/api/tracks/?overlap=reject", now).await.status, 409);
}

#[tokio::test]
async fn other_peoples_tracks_are_never_in_the_way() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada"), world.person("bob"));
    has(&ada, ada.has_activity("a").await, MORNING).await;
    let own = json!({"activity": bob.has_activity("b").await, "start": MORNING.0, "end": MORNING.1});
    assert_eq!(bob.post("/api/tracks/?overlap=reject", own).await.status, 201);
}

/// Of 64 that would overlap one is kept, at two servers on one database.
#[tokio::test]
async fn sixty_four_at_once_leave_one() {
    let mut world = World::new().await;
    world.start_server(|_| {}).await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let there = world.at_server(1, &ada);
    let track = json!({"activity": activity, "start": MORNING.0, "end": MORNING.1});
    let posts = (0..64).map(|number| {
        let person = if number % 2 == 0 { &ada } else { &there };
        person.post("/api/tracks/?overlap=reject", track.clone())
    });
    let answers = join_all(posts).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 409).count(), 63);
}

/// What is trimmed is judged as it is then: a timer neither ends by itself nor begins tomorrow.
#[tokio::test]
async fn a_timer_that_is_trimmed_still_runs_now() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let planned = has(&ada, activity, ("2027-01-16T08:00:00Z", "2027-01-16T09:00:00Z")).await;
    let start = json!({"activity": activity, "description": "now"});
    let refusal =
        |track: i64| format!(r#"{{"detail":"The track would overlap others.","tracks":[{track}]}}"#);
    ada.put("/api/timer/?overlap=trim", start.clone()).await.is(409, &refusal(planned));
    ada.delete(&format!("/api/tracks/{planned}/")).await;
    let around = has(&ada, activity, ("2027-01-15T07:00:00Z", "2027-01-15T09:00:00Z")).await;
    ada.put("/api/timer/?overlap=trim", start.clone()).await.is(409, &refusal(around));
    ada.delete(&format!("/api/tracks/{around}/")).await;
    has(&ada, activity, ("2027-01-15T07:00:00Z", "2027-01-15T07:40:00Z")).await;
    let earlier = json!({"activity": activity, "start": "2027-01-15T07:10:00Z"});
    let running = ada.put("/api/timer/?overlap=trim", earlier).await.json();
    assert_eq!(
        (&running["running"]["start"], &running["stopped"]),
        (&json!("2027-01-15T07:40:00Z"), &json!(null))
    );
    let next = ada.put("/api/timer/?overlap=trim", json!({})).await.json();
    assert_eq!(next["stopped"]["end"], next["running"]["start"]);
}

/// The constraint behind this is exact where people live, and takes no part elsewhere.
#[tokio::test]
async fn touching_is_not_overlapping_in_three_hundred_years() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let year = "2300-01-01T00:00:00Z";
    for (start, end, status) in [
        ("2299-12-31T23:00:00Z", year, 201),
        (year, "2300-01-01T01:00:00Z", 201),
        ("2299-12-31T23:59:59.999999Z", year, 409),
        ("0001-01-01T00:00:00Z", "0001-01-01T01:00:00Z", 201),
    ] {
        let track = json!({"activity": activity, "start": start, "end": end});
        assert_eq!(ada.post("/api/tracks/?overlap=reject", track).await.status, status, "{start}");
    }
}

/// R164: however much there is, only so much is looked at.
#[tokio::test]
async fn a_refusal_names_twenty_at_most() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    for _ in 0..25 {
        has(&ada, activity, MORNING).await;
    }
    let always = json!({"activity": activity, "start": "0001-01-01T00:00:00Z"});
    let refused = ada.put("/api/timer/?overlap=reject", always).await;
    assert_eq!((refused.status, refused.json()["tracks"].as_array().unwrap().len()), (409, 20));
}
