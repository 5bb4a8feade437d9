//! `/api/tracks/` and `/api/tracks/{id}/`.

use std::time::Duration;

use model::db::Conn;
use reqwest::Method;

use crate::support::{MEMBERS, Shown, World, json};

const UID: &str = "018c0000-0000-7000-8000-00000000cafe";

const INSTANT: &str = r#"["Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."]"#;

#[tokio::test]
async fn a_track_is_made_read_changed_and_deleted() {
    let world = World::new().await;
    let ada = world.person("ada");
    let user = ada.user().await;
    let activity = ada.has_activity("Writing").await;
    let made = ada
        .post(
            "/api/tracks/",
            json!({"activity": activity.to_string(), "start": "2024-01-02 03:04:05.120+02:00", "uid": UID}),
        )
        .await;
    let id = made.id();
    let path = format!("/api/tracks/{id}/");
    let began = "2024-01-02T01:04:05.120000Z";
    let shown = Shown::new(id, activity, user, UID).when(began, None, None);
    made.is(201, &shown.to_string())
        .has("location", &format!("https://time.example.com{path}"))
        .has("allow", "GET, POST, HEAD, OPTIONS")
        .has("vary", "Accept")
        .has("content-type", "application/json");
    ada.get(&path).await.is(200, &shown.to_string()).has("allow", "GET, PUT, PATCH, DELETE, HEAD, OPTIONS");
    world.clock.advance(Duration::from_secs(1));
    let shown = shown.when(began, Some("2024-01-02T02:00:00Z"), Some(3_354));
    let shown =
        Shown { description: "done".into(), version: 2, updated_at: "2027-01-15T08:00:01Z".into(), ..shown };
    ada.patch(&path, json!({"end": "2024-01-02T02:00", "description": " done "}))
        .await
        .is(200, &shown.to_string());
    world.clock.advance(Duration::from_secs(1));
    // Nothing new is no change.
    ada.put(&path, json!({"activity": activity})).await.is(200, &shown.to_string());
    ada.put(&path, json!({"end": null})).await.is(400, r#"{"activity":["This field is required."]}"#);
    let draft = Shown {
        start: "null".into(),
        end: "null".into(),
        duration: "null".into(),
        version: 3,
        updated_at: "2027-01-15T08:00:02Z".into(),
        ..shown
    };
    ada.patch(&path, json!({"start": null, "end": null})).await.is(200, &draft.to_string());
    let list = format!(r#"{{"count":1,"next":null,"previous":null,"results":[{draft}]}}"#);
    for spelling in ["/api/tracks/", "/api/tracks", "/api/tracks.json", "/api/tracks/?format=json"] {
        ada.get(spelling).await.is(200, &list);
    }
    let head = ada.send(Method::HEAD, "/api/tracks/").await;
    head.is(200, "").has("content-length", &list.len().to_string());
    ada.delete(&path).await.is(204, "").lacks("content-type");
    ada.delete(&path).await.is(404, r#"{"detail":"No Track matches the given query."}"#);
    ada.get("/api/tracks/").await.is(200, r#"{"count":0,"next":null,"previous":null,"results":[]}"#);
}

/// R159: what is not a client's to set is not set.
#[tokio::test]
async fn owner_id_and_the_like_cannot_be_set() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada"), world.person("bob"));
    let (user, other) = (ada.user().await, bob.user().await);
    let activity = ada.has_activity("a").await;
    let sent = json!({
        "activity": activity, "uid": UID, "user": other, "person_id": other, "id": 4711, "created_at": 1,
        "updated_at": 1, "version": 7, "running": true, "exclusive": true, "seq": 9, "deleted_at": 1, "track_count": 9,
    });
    let made = ada.post("/api/tracks/", sent.clone()).await;
    let id = made.id();
    let shown = Shown::new(id, activity, user, UID).to_string();
    made.is(201, &shown);
    assert_ne!(id, 4711);
    ada.put(&format!("/api/tracks/{id}/"), sent.clone()).await.is(200, &shown);
    ada.patch(&format!("/api/tracks/{id}/"), sent).await.is(200, &shown);
    assert_eq!(ada.get("/api/tracks/").await.json()["count"], 1);
    assert_eq!(bob.get("/api/tracks/").await.json()["count"], 0);
}

#[tokio::test]
async fn bad_fields_are_told_all_at_once() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let pk = |text: &str| format!(r#"{{"activity":["{text}"]}}"#);
    let incorrect = |kind: &str| pk(&format!("Incorrect type. Expected pk value, received {kind}."));
    for (body, expected) in [
        (json!({}), pk("This field is required.")),
        (json!({"activity": null}), pk("This field may not be null.")),
        (json!({"activity": ""}), pk("This field may not be null.")),
        (json!({"activity": 999_999}), pk(r#"Invalid pk \"999999\" - object does not exist."#)),
        (json!({"activity": "x"}), incorrect("str")),
        (json!({"activity": 1.5}), incorrect("float")),
        (json!({"activity": true}), incorrect("bool")),
        (json!({"activity": [1]}), incorrect("list")),
        (json!({"activity": {}}), incorrect("dict")),
        (
            json!({"description": "d".repeat(10_001), "start": "", "end": 5, "activity": 999_999}),
            format!(
                r#"{{"description":["Ensure this field has no more than 10000 characters."],"start":{INSTANT},"end":{INSTANT},"activity":["Invalid pk \"999999\" - object does not exist."]}}"#
            ),
        ),
        (
            json!({"activity": activity, "start": "9999-12-31T23:59:59-01:00"}),
            r#"{"start":["Datetime value out of range."]}"#.into(),
        ),
        (
            json!({"activity": activity, "description": "a\0"}),
            r#"{"description":["Null characters are not allowed."]}"#.into(),
        ),
        (json!({"activity": activity, "end": "2024-01-01"}), r#"{"end":["End needs a start."]}"#.into()),
        (
            json!({"activity": activity, "start": "2024-01-02", "end": "2024-01-01T23:59:59.999999Z"}),
            r#"{"end":["End must not be before start."]}"#.into(),
        ),
    ] {
        ada.post("/api/tracks/", body)
            .await
            .is(400, &expected)
            .has("vary", "Accept")
            .has("allow", "GET, POST, HEAD, OPTIONS");
    }
    assert_eq!(ada.get("/api/tracks/").await.json()["count"], 0);
    let fine = json!({"activity": 1.0 * 1.0, "description": "d".repeat(10_000), "start": "2024-01-01", "end": "2024-01-01"});
    let fine = {
        let mut fine = fine;
        fine["activity"] = json!(activity);
        fine
    };
    assert_eq!(ada.post("/api/tracks/", fine).await.status, 201);
}

/// R164: sizes are capped, pages that are not there are 404, and links keep the other parameters.
/// Section 2 no. 22 of the dossier (GHSA-r9w3-57w2-gch2).
#[tokio::test]
async fn lists_come_in_pages() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let mut ids = Vec::new();
    for number in 0..45 {
        ids.push(ada.has_track(activity, &format!("t{number}")).await);
    }
    let page = async |query: &str| {
        let body = ada.get(&format!("/api/tracks/{query}")).await.json();
        let shown: Vec<i64> =
            body["results"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect();
        assert_eq!(body["count"], 45);
        (shown, body["next"].clone(), body["previous"].clone())
    };
    let link = |query: &str| json!(format!("https://time.example.com/api/tracks/{query}"));
    assert_eq!(page("").await, (ids[..20].to_vec(), link("?page=2"), json!(null)));
    assert_eq!(page("?page=2").await, (ids[20..40].to_vec(), link("?page=3"), link("")));
    assert_eq!(
        page("?page=last&z=%20&a=1").await,
        (ids[40..].to_vec(), json!(null), link("?a=1&page=2&z=+"))
    );
    assert_eq!(page("?page_size=1000000000").await.0, ids);
    assert_eq!(page("?page_size=0").await.0.len(), 20);
    assert_eq!(page("?page_size=-1").await.0.len(), 20);
    assert_eq!(page("?page=").await.0, ids[..20]);
    for wrong in ["0", "4", "-1", "x", "1.5", "%20", "1e9", "99999999999999999999999"] {
        ada.get(&format!("/api/tracks/?page={wrong}")).await.is(404, r#"{"detail":"Invalid page."}"#);
    }
}

/// R164: no page has more than a thousand rows.
#[tokio::test]
async fn a_page_has_at_most_a_thousand_rows() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let track = ada.has_track(activity, "one").await;
    let db = world.db();
    for _ in 0..10 {
        let copy = move |conn: &mut Conn| {
            let uid = match conn {
                Conn::Sqlite(_) => "randomblob(16)",
                Conn::Postgres(_) => "uuid_send(gen_random_uuid())",
            };
            let copies = format!(
                "INSERT INTO tracks (person_id, activity_id, description, created_at, uid) \
                 SELECT person_id, activity_id, description, created_at, {uid} FROM tracks WHERE id >= {track}"
            );
            diesel::RunQueryDsl::execute(diesel::sql_query(copies), conn)
        };
        db.write(copy).await.unwrap();
    }
    let body = ada.get("/api/tracks/?page_size=5000").await.json();
    assert_eq!(body["count"], 1_024);
    assert_eq!(body["results"].as_array().unwrap().len(), 1_000);
    assert_eq!(body["next"], "https://time.example.com/api/tracks/?page=2&page_size=5000");
}

#[tokio::test]
async fn lists_are_filtered_searched_and_ordered() {
    let world = World::new().await;
    let ada = world.person("ada");
    let (first, second) = (ada.has_activity("first").await, ada.has_activity("second").await);
    for (activity, description, start) in [
        (first, "Write a book", json!("2024-03-01")),
        (second, "read", json!(null)),
        (first, "write a letter", json!("2024-01-01")),
    ] {
        ada.post(
            "/api/tracks/",
            json!({"activity": activity, "description": description, "start": start, "end": start}),
        )
        .await;
    }
    for (query, expected) in [
        (format!("?activity={first}"), vec!["Write a book", "write a letter"]),
        ("?activity=".to_owned(), vec!["Write a book", "read", "write a letter"]),
        ("?search=WRITE".to_owned(), vec!["Write a book", "write a letter"]),
        ("?search=write,book".to_owned(), vec!["Write a book"]),
        ("?search=%22a+letter%22".to_owned(), vec!["write a letter"]),
        ("?search=_".to_owned(), vec![]),
        ("?ordering=start".to_owned(), vec!["read", "write a letter", "Write a book"]),
        ("?ordering=-start".to_owned(), vec!["read", "Write a book", "write a letter"]),
        ("?ordering=-id".to_owned(), vec!["write a letter", "read", "Write a book"]),
        ("?ordering=activity,-id".to_owned(), vec!["write a letter", "Write a book", "read"]),
        ("?unknown=1".to_owned(), vec!["Write a book", "read", "write a letter"]),
    ] {
        let body = ada.get(&format!("/api/tracks/{query}")).await.json();
        let results = body["results"].as_array().unwrap();
        let shown: Vec<&str> = results.iter().map(|row| row["description"].as_str().unwrap()).collect();
        assert_eq!(shown, expected, "{query}");
        assert_eq!(body["count"], expected.len(), "{query}");
    }
    let choice =
        r#"{"activity":["Select a valid choice. That choice is not one of the available choices."]}"#;
    for wrong in ["x", "999999", "1.5", "99999999999999999999"] {
        ada.get(&format!("/api/tracks/?activity={wrong}")).await.is(400, choice);
    }
}

#[tokio::test]
async fn options_describes_what_may_be_sent() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let id = ada.has_track(activity, "t").await;
    let reader = world.bearer("reader");
    world.authority.knows("reader", world.authority.vouches(77, "reader", "read"));
    let list = ada.send(Method::OPTIONS, "/api/tracks/").await;
    assert_eq!(list.status, 200);
    let body = list.json();
    assert_eq!(body["name"], "Track List");
    assert_eq!(
        body["parses"],
        json!(["application/json", "application/x-www-form-urlencoded", "multipart/form-data"])
    );
    let fields = body["actions"]["POST"].as_object().unwrap();
    assert_eq!(fields.keys().collect::<Vec<_>>(), MEMBERS);
    assert_eq!(
        fields["activity"],
        json!({"type": "field", "required": true, "read_only": false, "label": "Activity"})
    );
    let instance = ada.send(Method::OPTIONS, &format!("/api/tracks/{id}/")).await.json();
    assert_eq!(instance["name"], "Track Instance");
    assert!(instance["actions"]["PUT"].is_object());
    assert!(reader.send(Method::OPTIONS, "/api/tracks/").await.json()["actions"].is_null());
    assert!(ada.send(Method::OPTIONS, "/api/tracks/999999/").await.json()["actions"].is_null());
    let activities = ada.send(Method::OPTIONS, "/api/activities/").await.json();
    assert_eq!(
        activities["actions"]["POST"]["name"],
        json!({"type": "string", "required": true, "read_only": false, "label": "Name", "max_length": 100})
    );
}
