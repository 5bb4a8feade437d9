//! What is kept from one request for the next: nobody is told what was right a moment ago.

use std::time::Duration;

use chrono::{Days, NaiveDate};
use diesel::prelude::*;
use futures_util::future::join_all;
use model::directly;
use reqwest::Method;
use timetracker_api::schema::tracks;

use crate::support::{Answer, Person, World, json};

/// Everything that is told of a person's workspace: in reports, of so many days more than need be, and in lists and the feed, under an address
/// that says so too, though nobody reads it there.
async fn told(person: &Person, more: u64) -> Vec<serde_json::Value> {
    let mut all = Vec::new();
    for keys in ["day,activity,tags", "client,project,billable"] {
        // The days before are empty.
        let from = NaiveDate::from_ymd_opt(2026, 12, 31).unwrap() - Days::new(more);
        let days = format!("from={from}&to=2027-01-31");
        let answer = person.get(&format!("/api/reports/summary/?{days}&group_by={keys}")).await.json();
        all.push(json!([answer["total"], answer["groups"]]));
    }
    for list in [
        "tracks/?",
        "tracks/?ordering=-start&cursor=",
        "activities/?",
        "clients/?",
        "projects/?",
        "tags/?",
        "changes/?",
    ] {
        let answer = person.get(&format!("/api/{list}&more={more}")).await.json();
        all.push(json!([answer["count"], answer["results"], answer["changes"], answer["cursor"]]));
    }
    all
}

/// Makes a track longer behind the counter's back, which nobody can: it shows what was read again, and what was not.
async fn lengthen(world: &World, track: i64, minutes: i64) {
    let longer = diesel::update(tracks::table.filter(tracks::id.eq(track)))
        .set(tracks::end_at.eq(tracks::end_at + minutes * 60_000_000));
    world.db().write(move |conn| directly!(conn, |conn| longer.execute(conn))).await.unwrap();
}

