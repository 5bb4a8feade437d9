//! `/api/me/`.

use reqwest::Method;

use crate::support::{Answer, World, json};

const ME: &str = "/api/me/";

fn shown(user: i64, settings: [&str; 4], scopes: &str) -> String {
    let [timezone, policy, week_start, day_start] = settings;
    format!(
        r#"{{"id":{user},"username":"ada","timezone":"{timezone}","overlap_policy":"{policy}","week_start":"{week_start}","day_start":"{day_start}","client_id":"web","scopes":[{scopes}]}}"#
    )
}

#[tokio::test]
async fn a_person_sets_things_up_and_is_told_who_they_are() {
    let world = World::new().await;
    let ada = world.person("ada");
    let user = ada.user().await;
    let both = r#""read","write""#;
    let before = shown(user, ["UTC", "allow", "mon", "00:00"], both);
    ada.get(ME).await.is(200, &before).has("allow", "GET, PATCH, HEAD, OPTIONS");
    let wanted = json!({
        "timezone": "Pacific/Auckland", "overlap_policy": "reject", "week_start": "sun", "day_start": "05:30",
        "username": "eve", "subject": "1", "id": 1, "scopes": [], "client_id": "x",
    });
    let after = shown(user, ["Pacific/Auckland", "reject", "sun", "05:30"], both);
    ada.patch(ME, wanted).await.is(200, &after);
    ada.get(ME).await.is(200, &after);
    ada.patch(ME, json!({})).await.is(200, &after);
    let part = shown(user, ["Pacific/Auckland", "trim", "sun", "05:30"], both);
    ada.send_body(Method::PATCH, ME, "application/x-www-form-urlencoded", "overlap_policy=trim")
        .await
        .is(200, &part);
    // A narrower token of hers says what it is itself.
    let scope = "profile:read";
    world.authority.knows("narrow", world.authority.vouches(ada.subject, "ada", scope));
    let narrow = shown(user, ["Pacific/Auckland", "trim", "sun", "05:30"], r#""profile:read""#);
    world.bearer("narrow").get(ME).await.is(200, &narrow);
    let bob = world.person("bob").get(ME).await.json();
    assert_eq!((&bob["username"], &bob["timezone"]), (&json!("bob"), &json!("UTC")));
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_and_nothing_is_set_up() {
    let world = World::new().await;
    let ada = world.person("ada");
    let before = ada.get(ME).await.text;
    let wrong = json!({"timezone": "Mars/Olympus", "overlap_policy": "Allow", "week_start": "monday", "day_start": "24:00"});
    ada.patch(ME, wrong).await.is(
        400,
        r#"{"timezone":["\"Mars/Olympus\" is not a time zone of the IANA database."],"overlap_policy":["\"Allow\" is not a valid choice."],"week_start":["\"monday\" is not a valid choice."],"day_start":["Time has wrong format. Use one of these formats instead: hh:mm."]}"#,
    );
    let null = json!({"timezone": null, "week_start": "sun", "day_start": ""});
    let told = r#"{"timezone":["This field may not be null."],"day_start":["This field may not be blank."]}"#;
    ada.patch(ME, null).await.is(400, told);
    ada.patch(ME, json!([]))
        .await
        .is(400, r#"{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}"#);
    ada.get(ME).await.is(200, &before);
}

/// R166: nobody overwrites what somebody else has set up meanwhile.
#[tokio::test]
async fn a_change_can_be_for_what_is_there_only() {
    let world = World::new().await;
    let ada = world.person("ada");
    let set = async |tag: &str, week_start: &str| {
        let request = ada.request(Method::PATCH, ME).header("if-match", tag);
        let request = request.header("content-type", "application/json");
        Answer::read(request.body(json!({ "week_start": week_start }).to_string()).send().await.unwrap())
            .await
    };
    let tag = ada.get(ME).await.header("etag").unwrap().to_owned();
    let first = set(&tag, "sun").await;
    assert_eq!((first.status, &first.json()["week_start"]), (200, &json!("sun")));
    let stale = format!(r#"{{"detail":"This is not the version that is there.","current":{}}}"#, first.text);
    set(&tag, "sat").await.is(412, &stale);
    set("*", "sat").await.is(200, &first.text.replace("sun", "sat"));
    let there = ada.get(ME).await;
    assert_eq!(set(there.header("etag").unwrap(), "sun").await.header("etag"), first.header("etag"));
}

/// What is set up counts for what is recorded from then on, and for reports that do not say.
#[tokio::test]
async fn what_is_set_up_is_what_counts_when_nothing_is_said() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("Reading").await;
    let track = |hour: u32| json!({"activity": activity, "start": format!("2027-01-14T{hour:02}:00:00Z"), "duration": 7_200});
    let first = ada.post("/api/tracks/", track(9)).await;
    assert_eq!((first.status, &first.json()["timezone"]), (201, &json!("UTC")));
    let settings = json!({
        "timezone": "Europe/Berlin", "overlap_policy": "reject", "week_start": "sat", "day_start": "04:00",
    });
    assert_eq!(ada.patch(ME, settings).await.status, 200);
    assert_eq!(ada.get(&format!("/api/tracks/{}/", first.id())).await.json()["timezone"], "UTC");
    let overlapping = ada.post("/api/tracks/", track(10)).await;
    overlapping
        .is(409, &format!(r#"{{"detail":"The track would overlap others.","tracks":[{}]}}"#, first.id()));
    assert_eq!(ada.post("/api/tracks/?overlap=allow", track(10)).await.status, 201);
    let started = ada.put("/api/timer/", json!({"activity": activity})).await;
    assert_eq!(started.json()["running"]["timezone"], "Europe/Berlin");
    let query = &ada.get("/api/reports/summary/").await.json()["query"];
    assert_eq!(
        [&query["tz"], &query["week_start"], &query["day_start"]],
        [&json!("Europe/Berlin"), &json!("sat"), &json!("04:00")]
    );
    // It is eight there: until nine it is still the day before.
    let days = async |query: &str| {
        let query = ada.get(&format!("/api/reports/summary/?{query}")).await.json()["query"].clone();
        [query["from"].clone(), query["to"].clone()]
    };
    assert_eq!(days("tz=UTC&day_start=08:00").await, [json!("2027-01-09"), json!("2027-01-15")]);
    assert_eq!(days("tz=UTC&day_start=08:01").await, [json!("2027-01-08"), json!("2027-01-14")]);
    ada.patch(ME, json!({"day_start": "09:01"})).await;
    assert_eq!(days("").await, [json!("2027-01-08"), json!("2027-01-14")]);
    let said = "/api/reports/summary/?tz=UTC&week_start=mon&day_start=00:00&group_by=week";
    let query = &ada.get(said).await.json()["query"];
    assert_eq!(
        [&query["tz"], &query["week_start"], &query["day_start"]],
        [&json!("UTC"), &json!("mon"), &json!("00:00")]
    );
}

/// R165: a change that is sent again is made once, and gets the answer of the first.
#[tokio::test]
async fn a_change_that_is_sent_again_is_made_once() {
    let world = World::new().await;
    let ada = world.person("ada");
    let send = async |week_start: &str| {
        let request = ada.request(Method::PATCH, ME).header("idempotency-key", "k");
        let request = request.header("content-type", "application/json");
        Answer::read(request.body(json!({ "week_start": week_start }).to_string()).send().await.unwrap())
            .await
    };
    let first = send("sun").await;
    assert_eq!(first.json()["week_start"], "sun");
    ada.patch(ME, json!({"week_start": "sat"})).await;
    send("sun").await.is(200, &first.text).has("idempotency-replayed", "true");
    assert_eq!(ada.get(ME).await.json()["week_start"], "sat");
    assert_eq!(send("fri").await.status, 422);
    // Of another token of the client, the answer says what that one is.
    world.authority.knows("narrow", world.authority.vouches(ada.subject, "ada", "profile:write"));
    let narrow = first.text.replace(r#""read","write""#, r#""profile:write""#);
    let request = world.bearer("narrow").request(Method::PATCH, ME).header("idempotency-key", "k");
    let request = request.header("content-type", "application/json").body(r#"{"week_start":"sun"}"#);
    let again = Answer::read(request.send().await.unwrap()).await;
    again.is(200, &narrow).has("idempotency-replayed", "true");
}
