//! Asking for a link: nobody learns who is there, and nobody is kept from theirs.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::{NEW, PATH, ask, is_done, link, set};
use crate::support::{TestServer, server, server_with_mail};

/// What a browser is answered who asks, but for what is its own.
async fn asked(server: &TestServer, account: &str) -> (u16, String, String) {
    let browser = server.browser();
    let shown = browser.get(PATH).await.form("reset-form");
    let answer = browser.submit(&shown.with("account", account)).await;
    let mut headers = answer.headers.clone();
    for own in ["x-request-id", "date"] {
        headers.remove(own);
    }
    assert_eq!(answer.set_cookies(), Vec::<&str>::new());
    (answer.status, answer.body, format!("{headers:?}"))
}

/// R116, R117: status, body, headers and cookies; only the mail tells.
#[tokio::test]
async fn asking_is_answered_the_same_whoever_is_there() {
    let (server, mailbox) = server_with_mail().await;
    server.person_at("ada", "ada@example.com").await;
    server.person("bob").await;
    server.set_profile("bob", serde_json::json!({"email": "bob@example.com", "email_verified": false})).await;
    server.person_at("eve", "eve@example.com").await;
    server.disable("eve", true).await;
    let mut answers = BTreeSet::new();
    for account in [
        "ada",
        "ADA",
        " ada@example.com ",
        "Ada@Example.COM",
        "bob",
        "bob@example.com",
        "eve",
        "eve@example.com",
        "nobody",
        "nobody@example.com",
        "",
        "\u{202e}<b>",
        &"x".repeat(5_000),
        "ada@example.com\r\nBcc: eve@evil.example",
    ] {
        answers.insert(asked(&server, account).await);
    }
    assert_eq!(answers.len(), 1, "{answers:#?}");
    assert_eq!(answers.first().unwrap().0, 200);
    // Three is what one person is sent.
    let to: Vec<String> = mailbox.all(&server).await.into_iter().map(|mail| mail.to).collect();
    assert_eq!(to, ["ada@example.com"; 3]);
}

/// R116, R117: as far as a shared machine lets one measure. Nothing is looked up before the answer, and the same is written.
#[tokio::test]
async fn asking_takes_the_same_time_whoever_is_there() {
    let (server, _mailbox) = server_with_mail().await;
    server.person_at("ada", "ada@example.com").await;
    let mut spans: [Vec<Duration>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..9 {
        for (spans, account) in spans.iter_mut().zip(["ada", "nob"]) {
            let browser = server.browser();
            let shown = browser.get(PATH).await.form("reset-form").with("account", account);
            let began = Instant::now();
            browser.submit(&shown).await.is_page(200);
            spans.push(began.elapsed());
        }
        server.advance(3_600);
    }
    let [known, unknown] = spans.map(|mut spans| {
        spans.sort();
        spans[spans.len() / 2]
    });
    let apart = known.max(unknown).saturating_sub(known.min(unknown));
    assert!(apart < Duration::from_millis(20) || apart * 2 < known, "known {known:?}, unknown {unknown:?}");
}

/// R118: whoever asks for somebody else fills no mailbox, locks nobody out, and keeps nobody from a link that is good.
#[tokio::test]
async fn a_stranger_fills_no_mailbox_and_keeps_nobody_from_their_link() {
    let (server, mailbox) = server_with_mail().await;
    server.person_at("ada", "ada@example.com").await;
    let stranger = server.browser();
    for _ in 0..10 {
        ask(&stranger, "ada").await.is_page(200);
    }
    assert_eq!(mailbox.all(&server).await.len(), 3);
    server.advance(1_799);
    // She asks as well: nothing comes, and what came is good.
    let path = link(&server, &mailbox, "ada", "ada@example.com").await;
    assert_eq!(mailbox.all(&server).await.len(), 3);
    server.browser().get(&path).await.is_page(200);
    server.browser().sign_in("ada").await;
    server.advance(1);
    let path = link(&server, &mailbox, "ada", "ada@example.com").await;
    assert_eq!(mailbox.all(&server).await.len(), 4);
    is_done(&set(&server.browser(), &path, NEW).await);
}

/// R118, R119: a network may ask so often, counted where all processes see it.
#[tokio::test]
async fn a_network_asks_so_often_in_an_hour() {
    let (server, _mailbox) = server_with_mail().await;
    let second = server.second().await;
    let (one, other) = (server.browser(), second.browser());
    for number in 0..10 {
        for browser in [&one, &other] {
            ask(browser, &format!("nobody{number}")).await.is_page(200);
        }
    }
    for browser in [&one, &other] {
        let answer = ask(browser, "ada").await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, Some("3600")), "{answer:?}");
        let told = "Too many people asked from your network. Wait a while, then try again.";
        assert_eq!(answer.element("reset-error").as_deref(), Some(told));
    }
    server.advance(3_600);
    ask(&one, "ada").await.is_page(200);
}

/// A name that looks like somebody's address keeps them from nothing: both are written to, each at their own.
#[tokio::test]
async fn a_name_that_is_somebodys_address_keeps_them_from_nothing() {
    let (server, mailbox) = server_with_mail().await;
    server.person_at("ada", "ada@example.com").await;
    server.person_at("ada@example.com", "eve@example.com").await;
    ask(&server.browser(), "ada@example.com").await.is_page(200);
    let mut all = mailbox.all(&server).await;
    all.sort_by(|one, other| one.to.cmp(&other.to));
    let [to_ada, to_eve] = &all[..] else { panic!("{all:?}") };
    assert!(to_ada.to == "ada@example.com" && to_ada.body.starts_with("Hello ada,"), "{to_ada:?}");
    assert!(
        to_eve.to == "eve@example.com" && to_eve.body.starts_with("Hello ada@example.com,"),
        "{to_eve:?}"
    );
    assert_ne!(to_ada.token(), to_eve.token());
}

/// Where no mail is sent, nothing is offered that cannot work.
#[tokio::test]
async fn where_no_mail_is_sent_the_pages_say_so() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    let page = browser.get(PATH).await;
    page.is_page(200);
    let told =
        "No mail is sent here, and so no link to a new password. Whoever runs this site can give you one.";
    assert_eq!(page.element("sentence").as_deref(), Some(told));
    assert!(!page.body.contains("reset-form"));
    let mut forged = browser.get("/").await.form("sign-out-form").with("account", "ada");
    forged.action = PATH.to_owned();
    assert_eq!(browser.submit(&forged).await.element("sentence").as_deref(), Some(told));
    assert_eq!(server.count("outgoing_mail").await, 0);
    assert!(browser.get("/o/account/").await.element("no-mail").is_some());
    browser.get("/o/account/email/").await.is_page(404);
    forged.action = "/o/account/email/".to_owned();
    browser.submit(&forged.with("email", "ada@example.com")).await.is_page(404);
    assert!(!browser.get("/accounts/signup/").await.body.contains("id=\"email\""));
}
