//! People who sign in at another authorization server.

use serde_json::json;

use super::stub::{Stub, comes_back, ours, server_of};
use super::world::{Begun, Guest, House};
use crate::support::{AuthorizationRequest, BASE, password_of};

/// R120, R128: by OpenID; the second time as the same person, with a session of their own each time.
#[tokio::test]
async fn whoever_signs_in_at_a_provider_has_an_account_here_from_then_on() {
    let house = House::open().await;
    let there = house.signed_in("ada").await;
    let profile = json!({"name": "Ada L.", "email": "ada@house.example", "email_verified": true});
    house.server.set_profile("ada", profile).await;
    let server = house.guest(&[]).await;
    let browser = server.browser();
    let page = browser.get("/accounts/login/").await;
    assert_eq!(page.element("with-house").as_deref(), Some("The house"));
    let before = browser.cookie();
    let begun = Begun::at(&browser, "house").await;
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "timetracker"),
        ("redirect_uri", "http://localhost:8000/accounts/complete/house/"),
        ("scope", "openid profile email"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(begun.asked(name), value);
    }
    assert_eq!(begun.asked("max_age"), "31536000", "so that it says when");
    for name in ["state", "nonce", "code_challenge"] {
        assert_eq!(begun.asked(name).len(), 43);
    }
    let [line] = begun.page.set_cookies()[..] else { panic!("{:?}", begun.page) };
    assert!(line.starts_with("authz_provider=ttf_"), "{line}");
    assert!(line.ends_with("; HttpOnly; SameSite=Lax; Path=/; Max-Age=600"), "{line}");
    assert!(!line.contains(&begun.asked("state")));
    let back = house.allows(&there, &begun).await;
    let answer = browser.get(&back).await;
    assert_eq!(answer.location(), format!("{BASE}/"));
    assert!(answer.set_cookies().iter().any(|line| line.starts_with("authz_provider=;")), "{answer:?}");
    assert_ne!(browser.cookie(), before);
    let home = browser.get("/").await;
    assert!(home.body.contains("<bdi>ada</bdi>"), "{home:?}");
    let verified = "users WHERE username = 'ada' AND password_hash = '!' AND profile LIKE \
                    '%\"name\":\"Ada L.\"%\"email\":\"ada@house.example\",\"email_verified\":true%'";
    assert_eq!(server.count(verified).await, 1);
    assert_eq!(server.count("audit_events WHERE event = 'sign_up' AND detail = 'house'").await, 1);
    server.advance(60);
    let elsewhere = server.browser();
    assert_eq!(house.signs_in(&elsewhere, &there, "house").await.location(), format!("{BASE}/"));
    assert!(browser.is_signed_in().await && elsewhere.is_signed_in().await);
    let counts = (server.count("users").await, server.count("linked_accounts").await);
    assert_eq!((counts, server.count("sessions").await), ((1, 1), 2));
    let used = "linked_accounts WHERE last_used_at > linked_at AND shown_name = 'ada'";
    assert_eq!(server.count(used).await, 1);
}

/// By OAuth 2.0 alone, with a profile.
#[tokio::test]
async fn a_provider_without_openid_tells_who_somebody_is_at_its_profile() {
    let house = House::open().await;
    let there = house.signed_in("ada").await;
    let server = house.guest(&[]).await;
    let browser = server.browser();
    let begun = Begun::at(&browser, "plain").await;
    assert_eq!((begun.may_ask("nonce"), begun.asked("code_challenge_method")), (None, "S256".to_owned()));
    let back = house.allows(&there, &begun).await;
    assert_eq!(browser.get(&back).await.location(), format!("{BASE}/"));
    assert!(browser.is_signed_in().await);
    assert_eq!(server.count("linked_accounts WHERE provider = 'plain' AND subject = '1'").await, 1);
}

