//! `/o/device/`: what a person is asked, and what counts as an answer.

use crate::support::{BASE, password_of, server, server_with};

/// What is said of every code that leads nowhere.
pub const NO_SUCH_CODE: &str = "This code is wrong, has ended or was used. Compare it with your device, or let the device show a new one.";

/// R89: the person learns which application asks for what, since when and by which code, and is warned.
#[tokio::test]
async fn the_question_says_who_asks_for_what_and_since_when() {
    let server = server().await;
    let client = server.new_client("tv").named("Living Room TV").register().await;
    let browser = server.signed_in("ada").await;
    let begun = client.device_authorization(&[("scope", "read")]).await;
    let (user_code, device_code) = (begun.text("user_code"), begun.text("device_code"));
    server.advance(180);
    let page = browser.enters(&user_code.to_lowercase().replace('-', " ")).await;
    for (id, text) in [
        ("client", "Living Room TV"),
        ("person", "ada"),
        ("shown-code", user_code.as_str()),
        ("asked", "3 minutes ago"),
        (
            "scopes",
            "See your activities, the time you tracked and all else you keep here, and your user name read",
        ),
        ("access-lasts", "1 hour, and the application may renew it without asking you again"),
        (
            "warning",
            "Go on only if you began this yourself, on a device you have in front of you, and it shows this code. \
             If somebody asked you to, refuse.",
        ),
    ] {
        assert_eq!(page.element(id).as_deref(), Some(text));
    }
    assert!(!page.body.contains(&device_code));
    let csp = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    assert_eq!(
        (page.header("content-security-policy"), page.header("x-frame-options")),
        (Some(csp), Some("DENY"))
    );
    let done = browser.submit(&page.form("device-question-form").with("decision", "allow")).await;
    assert_eq!(done.element("main h1").as_deref(), Some("Go back to your device"));
    assert!(done.element("main").unwrap().contains("Living Room TV may now use your account."));
}

/// R89: whatever is in the address, opening it decides nothing, and text that is no code is not shown.
#[tokio::test]
async fn an_address_fills_in_the_form_and_does_nothing_else() {
    let server = server().await;
    let client = server.client("tv").await;
    let browser = server.signed_in("ada").await;
    let device = client.device().await;
    let value = |page: &crate::support::Answer| {
        let input = scraper::Selector::parse("input#user-code").unwrap();
        page.html().select(&input).next().unwrap().attr("value").unwrap().to_owned()
    };
    let lower = device.user_code.to_lowercase().replace('-', "");
    for query in [
        format!("user_code={}", device.user_code),
        format!("user_code={lower}&decision=allow"),
        format!("decision=allow&user_code={}&csrf_token=x&shown=x", device.user_code),
    ] {
        let page = browser.get(&format!("/o/device/?{query}")).await;
        page.is_page(200);
        assert_eq!(value(&page), device.user_code);
        assert!(page.element("compare").is_some());
    }
    assert_eq!(server.count("device_codes WHERE user_id IS NOT NULL").await, 0);
    client.poll(&device).await.is_error(400, "authorization_pending");
    for odd in [
        "",
        "?user_code=",
        "?user_code=%3Cscript%3E",
        "?user_code=BCDF-GHJ",
        "?user_code=a&user_code=b",
        "?x=%ff",
    ] {
        let page = browser.get(&format!("/o/device/{odd}")).await;
        page.is_page(200);
        assert_eq!((value(&page).as_str(), page.element("compare")), ("", None), "{odd}");
    }
    let page = browser.enters("<script>alert(1)</script>").await;
    assert_eq!(page.element("device-error").as_deref(), Some(NO_SUCH_CODE));
    assert!(!page.body.contains("<script"));
}

/// R103: one signs in first and comes back with the code; nothing else travels along.
#[tokio::test]
async fn a_stranger_signs_in_and_comes_back_with_the_code() {
    let server = server().await;
    let client = server.client("tv").await;
    server.person("ada").await;
    let device = client.device().await;
    let code = &device.user_code;
    for (asked, back) in [
        ("/o/device/".to_owned(), "/o/device/".to_owned()),
        ("/o/device".to_owned(), "/o/device/".to_owned()),
        (format!("/o/device/?user_code={code}&decision=allow"), format!("/o/device/?user_code={code}")),
        ("/o/device/?user_code=%22%3E%3Cscript%3E".to_owned(), "/o/device/".to_owned()),
    ] {
        let browser = server.browser();
        let login = browser.get(&asked).await.location().to_owned();
        let page = browser.get(login.strip_prefix(BASE).unwrap()).await;
        let form = page.form("login-form").with("username", "ada").with("password", &password_of("ada"));
        assert_eq!(browser.submit(&form).await.location(), format!("{BASE}{back}"));
        let form = browser.get(&back).await.form("device-form").with("user_code", code);
        browser.submit(&form).await.form("device-question-form");
    }
    // The session ended while the question was open.
    let browser = server.browser();
    browser.sign_in("ada").await;
    let question = browser.enters(code).await.form("device-question-form").with("decision", "allow");
    let copy = browser.copied();
    let sign_out = browser.get("/").await.form("sign-out-form");
    browser.submit(&sign_out).await.is_page(200);
    let answer = copy.submit(&question).await;
    let next: String =
        form_urlencoded::byte_serialize(format!("/o/device/?user_code={code}").as_bytes()).collect();
    assert_eq!(answer.location(), format!("{BASE}/accounts/login/?next={next}"));
    client.poll(&device).await.is_error(400, "authorization_pending");
}

