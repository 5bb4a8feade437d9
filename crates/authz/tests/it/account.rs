//! `/o/account/`: everything about one's account, and where to change it.

use serde_json::json;

use crate::support::{
    Answer, AuthorizationRequest, BASE, password_of, server, server_with, server_with_mail,
};

const PATH: &str = "/o/account/";

fn links(page: &Answer) -> Vec<String> {
    let selector = scraper::Selector::parse("main a").unwrap();
    page.html().select(&selector).map(|link| link.attr("href").unwrap().to_owned()).collect()
}

/// From the front page and from the top of every page; and everything that it leads to is there.
#[tokio::test]
async fn a_person_finds_their_account_from_everywhere_and_everything_from_there() {
    let (server, _mailbox) = server_with_mail().await;
    let browser = server.signed_in("ada").await;
    for from in ["/", "/o/account/sessions/", "/o/applications/", "/o/device/", "/nowhere/"] {
        let page = browser.get(from).await;
        assert_eq!(
            page.body.contains("<a id=\"account\" href=\"/o/account/\">"),
            from != "/nowhere/",
            "{from}"
        );
    }
    let page = browser.get(PATH).await;
    page.is_page(200);
    assert_eq!(page.element("profile-username").as_deref(), Some("ada"));
    let expected = [
        "/o/account/profile/",
        "/o/account/email/",
        "/o/account/password/",
        "/o/account/sessions/",
        "/o/authorized_tokens/",
        "/o/account/keys/",
        "/o/applications/",
        "/o/account/delete/",
    ];
    assert_eq!(links(&page), expected);
    for link in expected {
        browser.get(link).await.is_page(200);
    }
    let to_sign_in = format!("{BASE}/accounts/login/?next=%2Fo%2Faccount%2F");
    assert_eq!(server.browser().get(PATH).await.location(), to_sign_in);
    let closed = server_with(&[("DEVELOPER_PAGES", "false")]).await;
    let page = closed.signed_in("ada").await.get(PATH).await;
    assert!(!links(&page).contains(&"/o/applications/".to_owned()));
}

/// What was changed is told to applications; what was known besides stays.
#[tokio::test]
async fn a_profile_is_changed_and_told_to_applications() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let known = json!({"birthdate": "1815-12-10", "family_name": "Byron", "updated_at": 5});
    server.set_profile("ada", known).await;
    let form = browser.get("/o/account/profile/").await.form("profile-form");
    let form =
        form.with("name", " Ada Lovelace ").with("given_name", "Ada").with("zoneinfo", "Europe/London");
    assert_eq!(browser.submit(&form).await.location(), format!("{BASE}{PATH}"));
    let request = AuthorizationRequest::of(&client).with("scope", "openid profile");
    let token = client.redeem(&browser.allow(&request).await).await.text("access_token");
    assert_eq!(
        server.userinfo(&token).await.json(),
        json!({
            "sub": "1", "name": "Ada Lovelace", "given_name": "Ada", "preferred_username": "ada", "birthdate": "1815-12-10",
            "zoneinfo": "Europe/London", "updated_at": 1_800_000_000,
        })
    );
    let page = browser.get(PATH).await;
    assert_eq!(page.element("profile-name").as_deref(), Some("Ada Lovelace"));
    assert_eq!(page.element("profile-zone").as_deref(), Some("Europe/London"));
    assert_eq!(server.count("audit_events WHERE event = 'profile_set' AND user_id = 1").await, 1);
    // The same again is no change.
    browser.submit(&form).await.location();
    assert_eq!(server.count("audit_events WHERE event = 'profile_set'").await, 1);
}

