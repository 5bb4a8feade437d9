//! How mail goes: to a mail server that is well, down, slow, or will not take it; and from two processes.

use std::collections::BTreeSet;

use crate::support::{Mail, MailServer, TestServer, eventually, server_with, server_with_mail_and};

/// A server with that mail server, and somebody with an address.
async fn server_at(mail: &MailServer) -> TestServer {
    let server = server_with(&[("MAIL", mail.url().as_str()), ("MAIL_FROM", "time@example.com")]).await;
    server.person_at("ada", "Ada@example.com").await;
    server
}

/// Asks for a new password.
async fn ask(server: &TestServer, account: &str) {
    let browser = server.browser();
    let form = browser.get("/accounts/password/reset/").await.form("reset-form");
    browser.submit(&form.with("account", account)).await.is_page(200);
}

/// What waits to be sent.
async fn waiting(server: &TestServer) -> i64 {
    server.count("outgoing_mail").await
}

async fn audited(server: &TestServer, event: &str) -> i64 {
    server.count(&format!("audit_events WHERE {event}")).await
}

/// What the mail server is told, and the letter, to the byte.
#[tokio::test]
async fn a_letter_goes_to_the_mail_server_as_it_was_written() {
    let mail = MailServer::start().await;
    let server = server_at(&mail).await;
    ask(&server, "ada").await;
    eventually("it is sent", async || mail.letters().len() == 1 && waiting(&server).await == 0).await;
    let said = mail.said();
    let begins = [
        "EHLO localhost",
        "AUTH PLAIN ",
        "MAIL FROM:<time@example.com>",
        "RCPT TO:<Ada@example.com>",
        "DATA",
    ];
    for (line, begin) in said.iter().zip(begins) {
        assert!(line.starts_with(begin), "{said:?}");
    }
    let letter = mail.letters().remove(0);
    let Mail { to, subject, body, head } = &letter;
    assert_eq!((to.as_str(), subject.as_str()), ("Ada@example.com", "Choose a new password - Timetracker"));
    let link = letter.link();
    let expected = format!(
        "Hello ada,\n\nsomebody, most likely you, asked for a new password for your account at Timetracker.\n\
         Choose one here:\n\n{link}\n\nThe link works once, until 15 January 2027, 08:30 UTC. Opening it changes nothing yet.\n\n\
         If it was not you, do nothing: your password stays as it is.\n"
    );
    assert_eq!(body.trim_end(), expected.trim_end());
    let names: BTreeSet<&str> = head.split("\r\n").map(|line| line.split(':').next().unwrap()).collect();
    let expected = [
        "Auto-Submitted",
        "Content-Transfer-Encoding",
        "Content-Type",
        "Date",
        "From",
        "Message-ID",
        "Subject",
        "To",
    ];
    assert_eq!(names, expected.into());
    assert!(head.contains("Date: Fri, 15 Jan 2027 08:00:00 +0000"), "{head}");
    assert_eq!(audited(&server, "event = 'mail_sent' AND detail = 'reset' AND user_id = 1").await, 1);
    assert_eq!(audited(&server, "event = 'password_reset_asked' AND user_id = 1").await, 1);
}

/// A mail server that says "not now" gets it later, and once; nobody waited for it.
#[tokio::test]
async fn what_is_not_taken_now_is_sent_later_and_once() {
    let mail = MailServer::start().await;
    let server = server_at(&mail).await;
    mail.answers("RCPT", "451 later");
    ask(&server, "ada").await;
    let tried = async |times: i64| server.count(&format!("outgoing_mail WHERE tries = {times}")).await == 1;
    eventually("it was tried", async || tried(1).await && mail.connections() == 1).await;
    let postponed = "outgoing_mail WHERE due_at = 1800000005000000";
    eventually("it is postponed", async || server.count(postponed).await == 1).await;
    server.advance(4);
    authz::mail::deliver(server.app()).await.unwrap();
    assert_eq!(mail.connections(), 1, "it waits first");
    mail.answers("AUTH", "535 who are you?");
    server.advance(1);
    authz::mail::deliver(server.app()).await.unwrap();
    let postponed = "outgoing_mail WHERE due_at = 1800000035000000";
    eventually("it is postponed again", async || server.count(postponed).await == 1).await;
    mail.is_well();
    server.advance(30);
    authz::mail::deliver(server.app()).await.unwrap();
    eventually("it is sent", async || waiting(&server).await == 0).await;
    assert_eq!(mail.letters().len(), 1);
}

