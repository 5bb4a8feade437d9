//! `/api/reports/detailed/`.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use crate::support::{PUBLIC, Person, World, json};

const WEEK: &str = "from=2026-10-19&to=2026-10-25&tz=Europe/Berlin";

async fn spent(person: &Person, activity: i64, start: &str, end: &str, more: Value) -> Value {
    let mut track = json!({"activity": activity, "start": start, "end": end});
    for (name, value) in more.as_object().unwrap() {
        track[name] = value.clone();
    }
    let answer = person.post("/api/tracks/", track).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()
}

/// An hour before midnight in Berlin and two behind it; the night the clocks are put back; and what begins before the week.
async fn a_week(ada: &Person) -> [Value; 3] {
    let (reading, plans) = (ada.has_activity("Reading").await, ada.has_activity("Plans, \"big\"").await);
    let late = json!({"description": "late, again", "tags": ["deep", "home"], "billable": true});
    let late = spent(ada, reading, "2026-10-20T21:00:00Z", "2026-10-21T00:00:00Z", late).await;
    let night = spent(ada, plans, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", json!({})).await;
    let before = json!({"description": "=SUM(A1)"});
    let before = spent(ada, reading, "2026-10-18T21:30:00.5Z", "2026-10-18T22:30:30Z", before).await;
    spent(ada, reading, "2026-10-26T00:00:00Z", "2026-10-26T01:00:00Z", json!({})).await;
    [late, night, before]
}

#[tokio::test]
async fn each_track_is_told_as_far_as_it_lies_in_the_days() {
    let world = World::new().await;
    let ada = world.person("ada");
    let [late, night, before] = a_week(&ada).await;
    let row = |track: &Value, day: &str, (start, end): (&str, &str), seconds: i64, name: &str| {
        let Value::Object(track) = track else { panic!("{track}") };
        let of = |member: &str| track[member].to_string();
        format!(
            r#"{{"track":{},"uid":{},"day":"{day}","start":"{start}","end":"{end}","seconds":{seconds},"activity":{},"activity_name":{},"project":null,"project_name":null,"client":null,"client_name":null,"description":{},"tags":{},"billable":{},"running":false,"source":"human"}}"#,
            of("id"),
            of("uid"),
            of("activity"),
            Value::from(name),
            of("description"),
            of("tags"),
            of("billable")
        )
    };
    let query = r#"{"from":"2026-10-19","to":"2026-10-25","tz":"Europe/Berlin","midnight":"split","day_start":"00:00","week_start":"mon","rounding":"none","running":"include"}"#;
    let rows = [
        row(&before, "2026-10-19", ("2026-10-18T22:00:00Z", "2026-10-18T22:30:30Z"), 1_830, "Reading"),
        row(&late, "2026-10-20", ("2026-10-20T21:00:00Z", "2026-10-20T22:00:00Z"), 3_600, "Reading"),
        row(&late, "2026-10-21", ("2026-10-20T22:00:00Z", "2026-10-21T00:00:00Z"), 7_200, "Reading"),
        row(&night, "2026-10-25", ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"), 90_000, "Plans, \"big\""),
    ];
    let page = ada.get(&format!("/api/reports/detailed/?{WEEK}")).await;
    page.is(200, &format!(r#"{{"query":{query},"next":null,"results":[{}]}}"#, rows.join(",")));
    page.has("content-type", "application/json").has("cache-control", "private, no-cache");
    let lines = ada.get(&format!("/api/reports/detailed/?{WEEK}&format=ndjson")).await;
    lines.is(200, &format!("{}\n", rows.join("\n"))).has("content-type", "application/x-ndjson");
    lines.has("cache-control", "no-store");
    // All of it to the day it began in, and nothing of what began before.
    let whole = ada.get(&format!("/api/reports/detailed/?{WEEK}&midnight=start")).await.json();
    let days: Vec<_> =
        whole["results"].as_array().unwrap().iter().map(|row| (&row["day"], &row["seconds"])).collect();
    assert_eq!(days, [(&json!("2026-10-20"), &json!(10_800)), (&json!("2026-10-25"), &json!(90_000))]);
}

/// A table for spreadsheets: local times, the offset and the zone, and no text that would be computed.
#[tokio::test]
async fn a_table_has_a_line_for_each_row_and_computes_nothing() {
    let world = World::new().await;
    let ada = world.person("ada");
    let [late, night, before] = a_week(&ada).await;
    let end =
        |track: &Value, source: &str| format!("{source},{},{}", track["id"], track["uid"].as_str().unwrap());
    let of = |track: &Value| track["activity"].to_string();
    let expected = [
        "day,start,end,local_start,local_end,utc_offset,tz,seconds,rounded_seconds,client,project,activity,activity_id,description,tags,billable,running,source,track,uid".to_owned(),
        format!("2026-10-19,2026-10-18T22:00:00Z,2026-10-18T22:30:30Z,2026-10-19 00:00:00,2026-10-19 00:30:30,+02:00,Europe/Berlin,1830,1830,,,Reading,{},'=SUM(A1),,false,false,{}", of(&before), end(&before, "human")),
        format!("2026-10-20,2026-10-20T21:00:00Z,2026-10-20T22:00:00Z,2026-10-20 23:00:00,2026-10-21 00:00:00,+02:00,Europe/Berlin,3600,3600,,,Reading,{},\"late, again\",\"deep, home\",true,false,{}", of(&late), end(&late, "human")),
        format!("2026-10-21,2026-10-20T22:00:00Z,2026-10-21T00:00:00Z,2026-10-21 00:00:00,2026-10-21 02:00:00,+02:00,Europe/Berlin,7200,7200,,,Reading,{},\"late, again\",\"deep, home\",true,false,{}", of(&late), end(&late, "human")),
        format!("2026-10-25,2026-10-24T22:00:00Z,2026-10-25T23:00:00Z,2026-10-25 00:00:00,2026-10-26 00:00:00,+02:00,Europe/Berlin,90000,90000,,,\"Plans, \"\"big\"\"\",{},,,false,false,{}", of(&night), end(&night, "human")),
        String::new(),
    ];
    let table = ada.get(&format!("/api/reports/detailed/?{WEEK}&format=csv")).await;
    table.is(200, &expected.join("\r\n"));
    table.has("content-type", "text/csv; charset=utf-8; header=present");
    table.has("content-disposition", r#"attachment; filename="tracks-2026-10-19-2026-10-25.csv""#);
    table.has("cache-control", "no-store").has("x-content-type-options", "nosniff");
    for path in [format!("/api/reports/detailed.csv?{WEEK}"), format!("/api/reports/detailed.csv/?{WEEK}")] {
        ada.get(&path).await.is(200, &table.text);
    }
    let accepted =
        ada.request(Method::GET, &format!("/api/reports/detailed/?{WEEK}")).header("accept", "text/csv");
    assert_eq!(accepted.send().await.unwrap().text().await.unwrap(), table.text);
    let head = ada.send(Method::HEAD, &format!("/api/reports/detailed.csv?{WEEK}")).await;
    head.is(200, "").has("content-type", "text/csv; charset=utf-8; header=present");
    // The header is there even when nothing else is.
    let empty = ada.get("/api/reports/detailed.csv?from=2020-01-01&to=2020-01-02").await;
    empty.is(200, &format!("{}\r\n", expected[0]));
    ada.get("/api/reports/detailed.csv?from=x")
        .await
        .is(400, r#"{"from":["Date has wrong format. Use one of these formats instead: YYYY-MM-DD."]}"#);
    assert_eq!(ada.get("/api/reports/detailed/?format=xls").await.status, 404);
    assert_eq!(ada.get("/api/reports/summary/?format=csv").await.status, 404);
}

/// Whatever is asked, the rows of a report add up to its summary.
#[tokio::test]
async fn rows_add_up_to_the_summary() {
    let world = World::new().await;
    let ada = world.person("ada");
    a_week(&ada).await;
    let second = ada.has_activity("b").await;
    for (hour, tags) in [(6, json!(["deep"])), (7, json!(["Home", "deep"])), (8, json!([]))] {
        let (start, end) = (format!("2026-10-22T0{hour}:00:00Z"), format!("2026-10-22T0{hour}:20:59Z"));
        spent(&ada, second, &start, &end, json!({"tags": tags, "billable": hour == 7})).await;
    }
    for query in [
        "",
        "midnight=start",
        "day_start=05:00",
        "rounding=up&rounding_minutes=30",
        "rounding=nearest",
        "rounding=down&rounding_minutes=480",
        "rounding=down&rounding_minutes=480&midnight=start",
        "billable=true",
        "tag=DEEP",
        &format!("activity={second}"),
        "tz=America/New_York",
    ] {
        let summary = ada.get(&format!("/api/reports/summary/?{WEEK}&{query}")).await.json();
        let rows = ada.get(&format!("/api/reports/detailed/?{WEEK}&{query}")).await.json();
        let mut days: BTreeMap<String, (i64, i64)> = BTreeMap::new();
        for row in rows["results"].as_array().unwrap() {
            let day = days.entry(row["day"].as_str().unwrap().to_owned()).or_default();
            let seconds = row["seconds"].as_i64().unwrap();
            let rounded = row["rounded_seconds"].as_i64().unwrap_or(seconds);
            assert!(rounded >= 0, "{query}: {row}");
            day.0 += seconds;
            day.1 += rounded;
        }
        assert!(!days.is_empty(), "{query}");
        let groups = summary["groups"].as_array().unwrap().iter().map(|group| {
            let seconds = group["seconds"].as_i64().unwrap();
            let rounded = group["rounded_seconds"].as_i64().unwrap_or(seconds);
            (group["day"].as_str().unwrap().to_owned(), (seconds, rounded))
        });
        assert_eq!(days, groups.collect(), "{query}");
    }
}

#[tokio::test]
async fn rows_name_the_project_and_the_client_and_are_narrowed_to_them() {
    let world = World::new().await;
    let ada = world.person("ada");
    a_week(&ada).await;
    let client = ada.post("/api/clients/", json!({"name": "@Rivers"})).await.id();
    let project = ada.post("/api/projects/", json!({"name": "Pumps", "client": client})).await.id();
    let activity = ada.post("/api/activities/", json!({"name": "Valves", "project": project})).await.id();
    spent(&ada, activity, "2026-10-23T08:00:00Z", "2026-10-23T09:00:00Z", json!({})).await;
    for query in [format!("project={project}"), format!("client={client}")] {
        let page = ada.get(&format!("/api/reports/detailed/?{WEEK}&{query}")).await.json();
        let [row] = page["results"].as_array().unwrap().as_slice() else { panic!("{page}") };
        let named = ["project", "project_name", "client", "client_name"].map(|member| row[member].clone());
        assert_eq!(named, [json!(project), json!("Pumps"), json!(client), json!("@Rivers")]);
        let table = ada.get(&format!("/api/reports/detailed.csv?{WEEK}&{query}")).await;
        let lines: Vec<&str> = table.text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[1].contains(&format!(",3600,3600,'@Rivers,Pumps,Valves,{activity},")), "{}", lines[1]);
    }
}

#[tokio::test]
async fn pages_lead_on_by_place_and_stay_in_their_days() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let mut expected = Vec::new();
    for day in 9..16 {
        let (start, end) = (format!("2027-01-{day:02}T06:00:00Z"), format!("2027-01-{day:02}T07:00:00Z"));
        let billable = day != 12;
        let track = spent(&ada, activity, &start, &end, json!({"billable": billable})).await;
        if billable {
            expected.push(track["id"].clone());
        }
    }
    let mut path = "/api/reports/detailed/?page_size=2&billable=true".to_owned();
    let mut found = Vec::new();
    for turn in 0..3 {
        let page = ada.get(&path).await;
        let rows = page.json()["results"].as_array().unwrap().clone();
        found.extend(rows.iter().map(|row| row["track"].clone()));
        let next = page.json()["next"].clone();
        assert_eq!(next.is_null(), turn == 2, "{page:?}");
        if let Some(next) = next.as_str() {
            let rest = next.strip_prefix(&format!("{PUBLIC}/api/reports/detailed/?billable=true&cursor="));
            let pinned = "&day_start=00%3A00&from=2027-01-09&page_size=2&to=2027-01-15&tz=UTC&week_start=mon";
            assert!(rest.unwrap().ends_with(pinned), "{next}");
            path = next.strip_prefix(PUBLIC).unwrap().to_owned();
        }
        // Days go by between two pages.
        world.clock.advance(Duration::from_secs(60));
    }
    assert_eq!(found, expected);
    for wrong in ["x", "MiAxIDE", "MSAx", "MSAxIHg"] {
        let answer = ada.get(&format!("/api/reports/detailed/?cursor={wrong}")).await;
        answer.is(400, r#"{"cursor":["This is not a cursor of this report."]}"#);
    }
}

/// A link leads to the same report, also when the person has moved meanwhile, and begins days and weeks otherwise.
#[tokio::test]
async fn a_link_to_the_next_page_depends_on_nothing_but_itself() {
    let world = World::new().await;
    let ada = world.person("ada");
    let usual = json!({"timezone": "Asia/Kathmandu", "day_start": "05:00", "week_start": "sun"});
    assert_eq!(ada.patch("/api/me/", usual).await.status, 200);
    let activity = ada.has_activity("a").await;
    for day in 10..13 {
        // Two hours around five in the morning in Kathmandu, which are two rows.
        let (start, end) = (format!("2027-01-{day}T22:15:00Z"), format!("2027-01-{}T00:15:00Z", day + 1));
        spent(&ada, activity, &start, &end, json!({})).await;
    }
    let first = ada.get("/api/reports/detailed/?page_size=1").await.json();
    assert_eq!(first["results"].as_array().unwrap().len(), 2);
    let next = first["next"].as_str().unwrap().strip_prefix(PUBLIC).unwrap().to_owned();
    let as_it_was = ada.get(&next).await;
    let moved = json!({"timezone": "America/New_York", "day_start": "00:00", "week_start": "mon"});
    assert_eq!(ada.patch("/api/me/", moved).await.status, 200);
    world.clock.advance(Duration::from_secs(2 * 86_400));
    world.renews(&ada, "ada", "read write");
    ada.get(&next).await.is(200, &as_it_was.text);
    assert_eq!(as_it_was.json()["query"], first["query"]);
}

#[tokio::test]
async fn what_runs_is_told_up_to_now_and_says_so() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    ada.put("/api/timer/", json!({"activity": activity, "start": "2026-11-01T08:00:00Z"})).await;
    let rows = |answer: &Value| answer["results"].as_array().unwrap().clone();
    // It began longer ago than any other track may.
    let shown = rows(&ada.get("/api/reports/detailed/?from=2027-01-15&to=2027-01-15").await.json());
    let [row] = shown.as_slice() else { panic!("{shown:?}") };
    assert_eq!(
        (&row["start"], &row["end"], &row["running"]),
        (&json!("2027-01-15T00:00:00Z"), &json!("2027-01-15T08:00:00Z"), &json!(true))
    );
    let excluded =
        ada.get("/api/reports/detailed/?from=2027-01-15&to=2027-01-15&running=exclude").await.json();
    assert_eq!(rows(&excluded).len(), 0);
}

/// R164: what is answered all at once is limited, what is sent bit by bit is not.
#[tokio::test]
async fn only_what_is_sent_bit_by_bit_covers_more_than_a_few_hundred_days() {
    let world = World::new().await;
    let ada = world.person("ada");
    let decade = "from=2016-01-01&to=2026-12-31";
    ada.get(&format!("/api/reports/detailed/?{decade}"))
        .await
        .is(400, r#"{"to":["A report covers at most 400 days."]}"#);
    assert_eq!(ada.get(&format!("/api/reports/detailed/?{decade}&format=csv")).await.status, 200);
    ada.get("/api/reports/detailed.ndjson?from=1900-01-01&to=2026-12-31")
        .await
        .is(400, r#"{"to":["A report covers at most 36525 days."]}"#);
}
