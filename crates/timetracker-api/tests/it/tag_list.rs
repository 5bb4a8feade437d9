//! What the workspace's list of tags means for tracks.

use diesel::prelude::*;
use diesel::sql_query;
use model::db::Conn;
use timetracker_api::schema::track_tags;

use crate::support::{Person, World, json};

const TAKEN: &str = r#"{"name":["This field must be unique."]}"#;

/// Makes a tag and answers its path.
async fn has_tag(person: &Person, name: &str) -> String {
    let answer = person.post("/api/tags/", json!({ "name": name })).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    format!("/api/tags/{}/", answer.id())
}

/// Makes a track with tags and answers its path.
async fn has_tagged(person: &Person, activity: i64, tags: &[&str]) -> String {
    let answer = person.post("/api/tracks/", json!({"activity": activity, "tags": tags})).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    format!("/api/tracks/{}/", answer.id())
}

#[tokio::test]
async fn a_tag_that_is_renamed_is_renamed_in_every_track_and_nowhere_else() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada"), world.person("bob"));
    let activity = ada.has_activity("a").await;
    let mut tracks = Vec::new();
    for tags in [
        json!(["a"]),
        json!(["x", "a", "y"]),
        json!(["ab", "A B"]),
        json!([]),
        json!(["100%_"]),
        json!(["y", "a"]),
    ] {
        tracks.push(ada.post("/api/tracks/", json!({"activity": activity, "tags": tags})).await.id());
    }
    let deleted = format!("/api/tracks/{}/", tracks[5]);
    assert_eq!(ada.delete(&deleted).await.status, 204);
    let bobs = bob.has_activity("b").await;
    let bobs = bob.post("/api/tracks/", json!({"activity": bobs, "tags": ["a"]})).await;
    let list = ada.get("/api/tags/").await.json();
    let id = |name: &str| {
        list["results"].as_array().unwrap().iter().find(|tag| tag["name"] == name).unwrap()["id"].clone()
    };
    ada.patch(&format!("/api/tags/{}/", id("a")), json!({"name": "X"})).await.is(400, TAKEN);
    let renamed = ada.patch(&format!("/api/tags/{}/", id("a")), json!({"name": "Zé"})).await;
    assert_eq!((renamed.status, &renamed.json()["version"]), (200, &json!(2)));
    ada.patch(&format!("/api/tags/{}/", id("100%_")), json!({"name": "%"})).await;
    let shown = async |track: i64| {
        let track = ada.get(&format!("/api/tracks/{track}/")).await.json();
        (track["tags"].clone(), track["version"].clone())
    };
    assert_eq!(shown(tracks[0]).await, (json!(["Zé"]), json!(2)));
    assert_eq!(shown(tracks[1]).await, (json!(["x", "Zé", "y"]), json!(2)));
    assert_eq!(shown(tracks[2]).await, (json!(["ab", "A B"]), json!(1)));
    assert_eq!(shown(tracks[3]).await, (json!([]), json!(1)));
    assert_eq!(shown(tracks[4]).await, (json!(["%"]), json!(2)));
    bob.get(&format!("/api/tracks/{}/", bobs.id())).await.is(200, &bobs.text);
    // One that was deleted comes back with the name of now.
    let restored = ada.post(&format!("{deleted}restore/"), json!({})).await.json();
    assert_eq!(restored["tags"], json!(["y", "Zé"]));
    // Only the size of a letter is a change as well, and who writes it otherwise gets the tag there is.
    ada.patch(&format!("/api/tags/{}/", id("a")), json!({"name": "ZÉ"})).await;
    assert_eq!(shown(tracks[0]).await, (json!(["ZÉ"]), json!(3)));
    let path = format!("/api/tracks/{}/", tracks[3]);
    assert_eq!(ada.patch(&path, json!({"tags": ["zé"]})).await.json()["tags"], json!(["ZÉ"]));
}

/// A track's names are those of the list: what is deleted there is taken off. Whoever wants to keep it archives it.
#[tokio::test]
async fn a_tag_that_is_deleted_is_taken_off_the_tracks_and_one_that_is_archived_is_not() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let track = ada.post("/api/tracks/", json!({"activity": activity, "tags": ["a", "b", "c"]})).await.id();
    let path = format!("/api/tracks/{track}/");
    let ids: Vec<i64> = ada.get("/api/tags/").await.json()["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["id"].as_i64().unwrap())
        .collect();
    assert_eq!(ada.patch(&format!("/api/tags/{}/", ids[0]), json!({"archived": true})).await.status, 200);
    assert_eq!(ada.get(&path).await.json()["tags"], json!(["a", "b", "c"]));
    for (id, expected) in [(ids[1], json!(["a", "c"])), (ids[2], json!(["a"])), (ids[0], json!([]))] {
        ada.delete(&format!("/api/tags/{id}/")).await.is(204, "");
        assert_eq!(ada.get(&path).await.json()["tags"], expected);
    }
    assert_eq!(ada.get("/api/tags/").await.json()["count"], 0);
    // A name that comes back is another tag.
    assert_eq!(ada.patch(&path, json!({"tags": ["b"]})).await.json()["tags"], json!(["b"]));
    assert_ne!(ada.get("/api/tags/").await.json()["results"][0]["id"], ids[1]);
}

