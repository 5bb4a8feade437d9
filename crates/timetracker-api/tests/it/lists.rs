//! What all lists understand: pages by place, links, parts of rows, what is not known, and problems.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, MEMBERS, Person, World, json};

/// Follows `next` or `previous` from a page to the end; answers the descriptions, page by page.
async fn follow(person: &Person, from: &str, way: &str) -> Vec<Vec<String>> {
    let (mut pages, mut path) = (Vec::new(), from.to_owned());
    loop {
        let body = person.get(&path).await.json();
        pages.push(described(&body));
        match body[way].as_str() {
            None => return pages,
            Some(url) => path = url.strip_prefix("https://time.example.com").unwrap().to_owned(),
        }
    }
}

fn described(body: &Value) -> Vec<String> {
    let rows = body["results"].as_array().unwrap_or_else(|| panic!("{body}"));
    rows.iter().map(|row| row["description"].as_str().unwrap().to_owned()).collect()
}

async fn with(person: &Person, path: &str, name: &str, value: &str) -> Answer {
    Answer::read(person.request(Method::GET, path).header(name, value).send().await.unwrap()).await
}

/// Twelve tracks in two activities: four without a start, the others in pairs that begin together.
async fn twelve(ada: &Person) -> [i64; 2] {
    let activities = [ada.has_activity("first").await, ada.has_activity("second").await];
    for number in 0..12_i64 {
        let start = if number % 3 == 0 { json!(null) } else { json!(format!("2024-01-0{}", 1 + number / 4)) };
        let sent = json!({
            "activity": activities[usize::from(number % 2 == 1)], "description": format!("{number}"), "start": start, "end": start,
        });
        assert_eq!(ada.post("/api/tracks/", sent).await.status, 201);
    }
    activities
}

