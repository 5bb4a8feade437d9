//! The form in which an application is described.

use scraper::{Html, Selector};
use serde_json::json;

use crate::support::{Answer, Browser, Client, Form, TestServer, server, server_with};

/// Where the code page is.
pub const CODE_PAGE: &str = "http://localhost:8000/o/code/";

/// An application somebody has registered.
pub struct Mine {
    pub id: String,
    pub secret: Option<String>,
    pub page: Answer,
}

impl Mine {
    pub fn path(&self, page: &str) -> String {
        format!("/o/applications/{}/{page}", self.id)
    }

    /// As a client.
    pub fn client(&self, server: &TestServer) -> Client {
        let client = Client::known(server, &self.id, "").redirected_to(CODE_PAGE);
        match &self.secret {
            Some(secret) => client.with_secret(secret),
            None => client.as_public(),
        }
    }
}

/// The form of a page, filled in so that it can be registered, for people and for itself.
pub fn filled(page: &Answer, name: &str) -> Form {
    let form = page.form("application-form").with("name", name).with("type", "confidential");
    let form = form.with("grant-authorization_code", "yes").with("grant-client_credentials", "yes");
    form.with("redirect_uris", CODE_PAGE).with("scope-read", "yes").with("scope-write", "yes")
}

pub async fn registered(browser: &Browser, name: &str) -> Mine {
    let form = filled(&browser.get("/o/applications/register/").await, name);
    made(browser.submit(&form).await)
}

pub async fn registered_public(browser: &Browser, name: &str) -> Mine {
    let form = filled(&browser.get("/o/applications/register/").await, name).with("type", "public");
    made(browser.submit(&form.without("grant-client_credentials")).await)
}

fn made(page: Answer) -> Mine {
    page.is_page(200);
    let id = page.element("client-id").unwrap_or_else(|| panic!("not registered: {page:?}"));
    Mine { id, secret: page.element("client-secret"), page }
}

/// What the administrator's command says of a client.
async fn as_registered(server: &TestServer, id: &str) -> serde_json::Value {
    let id = id.to_owned();
    let found = server.app().db.read(move |conn| authz::store::clients::find(conn, &id)).await;
    let client = found.unwrap().unwrap();
    json!({
        "name": client.name, "confidential": client.is_confidential, "grant_types": client.grant_types,
        "redirect_uris": client.redirect_uris, "scopes": client.scopes.as_str(), "audiences": client.audiences,
        "introspects": client.introspects, "metadata": client.metadata.as_str(),
        "owner": client.user_id.map(|id| id.to_string()),
    })
}

/// A form with what it shows ticked: what a browser would send if nothing but the name were typed.
fn as_shown(page: &Answer) -> Form {
    let html = page.html();
    let mut form = page.form("application-form");
    for input in html.select(&Selector::parse("#application-form input[checked]").unwrap()) {
        form = form.with(input.attr("name").unwrap(), input.attr("value").unwrap());
    }
    let name = html.select(&Selector::parse("#name").unwrap()).next().unwrap();
    form.with("name", name.attr("value").unwrap())
        .with("redirect_uris", &page.element("redirect-uris").unwrap())
}

/// A name suffices: the rest is filled in so that the first run goes well.
#[tokio::test]
async fn with_a_name_alone_it_is_registered_for_the_code_page() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    let form = as_shown(&browser.get("/o/applications/register/").await);
    let mine = made(browser.submit(&form.with("name", "  Notebook ")).await);
    assert_eq!(
        as_registered(&server, &mine.id).await,
        json!({
            "name": "Notebook", "confidential": true, "grant_types": "authorization_code refresh_token",
            "redirect_uris": CODE_PAGE, "scopes": "read write", "audiences": "timetracker", "introspects": "",
            "metadata": serde_json::to_string(&authz::client_metadata::ClientMetadata::default()).unwrap(),
            "owner": "1",
        })
    );
    assert_eq!(mine.page.element("grant-types").as_deref(), Some("authorization_code, refresh_token"));
    assert_eq!(mine.client(&server).client_credentials().await.status, 400);
    let list = browser.get("/o/applications/").await;
    assert_eq!(list.element(&format!("application-{}", mine.id)).as_deref(), Some("Notebook"));
}

