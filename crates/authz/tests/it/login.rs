//! `/accounts/login/`.

use std::time::{Duration, Instant};

use authz::crypto::passwords::Verdict;
use model::secret::Secret;

use crate::support::{BASE, password_of, server, server_with};

/// R128, R120: a new cookie at sign-in; the one from before opens nothing.
#[tokio::test]
async fn signing_in_gives_a_new_cookie_and_the_old_one_opens_nothing() {
    let server = server().await;
    server.person("ada").await;
    let browser = server.browser();
    browser.get("/accounts/login/").await;
    let (before, planted) = (browser.cookie(), browser.copied());
    let answer = browser.try_sign_in("ada", &password_of("ada")).await;
    assert_ne!(before, browser.cookie());
    let [line, keepsake] = answer.set_cookies()[..] else { panic!("{answer:?}") };
    let expected =
        format!("authz_session={}; HttpOnly; SameSite=Lax; Path=/; Max-Age=1209600", browser.cookie());
    assert_eq!(line, expected);
    let attributes = keepsake.split_once("; ").unwrap();
    assert!(attributes.0.starts_with("authz_known="), "{keepsake}");
    assert_eq!(attributes.1, "HttpOnly; SameSite=Lax; Path=/; Max-Age=31536000");
    assert!(browser.is_signed_in().await);
    assert!(!planted.is_signed_in().await);
    // And again, when somebody is signed in already.
    let first = browser.copied();
    browser.sign_in("ada").await;
    assert!(browser.is_signed_in().await);
    assert!(!first.is_signed_in().await);
}

/// R33, R120: a cookie somebody planted becomes nobody's session.
/// Section 2 no. 7 of the dossier (CVE-2026-7507, CVE-2025-12390, CVE-2024-7341).
#[tokio::test]
async fn a_planted_cookie_is_not_the_session() {
    let server = server().await;
    server.person("ada").await;
    let (victim, attacker) = (server.browser(), server.browser());
    for value in
        ["a".repeat(43), "a".repeat(42), "a".repeat(44), String::new(), "%00".to_owned(), "x;y".to_owned()]
    {
        victim.set_cookie("authz_session", &value);
        attacker.set_cookie("authz_session", &value);
        victim.sign_in("ada").await;
        assert_ne!(victim.cookie(), value);
        assert!(!attacker.is_signed_in().await);
    }
}

/// R135
#[tokio::test]
async fn a_session_ends_where_it_was_said_to() {
    let server = server_with(&[("SESSION_TTL_SECONDS", "1000")]).await;
    let browser = server.signed_in("ada").await;
    server.advance(999);
    assert!(browser.is_signed_in().await);
    server.advance(1);
    assert!(!browser.is_signed_in().await);
}

/// R61, R135
#[tokio::test]
async fn a_new_password_or_being_disabled_ends_every_session() {
    let server = server().await;
    let (ada, bob) = (server.signed_in("ada").await, server.signed_in("bob").await);
    let elsewhere = server.browser();
    elsewhere.sign_in("ada").await;
    server.set_password("ada", "something else entirely").await;
    server.disable("bob", true).await;
    server.advance(1);
    for browser in [&ada, &elsewhere, &bob] {
        assert!(!browser.is_signed_in().await);
    }
    server.disable("bob", false).await;
    assert!(!bob.is_signed_in().await);
}