/// One server is asked the same again after each change, as people do, twice; another is asked for something new each time, and so has to read it. What
/// nobody sees in reports they see in lists, and how somebody has set things up in reports.
#[tokio::test]
async fn who_asks_again_is_told_every_change() {
    let mut world = World::new().await;
    world.start_server(|_| {}).await;
    let ada = world.person("ada");
    let (there, path) = (world.at_server(1, &ada), |kind: &str, id: i64| format!("/api/{kind}/{id}/"));
    let client = ada.post("/api/clients/", json!({"name": "c"})).await.id();
    let project = ada.post("/api/projects/", json!({"name": "p", "client": client})).await.id();
    let [first, second] = [ada.has_activity("a").await, ada.has_activity("b").await];
    let rate = |amount: i64| json!({"rate": {"amount": amount, "currency": "EUR"}});
    let (nine, ten) = ("2027-01-11T09:00:00Z", "2027-01-11T10:00:00Z");
    let track = json!({"activity": first, "start": nine, "end": ten, "billable": true, "tags": ["deep"]});
    let one = ada.post("/api/tracks/", track).await.id();
    let tag = ada.get("/api/tags/").await.json()["results"][0]["id"].as_i64().unwrap();
    let (of_one, split) = (path("tracks", one), format!("/api/tracks/{one}/split/"));
    let by_uid = "/api/tracks/by-uid/0190f8a0-0000-7000-8000-000000000001/".to_owned();
    let uid = "0190f8a0-0000-7000-8000-000000000002";
    let new = |more: serde_json::Value| {
        let mut operation =
            json!({"op": "upsert", "uid": uid, "data": {"activity": second, "start": nine, "duration": 60}});
        operation["data"].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"operations": [operation]})
    };
    let (timer, seven) = ("/api/timer/".to_owned(), "2027-01-15T07:00:00Z");
    let changes = [
        (Method::PATCH, of_one.clone(), json!({"end": "2027-01-11T11:00:00Z"})),
        (Method::PATCH, of_one.clone(), json!({"start": "2027-01-10T09:00:00Z"})),
        (Method::PATCH, path("activities", first), json!({"project": project})),
        (Method::PATCH, path("clients", client), rate(6_000)),
        (Method::PATCH, path("projects", project), rate(7_000)),
        (Method::PATCH, path("activities", first), rate(8_000)),
        (Method::PATCH, path("activities", second), json!({"name": "bb"})),
        (Method::PATCH, path("tags", tag), json!({"name": "deeper"})),
        (Method::POST, split, json!({"at": nine})),
        (Method::PATCH, of_one.clone(), json!({"billable": false})),
        (Method::PATCH, of_one.clone(), json!({"activity": second})),
        (Method::PATCH, of_one.clone(), json!({"description": "what it was"})),
        (Method::DELETE, of_one.clone(), json!(null)),
        (Method::POST, format!("{of_one}restore/"), json!({})),
        (Method::DELETE, path("tags", tag), json!(null)),
        (Method::POST, "/api/batch/".to_owned(), new(json!({}))),
        (Method::POST, "/api/batch/".to_owned(), new(json!({"duration": 120}))),
        (Method::POST, "/api/batch/".to_owned(), json!({"operations": [{"op": "delete", "uid": uid}]})),
        (Method::PUT, by_uid.clone(), json!({"activity": first, "start": nine, "end": ten})),
        (Method::DELETE, by_uid, json!(null)),
        (Method::PUT, timer.clone(), json!({"activity": first, "start": seven})),
        (Method::PATCH, timer.clone(), json!({"billable": true})),
        (Method::DELETE, timer.clone(), json!(null)),
        (Method::POST, format!("{of_one}continue/"), json!({})),
        (Method::DELETE, "/api/timer/?discard=true".to_owned(), json!(null)),
        (Method::PATCH, "/api/me/".to_owned(), json!({"timezone": "Pacific/Auckland"})),
        (Method::PATCH, "/api/me/".to_owned(), json!({"day_start": "12:00"})),
        (Method::PATCH, path("projects", project), json!({"archived": true})),
        (Method::PATCH, path("projects", project), json!({"client": null})),
        (Method::DELETE, path("clients", client), json!(null)),
        (Method::PATCH, path("activities", first), json!({"project": null})),
        (Method::DELETE, path("projects", project), json!(null)),
    ];
    let mut before = told(&ada, 0).await;
    for (number, (method, path, body)) in (1..).zip(changes) {
        let media = "application/json";
        let answer = ada.send_body(method, &path, media, body.to_string()).await;
        assert!((200..300).contains(&answer.status), "{path} {answer:?}");
        let now = told(&ada, 0).await;
        assert_ne!(now, before, "{path} {body}");
        assert_eq!(now, told(&there, number).await, "{path} {body}");
        // What the other one changed is no different.
        assert_eq!(now, told(&ada, 0).await);
        before = now;
    }
}

/// Eight write at one server and ask the other, all of them for the same: each finds what they have written, and in the report too.
#[tokio::test]
async fn who_has_written_is_told_so_at_once_at_any_server() {
    let mut world = World::new().await;
    world.start_server(|_| {}).await;
    let ada = world.person("ada");
    let (activity, servers) =
        (ada.has_activity("a").await, [world.at_server(0, &ada), world.at_server(1, &ada)]);
    let seconds = |answer: &Answer| answer.json()["total"]["seconds"].as_i64().unwrap();
    let clients = (0..8).map(|number| {
        let [writes, asks] = [&servers[number % 2], &servers[(number + 1) % 2]];
        async move {
            for _ in 0..12 {
                let track = json!({"activity": activity, "start": "2027-01-13T09:00:00Z", "duration": 60});
                let before = seconds(&asks.get("/api/reports/summary/").await);
                let id = writes.post("/api/tracks/", track).await.id();
                for path in ["/api/tracks/?ordering=-id&page_size=100", "/api/changes/?types=tracks"] {
                    let found = asks.get(path).await.text;
                    assert!(found.contains(&format!("\"id\":{id},")), "{id} {found}");
                }
                assert!(seconds(&asks.get("/api/reports/summary/").await) >= before + 60);
            }
        }
    });
    join_all(clients).await;
    for server in &servers {
        assert_eq!(seconds(&server.get("/api/reports/summary/").await), 8 * 12 * 60);
    }
}

