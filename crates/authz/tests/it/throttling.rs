//! How often what can be guessed may be guessed.

use authz::sign_in::WRONG_IN_A_ROW;

use crate::support::{Answer, Browser, Program, TestServer, password_of, server_on_real_time, server_with};

/// Nothing but the row counts, and addresses are what the gateway says.
const ONLY_THE_ROW: [(&str, &str); 2] =
    [("WRONG_PASSWORDS_PER_MINUTE", "0"), ("TRUSTED_PROXIES", "127.0.0.1")];

/// A form, sent from an address.
async fn submitted(browser: &Browser, page: &str, address: &str, name: &str, password: &str) -> Answer {
    let shown = browser.get(&format!("/accounts/{page}/")).await.form(&format!("{page}-form"));
    let form = shown.with("username", name).with("password", password);
    browser.send(browser.posting(&form).header("x-forwarded-for", address)).await
}

async fn sign_in(browser: &Browser, address: &str, name: &str, password: &str) -> Answer {
    submitted(browser, "login", address, name, password).await
}

/// Fills ada's row, each try from another network, by the page and the password grant in turn.
async fn guess_until_stopped(server: &TestServer) {
    let client = server.new_client("guessing").id(None).register().await;
    let browser = server.browser();
    for number in 0..WRONG_IN_A_ROW {
        if number % 2 == 0 {
            sign_in(&browser, &format!("2001:db8:0:{number:x}::1"), "ada", "wrong").await.is_page(200);
        } else {
            client.password("ADA", "wrong").await.is_error(400, "invalid_grant");
        }
    }
}

/// R118: across addresses and doors, no further guess works; and whoever filled the row has not locked its person out
/// of a browser they have signed in with before, where a sign-in ends the row.
#[tokio::test]
async fn after_many_wrong_passwords_in_a_row_none_is_looked_at_except_where_the_person_is_known() {
    let server = server_with(&ONLY_THE_ROW).await;
    let home = server.signed_in("ada").await;
    let elsewhere = server.browser();
    guess_until_stopped(&server).await;
    let answer = sign_in(&elsewhere, "192.0.2.1", "ada", &password_of("ada")).await;
    answer.is_page(200);
    let told = answer.element("login-error");
    assert_eq!(told.as_deref(), Some("The name and the password do not belong together."));
    server.client("web").await.password("ada", &password_of("ada")).await.is_error(400, "invalid_grant");
    home.sign_in("ada").await;
    elsewhere.sign_in("ada").await;
}

/// R118: a browser that is known has a row of its own, and one that another person is known at is a stranger's.
#[tokio::test]
async fn a_known_browser_gets_no_more_guesses_than_anybody() {
    let server = server_with(&ONLY_THE_ROW).await;
    let (stolen, bobs) = (server.signed_in("ada").await, server.signed_in("bob").await);
    for _ in 0..WRONG_IN_A_ROW {
        stolen.try_sign_in("ada", "wrong").await.is_page(200);
    }
    stolen.try_sign_in("ada", &password_of("ada")).await.is_page(200);
    assert_eq!(server.count("attempts WHERE key = 'person 1 known' AND count = 50").await, 1);
    guess_until_stopped(&server).await;
    bobs.try_sign_in("ada", &password_of("ada")).await.is_page(200);
    bobs.sign_in("bob").await;
}

/// R118, R127: both people who share a browser are known at it; a new password makes it a stranger's.
#[tokio::test]
async fn a_browser_knows_everybody_who_signed_in_there_until_their_password_changes() {
    let server = server_with(&ONLY_THE_ROW).await;
    let shared = server.signed_in("ada").await;
    server.person("bob").await;
    shared.sign_in("bob").await;
    guess_until_stopped(&server).await;
    shared.sign_in("ada").await;
    server.set_password("ada", "something else entirely").await;
    server.advance(1);
    guess_until_stopped(&server.second().await).await;
    shared.try_sign_in("ada", "something else entirely").await.is_page(200);
    shared.sign_in("bob").await;
}

/// R119: the row is the same at a second server and after a restart, and of many at once each counts.
/// Section 2 no. 25 of the dossier (CVE-2024-32868, CVE-2025-64102).
#[tokio::test]
async fn what_was_counted_is_known_to_every_process_and_after_a_restart() {
    let server = server_with(&ONLY_THE_ROW).await;
    server.person("ada").await;
    let servers = [server.second().await, server];
    let mut guesses = Vec::new();
    for number in 0..64 {
        let browser = servers[number % 2].browser();
        let form = browser.get("/accounts/login/").await.form("login-form");
        let form = form.with("username", "ada").with("password", "wrong");
        guesses.push(tokio::spawn(async move { browser.submit(&form).await }));
    }
    for guess in guesses {
        let answer = guess.await.unwrap();
        assert!([200, 503].contains(&answer.status), "{answer:?}");
    }
    let [second, first] = servers;
    while first.count("attempts WHERE count = 50").await == 0 {
        first.browser().try_sign_in("ada", "wrong").await.is_page(200);
    }
    second.browser().try_sign_in("ada", &password_of("ada")).await.is_page(200);
    drop(second);
    let restarted = first.restarted().await;
    restarted.browser().try_sign_in("ada", &password_of("ada")).await.is_page(200);
}

