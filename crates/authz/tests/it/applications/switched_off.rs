//! `AUTHZ_DEVELOPER_PAGES=false`.

use reqwest::Method;

use super::registered;
use crate::support::{server, server_with};

/// Then they are not there, for any method and whoever asks; what was registered goes on.
#[tokio::test]
async fn switched_off_the_pages_are_not_there() {
    let server = server_with(&[("DEVELOPER_PAGES", "false")]).await;
    let ada = server.signed_in("ada").await;
    server.client("web").await;
    server.sql("UPDATE clients SET user_id = 1").await;
    let pages = ["", "register/", "web/", "web/update/", "web/rotate-secret/", "web/delete/"];
    for page in pages {
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"] {
            for browser in [&ada, &server.browser()] {
                let method = Method::from_bytes(method.as_bytes()).unwrap();
                let answer = browser.send(browser.request(method, &format!("/o/applications/{page}"))).await;
                assert_eq!(answer.status, 404, "{page}");
            }
        }
    }
    let home = ada.get("/").await;
    assert_eq!(home.element("applications"), None);
    assert!(home.element("register-command").unwrap().starts_with("authz client create"));
}

/// Otherwise they can be found from the front page.
#[tokio::test]
async fn the_front_page_leads_to_them() {
    let server = server().await;
    let ada = server.signed_in("ada").await;
    let home = ada.get("/").await;
    assert_eq!(home.element("applications").as_deref(), Some("Applications you develop"));
    assert_eq!(home.element("register-command"), None);
    assert_eq!(server.browser().get("/").await.element("applications"), None);
    let list = ada.get("/o/applications/").await;
    assert_eq!(list.element("none").as_deref(), Some("You have not registered any yet."));
    let mine = registered(&ada, "Mine").await;
    let list = ada.get("/o/applications/").await;
    assert_eq!(list.element("none"), None);
    assert_eq!(list.element(&format!("application-{}", mine.id)).as_deref(), Some("Mine"));
}