/// R134: what somebody calls themselves is text, at a length that can be shown.
#[tokio::test]
async fn what_somebody_calls_themselves_is_text() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    let evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let form = browser.get("/o/account/profile/").await.form("profile-form");
    browser.submit(&form.clone().with("name", evil).with("nickname", evil)).await.location();
    for path in [PATH, "/o/account/profile/"] {
        let page = browser.get(path).await;
        assert!(!page.body.contains("<script") && !page.body.contains("<img src=x"), "{page:?}");
    }
    assert_eq!(browser.get(PATH).await.element("profile-name").as_deref(), Some(evil));
    for (name, value, sentence) in [
        ("name", "x".repeat(101), "This has at most 100 characters."),
        ("nickname", "a\u{202e}b".to_owned(), "This has a character in it that nobody can see."),
        ("given_name", "a\nb".to_owned(), "This has a character in it that nobody can see."),
        ("zoneinfo", "<b>".to_owned(), "Write a time zone as in Europe/Berlin."),
    ] {
        let answer = browser.submit(&form.clone().with(name, &value)).await;
        answer.is_page(200);
        assert_eq!(answer.element(&format!("{name}-error")).as_deref(), Some(sentence));
        assert!(!answer.body.contains("<b>"), "{answer:?}");
    }
    assert_eq!(browser.get(PATH).await.element("profile-name").as_deref(), Some(evil));
}

/// R123, R61: everything of theirs ends and is forgotten, their name is nobody's ever again, and their address is told.
#[tokio::test]
async fn an_account_is_deleted_by_its_person() {
    let (server, mailbox) = server_with_mail().await;
    server.person_at("ada", "ada@example.com").await;
    let client = server.client("web").await;
    let (browser, elsewhere) = (server.browser(), server.browser());
    for each in [&browser, &elsewhere] {
        each.sign_in("ada").await;
    }
    let (access, refresh) = browser.tokens_for(&client).await;
    server.advance(1);
    let form = browser.get("/o/account/delete/").await.form("delete-form");
    let copy = browser.copied();
    // Not by a session that somebody has taken over.
    for wrong in [form.clone(), form.clone().with("current", "not the password")] {
        let answer = browser.submit(&wrong).await;
        answer.is_page(200);
        assert_eq!(answer.element("current-error").as_deref(), Some("This is not your password."));
    }
    assert!(elsewhere.is_signed_in().await);
    let form = form.with("current", &password_of("ada"));
    let answer = browser.submit(&form).await;
    assert_eq!(answer.element("main h1").as_deref(), Some("Your account is deleted"), "{answer:?}");
    assert!(answer.set_cookies()[0].contains("Max-Age=0"), "{answer:?}");
    for each in [&browser, &copy, &elsewhere] {
        assert!(!each.is_signed_in().await);
    }
    assert!(!client.vouches_for(&access).await);
    client.refresh(&refresh).await.is_error(400, "invalid_grant");
    assert!(copy.submit(&form).await.location().contains("/accounts/login/"));
    server.browser().try_sign_in("ada", &password_of("ada")).await.is_page(200);
    server.browser().try_sign_up("ADA", &password_of("ada")).await.is_page(200);
    let mail = mailbox.last_to(&server, "ada@example.com").await;
    assert_eq!(mail.subject, "Your account was deleted - Timetracker");
    let audited = "audit_events WHERE event = 'user_deleted' AND user_id = 1 AND origin = '127.0.0.1'";
    assert_eq!(server.count(audited).await, 1);
    assert_eq!(server.count("verified_emails").await, 0);
}

/// R136: administrators use the command line; there is no page of theirs to be found, for nobody, for a person, or by a token.
#[tokio::test]
async fn there_are_no_pages_for_administrators() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    server.set_groups("ada", &["admins", "staff"]).await;
    let (access, _) = browser.tokens_for(&client).await;
    for path in [
        "/admin",
        "/admin/",
        "/admin/login/",
        "/admin/users/",
        "/o/admin/",
        "/o/admin/clients/",
        "/accounts/admin/",
        "/o/account/admin/",
        "/o/account/1/",
        "/o/users/",
        "/o/audit/",
        "/o/keys/",
    ] {
        server.http.get(path).await.is_page(404);
        browser.get(path).await.is_page(404);
        let by_token = server
            .http
            .request(reqwest::Method::GET, path)
            .header("authorization", format!("Bearer {access}"));
        server.http.send(by_token).await.is_page(404);
    }
}