/// R103: an application that waits is gone on to, from either page, and nothing else that somebody names.
#[tokio::test]
async fn whoever_signs_in_at_a_provider_goes_on_to_where_they_were() {
    let house = House::open().await;
    let there = house.signed_in("ada").await;
    let server = house.guest(&[]).await;
    let client = server.client("web").await;
    let waiting = AuthorizationRequest::of(&client).path();
    let to_login = server.browser().get(&waiting).await.location().strip_prefix(BASE).unwrap().to_owned();
    for page in [to_login.clone(), to_login.replace("/login/", "/signup/")] {
        let browser = server.browser();
        let begun = Begun::from(&browser, "house", &page).await;
        let answer = browser.get(&house.allows(&there, &begun).await).await;
        assert_eq!(answer.location(), ours(&waiting));
        assert_eq!(browser.get(&waiting).await.status, 200);
    }
    let browser = server.browser();
    let form = browser.get("/accounts/login/").await.form("sign-in-with-house");
    let answer = browser.submit(&form.with("next", "https://evil.example/")).await;
    assert_eq!(answer.status, 200);
    // A link begins nothing, at either address.
    for path in ["/accounts/login/house/", "/auth/login/house/"] {
        let answer = browser.get(&format!("{path}?next=/o/device/")).await;
        assert_eq!(answer.location(), format!("{BASE}/accounts/login/?next=%2Fo%2Fdevice%2F"));
    }
    for path in ["/accounts/login/nobody/", "/accounts/complete/nobody/"] {
        browser.get(path).await.is_page(404);
    }
}

/// R103: what is too long for a cookie is not begun.
#[tokio::test]
async fn what_is_too_long_to_be_kept_meanwhile_is_not_begun() {
    let stub = Stub::start().await;
    let server = server_of(&stub, &[]).await;
    let browser = server.browser();
    let form = browser.get("/accounts/login/").await.form("sign-in-with-stub");
    let next = format!("/o/authorize/?state={}", "x".repeat(4_000));
    let answer = browser.submit(&form.with("next", &next)).await;
    answer.is_page(400);
    let detail = "The request is too long to sign in elsewhere for it.";
    assert_eq!(answer.element("detail").as_deref(), Some(detail));
}

