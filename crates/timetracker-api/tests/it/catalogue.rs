//! `/api/projects/`, `/api/clients/`, `/api/tags/`, and what activities have come to have. What all lists and items have in
//! common is proven of activities in `activities.rs`.

use reqwest::Method;

use crate::support::{Answer, Item, Person, World, json};

const UID: &str = "018c0000-0000-7000-8000-00000000cafe";
const TAKEN: &str = r#"{"name":["This field must be unique."]}"#;

/// What one looks like that was just made.
type Shown = fn(&Answer, &str) -> Item;

async fn made(person: &Person, kind: &str, body: serde_json::Value) -> i64 {
    let answer = person.post(&format!("/api/{kind}/"), body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.id()
}

fn names(answer: &Answer) -> Vec<String> {
    let results = answer.json()["results"].as_array().unwrap().clone();
    results.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_project_a_client_and_a_tag_are_made_read_changed_and_deleted() {
    let world = World::new().await;
    let ada = world.person("ada");
    let kinds: [(&str, &str, Shown); 3] = [
        ("projects", "Project", Item::project),
        ("clients", "Client", Item::client),
        ("tags", "Tag", Item::tag),
    ];
    for (kind, label, item) in kinds {
        let list = format!("/api/{kind}/");
        let made = ada.post(&list, json!({"name": " Acme ", "id": 99, "description": "no such field"})).await;
        let (path, shown) = (format!("{list}{}/", made.id()), item(&made, "Acme"));
        made.is(201, &shown.to_string())
            .has("location", &format!("https://time.example.com{path}"))
            .has("etag", "\"1\"");
        ada.get(&path).await.is(200, &shown.to_string()).has("etag", "\"1\"");
        ada.get(&list)
            .await
            .is(200, &format!(r#"{{"count":1,"next":null,"previous":null,"results":[{shown}]}}"#));
        // What says nothing new changes nothing.
        ada.put(&path, json!({"name": "Acme"})).await.is(200, &shown.to_string());
        let shown = shown.with("color", r##""#1e90ff""##).with("version", 2);
        ada.patch(&path, json!({"color": "#1E90FF"})).await.is(200, &shown.to_string()).has("etag", "\"2\"");
        let shown = shown.with("name", r#""Acme & Sons""#).with("archived", true).with("version", 3);
        ada.put(&path, json!({"name": "Acme & Sons", "archived": true})).await.is(200, &shown.to_string());
        let shown = shown.with("color", "null").with("version", 4);
        ada.patch(&path, json!({"color": null})).await.is(200, &shown.to_string());
        ada.delete(&path).await.is(204, "");
        for method in [Method::GET, Method::DELETE] {
            let gone = format!(r#"{{"detail":"No {label} matches the given query."}}"#);
            ada.send(method, &path).await.is(404, &gone);
        }
        // A name that is gone is free again.
        assert_eq!(ada.post(&list, json!({"name": "acme & sons"})).await.status, 201);
    }
}

#[tokio::test]
async fn each_field_says_what_it_may_be() {
    let world = World::new().await;
    let ada = world.person("ada");
    made(&ada, "projects", json!({"name": "there", "uid": UID.to_uppercase()})).await;
    for (field, value, message) in [
        ("name", json!("a\nb"), "Control characters are not allowed."),
        ("name", json!("\u{958}".repeat(51)), "Ensure this field has no more than 100 characters."),
        ("name", json!(" THERE"), "This field must be unique."),
        ("uid", json!(UID), "This field must be unique."),
        ("uid", json!("x"), "Must be a valid UUID."),
        ("client", json!("x"), "Incorrect type. Expected pk value, received str."),
        ("client", json!(7), r#"Invalid pk \"7\" - object does not exist."#),
        ("color", json!("red"), "Enter a color as #rrggbb."),
        ("billable_default", json!("perhaps"), "Must be a valid boolean."),
        ("archived", json!(null), "This field may not be null."),
    ] {
        let mut sent = json!({"name": "new"});
        sent[field] = value;
        ada.post("/api/projects/", sent).await.is(400, &format!(r#"{{"{field}":["{message}"]}}"#));
    }
    // All at once, what only the database knows included.
    ada.post("/api/projects/", json!({"name": "There", "color": 1, "client": 7})).await.is(
        400,
        r#"{"color":["Enter a color as #rrggbb."],"client":["Invalid pk \"7\" - object does not exist."]}"#,
    );
    ada.get("/api/projects/?archived=perhaps").await.is(400, r#"{"archived":["Must be a valid boolean."]}"#);
    // A form says null by saying nothing.
    let form = "name=Form&client=&color=%23ABCDEF&billable_default=on&archived=1";
    let answer =
        ada.send_body(Method::POST, "/api/projects/", "application/x-www-form-urlencoded", form).await;
    let shown = Item::project(&answer, "Form").with("color", r##""#abcdef""##);
    answer.is(201, &shown.with("billable_default", true).with("archived", true).to_string());
}

/// One client may have a project of a name, and another may, too. Letters and accents that are written differently are the
/// same name.
#[tokio::test]
async fn names_are_unique_where_people_look_for_them() {
    let world = World::new().await;
    let ada = world.person("ada");
    let acme = made(&ada, "clients", json!({"name": "Café"})).await;
    ada.post("/api/clients/", json!({"name": "CAFE\u{301}"})).await.is(400, TAKEN);
    let zeta = made(&ada, "clients", json!({"name": "Zeta"})).await;
    let site = made(&ada, "projects", json!({"name": "Site", "client": acme})).await;
    ada.post("/api/projects/", json!({"name": "site", "client": acme})).await.is(400, TAKEN);
    let other = made(&ada, "projects", json!({"name": "Site", "client": zeta})).await;
    made(&ada, "projects", json!({"name": "Site"})).await;
    ada.post("/api/projects/", json!({"name": "SITE"})).await.is(400, TAKEN);
    // Moving is judged as making is, and one's own name is no obstacle.
    let path = format!("/api/projects/{other}/");
    ada.patch(&path, json!({ "client": acme })).await.is(400, TAKEN);
    assert_eq!(ada.patch(&path, json!({"name": "SITE"})).await.json()["name"], "SITE");
    assert_eq!(ada.delete(&format!("/api/projects/{site}/")).await.status, 204);
    assert_eq!(ada.patch(&path, json!({ "client": acme })).await.status, 200);
    // Activities could always share theirs.
    assert_ne!(ada.has_activity("Same").await, ada.has_activity("Same").await);
}

#[tokio::test]
async fn lists_are_narrowed_by_what_things_belong_to_and_whether_they_are_archived() {
    let world = World::new().await;
    let ada = world.person("ada");
    let acme = made(&ada, "clients", json!({"name": "Acme"})).await;
    let site = made(&ada, "projects", json!({"name": "Site", "client": acme})).await;
    let shop = made(&ada, "projects", json!({"name": "Shop", "client": acme, "archived": true})).await;
    made(&ada, "projects", json!({"name": "Garden"})).await;
    made(&ada, "activities", json!({"name": "Design", "project": site})).await;
    made(&ada, "activities", json!({"name": "Sell", "project": shop, "archived": true})).await;
    made(&ada, "activities", json!({"name": "Dig"})).await;
    for (query, expected) in [
        ("projects/", vec!["Site", "Shop", "Garden"]),
        ("projects/?client={acme}", vec!["Site", "Shop"]),
        ("projects/?client={acme}&archived=false", vec!["Site"]),
        ("projects/?archived=true", vec!["Shop"]),
        ("projects/?search=S&ordering=-name", vec!["Site", "Shop"]),
        ("projects/?ordering=-updated_at,name", vec!["Garden", "Shop", "Site"]),
        ("activities/?project={site}", vec!["Design"]),
        ("activities/?client={acme}", vec!["Design", "Sell"]),
        ("activities/?client={acme}&project={site}&search=des", vec!["Design"]),
        ("activities/?archived=0", vec!["Design", "Dig"]),
        ("clients/?client=999", vec!["Acme"]),
    ] {
        let path = query.replace("{acme}", &acme.to_string()).replace("{site}", &site.to_string());
        assert_eq!(names(&ada.get(&format!("/api/{path}")).await), expected, "{query}");
    }
}

/// Nothing is lost by deleting what it belongs to: the reference stays, and may be sent again as it is.
#[tokio::test]
async fn deleting_a_client_or_a_project_loses_nothing_that_belonged_to_it() {
    let world = World::new().await;
    let ada = world.person("ada");
    let client = made(&ada, "clients", json!({"name": "Acme"})).await;
    let project = made(&ada, "projects", json!({"name": "Site", "client": client})).await;
    let activity = made(&ada, "activities", json!({"name": "Design", "project": project})).await;
    assert_eq!(ada.delete(&format!("/api/clients/{client}/")).await.status, 204);
    assert_eq!(ada.delete(&format!("/api/projects/{project}/")).await.status, 204);
    let path = format!("/api/activities/{activity}/");
    let mut there = ada.get(&path).await.json();
    assert_eq!(there["project"], project);
    there["description"] = json!("still");
    assert_eq!(ada.put(&path, there).await.json()["version"], 2);
    assert_eq!(ada.post("/api/tracks/", json!({ "activity": activity })).await.status, 201);
    // Nobody else can be given it.
    let invalid = format!(r#"{{"project":["Invalid pk \"{project}\" - object does not exist."]}}"#);
    ada.post("/api/activities/", json!({"name": "x", "project": project})).await.is(400, &invalid);
    assert_eq!(ada.patch(&path, json!({"project": null})).await.json()["project"], json!(null));
    ada.patch(&path, json!({ "project": project })).await.is(400, &invalid);
}

/// What is archived is out of use with all that belongs to it; what was booked on it stays and can be changed.
#[tokio::test]
async fn nothing_new_is_booked_on_what_is_archived() {
    let world = World::new().await;
    let ada = world.person("ada");
    let client = made(&ada, "clients", json!({"name": "Acme"})).await;
    let project = made(&ada, "projects", json!({"name": "Site", "client": client})).await;
    let activity = made(&ada, "activities", json!({"name": "Design", "project": project})).await;
    let other = ada.has_activity("Other").await;
    let times = json!({"activity": activity, "start": "2027-01-14T08:00:00Z", "end": "2027-01-14T09:00:00Z"});
    let track = ada.post("/api/tracks/", times).await.id();
    let others = json!({"activity": other, "start": "2027-01-13T08:00:00Z", "end": "2027-01-13T09:00:00Z"});
    let others = format!("/api/tracks/{}/", ada.post("/api/tracks/", others).await.id());
    for (item, message) in [
        (format!("/api/activities/{activity}/"), "This activity is archived."),
        (format!("/api/projects/{project}/"), "The project of this activity is archived."),
        (format!("/api/clients/{client}/"), "The client of this activity is archived."),
    ] {
        assert_eq!(ada.patch(&item, json!({"archived": true})).await.status, 200);
        let refused = format!(r#"{{"activity":["{message}"]}}"#);
        ada.post("/api/tracks/", json!({ "activity": activity })).await.is(400, &refused);
        ada.put("/api/timer/", json!({ "activity": activity })).await.is(400, &refused);
        ada.post(&format!("/api/tracks/{track}/continue/"), json!({})).await.is(400, &refused);
        ada.patch(&others, json!({ "activity": activity })).await.is(400, &refused);
        // What is there stays, also when it is sent whole.
        let path = format!("/api/tracks/{track}/");
        let answer = ada.put(&path, json!({"activity": activity, "description": message})).await;
        assert_eq!(answer.json()["description"], message);
        assert_eq!(ada.delete(&path).await.status, 204);
        assert_eq!(ada.post(&format!("{path}restore/"), json!({})).await.status, 200);
        // Without a word about it the timer takes what was used last and can still be used.
        let running = ada.put("/api/timer/", json!({})).await.json()["running"]["activity"].clone();
        assert_eq!(running, other);
        ada.delete("/api/timer/?discard=true").await;
        assert_eq!(ada.patch(&item, json!({"archived": false})).await.status, 200);
    }
    assert_eq!(ada.put("/api/timer/", json!({})).await.json()["running"]["activity"], activity);
}

/// Nobody could bring back what was archived and then deleted: it holds up nothing, and is what it was in all else.
#[tokio::test]
async fn what_is_archived_holds_up_nothing_once_it_is_deleted() {
    let world = World::new().await;
    let ada = world.person("ada");
    let client = made(&ada, "clients", json!({"name": "Acme"})).await;
    let project = json!({"name": "Site", "client": client, "billable_default": true});
    let project = made(&ada, "projects", project).await;
    let activity = made(&ada, "activities", json!({"name": "Design", "project": project})).await;
    let book = async || ada.post("/api/tracks/", json!({ "activity": activity })).await;
    let (client, project) = (format!("/api/clients/{client}/"), format!("/api/projects/{project}/"));
    for path in [&client, &project] {
        assert_eq!(ada.patch(path, json!({"archived": true})).await.status, 200);
    }
    book().await.is(400, r#"{"activity":["The project of this activity is archived."]}"#);
    assert_eq!(ada.delete(&project).await.status, 204);
    // A client that is there can be brought back, and the track would be counted for it.
    book().await.is(400, r#"{"activity":["The client of this activity is archived."]}"#);
    assert_eq!(ada.delete(&client).await.status, 204);
    let booked = book().await;
    assert_eq!((booked.status, &booked.json()["billable"]), (201, &json!(true)));
}

/// R164: a list is read whole where no index has its order, so it has an end.
#[tokio::test]
async fn a_workspace_has_ten_thousand_of_a_kind_at_most() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    for (kind, name) in [("clients", "client"), ("tags", "tag")] {
        let first = made(&ada, kind, json!({"name": "first"})).await;
        let fill = move |conn: &mut model::db::Conn| {
            let uid = match conn {
                model::db::Conn::Sqlite(_) => "randomblob(16)",
                model::db::Conn::Postgres(_) => "uuid_send(gen_random_uuid())",
            };
            let each =
                "WITH RECURSIVE each (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM each WHERE n < 9998)";
            let columns = "workspace_id, uid, name, name_key, created_at, updated_at, version, seq";
            let sql = format!(
                "INSERT INTO {kind} ({columns}) {each} SELECT workspace_id, {uid}, 'n' || n, 'n' || n, 0, 0, 1, 1 \
                 FROM {kind}, each WHERE id = {first}"
            );
            diesel::RunQueryDsl::execute(diesel::sql_query(sql), conn)
        };
        assert_eq!(world.db().write(fill).await.unwrap(), 9_998);
        made(&ada, kind, json!({"name": "last"})).await;
        let sentence = format!("There are 10000 {kind}, which is the most: delete one of them first.");
        let list = format!("/api/{kind}/");
        ada.post(&list, json!({"name": "more"})).await.is(409, &format!(r#"{{"detail":"{sentence}"}}"#));
        let batch = json!({"operations": [{"op": "create", "type": name, "data": {"name": "more"}}]});
        assert_eq!(ada.post("/api/batch/", batch).await.json()["results"][0]["status"], 409);
        if kind == "tags" {
            let tagged = json!({"activity": activity, "tags": ["n1", "more"]});
            ada.post("/api/tracks/", tagged).await.is(400, &format!(r#"{{"tags":["{sentence}"]}}"#));
            let tagged = json!({"activity": activity, "tags": ["n1", "LAST"]});
            assert_eq!(ada.post("/api/tracks/", tagged).await.json()["tags"], json!(["n1", "last"]));
        }
        assert_eq!(ada.patch(&format!("{list}{first}/"), json!({"name": "other"})).await.status, 200);
        assert_eq!(ada.delete(&format!("{list}{first}/")).await.status, 204);
        assert_eq!(ada.post(&list, json!({"name": "more"})).await.status, 201);
    }
}

#[tokio::test]
async fn a_new_track_is_billable_if_its_activity_or_else_its_project_says_so() {
    let world = World::new().await;
    let ada = world.person("ada");
    for (of_project, of_activity, said, expected) in [
        (json!(null), json!(null), None, false),
        (json!(true), json!(null), None, true),
        (json!(true), json!(false), None, false),
        (json!(false), json!(true), None, true),
        (json!(null), json!(true), None, true),
        (json!(true), json!(true), Some(false), false),
        (json!(false), json!(false), Some(true), true),
    ] {
        let project =
            json!({"name": format!("{of_project} {of_activity} {said:?}"), "billable_default": of_project});
        let project = made(&ada, "projects", project).await;
        let activity = json!({"name": "a", "project": project, "billable_default": of_activity});
        let activity = made(&ada, "activities", activity).await;
        let mut track = json!({ "activity": activity });
        if let Some(said) = said {
            track["billable"] = json!(said);
        }
        let answer = ada.post("/api/tracks/", track.clone()).await;
        assert_eq!(answer.json()["billable"], expected, "{of_project} {of_activity} {said:?}");
        let running = ada.put("/api/timer/", track).await.json()["running"]["billable"].clone();
        assert_eq!(running, expected);
        // Another activity later is no reason to change who pays.
        let path = format!("/api/tracks/{}/", answer.id());
        let plain = ada.has_activity("plain").await;
        assert_eq!(ada.patch(&path, json!({ "activity": plain })).await.json()["billable"], expected);
    }
}

/// R165, R166: as of every object.
#[tokio::test]
async fn conditions_and_keys_hold_for_the_whole_catalogue() {
    let world = World::new().await;
    let ada = world.person("ada");
    for kind in ["activities", "projects", "clients", "tags"] {
        let list = format!("/api/{kind}/");
        let keyed = async || {
            let request = ada.request(Method::POST, &list).header("idempotency-key", "k");
            let request = request.header("content-type", "application/json").body(r#"{"name":"Once"}"#);
            Answer::read(request.send().await.unwrap()).await
        };
        let (first, again) = (keyed().await, keyed().await);
        again.is(201, &first.text).has("idempotency-replayed", "true").has("etag", "\"1\"");
        let path = format!("{list}{}/", first.id());
        let stale = async |method: Method| {
            let request = ada.request(method, &path).header("if-match", "\"7\"");
            let request = request.header("content-type", "application/json").body(r#"{"name":"Twice"}"#);
            Answer::read(request.send().await.unwrap()).await
        };
        let current =
            format!(r#"{{"detail":"This is not the version that is there.","current":{}}}"#, first.text);
        for method in [Method::PUT, Method::PATCH, Method::DELETE] {
            stale(method).await.is(412, &current);
        }
        let held = ada.request(Method::GET, &path).header("if-none-match", "\"1\"");
        Answer::read(held.send().await.unwrap()).await.is(304, "");
    }
}

#[tokio::test]
async fn options_says_what_each_kind_has() {
    let world = World::new().await;
    let ada = world.person("ada");
    for (kind, label, fields) in [
        (
            "clients",
            "Client",
            vec!["id", "name", "uid", "color", "rate", "archived", "created_at", "updated_at", "version"],
        ),
        (
            "tags",
            "Tag",
            vec!["id", "name", "uid", "color", "archived", "created_at", "updated_at", "version"],
        ),
    ] {
        let described = ada.send(Method::OPTIONS, &format!("/api/{kind}/")).await.json();
        assert_eq!(described["name"], format!("{label} List"));
        let described = described["actions"]["POST"].as_object().unwrap().clone();
        assert_eq!(described.keys().collect::<Vec<_>>(), fields);
    }
}
