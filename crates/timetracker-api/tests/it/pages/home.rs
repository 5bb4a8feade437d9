//! `/time/`: what runs, today, this week.

use std::time::Duration;

use reqwest::Method;

use crate::support::{Answer, PUBLIC, Person, Visitor, World, json};

async fn signed_in(world: &World) -> (Visitor<'_>, Person) {
    let mut ada = Visitor::new(world);
    assert_eq!(ada.signs_in("ada").await.status, 303);
    (ada, world.bearer("access-ada"))
}

#[track_caller]
fn leads_home(answer: &Answer) {
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, Some("https://time.example.com/time/")),
        "{answer:?}"
    );
}

/// From nothing: a first activity, started and stopped, and there it is.
#[tokio::test]
async fn somebody_starts_and_stops_and_sees_where_the_time_went() {
    let world = World::with_pages().await;
    let (mut ada, application) = signed_in(&world).await;
    let page = ada.opens("/time/").await;
    assert_eq!((page.status, page.reads("title").as_str()), (200, "Your time · Timetracker"));
    assert_eq!((page.finds("#activity"), page.finds("#stop")), (None, None));
    assert_eq!(
        (page.reads("#start-heading").as_str(), page.reads("#week-total").as_str()),
        ("What are you doing?", "0 min")
    );
    leads_home(
        &ada.submits(
            &page,
            "#start-form",
            "#start",
            &[("name", "Reading"), ("description", "<Middlemarch>")],
        )
        .await,
    );

    world.clock.advance(Duration::from_secs(43 * 60 + 59));
    let page = ada.opens("/time/").await;
    assert_eq!(
        (page.reads("#running").as_str(), page.reads("#running-description").as_str()),
        ("Reading", "<Middlemarch>")
    );
    assert_eq!((page.reads("#since").as_str(), page.reads("#elapsed").as_str()), ("08:00", "0:43 43 min"));
    assert_eq!(page.attributes("#since", "datetime"), ["2027-01-15T08:00:00Z"]);
    assert_eq!(
        (page.reads("#week-total").as_str(), page.reads("#today-total").as_str()),
        ("43 min", "43 min")
    );
    assert_eq!(page.reads("#no-entries"), "Nothing has ended today.");
    leads_home(&ada.submits(&page, "#stop-form", "#stop", &[]).await);

    let page = ada.opens("/time/").await;
    assert_eq!((page.finds("#stop"), page.all("#activity option")), (None, vec!["Reading".to_owned()]));
    assert_eq!(page.all("#entries li").len(), 1);
    let entry = page.reads("#entries li");
    assert_eq!(entry, "Reading <Middlemarch> 08:00 – 08:43 43 min Continue");
    let running = application.get("/api/timer/").await.json();
    assert_eq!(running["running"], json!(null));

    // Switched, and gone on with.
    leads_home(&ada.submits(&page, "#start-form", "#start", &[("name", "Writing")]).await);
    world.clock.advance(Duration::from_secs(600));
    let page = ada.opens("/time/").await;
    assert_eq!((page.reads("#running").as_str(), page.reads("#start").as_str()), ("Writing", "Switch"));
    let [button] = page.attributes("#entries button", "id").try_into().unwrap();
    leads_home(&ada.submits(&page, "#entries form", &format!("#{button}"), &[]).await);
    let page = ada.opens("/time/").await;
    assert_eq!(
        (page.reads("#running").as_str(), page.reads("#running-description").as_str()),
        ("Reading", "<Middlemarch>")
    );
    assert_eq!(page.all("#entries li").len(), 2);
    assert_eq!(application.get("/api/tracks/").await.json()["count"], 3);
}

