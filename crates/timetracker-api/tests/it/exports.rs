//! Reports of much: no answer is longer than is good, and none is taken for whole that is not.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_query;
use reqwest::Method;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{PUBLIC, Person, World, filled, json};

const AUTUMN: &str = "from=2026-09-01&to=2026-12-31&tz=UTC";
const MEBIBYTE: usize = 1_024 * 1_024;

/// The rows of every page, and how many bytes each page has.
async fn pages(person: &Person, path: &str) -> (Vec<Vec<Value>>, Vec<usize>) {
    let (mut path, mut rows, mut sizes) = (path.to_owned(), Vec::new(), Vec::new());
    loop {
        let page = person.get(&path).await;
        assert_eq!(page.status, 200, "{page:?}");
        sizes.push(page.text.len());
        rows.push(page.json()["results"].as_array().unwrap().clone());
        match page.json()["next"].as_str() {
            Some(next) => next.strip_prefix(PUBLIC).unwrap().clone_into(&mut path),
            None => return (rows, sizes),
        }
    }
}

/// R164: a thousand tracks may be a page, but not ten million letters.
#[tokio::test]
async fn a_page_ends_with_a_mebibyte_and_leads_on() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    filled::fill(&world, activity, 250, &"x".repeat(10_000)).await;
    let (rows, sizes) = pages(&ada, &format!("/api/reports/detailed/?{AUTUMN}&page_size=1000")).await;
    assert_eq!(sizes.len(), 3);
    assert!(sizes.iter().all(|size| *size < MEBIBYTE + 12_000), "{sizes:?}");
    let tracks: Vec<i64> = rows.concat().iter().map(|row| row["track"].as_i64().unwrap()).collect();
    let first = tracks[0];
    assert_eq!(tracks, (first..first + 250).collect::<Vec<_>>());
}

/// R164: what has run for most of a year is one track, and has a row for each day.
#[tokio::test]
async fn a_page_may_end_in_the_midst_of_a_track() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    ada.put(
        "/api/timer/",
        json!({"activity": activity, "start": "2026-03-01T12:00:00Z", "description": "x".repeat(10_000)}),
    )
    .await;
    let after = json!({"activity": activity, "start": "2026-04-01T12:00:00Z", "end": "2026-04-01T12:00:01Z"});
    assert_eq!(ada.post("/api/tracks/", after).await.status, 201);
    let range = "from=2026-01-01&to=2027-01-15&tz=UTC";
    let (rows, sizes) = pages(&ada, &format!("/api/reports/detailed/?{range}&page_size=1")).await;
    assert!(sizes.len() == 5 && sizes.iter().all(|size| *size < MEBIBYTE + 12_000), "{sizes:?}");
    let days: Vec<&str> = rows.iter().flatten().map(|row| row["day"].as_str().unwrap()).collect();
    assert_eq!((days.len(), days[0], days[320], days[321]), (322, "2026-03-01", "2027-01-15", "2026-04-01"));
    assert!(days[..321].is_sorted() && days.windows(2).all(|pair| pair[0] != pair[1]));
    let seconds: i64 = rows.iter().flatten().map(|row| row["seconds"].as_i64().unwrap()).sum();
    let summary = ada.get(&format!("/api/reports/summary/?{range}")).await.json();
    assert_eq!(summary["total"]["seconds"], seconds);
}

/// R164: what hardly any track has is looked for so long and no longer; a table is as long as it takes.
#[tokio::test]
async fn a_page_may_be_short_or_empty_and_lead_on() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    filled::fill(&world, activity, 11_000, "").await;
    let rare = json!({"activity": activity, "start": "2026-12-01T09:00:00Z", "end": "2026-12-01T10:00:00Z", "billable": true});
    let rare = ada.post("/api/tracks/", rare).await.id();
    let (rows, _) = pages(&ada, &format!("/api/reports/detailed/?{AUTUMN}&billable=true")).await;
    let found: Vec<Vec<i64>> =
        rows.iter().map(|page| page.iter().map(|row| row["track"].as_i64().unwrap()).collect()).collect();
    assert_eq!(found, [vec![], vec![rare]]);
    let lines = ada.get(&format!("/api/reports/detailed.ndjson?{AUTUMN}&billable=true")).await;
    assert_eq!(lines.text.lines().count(), 1);
    assert_eq!(ada.get(&format!("/api/reports/detailed.csv?{AUTUMN}")).await.text.lines().count(), 11_002);
}

/// R164: whoever takes it slowly keeps nobody waiting, and no lock: meanwhile a table can even be renamed. Then what comes is cut
/// short, and nobody takes it for whole.
#[tokio::test]
async fn a_slow_reader_holds_nothing_and_what_breaks_off_is_seen_to() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    filled::fill(&world, activity, 4_000, &"x".repeat(10_000)).await;
    let path = format!("/api/reports/detailed.csv?{AUTUMN}");
    let whole = ada.get(&path).await;
    assert_eq!((whole.status, whole.text.lines().count()), (200, 4_001));

    let mut slow = ada.request(Method::GET, &path).send().await.unwrap();
    let mut taken = slow.chunk().await.unwrap().unwrap().len();
    assert_eq!(ada.post("/api/tracks/", json!({"activity": activity})).await.status, 201);
    let db = world.db();
    db.write(|conn| sql_query("ALTER TABLE tracks RENAME TO elsewhere").execute(conn)).await.unwrap();
    let broken = loop {
        match slow.chunk().await {
            Ok(Some(chunk)) => taken += chunk.len(),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(broken && taken < whole.text.len(), "{taken} of {}", whole.text.len());
}

/// R164: nothing is done any more for who has hung up, also while there is nothing to send.
#[tokio::test]
async fn who_has_hung_up_is_seen_to_have_gone() {
    let world = World::new().await;
    let ada = world.person("ada");
    let cursor = ada.get("/api/changes/").await.json()["cursor"].as_str().unwrap().to_owned();
    let mut connection = TcpStream::connect(world.server().address()).await.unwrap();
    let request = format!(
        "GET /api/changes/?wait=25&since={cursor} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\r\n",
        ada.token
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let waits = tokio::time::timeout(Duration::from_millis(500), connection.read_to_end(&mut answer)).await;
    assert!(waits.is_err(), "{}", String::from_utf8_lossy(&answer));
    connection.shutdown().await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(5), connection.read_to_end(&mut answer)).await;
    assert!(ended.is_ok() && answer.is_empty(), "{}", String::from_utf8_lossy(&answer));
}