/// What is archived is put on nothing new. What has it keeps it, and may be sent again as it is.
#[tokio::test]
async fn an_archived_tag_stays_where_it_is_and_is_put_on_nothing_new() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let tag = has_tag(&ada, "Old").await;
    let uid = "018c0000-0000-7000-8000-00000000beef";
    let times = ("2027-01-14T08:00:00Z", "2027-01-14T10:00:00Z");
    let there =
        json!({"activity": activity, "start": times.0, "end": times.1, "tags": ["old", "x"], "uid": uid});
    let there = ada.post("/api/tracks/", there).await.id();
    let path = format!("/api/tracks/{there}/");
    let other = has_tagged(&ada, activity, &["x"]).await;
    assert_eq!(ada.patch(&tag, json!({"archived": true})).await.status, 200);

    let refused = r#"{"tags":["The tag \"Old\" is archived."]}"#;
    let new = json!({"activity": activity, "tags": ["x", "OLD"]});
    ada.post("/api/tracks/", new.clone()).await.is(400, refused);
    ada.put("/api/timer/", new.clone()).await.is(400, refused);
    ada.put("/api/tracks/by-uid/018c0000-0000-7000-8000-00000000aaaa/", new.clone()).await.is(400, refused);
    ada.patch(&other, json!({"tags": ["old"]})).await.is(400, refused);
    ada.post(&format!("{path}continue/"), json!({})).await.is(400, refused);
    let batch = json!({"operations": [{"op": "create", "data": new}]});
    assert_eq!(ada.post("/api/batch/", batch).await.json()["results"][0]["status"], 400);
    // All at once.
    ada.post("/api/tracks/", json!({"activity": 999_999, "tags": ["old"], "source": "robot"})).await.is(
        400,
        r#"{"source":["\"robot\" is not a valid choice."],"tags":["The tag \"Old\" is archived."],"activity":["Invalid pk \"999999\" - object does not exist."]}"#,
    );

    for sent in [json!({"description": "still"}), json!({"tags": ["old", "new"]})] {
        assert_eq!(ada.patch(&path, sent).await.status, 200);
    }
    let again = json!({"activity": activity, "tags": ["Old"]});
    assert_eq!(ada.put(&format!("/api/tracks/by-uid/{uid}/"), again).await.json()["tags"], json!(["Old"]));
    let halves = ada.post(&format!("{path}split/"), json!({"at": "2027-01-14T09:00:00Z"})).await;
    assert_eq!(halves.status, 200, "{halves:?}");
    assert_eq!(ada.delete(&path).await.status, 204);
    assert_eq!(ada.post(&format!("{path}restore/"), json!({})).await.json()["tags"], json!(["Old"]));
    assert_eq!(ada.get("/api/tracks/?tag=old").await.json()["count"], 2);
    // Whoever takes it off does not get it back, until it is in use again.
    assert_eq!(ada.patch(&path, json!({"tags": []})).await.status, 200);
    ada.patch(&path, json!({"tags": ["old"]})).await.is(400, refused);
    assert_eq!(ada.patch(&tag, json!({"archived": false})).await.status, 200);
    assert_eq!(ada.patch(&path, json!({"tags": ["old"]})).await.json()["tags"], json!(["Old"]));
}

/// R155: a tag's name on a track is the track's, and who may not change tracks does not change them by the list.
#[tokio::test]
async fn a_tag_of_tracks_is_renamed_and_deleted_by_who_may_change_tracks() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let (used, free) = (has_tag(&ada, "used").await, has_tag(&ada, "free").await);
    let track = has_tagged(&ada, activity, &["used"]).await;
    let with = |token: &str, scope: &str| {
        world.authority.knows(token, world.authority.vouches(ada.subject, "ada", scope));
        world.bearer(token)
    };
    let narrow = with("narrow", "projects:read projects:write");
    let refused = r#"{"detail":"You do not have permission to perform this action.","required_scopes":["tracks:write"],"or":["write"]}"#;
    let challenge = r#"Bearer realm="api",error="insufficient_scope",scope="tracks:write""#;
    narrow.patch(&used, json!({"name": "other"})).await.is(403, refused).has("www-authenticate", challenge);
    narrow.delete(&used).await.is(403, refused);
    let track = ada.get(&track).await.json();
    assert_eq!((&track["tags"], &track["version"]), (&json!(["used"]), &json!(1)));
    // What changes no track needs no more.
    assert_eq!(narrow.patch(&used, json!({"color": "#1e90ff", "archived": true})).await.status, 200);
    assert_eq!(narrow.patch(&free, json!({"name": "freed"})).await.status, 200);
    assert_eq!(narrow.delete(&free).await.status, 204);
    let wide = with("wide", "projects:write tracks:write");
    assert_eq!(wide.patch(&used, json!({"name": "other"})).await.status, 200);
    assert_eq!(wide.delete(&used).await.status, 204);
}

