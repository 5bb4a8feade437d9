//! Forms of those who are not signed in, or not any more.

use reqwest::Method;

use super::{her_application, signed_in};
use crate::support::{Answer, PUBLIC, Visitor, World, json};

const MEDIA: &str = "application/x-www-form-urlencoded";

async fn sends(ada: &mut Visitor<'_>, path: &str, body: String) -> Answer {
    let request = ada.request(Method::POST, path).header("origin", PUBLIC).header("content-type", MEDIA);
    ada.send(request.body(body)).await
}

/// R145: whoever is not signed in is heard out only if it is short; who is signed in may say as much as there is room for.
#[tokio::test]
async fn of_strangers_nothing_large_is_read() {
    let world = World::with_pages().await;
    let mut nobody = Visitor::new(&world);
    let long =
        |length: usize| format!("action=start&_form=raw&_content={{}}&_csrf=&name={}", "a".repeat(length));
    for path in ["/time/", "/time/sign-out/", "/api/activities/"] {
        let answer = sends(&mut nobody, path, long(32 * 1024)).await;
        assert_eq!((answer.status, answer.reads("h1").as_str()), (413, "Sign in first"), "{path}");
        assert!(answer.text.len() < 4_096, "{} bytes", answer.text.len());
    }
    let mut ada = signed_in(&world).await;
    let answer = sends(&mut ada, "/time/", long(128 * 1024)).await;
    assert_eq!((answer.status, answer.reads("h1").as_str()), (413, "This is too much at once"));
    assert_eq!(answer.reads(".who"), "Signed in as ada");
    let list = ada.opens("/api/tracks/").await;
    let description = "é".repeat(10_001);
    let answer = ada.submits(&list, "#fields-form", "#send-fields", &[("description", &description)]).await;
    assert_eq!((answer.status, answer.reads("#field-description")), (400, description));
}

/// What was typed at a page of somebody who is signed in no more is shown, and goes on when they are signed in again.
#[tokio::test]
async fn what_was_typed_outlives_the_session() {
    let world = World::with_pages().await;
    let mut ada = signed_in(&world).await;
    let page = ada.opens("/time/").await;
    let mut elsewhere = Visitor::new(&world);
    elsewhere.cookies = ada.cookies.clone();
    elsewhere.submits(&page, "#sign-out-form", "#sign-out", &[]).await;
    let filled = [("name", "Reading"), ("description", "<Long> thought")];
    // Once with a cookie that is good for nothing, and once without.
    for _ in 0..2 {
        let page = ada.submits(&page, "#start-form", "#start", &filled).await;
        assert_eq!(
            (page.status, page.reads("#unsent").as_str()),
            (403, "Nothing was changed. This is what you typed:")
        );
        assert_eq!(page.verbatim("#typed"), "name: Reading\ndescription: <Long> thought");
        assert_eq!(page.reads("#ended"), "You are not signed in any more. Sign in again to go on.");
        assert_eq!(page.attributes("#sign-in-here", "target"), ["_blank"]);
        assert!(ada.cookies.is_empty());
    }
    let kept = ada.submits(&page, "#start-form", "#start", &filled).await;
    ada.signs_in("ada").await;
    // It is looked at once more: somebody else may have made her send it.
    let page = ada.submits(&kept, "#again-form", "#again", &[]).await;
    let sentence = "That was not done This form is from before you signed in. Look at it, and send it again.";
    assert_eq!((page.status, page.reads("#errors").as_str()), (403, sentence));
    assert_eq!(page.attributes("#name", "value"), ["Reading"]);
    assert_eq!(page.attributes("#description", "value"), ["<Long> thought"]);
    assert_eq!(her_application(&world).get("/api/tracks/").await.json()["count"], 0);
    assert_eq!(ada.submits(&page, "#start-form", "#start", &[]).await.status, 303);
    let running = her_application(&world).get("/api/timer/").await.json();
    assert_eq!(running["running"]["description"], json!("<Long> thought"));
}

/// R170: a token that somebody put in an address is in no link of the page, and goes along to no sign-in.
#[tokio::test]
async fn a_token_in_an_address_is_not_carried_on() {
    let world = World::with_pages().await;
    let mut ada = Visitor::new(&world);
    let path = "/api/tracks/?access_token=canary&page_size=5&access%5Ftoken=canary";
    let page = ada.opens(path).await;
    assert_eq!(page.reads("#url"), format!("{PUBLIC}/api/tracks/?page_size=5"));
    assert_eq!(
        page.attributes("#sign-in-here", "href"),
        ["/time/sign-in/?next=%2Fapi%2Ftracks%2F%3Fpage_size%3D5"]
    );
    assert!(!page.text.contains("canary"), "{page:?}");
    ada.signs_in("ada").await;
    let page = ada.opens(path).await;
    assert_eq!(page.status, 400, "a token in two ways");
    assert!(!page.text.contains("canary"), "{page:?}");
    for (next, expected) in [
        ("/api/%3Faccess_token=canary%26page=2", "/api/?page=2"),
        ("/api/../o/logout/", "/time/"),
        ("/api//evil.example", "/time/"),
        ("/api/%255c..", "/time/"),
    ] {
        let answer = ada.opens(&format!("/time/sign-in/?next={next}")).await;
        let there = format!("{PUBLIC}{expected}");
        assert_eq!((answer.status, answer.header("location")), (303, Some(there.as_str())), "{next}");
    }
}
