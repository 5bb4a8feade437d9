//! `/accounts/password/reset/`: a new password for whoever forgot theirs, by a link. [`asking`] for it has its own.

mod asking;

use reqwest::Method;

use crate::support::{
    Answer, BASE, Browser, Held, Mailbox, Raw, TestServer, form, password_of, server_with_mail,
};

const PATH: &str = "/accounts/password/reset/";
const NEW: &str = "something else entirely";

async fn ask(browser: &Browser, account: &str) -> Answer {
    let shown = browser.get(PATH).await.form("reset-form");
    assert_eq!(shown.action, PATH);
    browser.submit(&shown.with("account", account)).await
}

/// A link that was asked for.
async fn link(server: &TestServer, mailbox: &Mailbox, account: &str, address: &str) -> String {
    ask(&server.browser(), account).await.is_page(200);
    mailbox.last_to(server, address).await.path()
}

async fn set(browser: &Browser, path: &str, password: &str) -> Answer {
    let shown = browser.get(path).await.form("set-password-form");
    assert_eq!(shown.action, path);
    browser.submit(&shown.with("password", password)).await
}

#[track_caller]
fn is_done(answer: &Answer) {
    answer.is_page(200);
    assert_eq!(answer.element("main h1").as_deref(), Some("You have a new password"), "{answer:?}");
}

#[track_caller]
fn is_no_longer_good(answer: &Answer) {
    answer.is_page(410);
    assert_eq!(answer.element("main h1").as_deref(), Some("This link is no longer good"), "{answer:?}");
}

/// R121, R61, R123: the whole road. Every session and token from before has ended, and the owner is told.
#[tokio::test]
async fn whoever_forgot_their_password_sets_another_by_a_link() {
    let (server, mailbox) = server_with_mail().await;
    server.person_at("ada", "ada@example.com").await;
    let client = server.client("web").await;
    let elsewhere = server.browser();
    elsewhere.sign_in("ada").await;
    let (access, refresh) = elsewhere.tokens_for(&client).await;
    server.advance(1);
    let browser = server.browser();
    assert!(browser.get("/accounts/login/").await.body.contains("href=\"/accounts/password/reset/\""));
    let answer = ask(&browser, "ada").await;
    assert_eq!(answer.element("main h1").as_deref(), Some("Look at your mail"));
    let mail = mailbox.last_to(&server, "ada@example.com").await;
    assert_eq!(mail.subject, "Choose a new password - Timetracker");
    assert!(mail.token().len() >= 22, "at least 128 bits");
    let path = mail.path();
    assert_eq!(path, format!("{PATH}{}/", mail.token()));
    let page = browser.get(&path).await;
    assert_eq!(page.element("for-account").as_deref(), Some("ada"));
    // The rules of sign-up, and nothing is spent by breaking them.
    let short = set(&browser, &path, "short").await;
    let told = "A password has at least 15 characters. A few random words are good.";
    assert_eq!(short.element("password-error").as_deref(), Some(told));
    assert!(elsewhere.is_signed_in().await);
    server.advance(1);
    is_done(&set(&browser, &path, NEW).await);
    server.advance(1);
    assert!(!elsewhere.is_signed_in().await);
    assert!(!client.vouches_for(&access).await);
    client.refresh(&refresh).await.is_error(400, "invalid_grant");
    assert!(!browser.is_signed_in().await, "a link is no sign-in");
    browser.try_sign_in("ada", &password_of("ada")).await.is_page(200);
    assert_eq!(browser.try_sign_in("ada", NEW).await.location(), format!("{BASE}/"));
    let told = mailbox.last_to(&server, "ada@example.com").await;
    assert_eq!(told.subject, "Your password was changed - Timetracker");
    let expected = "Hello ada,\n\nthe password of your account at Timetracker was changed on 15 January 2027, 08:00 UTC.\n\
        Everywhere else you were signed out, and applications have to ask you again.\n\nIf that was you, there is nothing to do.\n\
        If it was not you, choose a new password now:\n\nhttp://localhost:8000/accounts/password/reset/\n";
    assert_eq!(told.body.trim_end(), expected.trim_end());
    let audited = "audit_events WHERE event = 'password_set' AND user_id = 1 AND origin = '127.0.0.1'";
    assert_eq!(server.count(audited).await, 1);
}

