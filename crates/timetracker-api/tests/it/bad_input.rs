//! What nobody should send, and what each is told: in the words of the framework where it has some.

use reqwest::Method;
use serde_json::Value;

use crate::support::{Person, World, json};

const JSON: &str = "application/json";

/// `(field, value, message)`, each sent with what makes the rest right.
async fn each_is_told(person: &Person, path: &str, right: &Value, table: &[(&str, Value, String)]) {
    for (field, value, message) in table {
        let mut sent = right.clone();
        sent[field] = value.clone();
        person.post(path, sent).await.is(400, &json!({ *field: [message] }).to_string());
    }
}

fn no_such(id: &str) -> String {
    format!(r#"Invalid pk "{id}" - object does not exist."#)
}

/// R150: each field tells what it cannot be, and nothing is kept.
#[tokio::test]
async fn what_a_track_cannot_be() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada"), world.person("bob"));
    let activity = ada.has_activity("a").await;
    let (bobs, bobs_track) = (bob.has_activity("b").await, "018c0000-0000-7000-8000-00000000beef");
    assert_eq!(bob.post("/api/tracks/", json!({"activity": bobs, "uid": bobs_track})).await.status, 201);
    let right = json!({"activity": activity, "start": "2024-01-01T09:00:00Z"});
    let long = "x".repeat(200_000);
    let table = [
        ("activity", json!(999_999), no_such("999999")),
        // Somebody else's is told as one that never was.
        ("activity", json!(bobs), no_such(&bobs.to_string())),
        ("activity", json!(0), no_such("0")),
        ("activity", json!(-1), no_such("-1")),
        ("activity", json!(i64::MAX), no_such("9223372036854775807")),
        ("activity", json!(u64::MAX), no_such("18446744073709551615")),
        ("activity", json!("9223372036854775808"), no_such("9223372036854775808")),
        ("activity", json!(long.clone()), "Incorrect type. Expected pk value, received str.".into()),
        ("end", json!("2024-01-01T08:59:59.999999Z"), "End must not be before start.".into()),
        ("end", json!("2024-02-01T09:00:00.000001Z"), "A track must not be longer than 31 days.".into()),
        (
            "timezone",
            json!("Europe/Atlantis"),
            r#""Europe/Atlantis" is not a time zone of the IANA database."#.into(),
        ),
        ("timezone", json!("+02:00"), r#""+02:00" is not a time zone of the IANA database."#.into()),
        (
            "timezone",
            json!("../../etc/passwd"),
            r#""../../etc/passwd" is not a time zone of the IANA database."#.into(),
        ),
        ("description", json!(long.clone()), "Ensure this field has no more than 10000 characters.".into()),
        ("description", json!("\0"), "Null characters are not allowed.".into()),
        ("tags", json!([long]), "Ensure this field has no more than 100 characters.".into()),
        ("tags", json!(["a\0"]), "Null characters are not allowed.".into()),
        ("tags", json!(["a\nb"]), "Control characters are not allowed.".into()),
        ("tags", json!([["a"]]), "Not a valid string.".into()),
        ("source", json!("\0"), "Null characters are not allowed.".into()),
    ];
    each_is_told(&ada, "/api/tracks/", &right, &table).await;
    // The end is counted from the duration.
    let counted = json!({"activity": activity, "start": "2024-01-01T09:00:00Z", "duration": 2_678_401});
    ada.post("/api/tracks/", counted)
        .await
        .is(400, r#"{"end":["A track must not be longer than 31 days."]}"#);
    let without_start = json!({ "activity": activity });
    let table = [
        ("end", json!("2024-01-01T09:00:00Z"), "End needs a start.".into()),
        ("duration", json!(60), "A duration needs a start.".into()),
    ];
    each_is_told(&ada, "/api/tracks/", &without_start, &table).await;
    assert_eq!(ada.get("/api/tracks/").await.json()["count"], 0);
    assert_eq!(ada.get("/api/tags/").await.json()["count"], 0);
}

/// R150: the same of what tracks are booked on.
#[tokio::test]
async fn what_nothing_of_the_catalogue_can_be() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada"), world.person("bob"));
    let bobs = bob.post("/api/clients/", json!({"name": "b"})).await.id();
    let bobs_project = bob.post("/api/projects/", json!({"name": "b"})).await.id();
    let right = json!({"name": "a"});
    let long = "x".repeat(200_000);
    for kind in ["activities", "projects", "clients", "tags"] {
        let table = [
            ("name", json!(long.clone()), "Ensure this field has no more than 100 characters.".to_owned()),
            ("name", json!("\0"), "Null characters are not allowed.".to_owned()),
            ("name", json!(" \t\n"), "This field may not be blank.".to_owned()),
            ("name", json!({"a": 1}), "Not a valid string.".to_owned()),
            ("uid", json!("018c0000"), "Must be a valid UUID.".to_owned()),
            ("color", json!(long.clone()), "Ensure this field has no more than 100 characters.".to_owned()),
            ("archived", json!("perhaps"), "Must be a valid boolean.".to_owned()),
        ];
        each_is_told(&ada, &format!("/api/{kind}/"), &right, &table).await;
    }
    let table = [
        ("client", json!(bobs), no_such(&bobs.to_string())),
        ("client", json!(u64::MAX), no_such("18446744073709551615")),
    ];
    each_is_told(&ada, "/api/projects/", &right, &table).await;
    let table = [("project", json!(bobs_project), no_such(&bobs_project.to_string()))];
    each_is_told(&ada, "/api/activities/", &right, &table).await;
    let choice = "Select a valid choice. That choice is not one of the available choices.";
    for wrong in [&bobs.to_string(), "0", "x", "1.5", "9223372036854775808", "%00"] {
        ada.get(&format!("/api/projects/?client={wrong}"))
            .await
            .is(400, &json!({"client": [choice]}).to_string());
    }
    for kind in ["activities", "projects", "clients", "tags"] {
        assert_eq!(ada.get(&format!("/api/{kind}/")).await.json()["count"], 0, "{kind}");
    }
}

/// R158: whatever is no id of something of theirs is not there.
#[tokio::test]
async fn what_no_id_can_be_is_not_there() {
    let world = World::new().await;
    let ada = world.person("ada");
    let nothing = r#"{"detail":"Not found."}"#.to_owned();
    for (kind, label) in [
        ("activities", "Activity"),
        ("projects", "Project"),
        ("clients", "Client"),
        ("tags", "Tag"),
        ("tracks", "Track"),
    ] {
        let absent = format!(r#"{{"detail":"No {label} matches the given query."}}"#);
        let ids = [
            ("0", &absent),
            ("9223372036854775807", &absent),
            ("9223372036854775808", &absent),
            ("99999999999999999999999", &absent),
            ("-1", &nothing),
            ("x", &nothing),
            ("1.5", &nothing),
            ("%00", &nothing),
            ("%D9%A3", &nothing),
        ];
        for (id, expected) in ids {
            let path = format!("/api/{kind}/{id}/");
            for method in [Method::GET, Method::PATCH, Method::DELETE] {
                ada.send(method, &path).await.is(404, expected);
            }
        }
    }
}

/// R145, R150, R164: what is too much, or no text, is refused before anything is made of it.
#[tokio::test]
async fn what_is_too_much_is_refused_unread() {
    let world = World::new().await;
    let ada = world.person("ada");
    let million = "a=1&".repeat(1_000_000);
    let form =
        ada.send_body(Method::POST, "/api/tracks/", "application/x-www-form-urlencoded", million).await;
    form.is(413, r#"{"detail":"The request is too large."}"#);
    let name = json!({"name": "x".repeat(1 << 20)}).to_string();
    ada.send_body(Method::POST, "/api/tags/", JSON, name)
        .await
        .is(413, r#"{"detail":"The request is too large."}"#);
    let lone = r#"{"activity":1,"tags":["\ud800"]}"#;
    let lone = ada.send_body(Method::POST, "/api/tracks/", JSON, lone).await;
    assert!(lone.status == 400 && lone.text.starts_with(r#"{"detail":"JSON parse error - "#), "{lone:?}");
    for path in ["/api/tracks/?tag=%ed%a0%80", "/api/tags/?search=%ed%a0%80", "/api/tags/?cursor=%ff"] {
        ada.get(path).await.is(400, r#"{"detail":"The request is not valid UTF-8."}"#);
    }
    let endless = "x".repeat(10_000);
    assert_eq!(ada.get(&format!("/api/tracks/?tag={endless}")).await.json()["count"], 0);
    ada.get(&format!("/api/tags/?search={endless}"))
        .await
        .is(400, r#"["Ensure this value has at most 200 characters."]"#);
}

/// Names are compared in small letters, as Unicode has them: a letter without its dot is another one, and a double s is not a
/// sharp one.
#[tokio::test]
async fn names_are_the_same_however_they_are_written() {
    let world = World::new().await;
    let ada = world.person("ada");
    for (first, same, other) in [
        ("İzmir", "i\u{307}zmir", "Izmir"),
        ("STRAẞE", "straße", "STRASSE"),
        ("ΟΔΟΣ", "οδος", "ΟΔΟ"),
        ("ǅungla", "ǆungla", "DŽungla"),
        ("Å", "a\u{30a}", "A"),
    ] {
        for kind in ["clients", "tags", "projects"] {
            let list = format!("/api/{kind}/");
            assert_eq!(ada.post(&list, json!({"name": first})).await.status, 201, "{first}");
            ada.post(&list, json!({"name": same}))
                .await
                .is(400, r#"{"name":["This field must be unique."]}"#);
            assert_eq!(ada.post(&list, json!({"name": other})).await.status, 201, "{other}");
        }
        let activity = ada.has_activity("a").await;
        let track = ada.post("/api/tracks/", json!({"activity": activity, "tags": [same, first]})).await;
        assert_eq!(track.json()["tags"], json!([first]));
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("tag", same).finish();
        assert_eq!(ada.get(&format!("/api/tracks/?{query}")).await.json()["count"], 1, "{same}");
    }
}