/// R125: a name that somebody has is theirs, and so is an e-mail address, whoever vouches for it.
#[tokio::test]
async fn nobody_becomes_somebody_else_by_a_name_or_an_email_address() {
    let stub = Stub::start().await;
    let server = server_of(&stub, &[]).await;
    server.person("Ada").await;
    server.set_profile("ada", json!({"email": "ada@a.example", "email_verified": true})).await;
    let mut guest = Guest::of("s-1", "ada");
    guest.0.email = Some("ada@a.example".to_owned());
    guest.0.email_verified = true;
    let name = guest.comes_in(&server, "stub").await.unwrap();
    let digits = name.strip_prefix("ada").unwrap();
    assert!(digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
    assert_eq!(guest.comes_in(&server, "stub").await.unwrap(), name);
    // Somebody else of another provider, and whoever has no name that could be one here.
    assert_ne!(guest.comes_in(&server, "plain").await.unwrap(), name);
    for (subject, given, begins) in [("s-2", "Zoë Ω", "Zo"), ("s-3", "", "person"), ("s-4", "日本", "person")]
    {
        let name = Guest::of(subject, given).comes_in(&server, "stub").await.unwrap();
        assert_eq!(name.len(), begins.len() + 16, "{name}");
        assert!(name.starts_with(begins), "{name}");
    }
    assert_eq!(Guest::of("s-5", "Grace").comes_in(&server, "stub").await.unwrap(), "Grace");
    assert_eq!(server.count("users").await, 7);
    let unverified = "users WHERE username = 'Grace' AND profile NOT LIKE '%\"email_verified\":true%'";
    assert_eq!(server.count(unverified).await, 1);
}

/// R116: no password is right for whoever has none, and none is set by trying.
#[tokio::test]
async fn whoever_came_by_a_provider_has_no_password() {
    let stub = Stub::start().await;
    let server = server_of(&stub, &[("WRONG_PASSWORDS_PER_MINUTE", "0")]).await;
    let client = server.client("web").await;
    Guest::of("s-1", "ada").comes_in(&server, "stub").await.unwrap();
    for password in ["!", "", "ada", &password_of("ada")] {
        let answer = server.browser().try_sign_in("ada", password).await;
        let told = "The name and the password do not belong together.";
        assert_eq!(answer.element("login-error").as_deref(), Some(told));
        if !password.is_empty() {
            client.password("ada", password).await.is_error(400, "invalid_grant");
        }
    }
    assert_eq!(server.count("users WHERE password_hash = '!'").await, 1);
}

/// R48: whoever may not act does not come in by a provider, and comes back as nobody else.
#[tokio::test]
async fn whoever_is_disabled_or_gone_does_not_come_in_by_a_provider() {
    let stub = Stub::start().await;
    let server = server_of(&stub, &[]).await;
    let browser = Guest::of("s-1", "ada").signed_in(&stub, &server).await;
    server.advance(1);
    server.disable("ada", true).await;
    assert!(!browser.is_signed_in().await);
    let refused = comes_back(&stub, &server, &browser, |_| {}).await;
    refused.is_page(403);
    assert_eq!(refused.element("main h1").as_deref(), Some("This account cannot be used here"));
    assert_eq!(refused.element("detail").as_deref(), Some("Whoever it is linked to may not sign in."));
    assert_eq!(server.count("audit_events WHERE event = 'sign_in_refused' AND detail = 'stub'").await, 1);
    server.advance(1);
    server.disable("ada", false).await;
    server.advance(1);
    assert_eq!(comes_back(&stub, &server, &browser, |_| {}).await.location(), format!("{BASE}/"));
    server.delete_person("ada").await;
    assert_eq!(server.count("linked_accounts WHERE shown_name = ''").await, 1);
    comes_back(&stub, &server, &browser, |_| {}).await.is_page(403);
    assert_eq!(server.count("users").await, 1);
}

/// Where people cannot sign up they get no account by a provider either, unless that is said of it.
#[tokio::test]
async fn where_nobody_may_sign_up_a_provider_makes_no_accounts() {
    let stub = Stub::start().await;
    let server = server_of(&stub, &[("SIGNUP", "false"), ("PROVIDER_PLAIN_SIGNUP", "true")]).await;
    let browser = server.browser();
    let answer = comes_back(&stub, &server, &browser, |_| {}).await;
    answer.is_page(403);
    let told = "Nobody has linked it here. Sign in with your password, and link it in your account.";
    assert_eq!(answer.element("detail").as_deref(), Some(told));
    assert_eq!((server.count("users").await, server.count("sessions").await), (0, 0));
    Guest::of("s-1", "ada").comes_in(&server, "plain").await.unwrap();
}

/// Whoever thinks better of it is back where they were, and nothing has happened.
#[tokio::test]
async fn whoever_declines_at_the_provider_is_back_at_the_sign_in_page() {
    let stub = Stub::start().await;
    let server = server_of(&stub, &[]).await;
    let browser = server.browser();
    let begun = Begun::from(&browser, "stub", "/accounts/login/?next=/o/device/").await;
    let answer = browser.get(&begun.back(&[("error", "access_denied")])).await;
    let expected = format!("{BASE}/accounts/login/?next=%2Fo%2Fdevice%2F&declined=stub");
    assert_eq!(answer.location(), expected);
    let page = browser.get(expected.strip_prefix(BASE).unwrap()).await;
    let told = "You did not sign in with The stub. Nothing was changed.";
    assert_eq!(page.element("notice").as_deref(), Some(told));
    assert_eq!(page.form("login-form").field("next"), Some("/o/device/"));
    assert_eq!(browser.get("/accounts/login/?declined=x").await.element("notice"), None);
    // Other errors are the provider's.
    let begun = Begun::at(&browser, "stub").await;
    browser.get(&begun.back(&[("error", "server_error")])).await.is_page(502);
    assert!(stub.heard("/token").is_empty());
}

/// R21: whoever is asked again who they are is asked there, and an old sign-in there does not pass for a new one.
#[tokio::test]
async fn who_is_to_prove_once_more_who_they_are_proves_it_at_the_provider() {
    let stub = Stub::start().await;
    let server = server_of(&stub, &[]).await;
    let browser = Guest::of("s-1", "ada").signed_in(&stub, &server).await;
    server.advance(600);
    let begun = Begun::at(&browser, "stub").await;
    assert_eq!(begun.asked("max_age"), "0");
    let now = server.clock.now().unix_seconds();
    for (auth_time, status) in [(json!(now - 100), 502), (json!("x"), 502), (json!(now), 303)] {
        let answer =
            comes_back(&stub, &server, &browser, |claims| claims["auth_time"] = auth_time.clone()).await;
        assert_eq!(answer.status, status, "{auth_time}");
    }
}

/// R21: a sign-in there that is old opens nothing here that needs a new one, also for whoever signs out first.
#[tokio::test]
async fn an_old_sign_in_at_the_provider_is_an_old_one_here() {
    let stub = Stub::start().await;
    let server = server_of(&stub, &[]).await;
    let now = server.clock.now().unix_seconds();
    for (auth_time, status) in [(json!(now - 600), 303), (json!(now - 599), 200), (json!(now + 50), 200)] {
        let browser = server.browser();
        let answer =
            comes_back(&stub, &server, &browser, |claims| claims["auth_time"] = auth_time.clone()).await;
        assert_eq!(answer.location(), format!("{BASE}/"));
        assert_eq!(browser.get("/o/account/password/").await.status, status, "{auth_time}");
    }
    assert_eq!(server.count(&format!("sessions WHERE authenticated_at > {now}000000")).await, 0);
    let browser = server.browser();
    comes_back(&stub, &server, &browser, |claims| claims["auth_time"] = json!(now - 9_000)).await.location();
    assert_eq!(browser.get("/o/account/password/").await.status, 303);
    // Asked once more they prove it, and a provider that is a little behind is not asked for ever.
    comes_back(&stub, &server, &browser, |claims| claims["auth_time"] = json!(now - 2)).await.location();
    assert_eq!(browser.get("/o/account/password/").await.status, 200);
    assert_eq!(
        comes_back(&stub, &server, &server.browser(), |claims| claims["auth_time"] = json!("x")).await.status,
        502
    );
}

/// Accounts made by a provider's button count with those of the sign-up page, by network; whoever is known comes in.
#[tokio::test]
async fn accounts_made_by_a_provider_are_counted_with_all_others() {
    let stub = Stub::start().await;
    let server = server_of(&stub, &[("SIGNUPS_PER_HOUR", "2")]).await;
    let page = server.browser();
    let form = page.get("/accounts/signup/").await.form("signup-form");
    page.submit(&form.with("username", "eve").with("password", &password_of("eve"))).await.location();
    Guest::of("s-1", "ada").signed_in(&stub, &server).await;
    stub.says("/me", &json!({"sub": "s-2", "preferred_username": "bob"}));
    let browser = server.browser();
    let refused = comes_back(&stub, &server, &browser, |claims| claims["sub"] = json!("s-2")).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("3600")));
    let told = "Too many accounts were made from your network. Wait a while, then try again.";
    assert!(refused.body.contains(told), "{refused:?}");
    assert!(!browser.is_signed_in().await);
    Guest::of("s-1", "ada").signed_in(&stub, &server).await;
    assert_eq!((server.count("users").await, server.count("linked_accounts").await), (2, 1));
    server.advance(3_600);
    Guest::of("s-2", "bob").signed_in(&stub, &server).await;
}

/// R129: nothing begins but from a page of ours in this browser.
#[tokio::test]
async fn nobody_else_begins_a_sign_in_at_a_provider_for_a_browser() {
    let stub = Stub::start().await;
    let server = server_of(&stub, &[]).await;
    let (browser, other) = (server.browser(), server.browser());
    let form = browser.get("/accounts/login/").await.form("sign-in-with-stub");
    browser.submit(&form.clone().without("csrf_token")).await.is_page(403);
    browser.submit(&form.clone().with("csrf_token", "x")).await.is_page(403);
    other.get("/accounts/login/").await;
    other.submit(&form).await.is_page(403);
    let cross = browser.request(reqwest::Method::POST, &form.action).header("sec-fetch-site", "cross-site");
    let cross = cross.header("content-type", "application/x-www-form-urlencoded");
    browser.send(cross.body(crate::support::form(&form.fields))).await.is_page(403);
    assert_eq!(browser.submit(&form).await.status, 200);
}