/// R121, section 2 no. 6 of the dossier (CVE-2026-18963): one use, half an hour, and void by a newer one, by a new password, and when the person may not act any more.
#[tokio::test]
async fn a_link_is_good_once_for_half_an_hour_and_the_last_one_counts() {
    let (server, mailbox) = server_with_mail().await;
    server.person_at("ada", "ada@example.com").await;
    let browser = server.browser();
    let old = link(&server, &mailbox, "ada", "ada@example.com").await;
    let new = link(&server, &mailbox, "ada@example.com", "ada@example.com").await;
    assert_ne!(old, new);
    is_no_longer_good(&browser.get(&old).await);
    let shown = browser.get(&new).await.form("set-password-form").with("password", NEW);
    let mut forged = shown.clone();
    forged.action = old;
    is_no_longer_good(&browser.submit(&forged).await);
    server.advance(1_799);
    browser.get(&new).await.is_page(200);
    server.advance(1);
    is_no_longer_good(&browser.get(&new).await);
    is_no_longer_good(&browser.submit(&shown).await);
    // A new password, however it comes.
    for by in ["an administrator", "a link", "disabling"] {
        server.advance(1_800);
        let path = link(&server, &mailbox, "ada", "ada@example.com").await;
        let shown = browser.get(&path).await.form("set-password-form").with("password", NEW);
        server.advance(1);
        match by {
            "an administrator" => server.set_password("ada", &password_of("ada")).await,
            "a link" => is_done(&browser.submit(&shown).await),
            _ => server.disable("ada", true).await,
        }
        is_no_longer_good(&browser.get(&path).await);
        let shown = shown.with("password", "yet another password");
        is_no_longer_good(&browser.submit(&shown).await);
    }
    server.disable("ada", false).await;
    for nothing in ["x", &"a".repeat(43), &"é".repeat(43), "%00", "..%2f..%2f"] {
        is_no_longer_good(&browser.get(&format!("{PATH}{nothing}/")).await);
    }
    server.advance(61);
    browser.try_sign_in("ada", NEW).await.location();
}

/// R121: what was asked for before a new password gives no link after it.
#[tokio::test]
async fn what_was_asked_before_a_new_password_gives_no_link_after_it() {
    let (server, mailbox) = server_with_mail().await;
    server.person_at("ada", "ada@example.com").await;
    let asked_before = "INSERT INTO outgoing_mail (kind, address, asked_at, tries, due_at, ends_at) \
         SELECT 'reset_asked', address, asked_at, 0, 1800000003000000, ends_at FROM outgoing_mail";
    // Written while nobody sends: the row is made due later.
    let browser = server.browser();
    let shown = browser.get(PATH).await.form("reset-form").with("account", "ada");
    browser.submit(&shown).await.is_page(200);
    server.sql(asked_before).await;
    server.advance(1);
    server.set_password("ada", NEW).await;
    server.advance(2);
    let before = mailbox.all(&server).await.len();
    assert!(before <= 1, "the first may have been faster");
    assert_eq!(server.count("mail_links WHERE made_at > 1800000001000000").await, 0);
}

/// C7, C8, R121: of 64 at once, on two servers, exactly one sets the password, and it is the one that is right afterwards.
#[tokio::test]
async fn of_many_who_use_one_link_at_once_exactly_one_sets_the_password() {
    let (server, mailbox) = server_with_mail().await;
    let second = server.second().await;
    server.person_at("ada", "ada@example.com").await;
    let path = link(&server, &mailbox, "ada", "ada@example.com").await;
    server.advance(1);
    let browser = server.browser();
    let shown = browser.get(&path).await.form("set-password-form");
    let browsers = [browser.clone(), browser.at(&second)];
    let requests: Vec<_> = (0..64)
        .map(|number| {
            let form = shown.clone().with("password", &format!("the password of number {number}"));
            browsers[number % 2].posting(&form)
        })
        .collect();
    let answers = Held::new(requests).await.release().await;
    let done: Vec<usize> = answers
        .iter()
        .enumerate()
        .filter(|(_, answer)| answer.status == 200)
        .map(|(number, _)| number)
        .collect();
    let [winner] = done[..] else { panic!("{done:?}") };
    for (_, answer) in answers.iter().enumerate().filter(|(number, _)| *number != winner) {
        // The queue for passwords is short on purpose.
        assert!([410, 503].contains(&answer.status), "{answer:?}");
    }
    assert_eq!(server.count("audit_events WHERE event = 'password_set'").await, 1);
    server.advance(61);
    let right = format!("the password of number {winner}");
    server.browser().try_sign_in("ada", &right).await.location();
    assert_eq!(mailbox.count(&server, "Your password was changed").await, 1);
}

