//! Scripts of this site: the session of a browser as a credential, and the proof that a page of this site has sent what changes
//! something.

use reqwest::{Method, RequestBuilder};

use super::signed_in;
use crate::support::{Answer, HTML, PUBLIC, Visitor, World};

const NONE: &str = r#"{"count":0,"next":null,"previous":null,"results":[]}"#;
const NOT_PROVIDED: &str = r#"{"detail":"Authentication credentials were not provided."}"#;
const FORM: &str = "application/x-www-form-urlencoded";

async fn send(request: RequestBuilder) -> Answer {
    Answer::read(request.send().await.unwrap()).await
}

/// What a script of the site sends.
fn script(world: &World, ada: &Visitor<'_>, method: Method, path: &str) -> RequestBuilder {
    world.request(method, path).header("cookie", ada.cookie()).header("origin", PUBLIC)
}

/// The value of the cookie that scripts repeat, as a browser keeps it.
async fn token(world: &World, ada: &mut Visitor<'_>) -> String {
    let answer = ada.send(script(world, ada, Method::GET, "/api/activities/")).await;
    answer.is(200, NONE).has("vary", "Accept, Cookie");
    let line = answer.header("set-cookie").unwrap().to_owned();
    let value = ada.cookies["csrftoken"].clone();
    assert_eq!(line, format!("csrftoken={value}; SameSite=Lax; Secure; Path=/; Max-Age=31449600"));
    assert!(value.len() == 32 && value.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{value}");
    value
}

/// R129, R130: as `SessionAuthentication` of the framework, to the letter.
#[tokio::test]
async fn a_script_of_this_site_changes_something_when_it_repeats_the_cookie() {
    let world = World::with_pages().await;
    let mut ada = signed_in(&world).await;
    ada.cookies.remove("csrftoken");
    let missing = script(&world, &ada, Method::POST, "/api/activities/").header("x-csrftoken", "x");
    send(missing).await.is(403, r#"{"detail":"CSRF Failed: CSRF cookie not set."}"#);
    let token = token(&world, &mut ada).await;
    let other = "a".repeat(32);
    for (header, detail) in [
        ("", "CSRF token missing."),
        ("short", "CSRF token from the 'X-Csrftoken' HTTP header has incorrect length."),
        (other.as_str(), "CSRF token from the 'X-Csrftoken' HTTP header incorrect."),
    ] {
        let mut request = script(&world, &ada, Method::POST, "/api/activities/");
        if !header.is_empty() {
            request = request.header("x-csrftoken", header);
        }
        let answer = send(request.header("content-type", "application/json").body(r#"{"name":"No"}"#)).await;
        answer.is(403, &format!(r#"{{"detail":"CSRF Failed: {detail}"}}"#));
        assert_eq!(answer.header("www-authenticate"), None);
    }
    let by_form = |field: &str| {
        let body = format!("name=Reading&csrfmiddlewaretoken={field}");
        script(&world, &ada, Method::POST, "/api/activities/").header("content-type", FORM).body(body)
    };
    let wrong = r#"{"detail":"CSRF Failed: CSRF token from POST incorrect."}"#;
    send(by_form(&other)).await.is(403, wrong);
    let made = send(by_form(&token)).await;
    assert_eq!((made.status, made.json()["name"].as_str()), (201, Some("Reading")), "{made:?}");
    let path = format!("/api/activities/{}/", made.json()["id"]);
    let changed = script(&world, &ada, Method::PATCH, &path).header("x-csrftoken", &token);
    let changed =
        send(changed.header("content-type", "application/json").body(r#"{"name":"Writing"}"#)).await;
    assert_eq!((changed.status, changed.json()["name"].as_str()), (200, Some("Writing")), "{changed:?}");
    let gone = script(&world, &ada, Method::DELETE, &path);
    assert_eq!(send(gone).await.status, 403);
    assert_eq!(
        send(script(&world, &ada, Method::DELETE, &path).header("x-csrftoken", &token)).await.status,
        204
    );
}

/// R129, R130: what comes from elsewhere is refused whatever it carries, and shown nothing.
#[tokio::test]
async fn no_page_of_another_site_acts_or_looks_with_the_session() {
    let world = World::with_pages().await;
    let mut ada = signed_in(&world).await;
    let token = token(&world, &mut ada).await;
    for (site, origin, expected) in [
        (
            "",
            "https://evil.example",
            "Origin checking failed - https://evil.example does not match any trusted origins.",
        ),
        ("", "null", "Origin checking failed - null does not match any trusted origins."),
        (
            "cross-site",
            "https://evil.example",
            "Origin checking failed - https://evil.example does not match any trusted origins.",
        ),
        (
            "same-site",
            PUBLIC,
            "Origin checking failed - https://time.example.com does not match any trusted origins.",
        ),
        ("", "", "Referer checking failed - no Referer."),
    ] {
        let mut request = world.request(Method::POST, "/api/activities/").header("cookie", ada.cookie());
        for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
            if !value.is_empty() {
                request = request.header(name, value);
            }
        }
        let request = request.header("x-csrftoken", &token).header("content-type", "application/json");
        let answer = send(request.body(r#"{"name":"Planted"}"#)).await;
        answer.is(403, &format!(r#"{{"detail":"CSRF Failed: {expected}"}}"#));
    }
    for site in ["cross-site", "same-site"] {
        let request = world.request(Method::GET, "/api/activities/").header("cookie", ada.cookie());
        send(request.header("sec-fetch-site", site)).await.is(401, NOT_PROVIDED);
    }
    send(script(&world, &ada, Method::GET, "/api/activities/")).await.is(200, NONE);
    // Nor does a cookie that is nobody's, or a token that comes with it.
    ada.cookies.insert("__Host-timetracker_session".to_owned(), "A".repeat(43));
    let request = script(&world, &ada, Method::POST, "/api/activities/").header("x-csrftoken", &token);
    send(request).await.is(401, NOT_PROVIDED);
}

/// A form that is none of the pages', as one in the framework's manner is.
#[tokio::test]
async fn a_form_of_ones_own_sends_its_fields_and_is_shown_the_page() {
    let world = World::with_pages().await;
    let mut ada = signed_in(&world).await;
    let token = token(&world, &mut ada).await;
    let form = |field: &str| {
        let request = ada.request(Method::POST, "/api/activities/").header("accept", HTML);
        let request = request.header("origin", PUBLIC).header("content-type", FORM);
        request.body(format!("name=Reading&csrfmiddlewaretoken={field}"))
    };
    let refused = send(form(&"a".repeat(32))).await;
    assert_eq!((refused.status, refused.reads("h1").as_str()), (403, "This form cannot be used any more"));
    let made = send(form(&token)).await;
    assert_eq!((made.status, made.reads("#status").as_str()), (201, "201 Created"));
    assert_eq!(ada.opens("/api/activities/").await.reads("#count"), "1 in all");
}
