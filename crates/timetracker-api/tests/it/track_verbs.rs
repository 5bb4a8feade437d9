//! `continue/`, `split/` and `restore/` of a track.

use futures_util::future::join_all;

use crate::support::{NOW, World, json};

#[tokio::test]
async fn what_was_done_before_is_done_again_from_now_on() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let before = json!({
        "activity": activity, "description": "letters", "tags": ["post"], "billable": true,
        "start": "2027-01-14T08:00:00Z", "end": "2027-01-14T09:00:00Z",
    });
    let id = ada.post("/api/tracks/", before).await.id();
    let ran = ada.put("/api/timer/", json!({"start": "2027-01-15T07:00:00Z"})).await.json();
    let timer = ada.post(&format!("/api/tracks/{id}/continue/"), json!({})).await;
    assert_eq!(timer.status, 200);
    let timer = timer.json();
    let (running, stopped) = (&timer["running"], &timer["stopped"]);
    assert_eq!((&running["start"], &running["description"]), (&json!(NOW), &json!("letters")));
    assert_eq!((&running["tags"], &running["billable"]), (&json!(["post"]), &json!(true)));
    assert_eq!((&stopped["id"], &stopped["end"]), (&ran["running"]["id"], &json!(NOW)));
    assert_ne!(running["id"], id);
    ada.delete(&format!("/api/activities/{activity}/")).await;
    ada.post(&format!("/api/tracks/{id}/continue/"), json!({}))
        .await
        .is(400, &format!(r#"{{"activity":["Invalid pk \"{activity}\" - object does not exist."]}}"#));
    assert_eq!(ada.get("/api/timer/").await.json()["running"]["id"], running["id"]);
}

#[tokio::test]
async fn a_track_is_cut_in_two_and_loses_nothing() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let whole = json!({
        "activity": activity, "description": "d", "tags": ["t"], "timezone": "Europe/Berlin",
        "start": "2027-01-14T08:00:00Z", "end": "2027-01-14T10:00:00Z",
    });
    let id = ada.post("/api/tracks/?overlap=reject", whole).await.id();
    let path = format!("/api/tracks/{id}/split/");
    let outside = r#"{"at":["Must be between start and end."]}"#;
    for at in ["2027-01-14T08:00:00Z", "2027-01-14T10:00:00Z", "2027-01-15T10:00:00Z"] {
        ada.post(&path, json!({ "at": at })).await.is(400, outside);
    }
    ada.post(&path, json!({})).await.is(400, r#"{"at":["This field is required."]}"#);
    let parts = ada.post(&path, json!({"at": "2027-01-14T08:45:00Z"})).await.json();
    let (first, second) = (&parts["tracks"][0], &parts["tracks"][1]);
    assert_eq!((&first["id"], &first["duration"], &first["version"]), (&json!(id), &json!(2_700), &json!(2)));
    assert_eq!((&second["start"], &second["duration"]), (&json!("2027-01-14T08:45:00Z"), &json!(4_500)));
    for same in ["description", "tags", "timezone", "activity", "billable", "source"] {
        assert_eq!(first[same], second[same], "{same}");
    }
    assert_ne!(first["uid"], second["uid"]);
    let draft = ada.has_track(activity, "draft").await;
    ada.post(&format!("/api/tracks/{draft}/split/"), json!({"at": NOW})).await.is(400, outside);
}

#[tokio::test]
async fn what_runs_can_be_cut_and_goes_on_running() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let id = ada
        .put("/api/timer/", json!({"activity": activity, "start": "2027-01-15T07:00:00Z"}))
        .await
        .json()["running"]["id"]
        .clone();
    let parts =
        ada.post(&format!("/api/tracks/{id}/split/"), json!({"at": "2027-01-15T07:30:00Z"})).await.json();
    assert_eq!(
        (&parts["tracks"][0]["running"], &parts["tracks"][1]["running"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(ada.get("/api/timer/").await.json()["running"]["id"], parts["tracks"][1]["id"]);
}

/// R168.
#[tokio::test]
async fn a_deleted_track_comes_back_as_it_was() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let track = json!({"activity": activity, "start": "2027-01-14T08:00:00Z", "end": "2027-01-14T10:00:00Z"});
    let made = ada.post("/api/tracks/", track.clone()).await.json();
    let path = format!("/api/tracks/{}/", made["id"]);
    let restore = format!("{path}restore/");
    assert_eq!(ada.delete(&path).await.status, 204);
    assert_eq!(ada.get("/api/tracks/").await.json()["count"], 0);
    ada.patch(&path, json!({"description": "x"}))
        .await
        .is(404, r#"{"detail":"No Track matches the given query."}"#);
    let mut expected = made.clone();
    expected["version"] = json!(3);
    assert_eq!(ada.post(&restore, json!({})).await.json(), expected);
    // Again is no change.
    assert_eq!(ada.post(&restore, json!({})).await.json(), expected);
    assert_eq!(ada.get("/api/tracks/").await.json()["count"], 1);
    // Meanwhile the time may have gone to something else.
    ada.delete(&path).await;
    let other = ada.post("/api/tracks/", track).await.id();
    ada.post(&format!("{restore}?overlap=reject"), json!({}))
        .await
        .is(409, &format!(r#"{{"detail":"The track would overlap others.","tracks":[{other}]}}"#));
    assert_eq!(ada.post(&format!("{restore}?overlap=allow"), json!({})).await.status, 200);
}

#[tokio::test]
async fn another_persons_track_is_not_there() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada"), world.person("bob"));
    let id = ada.has_track(ada.has_activity("a").await, "hers").await;
    bob.user().await;
    for verb in ["continue", "split", "restore"] {
        bob.post(&format!("/api/tracks/{id}/{verb}/"), json!({"at": NOW}))
            .await
            .is(404, r#"{"detail":"No Track matches the given query."}"#);
    }
    ada.delete(&format!("/api/tracks/{id}/")).await;
    assert_eq!(bob.post(&format!("/api/tracks/{id}/restore/"), json!({})).await.status, 404);
}

/// R168: deleted and restored 64 times at once, a track is there or not, and the count says the same.
#[tokio::test]
async fn sixty_four_deletions_and_restorations_end_in_one_state() {
    let world = World::new().await;
    let ada = world.person("ada");
    let id = ada.has_track(ada.has_activity("a").await, "t").await;
    let path = format!("/api/tracks/{id}/");
    let restore = format!("{path}restore/");
    join_all(
        (0..64).map(|number| {
            let (ada, path, restore) = (&ada, &path, &restore);
            async move {
                if number % 2 == 0 { ada.delete(path).await } else { ada.post(restore, json!({})).await }
            }
        }),
    )
    .await;
    let there = i64::from(ada.get(&path).await.status == 200);
    assert_eq!(ada.get("/api/tracks/").await.json()["count"], there);
    assert_eq!(ada.get("/api/tracks/?ordering=id").await.json()["count"], there);
}
