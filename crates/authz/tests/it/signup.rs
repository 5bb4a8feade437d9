//! `/accounts/signup/`.

use crate::support::{BASE, password_of, server, server_with};

/// R120
#[tokio::test]
async fn signing_up_makes_an_account_and_signs_in() {
    let server = server().await;
    let browser = server.browser();
    let answer = browser.try_sign_up("ada", &password_of("ada")).await;
    assert_eq!(answer.location(), format!("{BASE}/"));
    assert!(browser.is_signed_in().await);
    assert_eq!(server.count("users").await, 1);
    let later = server.browser();
    later.sign_in("ada").await;
}

/// C7: who clicks twice has one account and is signed in once, whichever answer the browser follows.
#[tokio::test]
async fn a_form_that_is_sent_twice_makes_one_account_and_signs_in_once() {
    let server = server().await;
    let browser = server.browser();
    let path = "/accounts/signup/?next=%2Fo%2Fdevice%2F";
    let form = browser.get(path).await.form("signup-form");
    let form = form.with("username", "ada").with("password", &password_of("ada"));
    let (twice, late, wrong) = (browser.copied(), browser.copied(), browser.copied());
    for each in [&browser, &twice] {
        assert_eq!(each.submit(&form).await.location(), format!("{BASE}/o/device/"));
        assert!(each.is_signed_in().await);
    }
    assert_eq!(browser.cookie(), twice.cookie());
    // With the cookie that came of the first click.
    assert_eq!(browser.submit(&form).await.location(), format!("{BASE}/o/device/"));
    assert_eq!((server.count("users").await, server.count("sessions").await), (1, 1));
    for (event, times) in [("sign_up", 1), ("sign_in", 1)] {
        assert_eq!(server.count(&format!("audit_events WHERE event = '{event}'")).await, times);
    }
    // It takes the password, and the browser.
    let other = form.clone().with("password", "something else entirely");
    let taken = "This name is taken. Choose another.";
    assert_eq!(wrong.submit(&other).await.element("username-error").as_deref(), Some(taken));
    let elsewhere = server.browser().try_sign_up("ada", &password_of("ada")).await;
    assert_eq!(elsewhere.element("username-error").as_deref(), Some(taken));
    // And the session.
    browser.submit(&browser.get("/").await.form("sign-out-form")).await.is_page(200);
    assert_eq!(late.submit(&form).await.element("username-error").as_deref(), Some(taken));
}

/// R113: length and the first guesses, nothing else; each fault at its field.
#[tokio::test]
async fn a_password_is_long_and_not_among_the_first_guesses() {
    let server = server().await;
    for (number, good) in [
        "correct horse battery",
        "               15+ blanks and",
        "ünïcödé and spaces ",
        "🔑🔒🔓🗝🚪🏠🏡🏢🏣🏤🏥🏦🏧🏨🏩",
        &"long enough ".repeat(20),
    ]
    .into_iter()
    .enumerate()
    {
        let (browser, name) = (server.browser(), format!("user{number}"));
        browser.try_sign_up(&name, good).await.location();
        let again = server.browser();
        again.try_sign_in(&name, good).await.location();
        again.try_sign_in(&name, good.trim_end()).await;
    }
    let length = "A password has at least 15 characters. A few random words are good.";
    let guess = "This password is one of the first that would be guessed.";
    for (bad, sentence) in [
        ("", length),
        ("short", length),
        ("fourteen chars", length),
        ("passwordpassword", guess),
        ("Password Password", guess),
        ("aaaaaaaaaaaaaaaaaaaa", guess),
        ("graceho.pper2024", "A password should not be made of your name."),
        (&"x1y2z".repeat(300), "A password has at most 1024 bytes."),
    ] {
        let browser = server.browser();
        let answer = browser.try_sign_up("graceho.pper", bad).await;
        answer.is_page(200);
        assert_eq!(answer.element("password-error").as_deref(), Some(sentence), "{bad}");
        assert_eq!(answer.element("username-error"), None);
        assert!(!answer.body.contains("type=\"password\" value"));
        assert!(!browser.is_signed_in().await);
    }
    assert_eq!(server.count("users").await, 5);
}

/// R124: nobody can look like somebody else; the first spelling is kept.
#[tokio::test]
async fn a_name_is_one_persons_however_it_is_written() {
    let server = server().await;
    server.browser().try_sign_up("Ada.Lovelace", &password_of("x")).await.location();
    for taken in ["ada.lovelace", "ADA.LOVELACE", "Ada.Lovelace", "ａｄａ.lovelace", "ada。lovelace"] {
        let answer = server.browser().try_sign_up(taken, &password_of("x")).await;
        answer.is_page(200);
        assert!(answer.element("username-error").is_some(), "{taken}");
    }
    for bad in [
        "",
        " ",
        "adm\u{200b}in",
        "adm\u{131}n",
        " admin",
        "admin ",
        "a\tb",
        "a\nb",
        "аdmin",
        "a/b",
        "<b>",
        "a\u{202e}b",
        &"a".repeat(151),
    ] {
        let answer = server.browser().try_sign_up(bad, &password_of("x")).await;
        answer.is_page(200);
        assert!(answer.element("username-error").is_some(), "{bad:?}");
    }
    assert_eq!(server.count("users").await, 1);
    assert_eq!(
        server.count("users WHERE username = 'Ada.Lovelace' AND username_key = 'ada.lovelace'").await,
        1
    );
}

/// R134: what was typed is shown again as text.
#[tokio::test]
async fn what_was_typed_is_shown_as_text() {
    let server = server().await;
    let evil = "\"><script>alert(1)</script>";
    for answer in
        [server.browser().try_sign_up(evil, "short").await, server.browser().try_sign_in(evil, "wrong").await]
    {
        answer.is_page(200);
        assert!(!answer.body.contains("<script"), "{answer:?}");
    }
}

/// R126: a fresh installation has nobody and nothing in it.
#[tokio::test]
async fn nobody_is_there_before_somebody_comes() {
    let server = server().await;
    for table in ["users", "clients", "sessions", "grants"] {
        assert_eq!(server.count(table).await, 0, "{table}");
    }
    for (name, password) in
        [("admin", "admin"), ("root", "root"), ("admin", "password"), ("timetracker", "timetracker")]
    {
        server.browser().try_sign_in(name, password).await.is_page(200);
    }
}

/// Signing up can be switched off.
#[tokio::test]
async fn where_nobody_may_sign_up_there_is_no_page_for_it() {
    let server = server_with(&[("SIGNUP", "false")]).await;
    let browser = server.browser();
    browser.get("/accounts/signup/").await.is_page(404);
    let form = browser.get("/accounts/login/").await.form("login-form");
    let mut form = form.with("username", "ada").with("password", &password_of("ada"));
    form.action = "/accounts/signup/".to_owned();
    browser.submit(&form).await.is_page(404);
    assert_eq!(server.count("users").await, 0);
}
