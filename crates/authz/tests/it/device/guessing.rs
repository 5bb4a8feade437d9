//! Whoever tries codes until one fits: RFC 8628 section 5.1.

use super::page::NO_SUCH_CODE;
use crate::support::{Answer, Browser, TestServer, server, server_with};

/// A code that nobody has, another one for each number.
fn guess(number: usize) -> String {
    let letter = |digit: usize| char::from(b"BCDFGHJKLMNPQRSTVWXZ"[digit % 20]);
    format!("ZZZZZ{}{}{}", letter(number / 400), letter(number / 20), letter(number))
}

fn is_unknown(page: &Answer) -> bool {
    page.status == 200 && page.element("device-error").as_deref() == Some(NO_SUCH_CODE)
}

#[track_caller]
fn must_wait(page: &Answer) {
    page.is_page(429);
    assert_eq!(page.header("retry-after"), Some("3600"));
    let told = page.element("device-error");
    assert_eq!(told.as_deref(), Some("There were too many wrong codes. Wait a while, then try again."));
}

/// Types a code from an address.
async fn enters_from(browser: &Browser, address: &str, code: &str) -> Answer {
    let form = browser.get("/o/device/").await.form("device-form").with("user_code", code);
    browser.send(browser.posting(&form).header("x-forwarded-for", address)).await
}

/// R87, R119: after ten wrong codes a person's next one is not looked at, at any server and after a restart; an hour
/// later it is.
#[tokio::test]
async fn a_person_has_ten_wrong_codes_an_hour() {
    let first = server().await;
    let second = first.second().await;
    let client = first.client("tv").await;
    let browser = first.signed_in("ada").await;
    let device = client.device().await;
    for number in 0..10 {
        let server = if number % 2 == 0 { &first } else { &second };
        assert!(is_unknown(&browser.at(server).enters(&guess(number)).await));
    }
    for server in [&first, &second] {
        must_wait(&browser.at(server).enters(&device.user_code).await);
        must_wait(&browser.at(server).enters(&guess(11)).await);
    }
    drop(second);
    let first = first.restarted().await;
    let browser = browser.at(&first);
    must_wait(&browser.enters(&device.user_code).await);
    client.at(&first).poll(&device).await.is_error(400, "authorization_pending");
    // Somebody else in the same network.
    first.signed_in("bob").await.enters(&device.user_code).await.form("device-question-form");
    first.advance(3_600);
    let device = client.at(&first).device().await;
    browser.allows(&device).await;
}

/// R87: tries count before they are looked at, so that many at once are no more than many.
#[tokio::test]
async fn of_many_guesses_at_once_ten_are_looked_at() {
    let first = server().await;
    let servers = [first.second().await, first];
    let browser = servers[0].signed_in("ada").await;
    let form = browser.get("/o/device/").await.form("device-form");
    let guesses: Vec<_> = (0..64)
        .map(|number| {
            let (browser, form) =
                (browser.at(&servers[number % 2]), form.clone().with("user_code", &guess(number)));
            tokio::spawn(async move { browser.submit(&form).await })
        })
        .collect();
    let mut looked_at = 0;
    for each in guesses {
        let page = each.await.unwrap();
        if page.status == 429 {
            must_wait(&page);
        } else {
            assert!(is_unknown(&page), "{page:?}");
            looked_at += 1;
        }
    }
    assert_eq!(looked_at, 10);
}

/// R87: a network with many accounts, and everybody together, have a limit, too.
#[tokio::test]
async fn many_accounts_do_not_make_many_more_guesses() {
    let server = server_with(&[("TRUSTED_PROXIES", "127.0.0.1")]).await;
    let device = server.client("tv").await.device().await;
    let mut people = Vec::new();
    for number in 0..6 {
        people.push(server.signed_in(&format!("eve-{number}")).await);
    }
    for number in 0..50 {
        let address = format!("2001:db8:1:2::{number:x}");
        assert!(is_unknown(&enters_from(&people[number / 10], &address, &guess(number)).await));
    }
    must_wait(&enters_from(&people[5], "2001:db8:1:2:ffff::1", &device.user_code).await);
    let question = enters_from(&people[5], "2001:db8:1:3::1", &device.user_code).await;
    question.form("device-question-form");
    full_for_everybody(&server).await;
    must_wait(&enters_from(&server.signed_in("ada").await, "192.0.2.1", &guess(51)).await);
}

/// As 9,950 more wrong codes would.
async fn full_for_everybody(server: &TestServer) {
    assert_eq!(server.count("attempts WHERE count = 50").await, 2);
    server.sql("UPDATE attempts SET count = 10000 WHERE count = 50").await;
}

/// Right codes are not counted, nor is what cannot be a code.
#[tokio::test]
async fn right_codes_and_typing_errors_cost_nothing() {
    let server = server().await;
    let client = server.client("tv").await;
    let browser = server.signed_in("ada").await;
    for _ in 0..15 {
        let device = client.device().await;
        browser.allows(&device).await;
        assert!(is_unknown(&browser.enters("BCDF-GHJ").await));
        assert!(is_unknown(&browser.enters("").await));
    }
    assert_eq!(server.count("attempts WHERE count > 0 AND count <> 15").await, 0);
}

/// R87: unknown, ended, used, refused, and somebody else's: one page, to the byte.
#[tokio::test]
async fn every_code_that_leads_nowhere_is_answered_alike() {
    let server = server().await;
    let client = server.client("tv").await;
    let (ada, bob) = (server.signed_in("ada").await, server.signed_in("bob").await);
    let ended = client.device().await;
    server.advance(600);
    let (used, allowed, refused, bobs) =
        (client.device().await, client.device().await, client.device().await, client.device().await);
    for device in [&used, &allowed] {
        ada.allows(device).await;
    }
    assert_eq!(client.poll(&used).await.status, 200);
    ada.answers(&refused, "refuse").await;
    bob.enters(&bobs.user_code).await.form("device-question-form");
    let mut pages = Vec::new();
    for code in [
        &guess(0),
        &ended.user_code,
        &used.user_code,
        &allowed.user_code,
        &refused.user_code,
        &bobs.user_code,
    ] {
        let page = ada.enters(code).await;
        assert!(is_unknown(&page), "{page:?}");
        pages.push((page.status, page.body.replace(code.as_str(), "")));
    }
    pages.dedup();
    assert_eq!(pages.len(), 1);
}
