//! Any address under `/api/`, as a page.

use reqwest::Method;

use crate::support::{Answer, HTML, ISSUER, PUBLIC, Visitor, World, json};

async fn signed_in(world: &World) -> Visitor<'_> {
    let mut ada = Visitor::new(world);
    assert_eq!(ada.signs_in("ada").await.status, 303);
    ada
}

/// The same person, as an application has her.
fn her_application(world: &World) -> crate::support::Person {
    world.bearer("access-ada")
}

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

#[tokio::test]
async fn everything_can_be_done_with_the_forms() {
    let world = World::with_pages().await;
    let mut ada = signed_in(&world).await;
    let list = ada.opens("/api/activities/").await;
    let made = ada
        .submits(&list, "#fields-form", "#send-fields", &[("name", " Reading "), ("description", "")])
        .await;
    assert_eq!(
        (made.status, made.reads("#status").as_str(), made.reads(".method").as_str()),
        (201, "201 Created", "POST")
    );
    let [activity, list_again] = made.attributes(".links a", "href").try_into().unwrap();
    assert!(activity.starts_with(&format!("{PUBLIC}/api/activities/")) && list_again == "/api/activities/");

    // With JSON, which is there to begin with.
    let list = ada.opens("/api/tracks/").await;
    let content: serde_json::Value = serde_json::from_str(&list.verbatim("#content")).unwrap();
    let id: i64 = activity.trim_end_matches('/').rsplit('/').next().unwrap().parse().unwrap();
    let expected = json!({"description": "", "start": "2027-01-15T08:00:00Z", "end": null, "activity": id, "tags": [], "billable": false});
    assert_eq!(content, expected);
    let typed =
        json!({"activity": id, "start": "2027-01-15T06:00:00Z", "end": "2027-01-15T07:00:00Z"}).to_string();
    let made = ada.submits(&list, "#raw-form", "#send-POST", &[("_content", &typed)]).await;
    assert_eq!(made.status, 201, "{made:?}");
    let [track, _] = made.attributes(".links a", "href").try_into().unwrap();

    // A track: fields with what is there; a list is typed with commas, and what is emptied is gone.
    let page = ada.opens(&track).await;
    assert_eq!(page.attributes("#field-end", "value"), ["2027-01-15T07:00:00Z"]);
    assert_eq!(page.all("#field-activity option"), ["Choose", "Reading"]);
    let changed = ada
        .submits(
            &page,
            "#fields-form",
            "#send-fields",
            &[("tags", "deep, work ,"), ("description", "x"), ("end", "2027-01-15T07:30:00Z")],
        )
        .await;
    assert_eq!((changed.status, changed.reads(".method").as_str()), (200, "PUT"));
    let shown: serde_json::Value = serde_json::from_str(&changed.verbatim("#body")).unwrap();
    assert_eq!(
        (&shown["tags"], &shown["description"], &shown["duration"]),
        (&json!(["deep", "work"]), &json!("x"), &json!(5_400))
    );
    let page = ada.opens(&track).await;
    let emptied =
        ada.submits(&page, "#fields-form", "#send-fields", &[("tags", ""), ("description", "")]).await;
    let shown: serde_json::Value = serde_json::from_str(&emptied.verbatim("#body")).unwrap();
    assert_eq!((&shown["tags"], &shown["description"]), (&json!([]), &json!("")));
    let patched =
        ada.submits(&page, "#raw-form", "#send-PATCH", &[("_content", r#"{"billable":true}"#)]).await;
    assert_eq!((patched.status, patched.reads(".method").as_str()), (200, "PATCH"));

    let options = ada.submits(&page, "#options-form", "#options", &[]).await;
    assert_eq!((options.status, options.reads(".method").as_str()), (200, "OPTIONS"));
    assert!(options.verbatim("#body").contains("\"parses\": ["));

    let split = ada.opens(&format!("{track}split/")).await;
    assert_eq!((split.status, split.reads("#status").as_str()), (405, "405 Method Not Allowed"));
    let split = ada
        .submits(&split, "#raw-form", "#send-POST", &[("_content", r#"{"at":"2027-01-15T06:30:00Z"}"#)])
        .await;
    assert_eq!((split.status, split.reads("#status").as_str()), (200, "200 OK"));

    assert!(page.reads("#delete-details").starts_with("Delete… Delete it? Yes, delete it"));
    let gone = ada.submits(&page, "#delete-form", "#delete", &[]).await;
    assert_eq!(
        (gone.status, gone.reads("#status").as_str(), gone.reads("#no-body").as_str()),
        (200, "204 No Content", "The answer has no body.")
    );
    assert_eq!(gone.attributes(".links a", "href"), ["/api/tracks/"]);
    assert_eq!(ada.opens(&track).await.status, 404);

    let timer = ada.opens("/api/timer/").await;
    let started = ada.submits(&timer, "#raw-form", "#send-PUT", &[("_content", "{}")]).await;
    assert_eq!((started.status, started.reads(".method").as_str()), (200, "PUT"));
    let stopped = ada.submits(&timer, "#delete-form", "#delete", &[]).await;
    assert_eq!((stopped.status, stopped.reads("#status").as_str()), (200, "200 OK"));
}

#[tokio::test]
async fn what_is_refused_stands_beside_the_form_with_what_was_typed() {
    let world = World::with_pages().await;
    let mut ada = signed_in(&world).await;
    her_application(&world).has_activity("Reading").await;
    let list = ada.opens("/api/tracks/").await;
    let typed = [("activity", ""), ("start", "soon"), ("description", "<i>x</i>"), ("timezone", "Mars")];
    let page = ada.submits(&list, "#fields-form", "#send-fields", &typed).await;
    assert_eq!((page.status, page.reads("#status").as_str()), (400, "400 Bad Request"));
    assert_eq!(page.reads("#error-activity"), "This field is required.");
    assert!(page.reads("#error-start").starts_with("Datetime has wrong format."));
    assert_eq!(page.attributes("#field-start", "value"), ["soon"]);
    assert_eq!(page.attributes("#field-start", "aria-invalid"), ["true"]);
    assert_eq!(page.attributes("#field-start", "aria-describedby"), ["hint-start error-start"]);
    assert_eq!(page.reads("#field-description"), "<i>x</i>");
    assert!(page.finds("#error-timezone").is_some());
    assert!(page.reads("title").starts_with("400 Bad Request: "));

    let page = ada.submits(&list, "#raw-form", "#send-POST", &[("_content", "{\"activity\": ")]).await;
    assert_eq!(page.status, 400);
    assert!(page.reads("#raw-errors").starts_with("JSON parse error - "), "{page:?}");
    assert_eq!(page.verbatim("#content").trim_start_matches('\n'), "{\"activity\": ");
    let page = ada.submits(&list, "#raw-form", "#send-POST", &[("_content", r#"{"activity":999999}"#)]).await;
    assert_eq!(page.reads("#raw-errors"), "activity: Invalid pk \"999999\" - object does not exist.");
    let page = ada.submits(&list, "#raw-form", "#send-POST", &[("_content", "")]).await;
    assert_eq!(page.reads("#raw-errors"), "activity: This field is required.");

    // With a token that may only look, everything is refused that is more.
    let mut bob = Visitor::new(&world);
    bob.signs_in_with("bob", "read").await;
    let list = bob.opens("/api/activities/").await;
    assert_eq!((list.status, list.finds("#fields-form")), (200, None));
    let page = bob.submits(&list, "#raw-form", "#send-POST", &[("_content", r#"{"name":"x"}"#)]).await;
    assert_eq!(
        (page.status, page.reads("#raw-errors").as_str()),
        (403, "You do not have permission to perform this action.")
    );
}

/// A form that is sent twice does once what it says.
#[tokio::test]
async fn a_form_that_is_sent_again_does_nothing_twice() {
    let world = World::with_pages().await;
    let mut ada = signed_in(&world).await;
    let list = ada.opens("/api/activities/").await;
    for _ in 0..2 {
        let made = ada.submits(&list, "#fields-form", "#send-fields", &[("name", "Reading")]).await;
        assert_eq!(made.status, 201);
    }
    assert_eq!(ada.opens("/api/activities/").await.reads("#count"), "1 in all");
}

/// R129, R130: a cookie is no credential of the API, and a form counts only from a page of ours that was shown in this browser.
#[tokio::test]
async fn a_cookie_counts_for_pages_and_their_forms_and_for_nothing_else() {
    let world = World::with_pages().await;
    let mut ada = signed_in(&world).await;
    let cookie = ada.cookie();
    let with = |method: Method, path: &str, accept: &str| {
        let request = world.request(method, path).header("cookie", &cookie);
        if accept.is_empty() { request } else { request.header("accept", accept) }
    };
    let send = async |request: reqwest::RequestBuilder| Answer::read(request.send().await.unwrap()).await;
    for accept in ["", "*/*", "application/json", "application/json, text/html"] {
        let answer = send(with(Method::GET, "/api/activities/", accept)).await;
        answer.is(401, r#"{"detail":"Authentication credentials were not provided."}"#);
    }
    for path in ["/api/activities/?format=json", "/api/activities.json"] {
        assert_eq!(send(with(Method::GET, path, HTML)).await.status, 401, "{path}");
    }

    let list = ada.opens("/api/activities/").await;
    let (_, fields) = list.form("#raw-form", "#send-POST");
    let token = &fields.iter().find(|(name, _)| name == "_csrf").unwrap().1;
    let mut bob = Visitor::new(&world);
    bob.signs_in("bob").await;
    let bobs = bob.opens("/api/activities/").await.form("#raw-form", "#send-POST").1;
    let bobs = &bobs.iter().find(|(name, _)| name == "_csrf").unwrap().1;
    let form = |token: &str| {
        let fields =
            [("_csrf", token), ("_form", "raw"), ("_method", "POST"), ("_content", r#"{"name":"Planted"}"#)];
        form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
    };
    let media = "application/x-www-form-urlencoded";
    for (site, origin, media, token) in [
        ("cross-site", "https://evil.example", media, token.as_str()),
        ("same-site", PUBLIC, media, token),
        ("none", PUBLIC, media, token),
        ("", "https://evil.example", media, token),
        ("", "null", media, token),
        ("same-origin", PUBLIC, "text/plain", token),
        ("same-origin", PUBLIC, "application/json", token),
        ("same-origin", PUBLIC, "multipart/form-data; boundary=x", token),
        ("same-origin", PUBLIC, media, ""),
        ("same-origin", PUBLIC, media, "x"),
        ("same-origin", PUBLIC, media, bobs),
    ] {
        let mut request = with(Method::POST, "/api/activities/", HTML)
            .header("origin", origin)
            .header("content-type", media);
        if !site.is_empty() {
            request = request.header("sec-fetch-site", site);
        }
        let answer = send(request.body(form(token))).await;
        assert_eq!(
            (answer.status, answer.reads("h1").as_str()),
            (403, "This form cannot be used any more"),
            "{site} {origin} {media}"
        );
    }
    // Nor does any other method, or one that only looks.
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        let request = with(method.clone(), "/api/timer/", HTML).header("sec-fetch-site", "same-origin");
        assert_eq!(send(request).await.status, 401, "{method}");
    }
    for query in ["_method=POST&_form=raw&_content=%7B%22name%22%3A%22x%22%7D", "_method=DELETE"] {
        assert_eq!(ada.opens(&format!("/api/activities/?{query}&_csrf={token}")).await.status, 200);
    }
    assert_eq!(ada.opens("/api/activities/").await.reads("#count"), "0 in all");
    // Who shows a token is who they are, whatever cookie comes with it.
    let request = with(Method::GET, "/api/activities/", HTML).header("authorization", "Bearer rubbish");
    let answer = send(request).await;
    assert_eq!((answer.status, answer.finds(".who")), (401, None));
}

/// What somebody typed is not lost when they are signed in no more.
#[tokio::test]
async fn whoever_is_not_signed_in_any_more_sees_what_they_typed() {
    let world = World::with_pages().await;
    let mut ada = signed_in(&world).await;
    let list = ada.opens("/api/activities/").await;
    let mut elsewhere = Visitor::new(&world);
    elsewhere.cookies = ada.cookies.clone();
    let page = elsewhere.opens("/time/").await;
    elsewhere.submits(&page, "#sign-out-form", "#sign-out", &[]).await;
    let typed = r#"{"name":"<Long> thought"}"#;
    let page = ada.submits(&list, "#raw-form", "#send-POST", &[("_content", typed)]).await;
    assert_eq!((page.status, page.verbatim("#typed").as_str()), (401, typed));
    assert_eq!(page.reads("#stranger"), "You are not signed in any more. Sign in again to go on.");
    let page = ada.submits(&list, "#fields-form", "#send-fields", &[("name", "Long thought")]).await;
    assert_eq!(page.verbatim("#typed"), "name: Long thought");
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
