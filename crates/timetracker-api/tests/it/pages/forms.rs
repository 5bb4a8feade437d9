//! The forms on the pages of the API: what they do, what counts, and what is not lost.

use reqwest::Method;

use super::{her_application, signed_in};
use crate::support::{Answer, HTML, PUBLIC, Visitor, World, json};

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
            &[("tags", "deep\n work \n\n"), ("description", "x"), ("end", "2027-01-15T07:30:00Z")],
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
    let page = ada.opens(&track).await;
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

    let page = ada.opens(&track).await;
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

/// R129, R130: a cookie counts for what looks, and a form only from a page of ours that was shown in this browser. Scripts are
/// in `scripts`.
#[tokio::test]
async fn a_cookie_counts_for_pages_their_forms_and_scripts_of_this_site_and_for_nothing_else() {
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
        answer.is(200, r#"{"count":0,"next":null,"previous":null,"results":[]}"#);
    }
    for path in ["/api/activities/?format=json", "/api/activities.json"] {
        assert_eq!(send(with(Method::GET, path, HTML)).await.status, 200, "{path}");
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
    // What another browser was shown, or this one before its person signed in, is shown again and does nothing.
    for token in ["", "x", bobs] {
        let request = with(Method::POST, "/api/activities/", HTML).header("sec-fetch-site", "same-origin");
        let answer = send(request.header("content-type", media).body(form(token))).await;
        assert_eq!((answer.status, answer.reads("h1").as_str()), (403, "Activity List"), "{token}");
        let sentence = "This form is from before you signed in. Look at it below, and send it again.";
        assert_eq!(answer.reads("#errors"), sentence);
        assert_eq!(answer.reads("#content"), r#"{"name":"Planted"}"#);
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
    answer.is(401, r#"{"detail":"Authentication credentials were not provided."}"#);
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

    // Signed in again, she sees it in the form, and sends it when she has looked at it.
    ada.signs_in("ada").await;
    let page = ada.submits(&page, "#again-form", "#again", &[]).await;
    assert_eq!(
        (page.status, page.attributes("#field-name", "value")),
        (403, vec!["Long thought".to_owned()])
    );
    assert_eq!(ada.opens("/api/activities/").await.reads("#count"), "0 in all");
    let made = ada.submits(&page, "#fields-form", "#send-fields", &[]).await;
    assert_eq!(made.status, 201, "{made:?}");
}