/// The week is the person's own, in their zone; what was deleted is still called by its name.
#[tokio::test]
async fn the_week_is_drawn_in_the_persons_zone_and_said_in_words() {
    let world = World::with_pages().await;
    let (mut ada, application) = signed_in(&world).await;
    world.lives_in("ada", "America/New_York").await;
    let [reading, writing] =
        [application.has_activity("Reading").await, application.has_activity("Writing").await];
    // 2027-01-15 is a Friday; it is 03:00 there. Monday evening in New York is Tuesday in UTC.
    for (activity, start, end) in [
        (reading, "2027-01-12T02:00:00Z", "2027-01-12T06:00:00Z"),
        (writing, "2027-01-12T14:00:00Z", "2027-01-12T22:30:00Z"),
        (writing, "2027-01-15T05:30:00Z", "2027-01-15T06:00:00Z"),
        (writing, "2027-01-10T12:00:00Z", "2027-01-10T13:00:00Z"),
    ] {
        let track = json!({"activity": activity, "start": start, "end": end});
        assert_eq!(application.post("/api/tracks/", track).await.status, 201);
    }
    assert_eq!(application.delete(&format!("/api/activities/{reading}/")).await.status, 204);
    let page = ada.opens("/time/").await;
    let days = page.all("#week li");
    let said = [
        "3:00 Mon 11 : Reading 3 h 00 min",
        "9:30 Tue 12 : Reading 1 h 00 min, Writing 8 h 30 min",
        "Wed 13 : nothing",
        "Thu 14 : nothing",
        "0:30 Fri 15 : Writing 30 min",
        "Sat 16 : nothing",
        "Sun 17 : nothing",
    ];
    assert_eq!(days, said);
    assert_eq!(page.all("#week .today .day"), ["Fri 15"]);
    assert_eq!(page.attributes("#week rect", "height"), ["315", "105", "895", "52"]);
    assert_eq!(page.attributes("#week rect", "y"), ["685", "895", "0", "948"]);
    assert_eq!(
        (page.reads("#week-total").as_str(), page.reads("#zone").as_str()),
        ("13 h 00 min", "America/New York")
    );
    assert_eq!(page.all("#legend li"), ["Writing 9 h 00 min", "Reading 4 h 00 min"]);
    assert_eq!(
        page.all("#week-table tbody tr"),
        ["Writing 8:30 0:30 9 h 00 min", "Reading 3:00 1:00 4 h 00 min"]
    );
    let colours = page.attributes("#legend .dot", "class");
    assert!(colours.len() == 2 && colours[0] != colours[1], "{colours:?}");
    assert_eq!(page.reads("#entries li"), "Writing 00:30 – 01:00 30 min Continue");
}

#[tokio::test]
async fn what_is_refused_is_said_and_what_was_typed_stays() {
    let world = World::with_pages().await;
    let (mut ada, application) = signed_in(&world).await;
    let page = ada.opens("/time/").await;
    let long = "x".repeat(101);
    let refused = ada.submits(&page, "#start-form", "#start", &[("name", &long), ("description", "d")]).await;
    assert_eq!(
        (refused.status, refused.reads("#errors").as_str()),
        (400, "That was not done name: Ensure this field has no more than 100 characters.")
    );
    assert_eq!(
        (refused.attributes("#name", "value"), refused.attributes("#description", "value")),
        (vec![long], vec!["d".to_owned()])
    );
    let refused = ada.submits(&page, "#start-form", "#start", &[]).await;
    assert_eq!(
        (refused.status, refused.reads("#errors").as_str()),
        (400, "That was not done activity: This field is required.")
    );
    let nothing = application.get("/api/activities/").await;
    assert_eq!(nothing.json()["count"], 0);

    let activity = application.has_activity("Reading").await;
    let page = ada.opens("/time/").await;
    application.delete(&format!("/api/activities/{activity}/")).await;
    let refused = ada.submits(&page, "#start-form", "#start", &[]).await;
    assert_eq!(refused.status, 400, "{refused:?}");

    let mut bob = Visitor::new(&world);
    bob.signs_in_with("bob", "read").await;
    let page = bob.opens("/time/").await;
    let refused = bob.submits(&page, "#start-form", "#start", &[("name", "x")]).await;
    assert_eq!(
        (refused.status, refused.reads("#errors").as_str()),
        (403, "That was not done You do not have permission to perform this action.")
    );
    let mut eve = Visitor::new(&world);
    eve.signs_in_with("eve", "write").await;
    let page = eve.opens("/time/").await;
    assert_eq!(page.reads("h1"), "You are signed in, but not for this");
    // Who is signed in can sign out wherever they are.
    assert_eq!((page.status, page.reads(".who").as_str()), (403, "Signed in as eve"));
    let out = eve.submits(&page, "#sign-out-form", "#sign-out", &[]).await;
    assert_eq!((out.status, out.reads("h1").as_str()), (200, "You are signed out of Timetracker"));
}