/// What runs is kept as running, and not as long as it was.
#[tokio::test]
async fn what_runs_goes_on_in_a_report_that_is_asked_again() {
    let world = World::new().await;
    let ada = world.person("ada");
    ada.put("/api/timer/", json!({"activity": ada.has_activity("a").await})).await;
    let total = async |more: &str| {
        ada.get(&format!("/api/reports/summary/?{more}")).await.json()["total"]["seconds"].clone()
    };
    for seconds in [0, 60, 120] {
        assert_eq!((total("").await, total("running=exclude").await), (json!(seconds), json!(0)));
        world.clock.advance(Duration::from_secs(60));
    }
}

/// Nothing is read again as long as nothing is committed, of the same days or of fewer; and nobody is told what is somebody else's.
#[tokio::test]
async fn a_report_is_not_read_again() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada"), world.person("bob"));
    let activity = ada.has_activity("a").await;
    let hour = json!({"activity": activity, "start": "2027-01-13T09:00:00Z", "end": "2027-01-13T10:00:00Z", "tags": ["a"]});
    let id = ada.post("/api/tracks/", hour).await.id();
    let week = "from=2027-01-11&to=2027-01-17";
    let seconds = async |person: &Person, query: &str| {
        let answer = person.get(&format!("/api/reports/summary/?{query}")).await.json();
        answer["total"]["seconds"].as_i64().unwrap()
    };
    assert_eq!(seconds(&ada, week).await, 3_600);
    lengthen(&world, id, 30).await;
    let fewer = "from=2027-01-12&to=2027-01-14&tz=Europe/Berlin&group_by=activity";
    assert_eq!((seconds(&ada, week).await, seconds(&ada, fewer).await), (3_600, 3_600));
    assert_eq!(seconds(&bob, week).await, 0);
    // Tags were not read; and then all of it is known.
    assert_eq!(seconds(&ada, &format!("{week}&group_by=tags")).await, 5_400);
    assert_eq!(seconds(&ada, week).await, 5_400);
    lengthen(&world, id, 30).await;
    assert_eq!(seconds(&ada, week).await, 5_400);
    // More days than were read.
    assert_eq!(seconds(&ada, "from=2027-01-10&to=2027-01-17").await, 7_200);
    lengthen(&world, id, 30).await;
    assert_eq!(seconds(&ada, week).await, 7_200);
}

/// Of what changed only that is read, with its tags if they were read before; of much that changed everything.
#[tokio::test]
async fn of_a_report_only_what_changed_is_read_again() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let hour = |day: i64| json!({"activity": activity, "start": format!("2027-01-{day}T09:00:00Z"), "duration": 3_600, "tags": ["a"]});
    let (one, other) =
        (ada.post("/api/tracks/", hour(13)).await.id(), ada.post("/api/tracks/", hour(14)).await.id());
    let total = async || {
        let answer =
            ada.get("/api/reports/summary/?from=2027-01-11&to=2027-01-17&group_by=tags").await.json();
        let group = answer["groups"][0].clone();
        assert_eq!((&group["tags"], &group["seconds"]), (&json!(["a"]), &answer["total"]["seconds"]));
        answer["total"]["seconds"].as_i64().unwrap()
    };
    assert_eq!(total().await, 7_200);
    // The catalogue changed and no track.
    lengthen(&world, one, 30).await;
    lengthen(&world, other, 15).await;
    ada.has_activity("b").await;
    assert_eq!(total().await, 7_200);
    ada.patch(&format!("/api/tracks/{one}/"), json!({"description": "long"})).await;
    assert_eq!(total().await, 9_000);
    ada.delete(&format!("/api/tracks/{one}/")).await;
    assert_eq!(total().await, 3_600);
    let minutes: Vec<_> = (1..=101_i64)
        .map(|number| {
            let data =
                json!({"activity": activity, "start": "2027-01-15T09:00:00Z", "duration": 60, "tags": ["a"]});
            json!({"op": "upsert", "uid": format!("0190f8a0-0000-7000-8000-{number:012}"), "data": data})
        })
        .collect();
    ada.post("/api/batch/", json!({"operations": minutes[..100]})).await;
    assert_eq!(total().await, 3_600 + 100 * 60);
    ada.post("/api/batch/", json!({"operations": minutes})).await;
    // Nothing of a hundred is new.
    assert_eq!(total().await, 3_600 + 101 * 60);
    let longer = minutes.into_iter().map(|mut minute| {
        minute["data"]["duration"] = json!(120);
        minute
    });
    ada.post("/api/batch/", json!({"operations": longer.collect::<Vec<_>>()})).await;
    assert_eq!(total().await, 3_600 + 15 * 60 + 101 * 120);
}

