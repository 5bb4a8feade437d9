//! Any address under `/api/`, as a page.

use reqwest::Method;

use super::{her_application, signed_in};
use crate::support::{Answer, HTML, ISSUER, PUBLIC, Visitor, World, json};

#[tokio::test]
async fn an_address_may_be_written_in_other_ways() {
    let world = World::with_pages().await;
    let mut ada = signed_in(&world).await;
    let reading = her_application(&world).has_activity("Reading").await;
    let track = her_application(&world).has_track(reading, "Pumps").await;
    let plain = ada.opens(&format!("/api/tracks/{track}/")).await;
    let encoded = ada.opens(&format!("/api/tracks/%3{track}/")).await;
    assert_eq!((plain.status, encoded.status, track), (200, 200, 1));
    assert_eq!(encoded.all("form").len(), plain.all("form").len());
    // More bytes as it is written than as it is meant, and no letter begins where that many are left out.
    assert_eq!(ada.opens("/api/tracks/%E2%82%AC%E2%82%AC/").await.status, 404);
}

/// R128: a browser keeps `__Host-` from other hosts as it is written; `__%48ost-` it does not know.
#[tokio::test]
async fn a_cookie_counts_by_its_name_as_it_is_written() {
    let world = World::with_pages().await;
    let mut ada = signed_in(&world).await;
    assert_eq!(ada.opens("/api/tracks/").await.status, 200);
    ada.cookies =
        ada.cookies.into_iter().map(|(name, value)| (name.replace("__H", "__%48"), value)).collect();
    assert_eq!(ada.opens("/api/tracks/").await.status, 401);
}

/// R134
#[tokio::test]
async fn a_page_shows_the_request_the_answer_and_where_it_leads() {
    let world = World::with_pages().await;
    let mut ada = signed_in(&world).await;
    let reading = her_application(&world).has_activity("Reading").await;
    let track = her_application(&world).has_track(reading, "<b>\"bold\"</b> & co").await;
    let page = ada.opens("/api/tracks/?page_size=1&search=bold").await;
    assert_eq!((page.status, page.reads("h1").as_str()), (200, "Track List"));
    page.has("content-type", "text/html; charset=utf-8")
        .has("allow", "GET, POST, HEAD, OPTIONS")
        .lacks("etag");
    assert_eq!(page.reads("title"), "Track List · Timetracker");
    assert_eq!(page.reads("#about"), "Your entries of time.");
    assert_eq!((page.reads(".method").as_str(), page.reads("#status").as_str()), ("GET", "200 OK"));
    assert_eq!(page.reads("#url"), "https://time.example.com/api/tracks/?page_size=1&search=bold");
    assert_eq!(page.attributes(".crumbs a", "href"), ["/api/", "/api/tracks/"]);
    let headers = page.all("#headers div");
    assert_eq!(headers[..2], ["Allow GET, POST, HEAD, OPTIONS", "Content-Type application/json"]);
    assert!(headers[2].starts_with("ETag W/\"") && headers[3].starts_with("Link <"), "{headers:?}");
    assert_eq!(headers[4], "Vary Accept");
    // What somebody typed is shown as it was typed.
    let body = page.verbatim("#body");
    let shown: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(shown["results"][0]["description"], "<b>\"bold\"</b> & co");
    assert!(body.starts_with("{\n    \"count\": 1,\n") && !page.text.contains("<b>\"bold"), "{body}");
    assert_eq!(
        page.attributes("#body a", "href"),
        [format!("/api/tracks/{track}/"), format!("/api/activities/{reading}/")]
    );
    assert_eq!(page.reads("#count"), "1 in all");
    assert_eq!(
        page.verbatim("#curl"),
        format!(
            "curl -H \"Authorization: Bearer $access_token\" '{PUBLIC}/api/tracks/?page_size=1&search=bold'"
        )
    );

    let root = ada.opens("/api/").await;
    let links: Vec<_> = root.attributes("#body a", "href");
    assert!(
        links.contains(&format!("{PUBLIC}/api/tracks/")) && links.contains(&format!("{PUBLIC}/api/timer/")),
        "{links:?}"
    );
    for link in links {
        assert_eq!(ada.opens(&link).await.status, 200, "{link}");
    }
    let nowhere = ada.opens("/api/tracks/999999/").await;
    assert_eq!((nowhere.status, nowhere.reads("#status").as_str()), (404, "404 Not Found"));
    assert_eq!(nowhere.reads("title"), "404 Not Found: Track Instance · Timetracker");
}

