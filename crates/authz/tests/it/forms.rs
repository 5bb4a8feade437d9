//! What every form of ours has in common: it was shown by us, in this browser, and says so.

use reqwest::RequestBuilder;

use crate::applications::form;
use crate::support::{
    AuthorizationRequest, Browser, CALLBACK, Form, Mailbox, TestServer, password_of, server, server_with_mail,
};

/// The forms there are, each filled in so that it would work.
async fn forms(server: &TestServer, mailbox: &Mailbox, browser: &Browser) -> Vec<(&'static str, Form)> {
    let client = server.client("web").await;
    let filled = |form: Form| form.with("username", "eve").with("password", &password_of("eve"));
    let login = filled(browser.get("/accounts/login/").await.form("login-form"));
    let signup = filled(browser.get("/accounts/signup/").await.form("signup-form"));
    let logout = browser.get("/").await.form("sign-out-form");
    let consent = browser.asked(&AuthorizationRequest::of(&client)).await.with("decision", "allow");
    let device = client.device().await;
    let entered = browser.get("/o/device/").await.form("device-form").with("user_code", &device.user_code);
    let answered =
        browser.enters(&device.user_code).await.form("device-question-form").with("decision", "allow");
    let register = form::filled(&browser.get("/o/applications/register/").await, "Eve’s");
    let own = form::registered(browser, "Mine").await.id;
    let shown =
        async |page: &str, id: &str| browser.get(&format!("/o/applications/{own}/{page}")).await.form(id);
    let update = shown("update/", "application-form").await.with("name", "Changed").with("scope-read", "yes");
    let run = shown("", "own-form").await.with("client_secret", "x");
    let rotate = shown("rotate-secret/", "rotate-form").await;
    let delete = shown("delete/", "delete-form").await;
    let update = update.with("redirect_uris", CALLBACK).with("grant-authorization_code", "yes");
    let mut forms = vec![
        ("register", register),
        ("update", update),
        ("first run", run),
        ("rotate", rotate),
        ("delete", delete),
    ];
    forms.extend([("login", login), ("signup", signup), ("consent", consent), ("logout", logout)]);
    let end_session = browser.get("/o/logout/").await.form("end-session-form").with("decision", "sign-out");
    forms.push(("end session", end_session));
    let sessions = browser.get("/o/account/sessions/").await.form("sessions-form").with("end", "others");
    forms.push(("sessions", sessions));
    forms.extend([("device", entered), ("device question", answered)]);
    forms.extend(account_forms(server, mailbox, browser).await);
    forms
}

/// Those about an account, and those behind links in mail.
async fn account_forms(
    server: &TestServer,
    mailbox: &Mailbox,
    browser: &Browser,
) -> Vec<(&'static str, Form)> {
    let shown = async |page: &str, id: &str| browser.get(page).await.form(id);
    let password = password_of("ada");
    let email = shown("/o/account/email/", "email-form").await.with("current", &password);
    let email = email.with("email", "ada@example.com");
    browser.submit(&email).await.location();
    let confirm = mailbox.last_to(server, "ada@example.com").await.path();
    let confirm = shown(&confirm, "confirm-email-form").await;
    server.person_at("sue", "sue@example.com").await;
    let reset = shown("/accounts/password/reset/", "reset-form").await.with("account", "sue");
    browser.submit(&reset).await.is_page(200);
    let set = mailbox.last_to(server, "sue@example.com").await.path();
    let set = shown(&set, "set-password-form").await.with("password", "something else entirely");
    let delete = shown("/o/account/delete/", "delete-form").await.with("current", &password);
    let password = shown("/o/account/password/", "password-form").await.with("current", &password);
    vec![
        ("profile", shown("/o/account/profile/", "profile-form").await.with("name", "Eve")),
        ("e-mail", email.with("email", "eve@example.com")),
        ("confirm", confirm),
        ("reset", reset.with("account", "ada")),
        ("set password", set),
        ("password", password.with("password", "something else entirely")),
        ("delete account", delete),
    ]
}

/// R129
#[tokio::test]
async fn a_form_that_was_not_shown_here_is_refused() {
    let (server, mailbox) = server_with_mail().await;
    let browser = server.signed_in("ada").await;
    let other = server.signed_in("bob").await;
    let foreign = other.get("/").await.form("sign-out-form").field("csrf_token").unwrap().to_owned();
    let stranger = server.browser();
    let strangers =
        stranger.get("/accounts/login/").await.form("login-form").field("csrf_token").unwrap().to_owned();
    let forms = forms(&server, &mailbox, &browser).await;
    let state = async || {
        let mine = server.count("clients WHERE name = 'Mine' AND previous_secret_hash IS NULL").await;
        let clients = (server.count("clients").await, mine);
        let links = server.count("mail_links WHERE used_at IS NULL").await;
        let people = server.count("users WHERE deleted_at IS NULL").await;
        ((people, links), server.count("sessions").await, clients)
    };
    let before = state().await;
    for (name, form) in forms {
        let own = form.field("csrf_token").unwrap().to_owned();
        let cut = &own[..own.len() - 1];
        for token in ["", "x", cut, &foreign, &strangers, &own.to_lowercase(), &browser.cookie()] {
            let answer = browser.submit(&form.clone().with("csrf_token", token)).await;
            answer.is_page(403);
            assert_eq!(answer.set_cookies(), Vec::<&str>::new(), "{name} {token}");
        }
        browser.submit(&form.clone().without("csrf_token")).await.is_page(403);
        // A token without the cookie it belongs to.
        server.browser().submit(&form).await.is_page(403);
    }
    assert_eq!(state().await, before);
    assert!(browser.is_signed_in().await);
}