/// With tags and without, in turn: tags are read again because they were read before, and then both are answered by the same.
#[tokio::test]
async fn who_asks_for_tags_in_turn_reads_them_once() {
    let world = World::new().await;
    let ada = world.person("ada");
    let hour = json!({"activity": ada.has_activity("a").await, "start": "2027-01-13T09:00:00Z", "end": "2027-01-13T10:00:00Z"});
    let id = ada.post("/api/tracks/", hour).await.id();
    let total = async |query: &str| {
        ada.get(&format!("/api/reports/summary/?{query}")).await.json()["total"]["seconds"].clone()
    };
    let (day, week) = ("from=2027-01-13&to=2027-01-13&group_by=tags", "from=2027-01-11&to=2027-01-17");
    assert_eq!((total(day).await, total(week).await), (json!(3_600), json!(3_600)));
    lengthen(&world, id, 30).await;
    assert_eq!((total(day).await, total(week).await), (json!(3_600), json!(3_600)));
}

/// What was asked for twice is stored: the same, with all its fields, until something is committed.
#[tokio::test]
async fn a_list_is_not_read_again() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let hour = json!({"activity": activity, "start": "2027-01-13T09:00:00Z", "end": "2027-01-13T10:00:00Z"});
    let id = ada.post("/api/tracks/", hour).await.id();
    for path in
        ["/api/tracks/?page_size=1", "/api/tracks/?ordering=-start&cursor=", "/api/changes/?types=tracks"]
    {
        ada.get(path).await;
        let second = ada.get(path).await;
        let fields = |answer: &Answer| {
            ["content-type", "etag", "link"].map(|name| answer.header(name).map(str::to_owned))
        };
        lengthen(&world, id, 30).await;
        let third = ada.get(path).await;
        assert_eq!((&third.text, fields(&third)), (&second.text, fields(&second)), "{path}");
        let tag = second.header("etag").unwrap();
        let request = ada.request(Method::GET, path).header("if-none-match", tag);
        assert_eq!(request.send().await.unwrap().status(), 304, "{path}");
        let indented = ada.request(Method::GET, path).header("accept", "application/json; indent=2");
        assert!(indented.send().await.unwrap().text().await.unwrap().contains("\n  "), "{path}");
        // What is asked for the first time is read, under whatever name.
        assert_ne!(ada.get(&format!("{path}&x=1")).await.text, second.text, "{path}");
        ada.has_activity(path).await;
        assert_ne!(ada.get(path).await.text, second.text, "{path}");
    }
}

/// R160: what is stored for one is for nobody else, and for no other token and no other wish of theirs.
#[tokio::test]
async fn what_is_stored_is_for_who_asked() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada"), world.person("bob"));
    let rate = json!({"amount": 9_500, "currency": "EUR"});
    ada.post("/api/activities/", json!({"name": "a", "rate": rate})).await;
    let blind = world.person_with("ada", "activities:read tracks:read");
    world
        .authority
        .knows(&blind.token, world.authority.vouches(ada.subject, "ada", "activities:read tracks:read"));
    for _ in 0..3 {
        for path in ["/api/activities/?x=1", "/api/changes/?x=1"] {
            let rows = async |person: &Person| {
                let answer = person.get(path).await.json();
                answer["results"].as_array().or(answer["changes"].as_array()).unwrap().clone()
            };
            let row = |all: Vec<serde_json::Value>| all[0].get("data").unwrap_or(&all[0]).clone();
            assert_eq!(row(rows(&ada).await)["rate"], rate, "{path}");
            assert_eq!(row(rows(&blind).await).get("rate"), None, "{path}");
            assert_eq!(rows(&bob).await.len(), 0, "{path}");
        }
        let strict = ada.request(Method::GET, "/api/activities/").header("prefer", "handling=strict");
        let strict = Answer::read(strict.send().await.unwrap()).await;
        strict.has("preference-applied", "handling=strict");
        ada.get("/api/activities/").await.lacks("preference-applied");
        let wrong = ada.request(Method::GET, "/api/activities/?x=1").header("prefer", "handling=strict");
        assert_eq!(wrong.send().await.unwrap().status(), 400);
    }
}