#[tokio::test]
async fn pages_by_place_are_the_list_cut_in_pieces_there_and_back() {
    let world = World::new().await;
    let ada = world.person("ada");
    twelve(&ada).await;
    world.person("bob").has_activity("of no concern").await;
    for ordering in [
        "",
        "id",
        "-id",
        "start",
        "-start",
        "start,-id",
        "-start,id",
        "activity",
        "-activity",
        "activity,-id",
    ] {
        let whole = ada.get(&format!("/api/tracks/?page_size=100&ordering={ordering}")).await.json();
        let whole = described(&whole);
        for size in [1, 5, 12, 13] {
            let first = format!("/api/tracks/?cursor=&page_size={size}&ordering={ordering}");
            let pages = follow(&ada, &first, "next").await;
            assert_eq!(pages.concat(), whole, "{ordering} by {size}");
            assert!(pages.iter().rev().skip(1).all(|page| page.len() == size), "{pages:?}");
            // Back from the last page.
            let mut path = first.clone();
            let last = loop {
                let body = ada.get(&path).await.json();
                match body["next"].as_str() {
                    None => break path,
                    Some(url) => path = url.strip_prefix("https://time.example.com").unwrap().to_owned(),
                }
            };
            let mut back = follow(&ada, &last, "previous").await;
            back.reverse();
            assert_eq!(back, pages, "{ordering} by {size}, back");
        }
    }
    let names = ["b", "a", "c", "a", "B", "ä"];
    for name in names {
        ada.has_activity(name).await;
    }
    for ordering in ["name", "-name", "-id"] {
        let ids = |body: &Value| -> Vec<i64> {
            body["results"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
        };
        let whole = ids(&ada.get(&format!("/api/activities/?ordering={ordering}")).await.json());
        assert_eq!(whole.len(), 2 + names.len());
        let (mut found, mut path) =
            (Vec::new(), format!("/api/activities/?cursor=&page_size=2&ordering={ordering}"));
        loop {
            let body = ada.get(&path).await.json();
            found.extend(ids(&body));
            let Some(url) = body["next"].as_str() else { break };
            path = url.strip_prefix("https://time.example.com").unwrap().to_owned();
        }
        assert_eq!(found, whole, "{ordering}");
    }
}

/// What is added or deleted meanwhile makes nothing come twice, and nothing go missing that was there all the time.
#[tokio::test]
async fn pages_by_place_do_not_shift() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = twelve(&ada).await[0];
    let mut path = "/api/tracks/?cursor=&page_size=2&ordering=-id".to_owned();
    let mut seen = Vec::new();
    loop {
        let body = ada.get(&path).await.json();
        seen.extend(described(&body));
        ada.has_track(activity, "new").await;
        let gone = body["results"][1]["id"].as_i64().unwrap();
        assert_eq!(ada.delete(&format!("/api/tracks/{gone}/")).await.status, 204);
        let Some(url) = body["next"].as_str() else { break };
        path = url.strip_prefix("https://time.example.com").unwrap().to_owned();
    }
    let expected: Vec<String> = (0..12).rev().map(|number: i64| number.to_string()).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn the_envelope_of_a_page_by_place_has_no_count() {
    let world = World::new().await;
    let ada = world.person("ada");
    ada.get("/api/tracks/?cursor=")
        .await
        .is(200, r#"{"next":null,"previous":null,"results":[]}"#)
        .has("link", r#"<https://time.example.com/api/tracks/?cursor=>; rel="first""#);
    for name in ["a", "b", "c"] {
        ada.has_activity(name).await;
    }
    let first = ada.get("/api/activities/?cursor=&page_size=1&fields=name").await;
    let next = first.json()["next"].as_str().unwrap().to_owned();
    first.is(200, &format!(r#"{{"next":"{next}","previous":null,"results":[{{"name":"a"}}]}}"#));
    assert!(next.starts_with("https://time.example.com/api/activities/?cursor="), "{next}");
    assert!(next.ends_with("&fields=name&page_size=1"), "{next}");
    let second = ada.get(next.strip_prefix("https://time.example.com").unwrap()).await;
    let body = second.json();
    let (next, previous) = (body["next"].as_str().unwrap(), body["previous"].as_str().unwrap());
    let begin = "https://time.example.com/api/activities/?cursor=&fields=name&page_size=1";
    second
        .is(200, &format!(r#"{{"next":"{next}","previous":"{previous}","results":[{{"name":"b"}}]}}"#))
        .has("link", &format!(r#"<{begin}>; rel="first", <{previous}>; rel="prev", <{next}>; rel="next""#));
}

/// R164: a cursor that was made up, or for another order, leads nowhere; what is too much is told.
#[tokio::test]
async fn absurd_cursors_and_endless_queries_are_told() {
    let world = World::new().await;
    let ada = world.person("ada");
    twelve(&ada).await;
    let of_ids = ada.get("/api/tracks/?cursor=&page_size=2").await.json();
    let of_ids = of_ids["next"]
        .as_str()
        .unwrap()
        .split("cursor=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap()
        .to_owned();
    let long = "A".repeat(20_000);
    for cursor in ["x", "%00", "cD0x", "MSAtaWQtIGYgMSBu", long.as_str()] {
        ada.get(&format!("/api/tracks/?cursor={cursor}")).await.is(404, r#"{"detail":"Invalid cursor"}"#);
    }
    for ordering in ["-id", "start", "activity"] {
        ada.get(&format!("/api/tracks/?cursor={of_ids}&ordering={ordering}"))
            .await
            .is(404, r#"{"detail":"Invalid cursor"}"#);
    }
    ada.get("/api/tracks/?cursor=&ordering=activity,start")
        .await
        .is(400, r#"{"ordering":["A cursor goes by one field, and then by id."]}"#);
    // Whoever takes another's cursor stays among their own.
    let bob = world.person("bob");
    let there = bob.get(&format!("/api/tracks/?cursor={of_ids}")).await.json();
    assert_eq!(there["results"], json!([]));
    let many = "a=1&".repeat(1_001);
    ada.get(&format!("/api/tracks/?{many}")).await.is(400, r#"{"detail":"Too many parameters."}"#);
}

#[tokio::test]
async fn link_says_where_the_other_pages_are() {
    let world = World::new().await;
    let ada = world.person("ada");
    let here = "https://time.example.com/api/activities/";
    ada.get("/api/activities/").await.has("link", &format!(r#"<{here}>; rel="first", <{here}>; rel="last""#));
    for name in ["a", "b", "c", "d", "e"] {
        ada.has_activity(name).await;
    }
    let json = "https://time.example.com/api/activities.json";
    for (path, links) in [
        (
            "/api/activities/?page_size=2&b=%C3%A9",
            format!(
                r#"<{here}?b=%C3%A9&page_size=2>; rel="first", <{here}?b=%C3%A9&page=2&page_size=2>; rel="next", <{here}?b=%C3%A9&page=3&page_size=2>; rel="last""#
            ),
        ),
        (
            "/api/activities.json?page_size=2&page=2",
            format!(
                r#"<{json}?page_size=2>; rel="first", <{json}?page_size=2>; rel="prev", <{json}?page=3&page_size=2>; rel="next", <{json}?page=3&page_size=2>; rel="last""#
            ),
        ),
    ] {
        ada.get(path).await.has("link", &links);
        let head = ada.send(Method::HEAD, path).await;
        head.is(200, "").has("link", &links);
    }
    // Headers that are too long are refused by what stands before us; the body says the same.
    let long = ada.get(&format!("/api/activities/?x={}", "y".repeat(3_000))).await;
    assert_eq!(long.status, 200);
    long.lacks("link");
}

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
        ("tag=nothing", vec![]),
        (&format!("tag={}", "_".repeat(25_000)), vec![]),
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

/// RFC 9457.
#[tokio::test]
async fn errors_are_problems_for_who_asks_for_them() {
    let world = World::new().await;
    let ada = world.person("ada");
    let asking = "application/json, application/problem+json";
    let problem = async |path: &str| {
        let answer = with(&ada, path, "accept", asking).await;
        answer.has("content-type", "application/problem+json");
        answer
    };
    problem("/api/tracks/9/").await.is(
        404,
        r#"{"type":"about:blank","title":"Not Found","status":404,"detail":"No Track matches the given query.","code":"not_found"}"#,
    );
    problem("/api/tracks/?running=x&start_after=y&fields=").await.is(
        400,
        r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"Invalid input.","code":"invalid","errors":[{"detail":"Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].","parameter":"start_after"},{"detail":"Must be a valid boolean.","parameter":"running"}]}"#,
    );
    problem("/api/tracks/?search=a%00").await.is(
        400,
        r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"Invalid input.","code":"invalid","errors":[{"detail":"Null characters are not allowed."}]}"#,
    );
    let post = |path: &str, body: Value| {
        let request = ada.request(Method::POST, path).header("accept", "application/problem+json");
        let request = request.header("content-type", "application/json").body(body.to_string());
        async move { Answer::read(request.send().await.unwrap()).await }
    };
    post("/api/tracks/", json!({"end": 1})).await.is(
        400,
        r##"{"type":"about:blank","title":"Bad Request","status":400,"detail":"Invalid input.","code":"invalid","errors":[{"detail":"Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].","pointer":"#/end"},{"detail":"This field is required.","pointer":"#/activity"}]}"##,
    );
    post("/api/tracks/?overlap=never", json!({"activity": 1})).await.is(
        400,
        r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"Invalid input.","code":"invalid","errors":[{"detail":"\"never\" is not a valid choice.","parameter":"overlap"}]}"#,
    );
    post("/api/tracks/", json!([])).await.is(
        400,
        r##"{"type":"about:blank","title":"Bad Request","status":400,"detail":"Invalid input.","code":"invalid","errors":[{"detail":"Invalid data. Expected a dictionary, but got list.","pointer":"#"}]}"##,
    );
    // Who takes nothing else takes what is no error as JSON.
    post("/api/activities/", json!({"name": "a"})).await.has("content-type", "application/json");
    let stranger = world.request(Method::GET, "/api/").header("accept", asking);
    Answer::read(stranger.send().await.unwrap())
        .await
        .is(
            401,
            r#"{"type":"about:blank","title":"Unauthorized","status":401,"detail":"Authentication credentials were not provided.","code":"not_authenticated"}"#,
        )
        .has("content-type", "application/problem+json");
    let db = world.db();
    let sql =
        |sql: &'static str| db.write(move |conn| diesel::RunQueryDsl::execute(diesel::sql_query(sql), conn));
    sql("ALTER TABLE tracks RENAME TO tracks_elsewhere").await.unwrap();
    let fault = problem("/api/tracks/").await;
    let id = fault.header("x-request-id").unwrap().to_owned();
    fault.is(
        500,
        &format!(
            r#"{{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"A server error occurred.","code":"error","request_id":"{id}"}}"#
        ),
    );
    sql("ALTER TABLE tracks_elsewhere RENAME TO tracks").await.unwrap();
    with(&ada, "/api/tracks/9/", "accept", "application/problem+json; indent=1").await.is(
        404,
        "{\n \"type\": \"about:blank\",\n \"title\": \"Not Found\",\n \"status\": 404,\n \"detail\": \"No Track matches the given query.\",\n \"code\": \"not_found\"\n}",
    );
    with(&ada, "/api/tracks/9/", "accept", "application/*").await.has("content-type", "application/json");
}
