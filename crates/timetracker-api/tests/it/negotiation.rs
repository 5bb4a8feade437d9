//! Which representation, and the methods of a path.

use reqwest::Method;

use crate::support::{Answer, HTML, World};

#[tokio::test]
async fn accept_decides_between_json_a_page_and_406() {
    let world = World::new().await;
    let ada = world.person("ada");
    let refused = r#"{"detail":"Could not satisfy the request Accept header."}"#;
    for (accept, status) in [
        ("application/json", 200),
        ("*/*", 200),
        ("application/*;q=0", 200),
        ("application/json, text/html", 200),
        ("application/xml", 406),
        ("rubbish", 406),
        ("", 406),
    ] {
        let request = ada.request(Method::GET, "/api/").header("accept", accept);
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert_eq!(answer.status, status, "{accept}");
        answer
            .has("content-type", "application/json")
            .has("vary", "Accept")
            .has("allow", "GET, HEAD, OPTIONS");
        if status == 406 {
            answer.is(406, refused);
        }
    }
    // A page is for who takes nothing else, or for a browser, which shows no token.
    let page = ada.request(Method::GET, "/api/").header("accept", "text/html");
    let answer = Answer::read(page.send().await.unwrap()).await;
    answer.has("content-type", "text/html; charset=utf-8").has("vary", "Accept, Cookie");
    assert_eq!((answer.status, answer.reads("h1").as_str()), (200, "Api Root"));
    for accept in ["text/html, */*;q=0.1", HTML] {
        let request = ada.request(Method::GET, "/api/").header("accept", accept);
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
        let browser = world.request(Method::GET, "/api/").header("accept", accept);
        let answer = Answer::read(browser.send().await.unwrap()).await;
        assert_eq!((answer.status, answer.header("content-type")), (401, Some("text/html; charset=utf-8")));
    }
    // Who names a format gets that one.
    let request =
        ada.request(Method::GET, "/api/tracks/?format=json").header("accept", "text/html, */*;q=0.1");
    let answer = Answer::read(request.send().await.unwrap()).await;
    answer.is(200, r#"{"count":0,"next":null,"previous":null,"results":[]}"#);
    ada.get("/api/tracks/?format=json")
        .await
        .is(200, r#"{"count":0,"next":null,"previous":null,"results":[]}"#);
    for path in ["/api/tracks/?format=api", "/api/tracks/?format=xml", "/api/tracks.xml", "/api/tracks/1.xml"]
    {
        ada.get(path).await.is(404, r#"{"detail":"Not found."}"#);
    }
}

#[tokio::test]
async fn json_is_indented_when_asked() {
    let world = World::new().await;
    let ada = world.person("ada");
    let request = ada.request(Method::GET, "/api/tracks/").header("accept", "application/json; indent=4");
    let answer = Answer::read(request.send().await.unwrap()).await;
    answer
        .is(200, "{\n    \"count\": 0,\n    \"next\": null,\n    \"previous\": null,\n    \"results\": []\n}")
        .has("content-type", "application/json");
    let request = ada.request(Method::GET, "/api/tracks/9/").header("accept", "application/json; indent=1");
    let answer = Answer::read(request.send().await.unwrap()).await;
    answer.is(404, "{\n \"detail\": \"No Track matches the given query.\"\n}");
}

/// R144: only what is listed, and nothing is ever redirected.
#[tokio::test]
async fn other_methods_are_405_with_allow() {
    let world = World::new().await;
    let ada = world.person("ada");
    for (path, methods, allow) in [
        ("/api/", "POST PUT PATCH DELETE TRACE CONNECT PROPFIND", "GET, HEAD, OPTIONS"),
        ("/api/tracks/", "PUT PATCH DELETE TRACE PROPFIND", "GET, POST, HEAD, OPTIONS"),
        ("/api/tracks", "PUT PATCH DELETE", "GET, POST, HEAD, OPTIONS"),
        ("/api/tracks/1/", "POST TRACE PROPFIND", "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"),
        ("/api/activities/", "PUT PATCH DELETE", "GET, POST, HEAD, OPTIONS"),
        ("/api/activities/1", "POST TRACE", "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"),
    ] {
        for method in methods.split(' ').filter(|method| *method != "CONNECT") {
            let answer = ada.send(Method::from_bytes(method.as_bytes()).unwrap(), path).await;
            answer
                .is(405, &format!(r#"{{"detail":"Method \"{method}\" not allowed."}}"#))
                .has("allow", allow);
        }
    }
}