/// R116: unknown, wrong, disabled, stopped.
#[tokio::test]
async fn every_failure_is_the_same_page() {
    let server = server().await;
    server.person("ada").await;
    server.person("bob").await;
    server.disable("bob", true).await;
    server.person("eve").await;
    server.sql("INSERT INTO attempts (key, count, since) VALUES ('person 3 elsewhere', 50, 1)").await;
    let mut pages = Vec::new();
    for (name, password) in [
        ("ada", "not the password"),
        ("nob", "not the password"),
        ("bob", "not the password"),
        ("bob", &password_of("bob")),
        ("bob", ""),
        ("eve", &password_of("eve")),
    ] {
        let browser = server.browser();
        let answer = browser.try_sign_in(name, password).await;
        answer.is_page(200);
        let told = answer.element("login-error");
        assert_eq!(told.as_deref(), Some("The name and the password do not belong together."));
        assert_eq!(answer.set_cookies(), Vec::<&str>::new());
        let token = answer.form("login-form").field("csrf_token").unwrap().to_owned();
        let mut headers = answer.headers.clone();
        for own in ["x-request-id", "date"] {
            headers.remove(own);
        }
        pages.push((answer.body.replace(&token, "").replace(&format!("value=\"{name}\""), ""), headers));
        assert!(!browser.is_signed_in().await);
    }
    pages.dedup();
    assert_eq!(pages.len(), 1);
}