/// R107: nothing that only an administrator gives can be had by sending more than the form has.
#[tokio::test]
async fn a_developer_cannot_give_what_only_an_administrator_gives() {
    let server = server_with(&[("SCOPES", "read=Read; write=Write")]).await;
    let browser = server.signed_in("ada").await;
    let mine = registered(&browser, "Mine").await;
    let before = as_registered(&server, &mine.id).await;
    let more = [
        ("grant-password", "yes"),
        ("grant-refresh_token", "yes"),
        ("grant-implicit", "yes"),
        ("grant_types", "password"),
        ("scope-admin", "yes"),
        ("introspects", "timetracker"),
        ("audience", "elsewhere"),
        ("id", "web"),
        ("client_id", "web"),
        ("user_id", "2"),
        ("is_first_party", "true"),
        ("metadata", r#"{"is_first_party":true}"#),
        ("client_secret", "mine"),
        ("secret", "mine"),
    ];
    let form = filled(&browser.get("/o/applications/register/").await, "Mine");
    let form = more.iter().fold(form, |form, (name, value)| form.with(name, value));
    let other = made(browser.submit(&form).await);
    assert_eq!(as_registered(&server, &other.id).await, before);
    assert_eq!(other.client(&server).client_credentials().await.status, 200);

    let form = filled(&browser.get(&mine.path("update/")).await, "Mine").with("type", "public");
    let form = more.iter().fold(form, |form, (name, value)| form.with(name, value));
    assert_eq!(browser.submit(&form).await.location(), format!("http://localhost:8000{}", mine.path("")));
    assert_eq!(as_registered(&server, &mine.id).await, before);
}

/// R3: everything that is wrong is told at once, at its field, with what was typed still there.
#[tokio::test]
async fn everything_that_is_wrong_is_told_at_its_field() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    let mine = registered(&browser, "Mine").await;
    let before = as_registered(&server, &mine.id).await;
    for path in ["/o/applications/register/".to_owned(), mine.path("update/")] {
        let form =
            filled(&browser.get(&path).await, "a\u{202e}b").with("redirect_uris", "javascript:alert(1)");
        let form = form.without("scope-read").without("scope-write");
        let page = browser.submit(&form).await;
        page.is_page(200);
        for (id, told) in [
            (
                "name-error",
                "A name has 1 to 100 characters, and none that are unseen or turn the direction of writing.",
            ),
            (
                "redirect-uris-error",
                "Not javascript:alert(1): a redirect URI is https, http to 127.0.0.1, [::1] or localhost, or of a private scheme with a dot.",
            ),
            ("scopes-error", "An application needs something it may ask for."),
            ("redirect-uris", "javascript:alert(1)"),
        ] {
            assert_eq!(page.element(id).as_deref(), Some(told), "{path}");
        }
        let html = page.html();
        let links = Selector::parse("#error-summary a").unwrap();
        let links: Vec<_> = html.select(&links).map(|link| link.attr("href").unwrap()).collect();
        assert_eq!(links, ["#scopes", "#name", "#redirect-uris"], "{path}");
        for link in links {
            assert_eq!(html.select(&Selector::parse(link).unwrap()).count(), 1, "{link}");
        }

        let bare = filled(&browser.get(&path).await, "Bare").without("grant-authorization_code");
        let page = browser.submit(&bare.without("grant-client_credentials")).await;
        assert_eq!(
            page.element("grants-error").as_deref(),
            Some("An application needs a way to get tokens.")
        );
        let nowhere = filled(&browser.get(&path).await, "Nowhere").with("redirect_uris", " \r\n");
        let page = browser.submit(&nowhere).await;
        assert_eq!(
            page.element("redirect-uris-error").as_deref(),
            Some("Authorization_code needs a redirect URI.")
        );
    }
    let form = filled(&browser.get("/o/applications/register/").await, "Public").with("type", "public");
    let page = browser.submit(&form).await;
    let told = "Only a confidential client may use client_credentials.";
    assert_eq!(page.element("grants-error").as_deref(), Some(told));
    assert_eq!(server.count("clients").await, 1);
    assert_eq!(as_registered(&server, &mine.id).await, before);
}

