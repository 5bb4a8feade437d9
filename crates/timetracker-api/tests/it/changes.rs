//! `/api/changes/`: a copy that is kept up to date by it is always right in the end.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::Value;

use crate::support::{Item, Person, World, json};

const UID: &str = "018c0000-0000-7000-8000-00000000feed";

/// A client that keeps a copy.
#[derive(Default)]
struct Mirror {
    cursor: Option<String>,
    rows: BTreeMap<(String, i64), Value>,
}

impl Mirror {
    /// Reads on until there is no more; `limit` changes at a time.
    async fn read(&mut self, person: &Person, limit: usize) {
        loop {
            let since = self.cursor.as_ref().map_or_else(String::new, |cursor| format!("&since={cursor}"));
            let answer = person.get(&format!("/api/changes/?limit={limit}{since}")).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let body = answer.json();
            let changes = body["changes"].as_array().unwrap();
            assert!(changes.len() <= limit);
            for change in changes {
                let row = if change["op"] == "delete" { change } else { &change["data"] };
                let key = (change["type"].as_str().unwrap().to_owned(), row["id"].as_i64().unwrap());
                if change["op"] == "delete" {
                    self.rows.remove(&key);
                } else {
                    self.rows.insert(key, change["data"].clone());
                }
            }
            self.cursor = Some(body["cursor"].as_str().unwrap().to_owned());
            if body["has_more"] == false {
                return;
            }
        }
    }

    fn of(&self, kind: &str) -> Vec<&Value> {
        self.rows.iter().filter(|((each, _), _)| each == kind).map(|(_, row)| row).collect()
    }

    /// What the lists say is what the copy says.
    async fn is_right(&self, person: &Person) {
        for (kind, list) in [
            ("track", "/api/tracks/"),
            ("activity", "/api/activities/"),
            ("project", "/api/projects/"),
            ("client", "/api/clients/"),
            ("tag", "/api/tags/"),
        ] {
            let body = person.get(&format!("{list}?page_size=1000")).await.json();
            let there: Vec<&Value> = body["results"].as_array().unwrap().iter().collect();
            assert_eq!(self.of(kind), there, "{kind}");
        }
    }
}

