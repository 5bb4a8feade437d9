//! `/api/`.

use reqwest::Method;

use crate::support::World;

/// R137: links come from configuration, whatever the request says about hosts.
#[tokio::test]
async fn the_root_lists_absolute_urls_that_no_header_can_change() {
    let world = World::new().await;
    let ada = world.person("ada");
    let expected = r#"{"activities":"https://time.example.com/api/activities/","tracks":"https://time.example.com/api/tracks/","changes":"https://time.example.com/api/changes/","clients":"https://time.example.com/api/clients/","feeds":"https://time.example.com/api/feeds/","projects":"https://time.example.com/api/projects/","reports":"https://time.example.com/api/reports/summary/","tags":"https://time.example.com/api/tags/","timer":"https://time.example.com/api/timer/","me":"https://time.example.com/api/me/"}"#;
    for path in ["/api/", "/api"] {
        ada.get(path)
            .await
            .is(200, expected)
            .has("allow", "GET, HEAD, OPTIONS")
            .has("content-type", "application/json");
    }
    let request = ada.request(Method::GET, "/api/").header("host", "evil.example");
    let request = ["forwarded", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-for", "x-original-url"]
        .into_iter()
        .fold(request, |request, name| request.header(name, "host=evil.example"));
    let answer = crate::support::Answer::read(request.send().await.unwrap()).await;
    answer.is(200, expected);
}

#[tokio::test]
async fn options_describes_the_root() {
    let world = World::new().await;
    world.person("ada").send(Method::OPTIONS, "/api/").await.is(
        200,
        r#"{"name":"Api Root","description":"Where everything is.","renders":["application/json"],"parses":["application/json","application/x-www-form-urlencoded","multipart/form-data"]}"#,
    );
}

#[tokio::test]
async fn what_does_not_exist_is_told_only_to_those_with_a_token() {
    let world = World::new().await;
    let ada = world.person("ada");
    for path in
        ["/api/x/", "/api/tracks/1/2/", "/api/TRACKS/", "/api//tracks/", "/api/tracks//", "/api/tracks.xml"]
    {
        ada.get(path).await.is(404, r#"{"detail":"Not found."}"#);
        assert_eq!(world.anonymous(Method::GET, path).await.status, 401, "{path}");
    }
    for path in ["/apix", "/admin", "/api.json"] {
        world
            .anonymous(Method::GET, path)
            .await
            .is(404, r#"{"detail":"Not found."}"#)
            .has("x-frame-options", "DENY");
    }
}
