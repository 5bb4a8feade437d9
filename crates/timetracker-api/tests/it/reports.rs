//! `/api/reports/summary/`.

use crate::support::{Person, World, json};

async fn spent(person: &Person, activity: i64, start: &str, end: &str, more: serde_json::Value) {
    let mut track = json!({"activity": activity, "start": start, "end": end});
    for (name, value) in more.as_object().unwrap() {
        track[name] = value.clone();
    }
    assert_eq!(person.post("/api/tracks/", track).await.status, 201);
}

const WEEK: &str = "/api/reports/summary/?from=2026-10-19&to=2026-10-25&tz=Europe/Berlin";

#[tokio::test]
async fn the_answer_says_how_it_was_understood_and_every_day_is_right() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    // An hour before midnight in Berlin and two behind it; the night the clocks are put back, which has 25 hours.
    spent(&ada, activity, "2026-10-20T21:00:00Z", "2026-10-21T00:00:00Z", json!({})).await;
    spent(&ada, activity, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", json!({})).await;
    ada.get(WEEK).await.is(
        200,
        r#"{"query":{"from":"2026-10-19","to":"2026-10-25","tz":"Europe/Berlin","group_by":"day","midnight":"split","day_start":"00:00","week_start":"mon","rounding":"none","running":"include"},"total":{"seconds":100800,"tracks":2,"money":[]},"groups":[{"day":"2026-10-20","seconds":3600,"tracks":1,"money":[]},{"day":"2026-10-21","seconds":7200,"tracks":1,"money":[]},{"day":"2026-10-25","seconds":90000,"tracks":1,"money":[]}]}"#,
    );
    let groups = async |query: &str| ada.get(&format!("{WEEK}&{query}")).await.json()["groups"].clone();
    assert_eq!(
        groups("midnight=start").await,
        json!([{"day": "2026-10-20", "seconds": 10_800, "tracks": 1, "money": []}, {"day": "2026-10-25", "seconds": 90_000, "tracks": 1, "money": []}])
    );
    assert_eq!(
        groups("day_start=05:00").await[0],
        json!({"day": "2026-10-20", "seconds": 10_800, "tracks": 1, "money": []})
    );
    assert_eq!(groups("group_by=week&week_start=sun").await[0]["week"], "2026-10-18");
    assert_eq!(
        groups("group_by=month").await,
        json!([{"month": "2026-10", "seconds": 100_800, "tracks": 2, "money": []}])
    );
}

#[tokio::test]
async fn tags_are_counted_once_and_groups_add_up() {
    let world = World::new().await;
    let ada = world.person("ada");
    let (first, second) = (ada.has_activity("a").await, ada.has_activity("b").await);
    let (nine, ten) = ("2026-10-20T09:00:00Z", "2026-10-20T10:00:00Z");
    spent(&ada, first, nine, ten, json!({"tags": ["deep", "post"], "billable": true})).await;
    spent(&ada, second, nine, ten, json!({"tags": ["Deep"]})).await;
    // In another order they are the same tags.
    spent(&ada, first, nine, nine, json!({"tags": ["post", "deep"]})).await;
    spent(&ada, second, nine, "2026-10-20T09:10:00Z", json!({})).await;
    let report = async |query: &str| ada.get(&format!("{WEEK}&{query}")).await.json();
    let tags = report("group_by=tags").await;
    assert_eq!(tags["total"], json!({"seconds": 7_800, "tracks": 4, "money": []}));
    assert_eq!(
        tags["groups"],
        json!([
            {"tags": [], "seconds": 600, "tracks": 1, "money": []}, {"tags": ["deep"], "seconds": 3_600, "tracks": 1, "money": []},
            {"tags": ["deep", "post"], "seconds": 3_600, "tracks": 2, "money": []}
        ])
    );
    assert_eq!(report("tag=DEEP").await["total"]["seconds"], 7_200);
    assert_eq!(report("billable=true").await["total"]["seconds"], 3_600);
    assert_eq!(report(&format!("activity={second}")).await["total"]["tracks"], 2);
    let rounded = report("group_by=activity,billable&rounding=up&rounding_minutes=30").await;
    assert_eq!(
        rounded["total"],
        json!({"seconds": 7_800, "rounded_seconds": 9_000, "tracks": 4, "money": []})
    );
    assert_eq!(
        rounded["groups"][2],
        json!({"activity": second, "billable": false, "seconds": 4_200, "rounded_seconds": 5_400, "tracks": 2, "money": []})
    );
}

#[tokio::test]
async fn what_runs_counts_up_to_now_and_what_is_deleted_or_somebody_elses_does_not() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada"), world.person("bob"));
    let activity = ada.has_activity("a").await;
    spent(&bob, bob.has_activity("b").await, "2027-01-15T06:00:00Z", "2027-01-15T07:00:00Z", json!({})).await;
    ada.put("/api/timer/", json!({"activity": activity, "start": "2027-01-15T07:30:00Z"})).await;
    let total =
        async |query: &str| ada.get(&format!("/api/reports/summary/?{query}")).await.json()["total"].clone();
    assert_eq!(total("").await, json!({"seconds": 1_800, "tracks": 1, "money": []}));
    assert_eq!(total("running=exclude").await, json!({"seconds": 0, "tracks": 0, "money": []}));
    ada.delete("/api/timer/?discard=true").await;
    assert_eq!(total("").await, json!({"seconds": 0, "tracks": 0, "money": []}));
}

#[tokio::test]
async fn what_makes_no_sense_is_told_all_at_once() {
    let world = World::new().await;
    let ada = world.person("ada");
    let wrong = "tz=Europe/Atlantis&from=yesterday&group_by=day,cat&midnight=noon&day_start=late&week_start=x&rounding=off&rounding_minutes=0&billable=x&activity=x&running=x";
    let choice = |name: &str| format!(r#"["\"{name}\" is not a valid choice."]"#);
    ada.get(&format!("/api/reports/summary/?{wrong}")).await.is(
        400,
        &format!(
            r#"{{"tz":["\"Europe/Atlantis\" is not a time zone of the IANA database."],"from":["Date has wrong format. Use one of these formats instead: YYYY-MM-DD."],"group_by":{},"midnight":{},"day_start":["Time has wrong format. Use one of these formats instead: hh:mm."],"week_start":{},"rounding":{},"rounding_minutes":["Ensure this is a whole number from 1 to 480."],"billable":["Must be a valid boolean."],"activity":["Incorrect type. Expected pk value, received str."],"running":{}}}"#,
            choice("cat"),
            choice("noon"),
            choice("x"),
            choice("off"),
            choice("x")
        ),
    );
    ada.get("/api/reports/summary/?from=2026-01-02&to=2026-01-01")
        .await
        .is(400, r#"{"to":["Must not be before from."]}"#);
    ada.get("/api/reports/summary/?from=2025-01-01&to=2026-12-31")
        .await
        .is(400, r#"{"to":["A report covers at most 400 days."]}"#);
    ada.get("/api/reports/summary/?group_by=day,week,month,tags")
        .await
        .is(400, r#"{"group_by":["Ensure this field has no more than 3 elements."]}"#);
}