#[tokio::test]
async fn a_copy_learns_what_is_new_what_changed_and_what_went() {
    let world = World::new().await;
    let ada = world.person("ada");
    let empty = ada.get("/api/changes/").await;
    let start = empty.json()["cursor"].as_str().unwrap().to_owned();
    empty.is(200, &format!(r#"{{"changes":[],"cursor":"{start}","has_more":false}}"#));
    let activity = ada.has_activity("Reading").await;
    let made = ada.post("/api/tracks/", json!({"activity": activity, "uid": UID, "tags": ["deep"]})).await;
    let told = ada.get(&format!("/api/changes/?since={start}")).await;
    let body = told.json();
    let cursor = body["cursor"].as_str().unwrap().to_owned();
    let shown = ada.get(&format!("/api/activities/{activity}/")).await.text;
    let tag = ada.get(&format!("/api/tags/{}/", body["changes"][1]["data"]["id"])).await;
    tag.is(200, &Item::tag(&tag, "deep").to_string());
    let tag = tag.text;
    told.is(
        200,
        &format!(
            r#"{{"changes":[{{"type":"activity","op":"upsert","data":{shown}}},{{"type":"tag","op":"upsert","data":{tag}}},{{"type":"track","op":"upsert","data":{}}}],"cursor":"{cursor}","has_more":false}}"#,
            made.text
        ),
    );
    ada.delete(&format!("/api/tracks/{}/", made.id())).await;
    let told = ada.get(&format!("/api/changes/?since={cursor}")).await;
    let next = told.json()["cursor"].as_str().unwrap().to_owned();
    told.is(
        200,
        &format!(
            r#"{{"changes":[{{"type":"track","op":"delete","id":{},"uid":"{UID}","version":2}}],"cursor":"{next}","has_more":false}}"#,
            made.id()
        ),
    );
    // Who begins need not learn what is there no more.
    let begun = ada.get("/api/changes/?types=tracks").await;
    let narrower = begun.json()["cursor"].as_str().unwrap().to_owned();
    begun.is(200, &format!(r#"{{"changes":[],"cursor":"{narrower}","has_more":false}}"#));
    assert_eq!(
        ada.get("/api/changes/?types=tags,activities").await.json()["changes"].as_array().unwrap().len(),
        2
    );
}

/// R164.
#[tokio::test]
async fn what_makes_no_sense_is_told_and_a_cursor_from_elsewhere_begins_again() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada"), world.person("bob"));
    ada.has_activity("a").await;
    for (query, field, message) in [
        ("since=x", "since", "This is not a cursor of this feed."),
        ("types=tracks,cats", "types", r#"\"cats\" is not a valid choice."#),
        ("limit=0", "limit", "Ensure this value is greater than or equal to 1."),
        ("limit=many", "limit", "Ensure this value is greater than or equal to 1."),
    ] {
        ada.get(&format!("/api/changes/?{query}")).await.is(400, &format!(r#"{{"{field}":["{message}"]}}"#));
    }
    let gone = r#"{"detail":"This cursor leads nowhere any more: begin again without one.","reset":true}"#;
    let hers = ada.get("/api/changes/").await.json()["cursor"].as_str().unwrap().to_owned();
    bob.get(&format!("/api/changes/?since={hers}")).await.is(410, gone);
    // "1 1 42 track 9", as an older server wrote it.
    ada.get("/api/changes/?since=MSAxIDQyIHRyYWNrIDk").await.is(410, gone);
    // The database was restored from a copy that is older than the cursor.
    let db = world.db();
    let restored = "UPDATE workspaces SET change_seq = change_seq - 1";
    db.write(move |conn| diesel::RunQueryDsl::execute(diesel::sql_query(restored), conn)).await.unwrap();
    ada.get(&format!("/api/changes/?since={hers}")).await.is(410, gone);
}

/// R160: a token that shows tracks shows no more here. And who may see more by now has to begin again, because the cursor
/// passed over it.
#[tokio::test]
async fn a_copy_has_what_its_token_shows_and_begins_again_when_that_is_more() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("Reading").await;
    ada.post("/api/tracks/", json!({"activity": activity, "tags": ["deep"]})).await;
    let with = |token: &str, scope: &str| {
        world.authority.knows(token, world.authority.vouches(ada.subject, "ada", scope));
        world.bearer(token)
    };
    let told = async |person: &Person, query: &str| {
        let answer = person.get(&format!("/api/changes/{query}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let body = answer.json();
        let types = body["changes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|change| change["type"].as_str().unwrap().to_owned());
        (types.collect::<Vec<_>>(), body["cursor"].as_str().unwrap().to_owned())
    };
    let (narrow, wide) = (with("narrow", "tracks:read"), with("wide", "tracks:read projects:read"));
    let (types, of_tracks) = told(&narrow, "").await;
    assert_eq!(types, ["track"]);
    let (types, of_more) = told(&wide, "").await;
    assert_eq!(types, ["tag", "track"]);
    assert_eq!(told(&ada, "").await.0, ["activity", "tag", "track"]);
    let lacking = r#"{"detail":"You do not have permission to perform this action.","required_scopes":["activities:read"],"or":["read"]}"#;
    narrow.get("/api/changes/?types=tracks,activities").await.is(403, lacking);
    let gone = r#"{"detail":"This cursor leads nowhere any more: begin again without one.","reset":true}"#;
    wide.get(&format!("/api/changes/?since={of_tracks}")).await.is(410, gone);
    ada.get(&format!("/api/changes/?since={of_tracks}")).await.is(410, gone);
    // Less than before leads on, and what is left out is not known from then on.
    assert_eq!(told(&wide, &format!("?since={of_tracks}&types=tracks")).await.0, Vec::<String>::new());
    let (_, of_less) = told(&narrow, &format!("?since={of_more}")).await;
    wide.get(&format!("/api/changes/?since={of_less}")).await.is(410, gone);
}

/// What the copy of a whole catalogue goes through.
#[tokio::test]
async fn a_copy_has_clients_projects_activities_and_tags_and_learns_what_became_of_them() {
    let world = World::new().await;
    let ada = world.person("ada");
    let mut mirror = Mirror::default();
    let client = ada.post("/api/clients/", json!({"name": "Acme"})).await.id();
    let project = ada.post("/api/projects/", json!({"name": "Site", "client": client})).await.id();
    let activity = ada.post("/api/activities/", json!({"name": "Design", "project": project})).await.id();
    for tags in [json!(["a"]), json!(["b", "a"]), json!(["c"])] {
        ada.post("/api/tracks/", json!({"activity": activity, "tags": tags})).await;
    }
    mirror.read(&ada, 2).await;
    mirror.is_right(&ada).await;
    assert_eq!(mirror.rows.len(), 9);
    let tag = mirror.of("tag")[0]["id"].clone();
    assert_eq!(ada.patch(&format!("/api/tags/{tag}/"), json!({"name": "z"})).await.status, 200);
    assert_eq!(ada.patch(&format!("/api/clients/{client}/"), json!({"archived": true})).await.status, 200);
    assert_eq!(ada.delete(&format!("/api/projects/{project}/")).await.status, 204);
    mirror.read(&ada, 2).await;
    mirror.is_right(&ada).await;
    assert_eq!(mirror.of("project"), Vec::<&Value>::new());
    let renamed: Vec<&Value> = mirror.of("track").into_iter().map(|track| &track["tags"]).collect();
    assert_eq!(renamed, [&json!(["z"]), &json!(["b", "z"]), &json!(["c"])]);
    assert_eq!(ada.delete(&format!("/api/tags/{tag}/")).await.status, 204);
    mirror.read(&ada, 2).await;
    mirror.is_right(&ada).await;
    // One transaction, and in it what is referred to comes first.
    let all = ada.get("/api/changes/?types=clients,activities").await.json()["changes"].clone();
    assert_eq!((&all[0]["type"], &all[1]["type"]), (&json!("activity"), &json!("client")));
}

/// While two servers write and a copy reads in pages of three, it misses nothing: the order is that of commits.
#[tokio::test]
async fn a_copy_that_reads_while_everybody_writes_misses_nothing() {
    let mut world = World::new().await;
    world.start_server(|_| {}).await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let there = world.at_server(1, &ada);
    let mut mirror = Mirror::default();
    for round in 0..4 {
        let writes = join_all((0..32).map(|number| {
            let person = if number % 2 == 0 { &ada } else { &there };
            async move {
                let sent = json!({"activity": activity, "description": format!("{round} {number}"), "tags": [format!("t{number}")]});
                let made = person.post("/api/tracks/", sent).await;
                assert_eq!(made.status, 201, "{made:?}");
                let path = format!("/api/tracks/{}/", made.id());
                match number % 4 {
                    0 => assert_eq!(person.delete(&path).await.status, 204),
                    1 => assert_eq!(person.patch(&path, json!({"billable": true})).await.status, 200),
                    _ => {}
                }
            }
        }));
        let reads = async {
            for _ in 0..8 {
                mirror.read(&there, 3).await;
            }
        };
        futures_util::future::join(writes, reads).await;
        mirror.read(&ada, 500).await;
        mirror.is_right(&ada).await;
    }
    assert_eq!(mirror.of("tag").len(), 32);
    assert_eq!(mirror.of("track").len(), 4 * 24);
}
