//! `/api/docs/`: the document, for people.

use reqwest::Method;
use scraper::{Html, Selector};
use timetracker_api::routes::{self, ENDPOINTS, Endpoint};

use crate::support::{Answer, World};

const PATH: &str = "/api/docs/";

/// Whether a token is asked for.
fn asks_token(endpoint: &Endpoint) -> bool {
    ENDPOINTS.iter().any(|each| std::ptr::eq(each, endpoint))
}

fn texts(page: &Html, selector: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    page.select(&selector).map(|element| element.text().collect::<String>()).collect()
}

#[tokio::test]
async fn it_has_every_method_of_every_route_and_a_line_to_copy_for_each() {
    let world = World::new().await;
    let answer = world.anonymous(Method::GET, PATH).await;
    assert_eq!(answer.status, 200);
    let page = Html::parse_document(&answer.text);
    let shown = texts(&page, "summary .line");
    let lines = texts(&page, "pre.whole");
    let mut expected = 0;
    let below = ENDPOINTS.iter().map(|endpoint| (format!("/api{}", endpoint.path), endpoint));
    let open = routes::open().map(|endpoint| (endpoint.path.to_owned(), endpoint));
    for (path, endpoint) in below.chain(open) {
        for method in endpoint.allow.split(", ").filter(|method| !["HEAD", "OPTIONS"].contains(method)) {
            let row = format!("{method} {path} ");
            assert_eq!(shown.iter().filter(|each| each.starts_with(&row)).count(), 1, "{row}");
            let path = path.replace("{id}", "1").replace("{token}", "ttf_AAAAAdfHxi4g");
            let path = path.replace("{uid}", "019ac9c2-0d3c-7cc0-9a51-5f0c6c0e7a11");
            let verb = if method == "GET" { String::new() } else { format!("-X {method} ") };
            let line = format!("curl {verb}https://time.example.com{path}");
            let is_it = |each: &&String| {
                each.strip_prefix(&line).is_some_and(|rest| {
                    let asks = rest.starts_with(" \\\n  -H \"Authorization: Bearer $access_token\"");
                    asks == asks_token(endpoint) && (asks || rest.is_empty())
                })
            };
            assert_eq!(lines.iter().filter(is_it).count(), 1, "{line}");
            expected += 1;
        }
    }
    assert_eq!(lines.len(), expected);
    assert_eq!(texts(&page, "h1"), ["The API"]);
    // Each place on the page is one, and each link to a place leads there.
    let mut ids: Vec<&str> =
        page.select(&Selector::parse("[id]").unwrap()).map(|element| element.attr("id").unwrap()).collect();
    for link in page.select(&Selector::parse("main a").unwrap()) {
        if let Some(id) = link.attr("href").unwrap().strip_prefix('#') {
            assert!(ids.contains(&id), "{id}");
        }
    }
    ids.sort_unstable();
    let all = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

/// R131: it runs no scripts, loads nothing from elsewhere, and is the same for everybody.
#[tokio::test]
async fn anybody_may_read_it_and_it_says_nothing_of_anybody() {
    let world = World::new().await;
    let answer = world.anonymous(Method::GET, PATH).await;
    answer
        .has("content-type", "text/html; charset=utf-8")
        .has("cache-control", "public, max-age=300")
        .has("content-security-policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
        .has("x-content-type-options", "nosniff")
        .lacks("set-cookie");
    assert!(!answer.text.contains("<script") && !answer.text.contains("style="));
    let tag = answer.header("etag").unwrap();
    let held = world.request(Method::GET, PATH).header("if-none-match", tag).send().await.unwrap();
    Answer::read(held).await.is(304, "").has("etag", tag);
    assert_eq!(world.person("ada").get(PATH).await.text, answer.text);
    assert_eq!(world.anonymous(Method::GET, "/api/docs").await.text, answer.text);
    assert_eq!(world.anonymous(Method::POST, PATH).await.status, 405);
    let page = Html::parse_document(&answer.text);
    for element in page.select(&Selector::parse("link, img").unwrap()) {
        let place = element.attr("href").or(element.attr("src")).unwrap();
        assert!(place.starts_with("/time/"), "{place}");
    }
}
