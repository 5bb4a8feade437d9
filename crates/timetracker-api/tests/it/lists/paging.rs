//! Pages by place and by number, and the links between them.

use reqwest::Method;
use serde_json::Value;

use super::{described, follow, twelve};
use crate::support::{World, json};

#[tokio::test]
async fn pages_by_place_are_the_list_cut_in_pieces_there_and_back() {
    let world = World::new().await;
    let ada = world.person("ada");
    twelve(&ada).await;
    world.person("bob").has_activity("of no concern").await;
    for ordering in
        ["", "id", "-id,start", "start", "-start", "-start,-id,activity", "activity,id", "-activity"]
    {
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

/// Pages by number in the order of when tracks began are read in two parts: the pages, whatever their size, are the whole.
#[tokio::test]
async fn pages_by_number_are_the_list_cut_in_pieces_with_and_without_a_start() {
    let world = World::new().await;
    let ada = world.person("ada");
    twelve(&ada).await;
    for (query, expected) in [
        ("ordering=start", "0 3 6 9 1 2 4 5 7 8 10 11"),
        ("ordering=-start", "9 6 3 0 11 10 8 7 5 4 2 1"),
        ("ordering=-start,id", "0 3 6 9 8 10 11 4 5 7 1 2"),
        ("ordering=start&running=false&start_after=2024-01-02", "4 5 7 8 10 11"),
        ("ordering=-start&search=1", "11 10 1"),
    ] {
        let expected: Vec<&str> = expected.split(' ').collect();
        for size in 1..=13 {
            let pages = follow(&ada, &format!("/api/tracks/?{query}&page_size={size}"), "next").await;
            assert!(pages.iter().rev().skip(1).all(|page| page.len() == size), "{query} {size}: {pages:?}");
            assert_eq!(pages.concat(), expected, "{query} {size}");
        }
        let whole = ada.get(&format!("/api/tracks/?{query}")).await.json();
        assert_eq!(whole["count"], expected.len(), "{query}");
    }
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
    // No index has other orders, so these have pages by number only.
    for ordering in ["activity,start", "start,activity,id", "-start,id", "activity,-id"] {
        ada.get(&format!("/api/tracks/?cursor=&ordering={ordering}"))
            .await
            .is(400, r#"{"ordering":["A cursor goes by one field, and then by id in the same direction."]}"#);
    }
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

/// The framework leaves open in which order rows come that are equal by `ordering`. Here it is by id in the direction of the
/// last field, so that pages by number have each row once, and pages by place are the same list.
#[tokio::test]
async fn what_is_equal_is_in_the_order_of_the_ids_in_the_direction_of_the_last_field() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activities = [ada.has_activity("first").await, ada.has_activity("second").await];
    for number in 0..6_usize {
        let start = format!("2024-01-0{}", 1 + number / 4);
        let sent = json!({
            "activity": activities[number % 2], "description": format!("{number}"), "start": start, "end": start,
        });
        assert_eq!(ada.post("/api/tracks/", sent).await.status, 201);
    }
    for (ordering, expected) in [
        ("start", "012345"),
        ("-start", "543210"),
        ("-start,id", "450123"),
        ("start,-id", "321054"),
        ("activity", "024135"),
        ("-activity", "531420"),
        ("activity,-start", "420531"),
        ("-activity,start", "135024"),
    ] {
        let pages = follow(&ada, &format!("/api/tracks/?page_size=4&ordering={ordering}"), "next").await;
        assert_eq!(pages.concat().concat(), expected, "{ordering}");
    }
}