/// R90: whoever enters a code first is the one who decides, and the only one who sees it.
/// Section 2 no. 36 of the dossier (DOT #1819).
#[tokio::test]
async fn nobody_decides_for_a_device_whose_code_somebody_else_has_entered() {
    let server = server().await;
    let client = server.client("tv").await;
    let (ada, eve) = (server.signed_in("ada").await, server.signed_in("eve").await);
    let device = client.device().await;
    let question = ada.enters(&device.user_code).await.form("device-question-form").with("decision", "allow");
    assert_eq!(eve.enters(&device.user_code).await.element("device-error").as_deref(), Some(NO_SUCH_CODE));
    let shown_to_ada = |token: &str| question.clone().with("csrf_token", token);
    let eves = eve.get("/o/device/").await.form("device-form").field("csrf_token").unwrap().to_owned();
    for decision in ["allow", "refuse"] {
        let page = eve.submit(&shown_to_ada(&eves).with("decision", decision)).await;
        assert_eq!(page.element("device-error").as_deref(), Some(NO_SUCH_CODE));
    }
    eve.submit(&question).await.is_page(403);
    client.poll(&device).await.is_error(400, "authorization_pending");
    // Ada may look again, in another browser, too.
    let elsewhere = server.browser();
    elsewhere.sign_in("ada").await;
    elsewhere.enters(&device.user_code).await.form("device-question-form");
    assert_eq!(ada.submit(&question).await.element("main h1").as_deref(), Some("Go back to your device"));
    let access = client.poll(&device).await.text("access_token");
    assert_eq!(client.introspect(&access).await.json()["username"], "ada");
}

/// C7: an answer that is sent twice is one, and is told twice; one that is taken back changes nothing.
#[tokio::test]
async fn a_decision_is_taken_once() {
    let server = server().await;
    let client = server.client("tv").await;
    let browser = server.signed_in("ada").await;
    for (first, second, heading, told) in [
        ("allow", "refuse", "Connect a device", 200),
        ("refuse", "allow", "Connect a device", 400),
        ("allow", "allow", "Go back to your device", 200),
        ("refuse", "refuse", "You refused", 400),
    ] {
        let device = client.device().await;
        let question = browser.enters(&device.user_code).await.form("device-question-form");
        browser.submit(&question.clone().with("decision", first)).await.is_page(200);
        let page = browser.submit(&question.with("decision", second)).await;
        assert_eq!(page.element("main h1").as_deref(), Some(heading), "{first} {second}");
        assert_eq!(client.poll(&device).await.status, told, "{first} {second}");
        client.poll(&device).await.is_error(400, if told == 200 { "invalid_grant" } else { "access_denied" });
        let page = browser.enters(&device.user_code).await;
        assert_eq!(page.element("device-error").as_deref(), Some(NO_SUCH_CODE));
    }
    assert_eq!(server.count("grants").await, 2);
}

/// C6, R89: only what was shown can be allowed; anything but a clear answer is asked again.
#[tokio::test]
async fn a_decision_about_something_else_than_was_shown_is_asked_again() {
    let server = server().await;
    let client = server.client("tv").await;
    let browser = server.signed_in("ada").await;
    let (device, other) = (client.device().await, client.device().await);
    let shown =
        browser.enters(&device.user_code).await.form("device-question-form").with("decision", "allow");
    let others = browser
        .enters(&other.user_code)
        .await
        .form("device-question-form")
        .field("shown")
        .unwrap()
        .to_owned();
    for bent in [
        shown.clone().without("shown"),
        shown.clone().with("shown", "x"),
        shown.clone().with("shown", &others),
        shown.clone().with("user_code", &other.user_code),
        shown.clone().without("decision"),
        shown.clone().with("decision", "ALLOW"),
        shown.clone().with("decision", "yes"),
    ] {
        browser.submit(&bent).await.form("device-question-form");
    }
    server.sql("UPDATE clients SET name = 'Evil Corp' WHERE id = 'tv'").await;
    // What an administrator's command would announce.
    client.rotate_secret(&server).await;
    let again = browser.submit(&shown).await;
    assert_eq!(again.element("client").as_deref(), Some("Evil Corp"));
    let again = again.form("device-question-form").with("decision", "allow");
    for change in ["scopes = 'write'", "scopes = 'read write', grant_types = 'password'"] {
        server.sql(&format!("UPDATE clients SET {change} WHERE id = 'tv'")).await;
        client.rotate_secret(&server).await;
        let page = browser.submit(&again).await;
        assert_eq!(page.element("device-error").as_deref(), Some(NO_SUCH_CODE), "{change}");
    }
    assert_eq!(server.count("device_codes WHERE decided_at IS NOT NULL").await, 0);
}

/// R134
#[tokio::test]
async fn names_and_descriptions_are_text_and_nothing_else() {
    let evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let server = server_with(&[("SCOPES", &format!("read={evil}"))]).await;
    let client = server.new_client("tv").named(evil).register().await;
    let browser = server.signed_in("ada").await;
    let device = client.device().await;
    let question = browser.enters(&device.user_code).await;
    let done = browser.submit(&question.form("device-question-form").with("decision", "refuse")).await;
    for page in [&question, &done] {
        assert!(!page.body.contains("<script") && !page.body.contains("<img src=x"), "{page:?}");
        assert!(page.element("main").unwrap().contains(evil));
    }
}