/// R164: no request changes more tracks than can be changed in a moment.
#[tokio::test]
async fn a_tag_of_very_many_tracks_is_not_renamed() {
    let world = World::new().await;
    let ada = world.person("ada");
    let (user, activity, tag) = (ada.user().await, ada.has_activity("a").await, has_tag(&ada, "much").await);
    let id = tag.trim_start_matches("/api/tags/").trim_end_matches('/').to_owned();
    // Deleted ones, which have their tags as well, and are not counted one by one.
    let fill = move |conn: &mut Conn| {
        let uid = match conn {
            Conn::Sqlite(_) => "randomblob(16)",
            Conn::Postgres(_) => "uuid_send(gen_random_uuid())",
        };
        let each = "WITH RECURSIVE each (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM each WHERE n < 10001)";
        sql_query(format!(
            "INSERT INTO tracks (person_id, activity_id, description, created_at, deleted_at, uid, tags) \
             {each} SELECT {user}, {activity}, '', 0, 0, {uid}, 'much' FROM each"
        ))
        .execute(conn)?;
        sql_query(format!(
            "INSERT INTO track_tags (tag_id, track_id) SELECT {id}, id FROM tracks WHERE tags = 'much'"
        ))
        .execute(conn)
    };
    assert_eq!(world.db().write(fill).await.unwrap(), 10_001);
    let refused = r#"{"detail":"The tag is on more than 10000 tracks: archive it, or take it off some of them first."}"#;
    ada.patch(&tag, json!({"name": "more"})).await.is(409, refused);
    ada.delete(&tag).await.is(409, refused);
    assert_eq!(ada.patch(&tag, json!({"archived": true})).await.status, 200);
    assert_eq!(ada.patch(&tag, json!({"archived": false})).await.status, 200);
    let one: i64 = world
        .db()
        .write(|conn| track_tags::table.select(track_tags::track_id).order(track_tags::track_id).first(conn))
        .await
        .unwrap();
    let path = format!("/api/tracks/{one}/");
    assert_eq!(ada.post(&format!("{path}restore/"), json!({})).await.json()["tags"], json!(["much"]));
    assert_eq!(ada.patch(&path, json!({"tags": []})).await.status, 200);
    assert_eq!(ada.patch(&tag, json!({"name": "more"})).await.status, 200);
    let next = ada.post(&format!("/api/tracks/{}/restore/", one + 1), json!({})).await.json();
    assert_eq!((&next["tags"], &next["version"]), (&json!(["more"]), &json!(3)));
}

/// Which tracks have a tag is known from the day there are tags on.
#[tokio::test]
async fn tracks_from_before_are_found_by_their_tags() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada"), world.person("bob"));
    for person in [&ada, &bob] {
        let activity = person.has_activity("a").await;
        for tags in [&["a", "b\"\\n", "c, d"][..], &["b\"\\n"], &[], &["A [x]", "a\\"]] {
            has_tagged(person, activity, tags).await;
        }
        assert_eq!(person.delete(&has_tagged(person, activity, &["a"]).await).await.status, 204);
    }
    let db = world.db();
    let links = |conn: &mut Conn| {
        track_tags::table.order((track_tags::tag_id, track_tags::track_id)).load::<(i64, i64)>(conn)
    };
    let kept = db.read(links).await.unwrap();
    assert_eq!(kept.len(), 14);
    let again = move |conn: &mut Conn| {
        diesel::delete(track_tags::table).execute(conn)?;
        let (_, insert) = match conn {
            Conn::Sqlite(_) => SQLITE.split_once("INSERT INTO"),
            Conn::Postgres(_) => POSTGRES.split_once("INSERT INTO"),
        }
        .unwrap();
        sql_query(format!("INSERT INTO{insert}")).execute(conn)
    };
    assert_eq!(db.write(again).await.unwrap(), 14);
    assert_eq!(db.read(links).await.unwrap(), kept);
}

const SQLITE: &str =
    include_str!("../../../../migrations/timetracker/sqlite/2026-11-28-002000_track_tags/up.sql");
const POSTGRES: &str =
    include_str!("../../../../migrations/timetracker/postgres/2026-11-28-002000_track_tags/up.sql");
