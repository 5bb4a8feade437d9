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

/// C7: who clicks twice is signed in once, whichever answer the browser follows.
#[tokio::test]
async fn a_form_that_is_sent_twice_signs_in_once() {
    let server = server().await;
    server.person("ada").await;
    let browser = server.browser();
    for begun in [1, 1] {
        let form = browser.get("/accounts/login/").await.form("login-form");
        let form = form.with("username", "ada").with("password", &password_of("ada"));
        let (before, other) = (browser.cookie(), browser.copied());
        let (first, second) = (browser.submit(&form).await, other.submit(&form).await);
        assert_eq!(first.location(), second.location());
        assert_ne!(browser.cookie(), before);
        assert_eq!(browser.cookie(), other.cookie());
        assert!(browser.is_signed_in().await);
        assert_eq!(server.count("sessions").await, begun);
        server.advance(1);
    }
    assert_eq!(server.count("audit_events WHERE event = 'sign_in'").await, 2);
}

/// C7: the second click may be sent with the cookie that came of the first.
#[tokio::test]
async fn a_form_that_is_sent_again_by_whom_it_has_signed_in_leads_on() {
    let server = server().await;
    let (browser, elsewhere) = (server.signed_in("bob").await, server.signed_in("ada").await);
    let path = "/accounts/login/?next=%2Fo%2Fdevice%2F";
    let form = browser.get(path).await.form("login-form");
    let form = form.with("username", "Ada").with("password", &password_of("ada"));
    browser.submit(&form).await.location();
    let cookie = browser.cookie();
    for again in [form.clone(), form.clone().with("password", "whatever")] {
        let answer = browser.submit(&again).await;
        assert_eq!(answer.location(), format!("{BASE}/o/device/"));
        assert_eq!(answer.set_cookies(), Vec::<&str>::new());
    }
    assert_eq!((browser.cookie(), server.count("sessions").await), (cookie, 2));
    // Anybody else has a form that is too old, whoever may be signed in elsewhere.
    browser.submit(&form.clone().with("username", "bob")).await.is_page(403);
    server.browser().submit(&form).await.is_page(403);
    let from_elsewhere = browser.request(reqwest::Method::POST, &form.action);
    let from_elsewhere = from_elsewhere.header("content-type", "application/x-www-form-urlencoded");
    let from_elsewhere = from_elsewhere.header("sec-fetch-site", "cross-site");
    browser.send(from_elsewhere.body(crate::support::form(&form.fields))).await.is_page(403);
    assert!(elsewhere.is_signed_in().await);
}

/// R104, section 2 no. 7 of the dossier (CVE-2025-12390): a session that has ended never begins again, whatever is sent again; and
/// nobody is signed in by what a new password has ended.
#[tokio::test]
async fn a_form_that_is_sent_again_after_its_session_has_ended_begins_another() {
    let server = server().await;
    server.person("ada").await;
    for ending in ["sign-out", "password"] {
        let browser = server.browser();
        let form = browser.get("/accounts/login/").await.form("login-form").with("username", "ada");
        let form = form.with("password", &password_of("ada"));
        let again = browser.copied();
        browser.submit(&form).await.location();
        let stolen = browser.copied();
        server.advance(1);
        if ending == "password" {
            server.set_password("ada", &password_of("ada")).await;
            server.advance(1);
        } else {
            browser.submit(&browser.get("/").await.form("sign-out-form")).await.is_page(200);
        }
        again.submit(&form).await.location();
        assert!(again.is_signed_in().await, "{ending}");
        assert_ne!(again.cookie(), stolen.cookie());
        assert!(!stolen.is_signed_in().await, "{ending}");
    }
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
