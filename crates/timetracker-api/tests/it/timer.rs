//! `/api/timer/`.

use std::time::Duration;

use futures_util::future::join_all;

use crate::support::{Answer, NOW, Shown, World, json};

const FIRST: &str = "018c0000-0000-7000-8000-000000000001";
const SECOND: &str = "018c0000-0000-7000-8000-000000000002";
const LATER: &str = "2027-01-15T08:10:00Z";

#[tokio::test]
async fn one_call_starts_one_switches_and_one_stops() {
    let world = World::new().await;
    let ada = world.person("ada");
    let (user, activity) = (ada.user().await, ada.has_activity("Writing").await);
    ada.get("/api/timer/").await.is(200, &format!(r#"{{"running":null,"server_time":"{NOW}"}}"#));
    let started = ada
        .put("/api/timer/", json!({"activity": activity, "uid": FIRST, "tags": ["deep"], "billable": true}))
        .await;
    let id = started.json()["running"]["id"].as_i64().unwrap();
    let first = Shown { tags: r#"["deep"]"#.into(), billable: true, ..Shown::new(id, activity, user, FIRST) };
    let first = first.when(NOW, None, None);
    started.is(200, &format!(r#"{{"running":{first},"stopped":null,"server_time":"{NOW}"}}"#));
    ada.get("/api/timer/").await.is(200, &format!(r#"{{"running":{first},"server_time":"{NOW}"}}"#));
    ada.get(&format!("/api/tracks/{id}/")).await.is(200, &first.to_string());

    world.clock.advance(Duration::from_secs(600));
    // Without an activity it is the one that was used last.
    let switched = ada.put("/api/timer/", json!({"description": "letters", "uid": SECOND})).await;
    let first = Shown { version: 2, updated_at: LATER.into(), ..first.when(NOW, Some(LATER), Some(600)) };
    let next = switched.json()["running"]["id"].as_i64().unwrap();
    let second = Shown {
        description: "letters".into(),
        created_at: LATER.into(),
        updated_at: LATER.into(),
        ..Shown::new(next, activity, user, SECOND).when(LATER, None, None)
    };
    switched.is(200, &format!(r#"{{"running":{second},"stopped":{first},"server_time":"{LATER}"}}"#));
    // Sent again because the answer was lost, it starts nothing.
    let again = ada.put("/api/timer/", json!({"description": "letters", "uid": SECOND})).await;
    again.is(200, &format!(r#"{{"running":{second},"stopped":null,"server_time":"{LATER}"}}"#));

    let edited = ada.patch("/api/timer/", json!({"description": "a letter"})).await;
    let second = Shown { description: "a letter".into(), version: 2, ..second };
    edited.is(200, &format!(r#"{{"running":{second},"stopped":null,"server_time":"{LATER}"}}"#));

    let second = Shown { version: 3, ..second.when(LATER, Some(LATER), Some(0)) };
    let stopped = format!(r#"{{"running":null,"stopped":{second},"server_time":"{LATER}"}}"#);
    ada.delete("/api/timer/").await.is(200, &stopped);
    ada.delete("/api/timer/").await.is(200, &stopped);
    ada.patch("/api/timer/", json!({})).await.is(409, r#"{"detail":"No timer is running."}"#);
    assert_eq!(ada.get("/api/tracks/").await.json()["count"], 2);
}

#[tokio::test]
async fn a_timer_may_have_started_or_stopped_a_while_ago() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    ada.put("/api/timer/", json!({"activity": activity, "start": "2027-01-15T07:00:00Z"})).await;
    let started = ada.put("/api/timer/", json!({"start": "2027-01-15T07:30:00Z"})).await.json();
    assert_eq!(started["stopped"]["end"], "2027-01-15T07:30:00Z");
    assert_eq!(started["running"]["start"], "2027-01-15T07:30:00Z");
    // What began later cannot be stopped before it began.
    ada.put("/api/timer/", json!({"start": "2027-01-15T07:29:59Z"}))
        .await
        .is(400, r#"{"end":["Another track has been running since 2027-01-15T07:30:00Z: stop it first."]}"#);
    let stopped = ada.delete("/api/timer/?at=2027-01-15T07:20:00Z").await.json();
    assert_eq!(
        (&stopped["stopped"]["end"], &stopped["clamped"]),
        (&json!("2027-01-15T07:30:00Z"), &json!(true))
    );
    ada.put("/api/timer/", json!({})).await;
    let stopped = ada.delete("/api/timer/?at=2027-01-15T08:00:30Z").await.json();
    assert_eq!((&stopped["stopped"]["duration"], &stopped["clamped"]), (&json!(30), &json!(null)));
}

#[tokio::test]
async fn nobody_starts_or_stops_a_timer_tomorrow() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let tomorrow = json!({"activity": activity, "start": "2027-01-16T08:00:00Z"});
    let refusal = r#"{"start":["A timer cannot start in the future."]}"#;
    ada.put("/api/timer/", tomorrow.clone()).await.is(400, refusal);
    ada.post("/api/tracks/", tomorrow).await.is(400, refusal);
    // A clock may be a little ahead.
    let soon = json!({"activity": activity, "start": "2027-01-15T08:01:00Z"});
    assert_eq!(ada.put("/api/timer/", soon).await.status, 200);
    ada.delete("/api/timer/?at=2027-01-16T08:00:00Z")
        .await
        .is(400, r#"{"at":["A timer cannot stop in the future."]}"#);
    ada.delete("/api/timer/?at=soon").await.is(400, r#"{"at":["Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."]}"#);
    // What has ended may lie ahead: people plan.
    let planned = json!({"activity": activity, "start": "2027-01-16T08:00:00Z", "duration": 3_600});
    assert_eq!(ada.post("/api/tracks/", planned).await.json()["end"], "2027-01-16T09:00:00Z");
}

/// Who forgot a timer for months can stop it nevertheless.
#[tokio::test]
async fn a_forgotten_timer_stops_after_thirty_one_days() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let forgotten = json!({"activity": activity, "start": "2026-10-01T00:00:00Z"});
    ada.put("/api/timer/", forgotten.clone()).await;
    let switched = ada.put("/api/timer/", json!({})).await.json();
    assert_eq!(switched["stopped"]["end"], "2026-11-01T00:00:00Z");
    ada.delete("/api/timer/").await;
    ada.put("/api/timer/", forgotten).await;
    let stopped = ada.delete("/api/timer/").await.json();
    assert_eq!((&stopped["stopped"]["duration"], &stopped["clamped"]), (&json!(31 * 86_400), &json!(true)));
}

/// What is planned was not done yet.
#[tokio::test]
async fn what_was_stopped_or_used_last_is_never_a_plan() {
    let world = World::new().await;
    let ada = world.person("ada");
    let (work, plan) = (ada.has_activity("work").await, ada.has_activity("plan").await);
    let tomorrow = json!({"activity": plan, "start": "2027-01-16T08:00:00Z", "duration": 3_600});
    ada.post("/api/tracks/", tomorrow).await;
    ada.put("/api/timer/", json!({"activity": work})).await;
    let first = ada.delete("/api/timer/").await.json();
    assert_eq!(ada.delete("/api/timer/").await.json(), first);
    assert_eq!(ada.put("/api/timer/", json!({})).await.json()["running"]["activity"], work);
}

#[tokio::test]
async fn who_does_not_want_to_stop_anything_says_so() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let path = "/api/timer/?on_running=reject";
    assert_eq!(ada.put(path, json!({"activity": activity})).await.status, 200);
    ada.put(path, json!({"activity": activity})).await.is(409, r#"{"detail":"A timer is running."}"#);
    ada.put("/api/timer/?on_running=maybe", json!({}))
        .await
        .is(400, r#"{"on_running":["\"maybe\" is not a valid choice."]}"#);
}

#[tokio::test]
async fn what_was_started_by_mistake_can_be_thrown_away_and_brought_back() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let id = ada.put("/api/timer/", json!({"activity": activity})).await.json()["running"]["id"].clone();
    let nothing = format!(r#"{{"running":null,"stopped":null,"server_time":"{NOW}"}}"#);
    ada.delete("/api/timer/?discard=true").await.is(200, &nothing);
    ada.delete("/api/timer/?discard=true").await.is(200, &nothing);
    assert_eq!(ada.get("/api/tracks/").await.json()["count"], 0);
    let back = ada.post(&format!("/api/tracks/{id}/restore/"), json!({})).await.json();
    assert_eq!((&back["running"], &back["id"]), (&json!(true), &id));
    ada.delete("/api/timer/?discard=perhaps").await.is(400, r#"{"discard":["Must be a valid boolean."]}"#);
}

#[tokio::test]
async fn the_first_timer_needs_an_activity_and_a_deleted_one_is_no_default() {
    let world = World::new().await;
    let ada = world.person("ada");
    let required = r#"{"activity":["This field is required."]}"#;
    ada.put("/api/timer/", json!({"description": "x"})).await.is(400, required);
    let activity = ada.has_activity("a").await;
    ada.put("/api/timer/", json!({"activity": activity})).await;
    ada.delete(&format!("/api/activities/{activity}/")).await;
    ada.put("/api/timer/", json!({"description": "x"})).await.is(400, required);
    // Nothing was stopped by what was refused.
    assert_eq!(ada.get("/api/timer/").await.json()["running"]["activity"], activity);
}

/// C11: 64 starts at two servers leave one that runs, and each of the others ended when the next began.
#[tokio::test]
async fn sixty_four_starts_leave_one_timer() {
    let mut world = World::new().await;
    world.start_server(|_| {}).await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let there = world.at_server(1, &ada);
    let starts = (0..64).map(|number| {
        let person = if number % 2 == 0 { &ada } else { &there };
        person.put("/api/timer/", json!({"activity": activity}))
    });
    let answers = join_all(starts).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    let tracks = ada.get("/api/tracks/?page_size=100").await.json();
    let tracks = tracks["results"].as_array().unwrap();
    assert_eq!(tracks.len(), 64);
    assert_eq!(tracks.iter().filter(|track| track["running"] == true).count(), 1);
    let stopped = answers.iter().filter(|answer| !answer.json()["stopped"].is_null()).count();
    assert_eq!(stopped, 63);
    let stops = join_all((0..64).map(|_| ada.delete("/api/timer/"))).await;
    let first = stops[0].json()["stopped"].clone();
    assert!(stops.iter().all(|stop| stop.status == 200 && stop.json()["stopped"] == first));
}

const LACKING: &str = r#"{"detail":"You do not have permission to perform this action.","required_scopes":["tracks:write"],"or":["write"]}"#;

/// R160: a button starts and stops, sees what runs, and cannot delete or change anything.
#[tokio::test]
async fn a_token_for_the_timer_starts_and_stops_it_and_nothing_else() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("Reading").await;
    world.authority.knows("button", world.authority.vouches(ada.subject, "ada", "timer:write"));
    let button = world.bearer("button");
    let started = button.put("/api/timer/", json!({"activity": activity})).await;
    assert_eq!(started.status, 200, "{started:?}");
    let running = started.json()["running"]["id"].as_i64().unwrap();
    assert_eq!(button.get("/api/timer/").await.json()["running"]["id"], running);
    button.delete("/api/timer/?discard=true").await.is(403, LACKING);
    button.patch("/api/timer/", json!({"description": "x"})).await.is(403, LACKING);
    button.post(&format!("/api/tracks/{running}/continue/"), json!({})).await.is(403, LACKING);
    assert_eq!(button.get(&format!("/api/tracks/{running}/")).await.status, 403);
    let stopped = button.delete("/api/timer/").await.json();
    assert_eq!((&stopped["running"], &stopped["stopped"]["id"]), (&json!(null), &json!(running)));
    assert_eq!(ada.get(&format!("/api/tracks/{running}/")).await.json()["running"], false);
}

/// R160: a button is pressed now. What it did not do just now it cannot make up, undo, or decide.
#[tokio::test]
async fn a_token_for_the_timer_changes_nothing_but_this_moment() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("Reading").await;
    world.authority.knows("button", world.authority.vouches(ada.subject, "ada", "timer:write"));
    let button = world.bearer("button");
    ada.put("/api/timer/", json!({"activity": activity, "start": "2027-01-15T04:00:00Z"})).await;
    let running = ada.get("/api/timer/").await;
    for query in ["at=1970-01-01T00:00:00Z", "at=2027-01-15T07:54:59Z", "overlap=trim", "discard=true"] {
        button.delete(&format!("/api/timer/?{query}")).await.is(403, LACKING);
    }
    for (query, sent) in [
        ("", json!({"start": "1970-01-01T00:00:00Z"})),
        ("", json!({"start": "2027-01-15T07:54:59Z"})),
        ("", json!({"source": "human"})),
        ("", json!({"billable": true})),
        ("?overlap=allow", json!({})),
    ] {
        button.put(&format!("/api/timer/{query}"), sent).await.is(403, LACKING);
    }
    ada.get("/api/timer/").await.is(200, &running.text);
    // A button may have been pressed a moment before it could be told.
    let switched = button.put("/api/timer/", json!({"start": "2027-01-15T07:55:00Z"})).await.json();
    assert_eq!(switched["stopped"]["end"], "2027-01-15T07:55:00Z");
    let stopped = button.delete("/api/timer/?at=2027-01-15T07:56:00Z&discard=false").await.json();
    assert_eq!(stopped["stopped"]["duration"], 60);
    // Who may write tracks may do so here.
    let older = json!({"start": "2027-01-15T07:00:00Z", "source": "agent", "billable": true});
    assert_eq!(ada.put("/api/timer/?overlap=allow", older).await.status, 200);
}

/// R160: nor does it see what it did not stop; also not by the key of somebody who saw it.
#[tokio::test]
async fn a_token_for_the_timer_does_not_see_what_ran_before() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("Reading").await;
    let stop = async |scope: &str| {
        let token = scope.replace([' ', ':'], "-");
        world.authority.knows(&token, world.authority.vouches(ada.subject, "ada", scope));
        let request = world.bearer(&token).request(reqwest::Method::DELETE, "/api/timer/");
        Answer::read(request.header("idempotency-key", "k").send().await.unwrap()).await
    };
    ada.put("/api/timer/", json!({"activity": activity, "description": "secret"})).await;
    let stopped = ada.delete("/api/timer/").await;
    stop("timer:write tracks:read").await.is(200, &stopped.text);
    assert_eq!(stop("timer:write").await.status, 422);
    world.authority.knows("button", world.authority.vouches(ada.subject, "ada", "timer:write"));
    let nothing = format!(r#"{{"running":null,"stopped":null,"server_time":"{NOW}"}}"#);
    world.bearer("button").delete("/api/timer/").await.is(200, &nothing);
    world.authority.knows("writer", world.authority.vouches(ada.subject, "ada", "tracks:write"));
    world.bearer("writer").delete("/api/timer/").await.is(200, &stopped.text);
}
