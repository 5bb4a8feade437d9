//! The time tracker's own pages in a real browser, with scripts and without.

use model::time::{Clock, Timestamp};
use serde_json::json;

use super::driver::Scripts;
use super::visit;
use super::visitor::Visitor;
use crate::support::{PASSWORD, World};

/// Signs in, starts, switches, stops, and looks around at the API.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn a_person_signs_in_starts_stops_and_browses() {
    for scripts in [Scripts::Run, Scripts::Off] {
        visit(scripts, tracks).await;
    }
}

async fn tracks(world: &World, ada: &Visitor) {
    world.browser().sign_up("ada").await;
    ada.opens("/time/").await;
    assert_eq!(ada.reads("h1").await, "See where your time goes");
    ada.inspects("tracker-welcome").await;
    ada.clicks("#sign-in-here").await;
    assert_eq!(ada.reads("#client").await, "to continue to Timetracker");
    ada.signs_in("ada").await;
    assert!(ada.url().await.starts_with(&format!("{}/time/", world.origin())));
    ada.inspects("tracker-first").await;

    ada.fills("#name", "Reading").await;
    ada.fills("#description", "Middlemarch, for the third time").await;
    ada.clicks("#start").await;
    assert_eq!(ada.reads("#running").await, "Reading");
    has_a_past(ada).await;
    ada.opens("/time/").await;
    ada.inspects("tracker").await;
    ada.clicks_in_vain("#week-details summary").await;
    ada.inspects("tracker-table").await;
    ada.fills("#name", "Writing").await;
    ada.clicks("#start").await;
    assert_eq!(ada.reads("#running").await, "Writing");
    ada.clicks("#stop").await;
    assert!(!ada.sees("#stop").await);
    ada.inspects("tracker-stopped").await;

    ada.clicks("#all-tracks").await;
    assert_eq!(ada.reads("h1").await, "Track List");
    ada.inspects("api-tracks").await;
    ada.clicks("#body a.number").await;
    assert_eq!(ada.reads("h1").await, "Track Instance");
    ada.fills("#field-description", "About it").await;
    ada.clicks("#send-fields").await;
    assert_eq!(ada.reads("#status").await, "200 OK");
    ada.inspects("api-track-changed").await;
    ada.clicks("#link-1").await;
    ada.inspects("api-track").await;
    is_overtaken(world, ada).await;
    ada.fills("#field-start", "tomorrow, perhaps").await;
    ada.clicks("#send-fields").await;
    assert_eq!(ada.reads("#status").await, "400 Bad Request");
    assert_eq!(ada.value("#field-start").await, "tomorrow, perhaps");
    ada.inspects("api-track-refused").await;
    ada.clicks("#crumb-1").await;
    ada.inspects("api-root").await;
    ada.opens("/api/reports/summary/?group_by=day,activity").await;
    ada.inspects("api-report").await;
    ada.opens("/api/activities/").await;
    ada.fills("#content", "{\"name\": \"\"}").await;
    ada.clicks("#send-POST").await;
    assert_eq!(ada.reads("#raw-errors").await, "name: This field may not be blank.");
    ada.inspects("api-raw-refused").await;
    ada.opens("/api/timer/").await;
    ada.clicks_in_vain("#delete-first").await;
    ada.inspects("api-timer").await;
    ada.clicks("#delete").await;
    assert_eq!(ada.reads("#status").await, "200 OK");
    ada.opens("/api/nowhere/").await;
    ada.inspects("api-nowhere").await;

    loses_the_session(ada).await;
    ada.clicks("#sign-out").await;
    assert_eq!(ada.reads("h1").await, "You are signed out of Timetracker");
    ada.inspects("tracker-signed-out").await;
    ada.opens("/api/tracks/").await;
    assert_eq!(ada.reads("#stranger").await, "Sign in to see what is here.");
    ada.inspects("api-stranger").await;
    ada.opens("/time/callback/?code=x&state=y").await;
    ada.inspects("tracker-strange").await;
    ada.clicks("#docs").await;
    assert_eq!(ada.reads("h1").await, "The API");
    ada.inspects("api-docs").await;
    ada.clicks_in_vain("#tracks_create summary").await;
    ada.clicks_in_vain("#object-Track summary").await;
    ada.inspects("api-docs-open").await;
}