#[tokio::test]
async fn lists_have_pages_and_filters() {
    let world = World::with_pages().await;
    let mut ada = signed_in(&world).await;
    for name in ["A", "B", "C"] {
        her_application(&world).has_activity(name).await;
    }
    let page = ada.opens("/api/activities/?page_size=2&ordering=-name&other=x").await;
    assert_eq!(page.reads("#count"), "2 of 3");
    assert_eq!(page.finds("#previous"), None);
    let [next] = page.attributes("#next", "href").try_into().unwrap();
    assert_eq!(next, format!("{PUBLIC}/api/activities/?ordering=-name&other=x&page=2&page_size=2"));
    let second = ada.opens(&next).await;
    assert_eq!((second.reads("#count").as_str(), second.finds("#next")), ("1 of 3", None));
    assert_eq!(
        second.attributes("#previous", "href"),
        [format!("{PUBLIC}/api/activities/?ordering=-name&other=x&page_size=2")]
    );
    assert_eq!(second.attributes("#filter-form", "action"), ["/api/activities/"]);
    assert_eq!(second.attributes("#filter-form input", "name"), ["other", "search", "project", "page_size"]);
    assert_eq!(second.attributes("#filter-ordering option[selected]", "value"), ["-name"]);
    let refused = ada.opens("/api/activities/?page=9").await;
    assert_eq!((refused.status, refused.reads("#status").as_str()), (404, "404 Not Found"));
}

/// Whoever asks for a page with a token of theirs gets one, with curl for instance.
#[tokio::test]
async fn a_page_is_for_tokens_as_well() {
    let world = World::new().await;
    let ada = world.person("ada");
    let request = ada.request(Method::POST, "/api/activities/").header("accept", "text/html");
    let request = request.header("content-type", "application/json").body(r#"{"name":"Reading"}"#);
    let page = Answer::read(request.send().await.unwrap()).await;
    assert_eq!(
        (page.status, page.reads("#status").as_str(), page.finds("#raw-form")),
        (201, "201 Created", None)
    );
    // A program that takes JSON gets it, whatever else it would like.
    let request = ada.request(Method::GET, "/api/activities/1/").header("accept", HTML);
    assert_eq!(Answer::read(request.send().await.unwrap()).await.json()["name"], "Reading");
    let challenge = world.request(Method::GET, "/api/").header("accept", "text/html").send().await.unwrap();
    let challenge = Answer::read(challenge).await;
    assert_eq!(challenge.status, 401);
    assert!(
        challenge
            .all("#headers div")
            .iter()
            .any(|line| line.starts_with("WWW-Authenticate Bearer realm=\"api\""))
    );
    assert!(!challenge.text.contains(ISSUER));
}

/// Every link, form, field and button has an id that is on its page once, and what is described is there.
#[tokio::test]
async fn everything_on_a_page_has_an_id_of_its_own() {
    let world = World::with_pages().await;
    let mut ada = signed_in(&world).await;
    let activity = her_application(&world).has_activity("Reading").await;
    let track = her_application(&world).has_track(activity, "x").await;
    her_application(&world).put("/api/timer/", json!({})).await;
    let mut paths: Vec<String> =
        ["/", "/tracks/", "/activities/", "/timer/", "/changes/", "/reports/summary/", "/nowhere/"]
            .map(|path| format!("/api{path}"))
            .to_vec();
    paths.extend([
        format!("/api/tracks/{track}/"),
        format!("/api/activities/{activity}/"),
        "/time/".to_owned(),
    ]);
    let mut stranger = Visitor::new(&world);
    for path in &paths {
        for page in [ada.opens(path).await, stranger.opens(path).await] {
            let mut ids = page.attributes("[id]", "id");
            ids.sort();
            let before = ids.len();
            ids.dedup();
            assert_eq!(ids.len(), before, "{path}: {ids:?}");
            let all = "a:not(#body a), form, button, select, textarea, input:not([type=hidden])";
            let named = "a[id], form[id], button[id], select[id], textarea[id], input[id]:not([type=hidden])";
            assert_eq!(page.all(all).len(), page.all(named).len(), "{path}");
            for reference in ["aria-describedby", "aria-labelledby", "for"] {
                for value in page.attributes(&format!("[{reference}]"), reference) {
                    assert!(
                        value.split(' ').all(|id| ids.iter().any(|each| each == id)),
                        "{path}: {reference} {value}"
                    );
                }
            }
        }
    }
}