/// R129
#[tokio::test]
async fn a_form_from_another_site_is_refused_whatever_it_carries() {
    let (server, mailbox) = server_with_mail().await;
    let browser = server.signed_in("ada").await;
    for (_, form) in forms(&server, &mailbox, &browser).await {
        let bare = || {
            browser
                .request(reqwest::Method::POST, &form.action)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(crate::support::form(&form.fields))
        };
        let with = |headers: &[(&str, &str)]| -> RequestBuilder {
            headers.iter().fold(bare(), |request, (name, value)| request.header(*name, *value))
        };
        for headers in [
            &[("origin", "https://evil.example")][..],
            &[("origin", "null")],
            &[("origin", "http://localhost:8001")],
            &[("origin", "https://localhost:8000")],
            &[("origin", "http://localhost:8000.evil.example")],
            &[("origin", "")],
            &[("sec-fetch-site", "cross-site"), ("origin", "http://localhost:8000")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "")],
        ] {
            let answer = browser.send(with(headers)).await;
            answer.is_page(403);
            assert_eq!(answer.set_cookies(), Vec::<&str>::new());
        }
        for content_type in ["application/json", "text/plain", "multipart/form-data; boundary=x", ""] {
            let request =
                browser.request(reqwest::Method::POST, &form.action).header("content-type", content_type);
            browser.send(request.body(crate::support::form(&form.fields))).await.is_page(403);
        }
    }
    assert!(browser.is_signed_in().await);
}

/// R129: old browsers send no `Sec-Fetch-Site`, very old ones no `Origin`.
#[tokio::test]
async fn a_browser_that_says_nothing_or_the_right_thing_is_believed_with_its_token() {
    let server = server().await;
    server.person("ada").await;
    for headers in [
        &[][..],
        &[("origin", "http://localhost:8000")],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "same-origin"), ("origin", "null")],
    ] {
        let browser = server.browser();
        let form = browser.get("/accounts/login/").await.form("login-form");
        let form = form.with("username", "ada").with("password", &password_of("ada"));
        let mut request = browser
            .request(reqwest::Method::POST, &form.action)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(crate::support::form(&form.fields));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        browser.send(request).await.location();
        assert!(browser.is_signed_in().await);
    }
}

/// R145, R146
#[tokio::test]
async fn a_form_has_at_most_sixteen_kilobytes_and_is_not_compressed() {
    let (server, mailbox) = server_with_mail().await;
    let browser = server.signed_in("ada").await;
    for (_, form) in forms(&server, &mailbox, &browser).await {
        browser.submit(&form.clone().with("filler", &"x".repeat(17_000))).await.is_page(400);
        let answer = browser.send(browser.posting(&form).header("content-encoding", "gzip")).await;
        assert_eq!(answer.status, 415);
    }
    assert!(browser.is_signed_in().await);
}

/// R130, section 2 no. 42 (GitHub, 2019): what a form does, no link does, and no HEAD, which is a link without its answer.
#[tokio::test]
async fn no_link_does_what_a_form_does() {
    let (server, mailbox) = server_with_mail().await;
    let browser = server.signed_in("ada").await;
    let forms = forms(&server, &mailbox, &browser).await;
    let state = async || {
        let mut counts = Vec::new();
        for table in [
            "users",
            "sessions",
            "clients",
            "consents",
            "grants",
            "device_codes WHERE decided_at IS NOT NULL",
            "users WHERE deleted_at IS NULL AND profile LIKE '%eve%'",
            "verified_emails",
            "mail_links WHERE used_at IS NULL",
            "audit_events WHERE event = 'password_set'",
        ] {
            counts.push(server.count(table).await);
        }
        counts.push(server.count("clients WHERE name = 'Mine' AND previous_secret_hash IS NULL").await);
        counts
    };
    let before = state().await;
    for (name, form) in forms {
        let separator = if form.action.contains('?') { '&' } else { '?' };
        let path = format!("{}{separator}{}", form.action, crate::support::form(&form.fields));
        for method in ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"] {
            let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
            let answer = browser.send(browser.request(method.clone(), &path)).await;
            assert!([200, 303, 400, 404, 405, 410].contains(&answer.status), "{name} {method}: {answer:?}");
            let location = answer.header("location").unwrap_or_default();
            assert!(!location.contains("code="), "{name} {method}: {location}");
        }
    }
    assert_eq!(state().await, before);
    assert!(browser.is_signed_in().await);
}