/// R116: as far as a shared machine lets one measure; a comparison that is left out would cost a hundredth.
#[tokio::test]
async fn an_unknown_person_costs_as_much_time_as_a_known_one() {
    let server = server_with(&[("PASSWORD_COST", "8"), ("PASSWORD_THREADS", "1")]).await;
    server.person("ada").await;
    let mut spans: [Vec<Duration>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..15 {
        for (spans, name) in spans.iter_mut().zip(["ada", "nob"]) {
            server.advance(61);
            let browser = server.browser();
            let form = browser.get("/accounts/login/").await.form("login-form");
            let form = form.with("username", name).with("password", "not the password");
            let began = Instant::now();
            browser.submit(&form).await.is_page(200);
            spans.push(began.elapsed());
        }
    }
    let [known, unknown] = spans.map(|mut spans| {
        spans.sort();
        spans[spans.len() / 2]
    });
    assert!(unknown * 2 > known && known * 2 > unknown, "known {known:?}, unknown {unknown:?}");
}

/// R9, R103: one goes on to the closed set of places and nowhere else.
#[tokio::test]
async fn where_to_go_next_is_never_somebody_elses_idea() {
    let server = server().await;
    server.person("ada").await;
    for path in ["/accounts/login/", "/accounts/signup/"] {
        for evil in [
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example",
            "/\t/evil.example",
            "javascript:alert(1)",
            "/accounts/logout/",
            "/o/token/?x",
            "https://evil.example/o/authorize/?client_id=x",
            "/o/authorize/?x\r\nSet-Cookie: y=z",
            "/o/authorize/?x#y",
            "/o/authorize/../evil?x",
        ] {
            let browser = server.browser();
            let next: String = form_urlencoded::byte_serialize(evil.as_bytes()).collect();
            let page = browser.get(&format!("{path}?next={next}")).await;
            page.is_page(200);
            let form = page.form(if path.contains("login") { "login-form" } else { "signup-form" });
            assert_eq!(form.field("next"), None, "{evil}");
            let form = page_form(path, form).with("next", evil);
            assert_eq!(browser.submit(&form).await.location(), format!("{BASE}/"), "{evil}");
        }
        let right = "/o/authorize/?client_id=a&state=%0A%22";
        let browser = server.browser();
        let next: String = form_urlencoded::byte_serialize(right.as_bytes()).collect();
        let page = browser.get(&format!("{path}?next={next}")).await;
        let form = page.form(if path.contains("login") { "login-form" } else { "signup-form" });
        assert_eq!(form.field("next"), Some(right));
        assert!(page.body.contains("?next=%2Fo%2Fauthorize%2F%3Fclient_id%3Da"), "the other page keeps it");
        assert_eq!(browser.submit(&page_form(path, form)).await.location(), format!("{BASE}{right}"));
    }
}

fn page_form(path: &str, form: crate::support::Form) -> crate::support::Form {
    let name = if path.contains("login") {
        "ada".to_owned()
    } else {
        format!(
            "user-{}",
            form.field("csrf_token").unwrap().replace(|each: char| !each.is_ascii_alphanumeric(), "")
        )
    };
    form.with("password", &password_of("ada")).with("username", &name)
}

/// R150
#[tokio::test]
async fn nul_and_bytes_that_are_not_text_are_refused() {
    let server = server().await;
    let browser = server.browser();
    let form = browser.get("/accounts/login/").await.form("login-form");
    for field in ["username", "password", "next"] {
        let bad = form.clone().with("username", "ada").with("password", "x").with(field, "a\0b");
        browser.submit(&bad).await.is_page(400);
        let body = format!("{}&{field}=%ff", crate::support::form(&form.fields));
        browser.send(browser.posting(&form).body(body)).await.is_page(400);
    }
    for field in ["username", "password"] {
        let long =
            form.clone().with("username", "ada").with("password", "x").with(field, &"x".repeat(17_000));
        browser.submit(&long).await.is_page(400);
        server.advance(61);
        let long = form.clone().with("username", "ada").with("password", "x").with(field, &"é".repeat(1_200));
        browser.submit(&long).await.is_page(200);
    }
}

/// R114, R115, R116: a password that was changed while it was being compared signs nobody in.
#[tokio::test]
async fn a_password_changed_while_it_is_compared_signs_nobody_in() {
    let server = server_with(&[("PASSWORD_COST", "12"), ("PASSWORD_THREADS", "1")]).await;
    server.person("ada").await;
    let client = server.client("web").await;
    let passwords = server.app().passwords.clone();
    let new = passwords.hash(Secret::new("something else entirely".to_owned())).await.unwrap();
    let browser = server.browser();
    let form = browser.get("/accounts/login/").await.form("login-form");
    let form = form.with("username", "ada").with("password", &password_of("ada"));
    // One thread computes hashes: what comes now waits for this.
    let busy = tokio::spawn(async move {
        let compared = passwords.verify(None, Secret::new("x".to_owned())).await;
        assert_eq!(compared, Ok(Verdict::Wrong));
    });
    tokio::task::yield_now().await;
    let signing_in = tokio::spawn({
        let browser = browser.clone();
        async move { browser.submit(&form).await }
    });
    let asking = tokio::spawn({
        let client = client.clone();
        async move { client.password("ada", &password_of("ada")).await }
    });
    // Both have read the old hash by now (if not, they find the new one, and the test proves less).
    tokio::time::sleep(Duration::from_millis(150)).await;
    server.advance(1);
    let (key, clock) = ("ada".to_owned(), server.clock.clone());
    let db = &server.app().db;
    let set = db.write(move |conn| authz::store::users::set_password(conn, &key, &new, &clock)).await;
    assert!(set.unwrap().is_some());
    server.app().feed.catch_up().await.unwrap();
    server.advance(1);
    busy.await.unwrap();
    signing_in.await.unwrap();
    assert!(!browser.is_signed_in().await);
    let answer = asking.await.unwrap();
    if answer.status == 200 {
        assert!(!client.vouches_for(&answer.text("access_token")).await);
        client.refresh(&answer.text("refresh_token")).await.is_error(400, "invalid_grant");
    }
}

/// R115: people who sign in do not slow introspection down; too many of them are told so.
#[tokio::test]
async fn a_crowd_at_the_door_is_told_to_wait_and_nobody_else_notices() {
    let server = server_with(&[("PASSWORD_COST", "10"), ("PASSWORD_THREADS", "1")]).await;
    let client = server.client("web").await;
    let token = client.client_credentials().await.text("access_token");
    let mut crowd = Vec::new();
    for number in 0..120 {
        let client = client.clone();
        crowd.push(tokio::spawn(async move { client.password(&format!("user-{number}"), "x").await }));
    }
    let mut slowest = Duration::ZERO;
    for _ in 0..50 {
        let began = Instant::now();
        assert!(client.vouches_for(&token).await);
        slowest = slowest.max(began.elapsed());
    }
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    let mut refused = 0;
    for each in crowd {
        let answer = each.await.unwrap();
        if answer.status == 503 {
            answer.is_error(503, "temporarily_unavailable");
            assert_eq!(answer.header("retry-after"), Some("1"));
            refused += 1;
        } else {
            answer.is_error(400, "invalid_grant");
        }
    }
    assert!(refused > 0);
}
