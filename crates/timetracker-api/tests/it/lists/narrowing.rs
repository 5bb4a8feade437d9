//! Some of the rows, parts of rows, and what is not known.

use std::collections::BTreeSet;

use super::{described, follow, with};
use crate::support::{MEMBERS, World, json};

#[tokio::test]
async fn rows_come_in_parts() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let id = ada.has_track(activity, r#"a,"b\\"#).await;
    ada.get("/api/tracks/?fields=description,id").await.is(
        200,
        &format!(
            r#"{{"count":1,"next":null,"previous":null,"results":[{{"id":{id},"description":"a,\"b\\\\"}}]}}"#
        ),
    );
    let whole = ada.get("/api/tracks/").await.json()["results"][0].clone();
    for member in MEMBERS {
        let only = ada.get(&format!("/api/tracks/?fields={member}")).await.json()["results"][0].clone();
        assert_eq!(only, json!({ member: whole[member] }));
        let others = ada.get(&format!("/api/tracks/?omit={member}")).await.json()["results"][0].clone();
        let mut expected = whole.clone();
        expected.as_object_mut().unwrap().shift_remove(member);
        assert_eq!(others.to_string(), expected.to_string());
    }
    ada.get("/api/tracks/?fields=id,colour")
        .await
        .is(400, r#"{"fields":["\"colour\" is not a valid choice."]}"#);
    ada.get("/api/activities/?omit=user").await.is(400, r#"{"omit":["\"user\" is not a valid choice."]}"#);
}

#[tokio::test]
async fn tracks_are_narrowed_in_every_way() {
    let world = World::new().await;
    let ada = world.person("ada");
    let (user, activity) = (ada.user().await, ada.has_activity("a").await);
    for sent in [
        json!({"description": "draft"}),
        json!({"description": "one", "start": "2024-01-01T09:00Z", "end": "2024-01-01T10:00Z", "tags": ["deep", "x_y"], "billable": true}),
        json!({"description": "two", "start": "2024-01-01T10:00Z", "end": "2024-01-01T11:00Z", "tags": ["Deep"], "source": "agent"}),
        json!({"description": "three", "start": "2024-01-02T09:00Z", "end": "2024-01-02T10:00Z", "tags": ["deeper"]}),
        json!({"description": "now", "start": "2027-01-15T07:00Z"}),
    ] {
        let mut sent = sent;
        sent["activity"] = json!(activity);
        assert_eq!(ada.post("/api/tracks/", sent).await.status, 201);
    }
    for (query, expected) in [
        ("start_after=2024-01-01T10:00Z", vec!["two", "three", "now"]),
        ("start_before=2024-01-01T10:00Z", vec!["one"]),
        ("start_after=2024-01-01&start_before=2024-01-02", vec!["one", "two"]),
        ("start_after=2024-01-01T11:00%2B01:00&start_before=2024-01-01T10:00:00.000001Z", vec!["two"]),
        ("end_after=2024-01-01T11:00Z", vec!["two", "three"]),
        ("end_before=2024-01-01T11:00Z", vec!["one"]),
        ("running=true", vec!["now"]),
        ("running=false", vec!["draft", "one", "two", "three"]),
        ("running=", vec!["draft", "one", "two", "three", "now"]),
        ("billable=1", vec!["one"]),
        ("billable=no", vec!["draft", "two", "three", "now"]),
        ("tag=DEEP", vec!["one", "two"]),
        ("tag=deep&tag=x_y", vec!["one"]),
        ("tag=xzy", vec![]),
        (&format!("tag={}", "_".repeat(25_000)), vec![]),
        ("tag=nothing", vec![]),
        ("tag=dee%25", vec![]),
        ("source=agent", vec!["two"]),
        (&format!("user={user}"), vec!["draft", "one", "two", "three", "now"]),
        (&format!("activity={activity}&search=o&running=false"), vec!["one", "two"]),
    ] {
        let body = ada.get(&format!("/api/tracks/?{query}")).await.json();
        assert_eq!(described(&body), expected, "{query}");
        assert_eq!(body["count"], expected.len(), "{query}");
        let pages =
            follow(&ada, &format!("/api/tracks/?{query}&cursor=&page_size=1&ordering=-start"), "next").await;
        let expected: BTreeSet<String> = expected.into_iter().map(str::to_owned).collect();
        assert_eq!(pages.concat().into_iter().collect::<BTreeSet<_>>(), expected, "{query}");
    }
    let choice = "Select a valid choice. That choice is not one of the available choices.";
    let instant = "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].";
    let bob = world.person("bob").user().await;
    for (query, expected) in [
        (format!("user={bob}"), json!({"user": [choice]})),
        ("user=x".to_owned(), json!({"user": [choice]})),
        (
            "start_after=x&end_before=2024-01-01T11:00+01:00&running=maybe&billable=2&source=me".to_owned(),
            json!({
                "start_after": [instant], "end_before": [instant], "running": ["Must be a valid boolean."],
                "billable": ["Must be a valid boolean."], "source": [r#""me" is not a valid choice."#],
            }),
        ),
        ("tag=a%00".to_owned(), json!({"tag": ["Null characters are not allowed."]})),
        ("tag=a&".repeat(21), json!({"tag": ["Ensure this field has no more than 20 elements."]})),
    ] {
        ada.get(&format!("/api/tracks/?{query}")).await.is(400, &expected.to_string());
    }
}

#[tokio::test]
async fn what_is_not_known_is_passed_over_unless_the_client_would_rather_be_told() {
    let world = World::new().await;
    let ada = world.person("ada");
    let empty = r#"{"count":0,"next":null,"previous":null,"results":[]}"#;
    ada.get("/api/tracks/?colour=red&ordering=height").await.is(200, empty).lacks("preference-applied");
    let strict = async |path: &str| with(&ada, path, "prefer", "handling=strict").await;
    strict("/api/tracks/?colour=red&page=1&B=&colour=blue")
        .await
        .is(
            400,
            r#"{"B":["This parameter is not known here."],"colour":["This parameter is not known here."]}"#,
        )
        .has("preference-applied", "handling=strict");
    strict("/api/activities/?activity=1")
        .await
        .is(400, r#"{"activity":["This parameter is not known here."]}"#);
    strict("/api/tracks/?cursor=&page=2").await.is(400, r#"{"page":["This parameter is not known here."]}"#);
    strict("/api/tracks/?ordering=-start,-height")
        .await
        .is(400, r#"{"ordering":["\"-height\" is not a valid choice."]}"#);
    let all = "page=1&page_size=5&ordering=-start,id&search=x&fields=id&omit=&format=json&user=&activity=&tag=\
               &start_after=&start_before=&end_after=&end_before=&running=&billable=&source=";
    strict(&format!("/api/tracks/?{all}")).await.is(200, empty).has("preference-applied", "handling=strict");
    with(&ada, "/api/tracks/?colour=red", "prefer", "handling=lenient")
        .await
        .is(200, empty)
        .lacks("preference-applied");
}