/// Somebody else changes what is open here: both are there in the end.
async fn is_overtaken(world: &World, ada: &Visitor) {
    let mut elsewhere = world.browser();
    let login = elsewhere.open("/time/sign-in/").await;
    elsewhere.submit(&login, "#login-form", &[("username", "ada"), ("password", PASSWORD)]).await;
    let page = elsewhere.open(&ada.url().await).await;
    let theirs = [("_content", r#"{"description": "About something else"}"#), ("_method", "PATCH")];
    let page = elsewhere.submit(&page, "#raw-form", &theirs).await;
    assert_eq!(page.status, 200, "{page:?}");
    ada.fills("#field-description", "About it, mostly").await;
    ada.fills("#field-tags", "deep\nwork, and play").await;
    ada.clicks("#send-fields").await;
    assert_eq!(ada.reads("#status").await, "412 Precondition Failed");
    assert_eq!(ada.reads("#now-description").await, "Now: About something else");
    assert_eq!(ada.value("#field-tags").await, "deep\nwork, and play");
    ada.inspects("api-track-changed-meanwhile").await;
    ada.clicks("#send-fields").await;
    assert_eq!(ada.reads("#status").await, "200 OK");
    ada.clicks("#link-1").await;
    assert_eq!(ada.value("#field-description").await, "About it, mostly");
}

/// The session ends while something is typed: it is there again after a sign-in at another tab.
async fn loses_the_session(ada: &Visitor) {
    ada.opens("/time/").await;
    ada.fills("#name", "Thinking").await;
    ada.fills("#description", "A thought that must not be lost").await;
    ada.forgets_cookies().await;
    ada.clicks("#start").await;
    assert_eq!(ada.reads("#unsent").await, "Nothing was changed. This is what you typed:");
    ada.inspects("tracker-typed").await;
    ada.clicks_in_vain("#sign-in-here").await;
    ada.turns_to_the_other_tab().await;
    ada.signs_in("ada").await;
    ada.closes_the_tab().await;
    ada.clicks("#again").await;
    assert_eq!(ada.value("#description").await, "A thought that must not be lost");
    ada.inspects("tracker-again").await;
    ada.clicks("#start").await;
    assert_eq!(ada.reads("#running").await, "Thinking");
    ada.clicks("#stop").await;
}

/// A week of work, sent as JSON through the page.
async fn has_a_past(ada: &Visitor) {
    let names = ["Writing", "Design review", "E-mail and everything else that comes in between", "Support"];
    for name in names {
        ada.opens("/api/activities/").await;
        ada.fills("#field-name", name).await;
        ada.clicks("#send-fields").await;
        assert_eq!(ada.reads("#status").await, "201 Created");
    }
    let hours =
        [(0, 9, 3), (1, 12, 2), (2, 14, 3), (3, 17, 1), (0, 33, 5), (1, 39, 2), (4, 57, 4), (3, 62, 3)];
    for (which, begins, lasts) in hours {
        let [start, end] = [begins, begins + lasts].map(hour_of_the_week);
        ada.opens("/api/tracks/").await;
        let activity = ada.value(&format!("#field-activity option:nth-of-type({})", 2 + which)).await;
        let track = json!({"activity": activity.parse::<i64>().unwrap(), "start": start, "end": end, "description": "x"});
        ada.fills("#content", &track.to_string()).await;
        ada.clicks("#send-POST").await;
        assert_eq!(ada.reads("#status").await, "201 Created");
    }
}

/// An hour of this week, which began on Monday.
fn hour_of_the_week(hour: i64) -> String {
    let today = Clock::system().now().unix_seconds().div_euclid(86_400);
    let monday = today - (today + 3).rem_euclid(7);
    Timestamp::from_unix_seconds(monday * 86_400 + hour * 3_600).to_string()
}