/// R129, and a click too many.
#[tokio::test]
async fn the_forms_count_once_and_only_from_this_browser() {
    let world = World::with_pages().await;
    let (mut ada, application) = signed_in(&world).await;
    let page = ada.opens("/time/").await;
    for _ in 0..2 {
        leads_home(&ada.submits(&page, "#start-form", "#start", &[("name", "Reading")]).await);
    }
    assert_eq!(application.get("/api/tracks/").await.json()["count"], 1);
    assert_eq!(application.get("/api/activities/").await.json()["count"], 1);

    let page = ada.opens("/time/").await;
    let (_, fields) = page.form("#stop-form", "#stop");
    let mut bob = Visitor::new(&world);
    bob.signs_in("bob").await;
    let bobs = bob.opens("/time/").await.form("#start-form", "#start").1[0].1.clone();
    for csrf in ["", "x", &bobs] {
        let refused = ada.submits(&page, "#stop-form", "#stop", &[("_csrf", csrf)]).await;
        assert_eq!(
            (refused.status, refused.reads("h1").as_str()),
            (403, "This form cannot be used any more")
        );
    }
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    for (site, origin) in [("cross-site", PUBLIC), ("", "https://evil.example")] {
        let mut request = ada.request(Method::POST, "/time/").header("origin", origin);
        if !site.is_empty() {
            request = request.header("sec-fetch-site", site);
        }
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form.clone());
        assert_eq!(ada.send(request).await.status, 403, "{site} {origin}");
    }
    assert_eq!(ada.posts("/time/", &[("_csrf", &fields[0].1), ("action", "delete")]).await.status, 403);
    assert_ne!(application.get("/api/timer/").await.json()["running"], json!(null));
    let mut nobody = Visitor::new(&world);
    let answer = nobody.posts("/time/", &[("action", "stop")]).await;
    assert_eq!((answer.status, answer.reads("h1").as_str()), (403, "See where your time goes"));
    assert_eq!(answer.finds("#typed"), None);
}

/// Nobody sees anybody else's.
#[tokio::test]
async fn what_is_shown_is_ones_own() {
    let world = World::with_pages().await;
    let (mut ada, application) = signed_in(&world).await;
    application.has_activity("A secret of ada's").await;
    let started = application.put("/api/timer/", json!({"description": "hers"})).await.status;
    assert_eq!(started, 400, "there is none that was used last");
    let page = ada.opens("/time/").await;
    assert_eq!(page.all("#activity option"), ["A secret of ada's"]);
    leads_home(&ada.submits(&page, "#start-form", "#start", &[]).await);
    let id = application.get("/api/timer/").await.json()["running"]["id"].to_string();
    let mut bob = Visitor::new(&world);
    bob.signs_in("bob").await;
    let page = bob.opens("/time/").await;
    assert!(!page.text.contains("secret"), "{page:?}");
    let fields = [("action", "continue"), ("track", id.as_str())];
    let refused = bob.submits(&page, "#start-form", "#start", &fields).await;
    assert_eq!(
        (refused.status, refused.reads("#errors").as_str()),
        (404, "That was not done No Track matches the given query.")
    );
}
