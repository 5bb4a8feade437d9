//! Many at once: one winner, no loss, no 500.

use diesel::sql_types::BigInt;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use futures_util::future::join_all;

use crate::support::{Person, World, json};

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

async fn count(world: &World, table: &str) -> i64 {
    let sql = format!("SELECT count(*) AS count FROM {table}");
    world.db().read(move |conn| sql_query(sql).get_result::<Count>(conn)).await.unwrap().count
}

/// 64 different tokens of one person, none of them seen before, at two servers on one database.
#[tokio::test]
async fn sixty_four_first_sights_make_one_person() {
    let mut world = World::new().await;
    world.start_server(|_| {}).await;
    let people: Vec<Person> = (0..64)
        .map(|number| {
            let token = format!("one-of-many-{number}");
            world.authority.knows(&token, world.authority.vouches(4_242, "ada", "read write"));
            world.at_server(number % 2, &world.bearer(&token))
        })
        .collect();
    for answer in join_all(people.iter().map(|person| person.get("/api/tracks/"))).await {
        answer.is(200, r#"{"count":0,"next":null,"previous":null,"results":[]}"#);
    }
    assert_eq!(count(&world, "people").await, 1);
    assert_eq!(count(&world, "workspaces").await, 1);
}

/// The count of the envelope is kept by triggers: it must never drift.
#[tokio::test]
async fn the_count_stays_right_under_concurrent_writes() {
    let mut world = World::new().await;
    world.start_server(|_| {}).await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let there = world.at_server(1, &ada);
    let writes = (0..64).map(|number| {
        let person = if number % 2 == 0 { &ada } else { &there };
        async move {
            let made = person.post("/api/tracks/", json!({ "activity": activity })).await;
            assert_eq!(made.status, 201, "{made:?}");
            if number % 4 == 0 {
                assert_eq!(person.delete(&format!("/api/tracks/{}/", made.id())).await.status, 204);
            }
        }
    });
    join_all(writes).await;
    assert_eq!(ada.get("/api/tracks/").await.json()["count"], 48);
    assert_eq!(there.get("/api/tracks/?search=&ordering=id").await.json()["count"], 48);
    assert_eq!(count(&world, "tracks WHERE deleted_at IS NULL").await, 48);
}

/// R166, as far as it exists: two editors of different fields both keep what they wrote.
#[tokio::test]
async fn editors_of_different_fields_do_not_undo_each_other() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    for _ in 0..20 {
        let path = format!("/api/tracks/{}/", ada.has_track(activity, "").await);
        let (first, second) = futures_util::join!(
            ada.patch(&path, json!({"description": "done"})),
            ada.patch(&path, json!({"start": "2024-01-01", "end": "2024-01-02"}))
        );
        assert_eq!((first.status, second.status), (200, 200));
        let both = ada.get(&path).await.json();
        assert_eq!((&both["description"], &both["end"]), (&json!("done"), &json!("2024-01-02T00:00:00Z")));
    }
}

/// C11: 64 at two servers make one thing of one name; the others are told that it is there.
#[tokio::test]
async fn of_many_things_of_one_name_one_is_made() {
    let mut world = World::new().await;
    world.start_server(|_| {}).await;
    let ada = world.person("ada");
    let there = world.at_server(1, &ada);
    for kind in ["projects", "clients", "tags"] {
        let list = format!("/api/{kind}/");
        let posts = (0..64).map(|number| {
            let person = if number % 2 == 0 { &ada } else { &there };
            person.post(&list, json!({"name": if number % 3 == 0 { "Same" } else { "SAME" }}))
        });
        let answers = join_all(posts).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1, "{kind}");
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            answer.is(400, r#"{"name":["This field must be unique."]}"#);
        }
        assert_eq!(ada.get(&list).await.json()["count"], 1);
    }
}

/// While tracks are given a tag at one server it is renamed at another: none keeps a name that the list does not have.
#[tokio::test]
async fn a_tag_that_is_renamed_while_tracks_get_it_is_renamed_in_all_of_them() {
    let mut world = World::new().await;
    world.start_server(|_| {}).await;
    let ada = world.person("ada");
    let there = world.at_server(1, &ada);
    let activity = ada.has_activity("a").await;
    let tag = ada.post("/api/tags/", json!({"name": "0"})).await.id();
    let path = format!("/api/tags/{tag}/");
    for round in 1..=4 {
        let old = (round - 1).to_string();
        let tracks =
            join_all((0..16).map(|_| ada.post("/api/tracks/", json!({"activity": activity, "tags": [old]}))));
        let renamed = there.patch(&path, json!({"name": round.to_string()}));
        let (tracks, renamed) = futures_util::join!(tracks, renamed);
        assert!(renamed.status == 200 && tracks.iter().all(|track| track.status == 201));
        // Who came too late with the old name has made a tag of it.
        let body = ada.get("/api/tags/").await.json();
        let listed: Vec<&serde_json::Value> =
            body["results"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
        let body = ada.get("/api/tracks/?page_size=1000").await.json();
        for track in body["results"].as_array().unwrap() {
            assert!(listed.contains(&&track["tags"][0]), "{track} {listed:?}");
        }
    }
}

/// 64 deletions of one object: one 204, the others 404.
#[tokio::test]
async fn sixty_four_deletions_have_one_winner() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let track = ada.has_track(activity, "t").await;
    for path in [format!("/api/tracks/{track}/"), format!("/api/activities/{activity}/")] {
        let answers = join_all((0..64).map(|_| ada.delete(&path))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 1);
        assert_eq!(answers.iter().filter(|answer| answer.status == 404).count(), 63);
    }
    assert_eq!(ada.get("/api/tracks/").await.json()["count"], 0);
}