/// R118: a crowd that is sent away for want of threads empties no full row.
#[tokio::test]
async fn a_full_row_stays_full_when_nobody_has_time_to_look() {
    let changes = [("PASSWORD_COST", "10"), ("PASSWORD_THREADS", "1"), ONLY_THE_ROW[0]];
    let server = server_with(&changes).await;
    server.person("ada").await;
    server.sql("INSERT INTO attempts (key, count, since) VALUES ('person 1 elsewhere', 50, 1)").await;
    let client = server.client("web").await;
    let crowd: Vec<_> = (0..120)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.password("ada", "wrong").await.status })
        })
        .collect();
    let mut refused = 0;
    for each in crowd {
        refused += u32::from(each.await.unwrap() == 503);
    }
    assert!(refused > 0);
    assert_eq!(server.count("attempts WHERE count = 50").await, 1);
}

/// An administrator ends a row, by itself or with a new password.
#[tokio::test]
async fn an_administrator_can_unlock_a_person() {
    let server = server_on_real_time(&ONLY_THE_ROW).await;
    server.person("ada").await;
    let program = Program::new(&server.settings);
    guess_until_stopped(&server).await;
    server.browser().try_sign_in("ada", &password_of("ada")).await.is_page(200);
    assert_eq!(program.run(&["user", "unlock", "Ada"], "").status, 0);
    server.browser().sign_in("ada").await;
    assert_eq!(program.run(&["user", "unlock", "nobody"], "").err.trim(), "authz: there is no such person");
    for _ in 0..WRONG_IN_A_ROW {
        server.browser().try_sign_in("ada", "wrong").await.is_page(200);
    }
    assert_eq!(program.run(&["user", "set-password", "ada"], &password_of("ada")).status, 0);
    server.browser().sign_in("ada").await;
}

/// R118, R153: a network has so many wrong passwords an hour for all names together, and a known browser is let through.
#[tokio::test]
async fn a_network_that_tries_many_names_must_wait() {
    let server = server_with(&[("WRONG_PASSWORDS_PER_HOUR", "3"), ("TRUSTED_PROXIES", "127.0.0.1")]).await;
    let home = server.signed_in("ada").await;
    let stranger = server.browser();
    for number in 1..=3 {
        let address = format!("2001:db8:1:2::{number}");
        sign_in(&stranger, &address, &format!("user-{number}"), "wrong").await.is_page(200);
    }
    let answer = sign_in(&stranger, "2001:db8:1:2:ffff::1", "ada", &password_of("ada")).await;
    answer.is_page(429);
    assert_eq!(answer.header("retry-after"), Some("3600"));
    assert_eq!(sign_in(&home, "2001:db8:1:2::1", "ada", &password_of("ada")).await.status, 303);
    assert_eq!(sign_in(&stranger, "2001:db8:1:3::1", "ada", &password_of("ada")).await.status, 303);
    server.advance(3_600);
    assert_eq!(sign_in(&server.browser(), "2001:db8:1:2::1", "ada", &password_of("ada")).await.status, 303);
}

/// R153: accounts, and looking whether a name is taken, are limited per network; what is not even a name does not count.
#[tokio::test]
async fn a_network_makes_so_many_accounts_an_hour() {
    let server = server_with(&[("SIGNUPS_PER_HOUR", "2"), ("TRUSTED_PROXIES", "127.0.0.1")]).await;
    let sign_up = async |address: &'static str, name: &'static str| {
        submitted(&server.browser(), "signup", address, name, &password_of("whoever")).await
    };
    sign_up("192.0.2.1", "not a name").await.is_page(200);
    assert_eq!(sign_up("192.0.2.1", "ada").await.status, 303);
    sign_up("192.0.2.1", "ada").await.is_page(200);
    let answer = sign_up("192.0.2.1", "bob").await;
    answer.is_page(429);
    assert_eq!(answer.header("retry-after"), Some("3600"));
    let told = answer.element("signup-error");
    let expected = "Too many accounts were made from your network. Wait a while, then try again.";
    assert_eq!(told.as_deref(), Some(expected));
    assert_eq!(sign_up("192.0.2.2", "bob").await.status, 303);
    assert_eq!(server.count("users").await, 2);
    server.advance(3_600);
    assert_eq!(sign_up("192.0.2.1", "eve").await.status, 303);
}

/// R170: what somebody types as a name may be their password: it is not in the database.
#[tokio::test]
async fn what_was_typed_as_a_name_is_not_kept() {
    let server = server_with(&[]).await;
    server.browser().try_sign_in("my secret instead of my name", "ada").await.is_page(200);
    authz::server::write_audit(server.app()).await;
    assert_eq!(server.count("attempts").await, 2);
    assert_eq!(server.count("attempts WHERE key LIKE '%secret%'").await, 0);
    assert_eq!(server.count("audit_events WHERE event = 'sign_in_refused'").await, 1);
    assert_eq!(server.count("audit_events WHERE detail <> '' OR user_id IS NOT NULL").await, 0);
}

/// R176: what no longer counts is removed; a person's row stays.
#[tokio::test]
async fn rows_that_no_longer_count_are_removed() {
    let server = server_with(&[("WRONG_PASSWORDS_PER_HOUR", "9")]).await;
    server.person("ada").await;
    server.browser().try_sign_in("ada", "wrong").await.is_page(200);
    server.browser().try_sign_in("nobody", "wrong").await.is_page(200);
    assert_eq!(server.count("attempts").await, 5);
    server.advance(86_400);
    let now = server.app().now();
    let swept = server.app().db.write(move |conn| authz::store::attempts::sweep(conn, now, 100)).await;
    assert_eq!(swept.unwrap(), 4);
    assert_eq!(server.count("attempts WHERE key = 'person 1 elsewhere'").await, 1);
}
