//! Tags, zones and the other fields that tracks have come to have.

use crate::support::{Shown, World, json};

const UID: &str = "018c0000-0000-7000-8000-00000000beef";

#[tokio::test]
async fn a_track_says_who_wrote_it_where_and_for_whom() {
    let world = World::new().await;
    let ada = world.person("ada");
    let (user, activity) = (ada.user().await, ada.has_activity("a").await);
    let sent = json!({
        "activity": activity, "uid": UID.to_uppercase(), "tags": ["Deep", " deep", "é"], "billable": "on",
        "timezone": "America/New_York", "source": "agent", "start": "2027-01-14T08:00:00Z", "duration": 90,
    });
    let made = ada.post("/api/tracks/", sent).await;
    let shown = Shown {
        tags: r#"["Deep","é"]"#.into(),
        billable: true,
        timezone: r#""America/New_York""#.into(),
        source: "agent".into(),
        ..Shown::new(made.id(), activity, user, UID)
    };
    let shown = shown.when("2027-01-14T08:00:00Z", Some("2027-01-14T08:01:30Z"), Some(90));
    made.is(201, &shown.to_string());
    // A tag is written as it was the first time; an empty list takes them away.
    let path = format!("/api/tracks/{}/", made.id());
    assert_eq!(
        ada.patch(&path, json!({"tags": ["DEEP", "new"]})).await.json()["tags"],
        json!(["Deep", "new"])
    );
    assert_eq!(ada.patch(&path, json!({"tags": []})).await.json()["tags"], json!([]));
    // A form names a list by naming each.
    let form = format!("activity={activity}&tags=deep&tags=x&billable=false");
    let answer = ada.send_body(reqwest::Method::PUT, &path, "application/x-www-form-urlencoded", form).await;
    assert_eq!(answer.json()["tags"], json!(["Deep", "x"]));
}

#[tokio::test]
async fn each_field_says_what_it_may_be() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    ada.post("/api/tracks/", json!({"activity": activity, "uid": UID})).await;
    for (field, value, message) in [
        ("uid", json!("x"), "Must be a valid UUID."),
        ("uid", json!(UID), "This field must be unique."),
        ("tags", json!("x"), r#"Expected a list of items but got type \"str\"."#),
        ("tags", json!(null), "This field may not be null."),
        ("tags", json!([7]), "Not a valid string."),
        ("billable", json!("perhaps"), "Must be a valid boolean."),
        ("billable", json!(null), "This field may not be null."),
        ("duration", json!("long"), "A valid integer is required."),
        ("duration", json!(-1), "Ensure this value is greater than or equal to 0."),
        ("duration", json!(1), "A duration needs a start."),
        (
            "timezone",
            json!("Europe/Atlantis"),
            r#"\"Europe/Atlantis\" is not a time zone of the IANA database."#,
        ),
        ("timezone", json!(""), "This field may not be blank."),
        ("source", json!("robot"), r#"\"robot\" is not a valid choice."#),
    ] {
        let mut sent = json!({ "activity": activity });
        sent[field] = value;
        ada.post("/api/tracks/", sent).await.is(400, &format!(r#"{{"{field}":["{message}"]}}"#));
    }
    let beyond = json!({"activity": activity, "start": "9999-12-31T23:59:59Z", "duration": 3_600});
    ada.post("/api/tracks/", beyond).await.is(400, r#"{"duration":["Datetime value out of range."]}"#);
    let long = json!({"activity": activity, "start": "2027-01-01", "end": "2027-02-02"});
    ada.post("/api/tracks/", long).await.is(400, r#"{"end":["A track must not be longer than 31 days."]}"#);
    assert_eq!(ada.get("/api/tracks/").await.json()["count"], 1);
}

/// The uid is the person's own to choose: somebody else may have the same.
#[tokio::test]
async fn two_people_may_choose_the_same_uid() {
    let world = World::new().await;
    for person in [world.person("ada"), world.person("bob")] {
        let activity = person.has_activity("a").await;
        assert_eq!(person.post("/api/tracks/", json!({"activity": activity, "uid": UID})).await.status, 201);
    }
}

/// A track from before there was a longest length can be changed, deleted and brought back; only its times cannot be worse.
#[tokio::test]
async fn a_track_that_is_too_long_already_stays_of_use() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let track = json!({"activity": activity, "start": "2026-10-01T00:00:00Z", "end": "2026-10-02T00:00:00Z"});
    let path = format!("/api/tracks/{}/", ada.post("/api/tracks/", track).await.id());
    let longer = "UPDATE tracks SET end_at = start_at + 3456000000000";
    world
        .db()
        .write(move |conn| diesel::RunQueryDsl::execute(diesel::sql_query(longer), conn))
        .await
        .unwrap();
    assert_eq!(ada.patch(&path, json!({"description": "long"})).await.status, 200);
    ada.patch(&path, json!({"start": "2026-10-01T01:00:00Z"}))
        .await
        .is(400, r#"{"end":["A track must not be longer than 31 days."]}"#);
    assert_eq!(ada.delete(&path).await.status, 204);
    assert_eq!(ada.post(&format!("{path}restore/"), json!({})).await.status, 200);
    // And it is in the way, however long ago it began.
    let within =
        json!({"activity": activity, "start": "2026-11-09T10:00:00Z", "end": "2026-11-09T11:00:00Z"});
    assert_eq!(ada.post("/api/tracks/?overlap=reject", within).await.status, 409);
    let report = ada.get("/api/reports/summary/?from=2026-11-09&to=2026-11-09").await.json();
    assert_eq!(report["total"]["seconds"], 86_400);
}