/// Nobody is there: the answer does not wait, and in the end it is given up.
#[tokio::test]
async fn a_mail_server_that_is_down_keeps_nobody_waiting_and_is_given_up_in_the_end() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server =
        server_with(&[("MAIL", &format!("smtp://{closed}")), ("MAIL_FROM", "time@example.com")]).await;
    server.person_at("ada", "ada@example.com").await;
    ask(&server, "ada").await;
    for pause in [0, 5, 30, 180, 900, 3_600] {
        server.advance(pause);
        authz::mail::deliver(server.app()).await.unwrap();
        // Neither due nor in somebody's hand.
        eventually("it is tried", async || {
            let now = server.clock.now().micros();
            let in_hand = now + 120_000_000;
            server.count(&format!("outgoing_mail WHERE due_at <= {now} OR due_at = {in_hand}")).await == 0
        })
        .await;
    }
    // The link is no longer good by then, and nobody wants it.
    assert_eq!(waiting(&server).await, 0);
    assert_eq!(audited(&server, "event = 'mail_not_sent' AND detail = 'reset, 5 tries'").await, 1);
}

/// A mail server that thinks for ever keeps nobody from anything, and no other process sends meanwhile what this one has in hand.
#[tokio::test]
async fn a_slow_mail_server_keeps_nobody_waiting() {
    let mail = MailServer::start().await;
    let server = server_at(&mail).await;
    let second = server.second().await;
    mail.answers("DATA", "");
    ask(&server, "ada").await;
    eventually("it is being sent", async || mail.said().iter().any(|line| line == "DATA")).await;
    let browser = server.browser();
    browser.sign_in("ada").await;
    assert!(browser.is_signed_in().await);
    server.advance(60);
    authz::mail::deliver(second.app()).await.unwrap();
    assert_eq!(mail.connections(), 1);
    assert_eq!(waiting(&server).await, 1);
}

/// A server that says "never" is asked once.
#[tokio::test]
async fn what_is_refused_for_good_is_not_sent_again() {
    let mail = MailServer::start().await;
    let server = server_at(&mail).await;
    mail.answers("RCPT", "550 there is nobody of that name");
    ask(&server, "ada").await;
    eventually("it is given up", async || {
        audited(&server, "event = 'mail_not_sent' AND detail = 'reset, 1 tries'").await == 1
    })
    .await;
    assert_eq!((waiting(&server).await, mail.letters().len()), (0, 0));
}

/// Of two processes one sends each letter.
#[tokio::test]
async fn two_processes_send_no_letter_twice() {
    let mail = MailServer::start().await;
    let first = server_at(&mail).await;
    let second = first.second().await;
    for number in 0..12 {
        first.person_at(&format!("user{number}"), &format!("user{number}@example.com")).await;
        ask(&first, &format!("user{number}")).await;
    }
    let (one, other) = (first.app().clone(), second.app().clone());
    let sending = [one.clone(), other.clone(), one, other]
        .map(|app| tokio::spawn(async move { authz::mail::deliver(&app).await.unwrap() }));
    for each in sending {
        each.await.unwrap();
    }
    eventually("all is sent", async || waiting(&first).await == 0).await;
    let mut to: Vec<String> = mail.letters().into_iter().map(|letter| letter.to).collect();
    to.sort();
    let people: BTreeSet<String> = to.iter().cloned().collect();
    assert_eq!((to.len(), people.len()), (12, 12), "{to:?}");
}

/// Links are secrets: the files in the folder are their owner's only.
#[cfg(unix)]
#[tokio::test]
async fn letters_in_a_folder_are_for_nobody_else_to_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let url = format!("file://{}/mail", folder.path().display());
    let (server, _) = server_with_mail_and(&[("MAIL", &url)]).await;
    server.person_at("ada", "ada@example.com").await;
    ask(&server, "ada").await;
    authz::mail::deliver(server.app()).await.unwrap();
    eventually("it is sent", async || waiting(&server).await == 0).await;
    let files: Vec<_> = std::fs::read_dir(folder.path().join("mail")).unwrap().map(Result::unwrap).collect();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);
}