/// What was saved is what is used from then on; what an administrator gave stays.
#[tokio::test]
async fn a_change_is_in_force_at_once_and_keeps_what_an_administrator_gave() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    let mine = registered(&browser, "Mine").await;
    let (client, id) = (mine.client(&server), mine.id.clone());
    server.sql(&format!("UPDATE clients SET grant_types = grant_types || ' password', introspects = 'timetracker' WHERE id = '{id}'")).await;
    server.sql(&format!("UPDATE clients SET metadata = '{{\"default_max_age\":7}}' WHERE id = '{id}'")).await;
    assert_eq!(client.client_credentials().await.status, 200);
    let form =
        filled(&browser.get(&mine.path("update/")).await, "Another name").without("grant-client_credentials");
    let form =
        form.with("redirect_uris", "https://a.example/cb\r\nhttps://b.example/cb  https://a.example/cb\r\n");
    browser.submit(&form.without("scope-write").with("scope-openid", "yes")).await.location();
    assert_eq!(
        as_registered(&server, &id).await,
        json!({
            "name": "Another name", "confidential": true, "grant_types": "authorization_code password refresh_token",
            "redirect_uris": "https://a.example/cb\nhttps://b.example/cb", "scopes": "openid read",
            "audiences": "timetracker", "introspects": "timetracker", "metadata": r#"{"default_max_age":7}"#,
            "owner": "1",
        })
    );
    client.client_credentials().await.is_error(400, "unauthorized_client");
    // It may do less than before, so what was made at that very instant is void.
    server.advance(1);
    assert_eq!(client.password("ada", &crate::support::password_of("ada")).await.status, 200);
    // Shown as it is, so that saving without a change changes nothing.
    let before = as_registered(&server, &id).await;
    let form = as_shown(&browser.get(&mine.path("update/")).await);
    browser.submit(&form).await.location();
    assert_eq!(as_registered(&server, &id).await, before);
}

/// R134: what people type is text on every page, here and where others are asked.
#[tokio::test]
async fn what_is_typed_is_text_on_every_page() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    for name in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "</title></textarea><svg onload=alert(1)>",
        "{{ 7 * 7 }} {% raw %} &lt;b&gt; %3Cb%3E",
        "javascript:alert(1)",
        "<bdi></bdi><!--",
    ] {
        let mine = registered(&browser, name).await;
        let uri = "https://client.example/cb?a='$(reboot)'&b=1";
        let form = filled(&browser.get(&mine.path("update/")).await, name).with("redirect_uris", uri);
        browser.submit(&form).await.location();
        let consent =
            crate::support::AuthorizationRequest::of(&mine.client(&server).redirected_to(uri)).path();
        let pages = ["", "update/", "rotate-secret/", "delete/"].map(|page| mine.path(page));
        for path in pages.into_iter().chain(["/o/applications/".to_owned(), consent]) {
            let page = browser.get(&path).await;
            page.is_page(200);
            let html = page.html();
            assert!(is_said(&html, name), "{path} does not say {name}: {page:?}");
            let bad = "script, svg, img:not([src^='/static/']), [onerror], [onload], [onmouseover], [href^='javascript']";
            assert_eq!(html.select(&Selector::parse(bad).unwrap()).count(), 0, "{path} {name}");
        }
        server.sql("DELETE FROM clients").await;
    }
}

/// Whether the page has it as a text, or as the value of a field.
fn is_said(html: &Html, text: &str) -> bool {
    let is_value = |value: Option<&str>| value == Some(text);
    html.root_element().text().any(|each| each == text)
        || html.select(&Selector::parse("input").unwrap()).any(|input| is_value(input.attr("value")))
}