/// C7: who clicks twice is told what the first click did.
#[tokio::test]
async fn who_clicks_twice_has_set_the_password_with_the_first_click() {
    let (server, mailbox) = server_with_mail().await;
    server.person_at("ada", "ada@example.com").await;
    let path = link(&server, &mailbox, "ada", "ada@example.com").await;
    server.advance(1);
    let browser = server.browser();
    let shown = browser.get(&path).await.form("set-password-form").with("password", NEW);
    for _ in 0..2 {
        is_done(&browser.submit(&shown).await);
    }
    is_no_longer_good(&browser.get(&path).await);
    is_no_longer_good(&browser.submit(&shown.with("password", "yet another password")).await);
    assert_eq!(server.count("audit_events WHERE event = 'password_set'").await, 1);
    assert_eq!(mailbox.count(&server, "Your password was changed").await, 1);
}

/// R122, section 2 no. 24 of the dossier (CVE-2023-49097, CVE-2025-64101): in a mail, four ways to say that we are somebody else.
#[tokio::test]
async fn a_link_begins_as_configured_whatever_a_request_says() {
    let (server, mailbox) = server_with_mail().await;
    server.person_at("ada", "ada@example.com").await;
    let browser = server.browser();
    let shown = browser.get(PATH).await.form("reset-form").with("account", "ada");
    for (name, value) in [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "host=evil.example;proto=https"),
        ("x-forwarded-prefix", "/evil"),
    ] {
        let answer = browser.send(browser.posting(&shown).header(name, value)).await;
        answer.is_page(200);
        assert!(!answer.body.contains("evil"), "{answer:?}");
        let mail = mailbox.last_to(&server, "ada@example.com").await;
        assert!(mail.link().starts_with(&format!("{BASE}{PATH}")), "{mail:?}");
        assert!(!format!("{mail:?}").contains("evil"), "{mail:?}");
        server.advance(1_800);
    }
    let body = form(&shown.fields);
    let mut raw = Raw::to(server.http.address).await;
    let head = format!(
        "POST http://evil.example{PATH} HTTP/1.1\r\nhost: evil.example\r\ncookie: authz_session={}\r\n\
         content-type: application/x-www-form-urlencoded\r\nsec-fetch-site: same-origin\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        browser.cookie(),
        body.len()
    );
    let before = mailbox.all(&server).await.len();
    raw.send(head.as_bytes()).await;
    let answer = raw.rest().await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && !answer.contains("evil"), "{answer}");
    let all = mailbox.all(&server).await;
    assert_eq!(all.len(), before + 1);
    assert!(!format!("{all:?}").contains("evil"), "{all:?}");
}

/// R130, R133: a machine that looks into mail spends nothing; and a page with a token in its address says so to nobody.
#[tokio::test]
async fn opening_a_link_changes_nothing_and_tells_nobody() {
    let (server, mailbox) = server_with_mail().await;
    server.person_at("ada", "ada@example.com").await;
    let path = link(&server, &mailbox, "ada", "ada@example.com").await;
    server.advance(1);
    let scanner = server.browser();
    for method in [Method::GET, Method::HEAD, Method::GET] {
        let query = format!("{path}?password={}", NEW.replace(' ', "%20"));
        scanner.send(scanner.request(method.clone(), &query)).await;
        scanner.send(scanner.request(method, &path)).await;
    }
    let page = scanner.get(&path).await;
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert!(!page.body.contains("href=\"http"), "{page:?}");
    assert_eq!(server.count("mail_links WHERE used_at IS NULL").await, 1);
    server.browser().try_sign_in("ada", &password_of("ada")).await.location();
    is_done(&set(&server.browser(), &path, NEW).await);
}
