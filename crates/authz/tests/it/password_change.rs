//! `/o/account/password/`: a new password by the one before.

use crate::support::{Answer, BASE, Browser, Held, TestServer, password_of, server, server_with_mail};

const PATH: &str = "/o/account/password/";
const NEW: &str = "something else entirely";

async fn change(browser: &Browser, current: &str, new: &str) -> Answer {
    let shown = browser.get(PATH).await.form("password-form");
    assert_eq!(shown.action, PATH);
    browser.submit(&shown.with("current", current).with("password", new)).await
}

/// R120, R61, R123: this browser goes on under a new id; everything else has ended, and the owner is told.
#[tokio::test]
async fn a_new_password_ends_everything_but_this_browser_which_has_a_new_id() {
    let (server, mailbox) = server_with_mail().await;
    server.person_at("ada", "ada@example.com").await;
    let client = server.client("web").await;
    let (browser, elsewhere) = (server.browser(), server.browser());
    for each in [&browser, &elsewhere] {
        each.sign_in("ada").await;
    }
    let (access, refresh) = browser.tokens_for(&client).await;
    let asking = server.browser();
    let shown = asking.get("/accounts/password/reset/").await.form("reset-form");
    asking.submit(&shown.with("account", "ada")).await.is_page(200);
    let link = mailbox.last_to(&server, "ada@example.com").await.path();
    server.advance(1);
    let (before, stolen) = (browser.cookie(), browser.copied());
    let answer = change(&browser, &password_of("ada"), NEW).await;
    assert_eq!(answer.location(), format!("{BASE}/o/account/"));
    assert_ne!(browser.cookie(), before);
    assert!(browser.is_signed_in().await, "at the very instant");
    server.advance(1);
    assert!(browser.is_signed_in().await);
    for other in [&stolen, &elsewhere] {
        assert!(!other.is_signed_in().await);
    }
    assert!(!client.vouches_for(&access).await);
    client.refresh(&refresh).await.is_error(400, "invalid_grant");
    assert_eq!(server.browser().get(&link).await.status, 410, "R121: a link from before is void");
    // It can be used as ever: also for what needs a sign-in that is not old.
    browser.get(PATH).await.is_page(200);
    browser.tokens_for(&client).await;
    server.browser().try_sign_in("ada", &password_of("ada")).await.is_page(200);
    server.browser().try_sign_in("ada", NEW).await.location();
    assert_eq!(mailbox.count(&server, "Your password was changed").await, 1);
    let audited = "audit_events WHERE event = 'password_set' AND user_id = 1 AND origin = '127.0.0.1'";
    assert_eq!(server.count(audited).await, 1);
}

/// R113: the rules of sign-up, each fault at its field, and nothing changes.
#[tokio::test]
async fn what_is_wrong_is_said_at_its_field() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    let answer = change(&browser, &password_of("ada"), "short").await;
    let told = "A password has at least 15 characters. A few random words are good.";
    assert_eq!(answer.element("password-error").as_deref(), Some(told));
    let answer = change(&browser, "not the password", NEW).await;
    assert_eq!(answer.element("current-error").as_deref(), Some("This is not your password."));
    answer.is_page(200);
    assert!(browser.is_signed_in().await);
    server.browser().sign_in("ada").await;
}

/// R119, C10: guessing here is guessing: counted with the tries to sign in, before they are looked at.
#[tokio::test]
async fn a_wrong_password_here_counts_as_one_at_the_door() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    let shown = browser.get(PATH).await.form("password-form").with("password", NEW);
    let guesses = (0..64).map(|number| {
        browser.posting(&shown.clone().with("current", &format!("the wrong password {number}")))
    });
    let answers = Held::new(guesses).await.release().await;
    let looked_at = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(looked_at, 5, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(answer.status, 429, "{answer:?}");
        let told = "There were too many wrong tries. Wait a while, then try again.";
        assert_eq!(answer.element("current-error").as_deref(), Some(told));
    }
    assert_eq!(server.count("attempts WHERE key = 'person 1 known' AND count = 5").await, 1);
    assert_eq!(server.browser().try_sign_in("ada", &password_of("ada")).await.status, 429);
}

/// R123: who has not signed in for a while is asked first, to look and to send, and comes back.
#[tokio::test]
async fn a_sign_in_that_is_old_is_asked_for_again() {
    let (server, _mailbox) = server_with_mail().await;
    let browser = server.signed_in("ada").await;
    let paths = ["password/", "email/", "delete/"].map(|page| format!("/o/account/{page}"));
    let ids = ["password-form", "email-form", "delete-form"];
    let mut forms = Vec::new();
    for (path, id) in paths.iter().zip(ids) {
        forms.push(browser.get(path).await.form(id));
    }
    server.advance(599);
    browser.get(&paths[0]).await.is_page(200);
    server.advance(1);
    for (path, form) in paths.iter().zip(&forms) {
        let next: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
        let to_sign_in = format!("{BASE}/accounts/login/?next={next}");
        assert_eq!(browser.get(path).await.location(), to_sign_in);
        let filled = form.clone().with("current", &password_of("ada")).with("password", NEW);
        assert_eq!(browser.submit(&filled.with("email", "eve@example.com")).await.location(), to_sign_in);
        assert_eq!(server.browser().get(path).await.location(), to_sign_in);
    }
    assert_eq!(server.count("users WHERE deleted_at IS NULL").await, 1);
    assert_eq!(server.count("mail_links").await, 0);
    let again = browser.get("/accounts/login/?next=%2Fo%2Faccount%2Fpassword%2F").await.form("login-form");
    let again = again.with("username", "ada").with("password", &password_of("ada"));
    assert_eq!(browser.submit(&again).await.location(), format!("{BASE}{PATH}"));
    for path in &paths {
        browser.get(path).await.is_page(200);
    }
    // What needs no more than being signed in.
    server.advance(3_600);
    for path in ["/o/account/", "/o/account/profile/", "/o/account/sessions/"] {
        browser.get(path).await.is_page(200);
    }
}

/// C7: of many at once one counts, and its browser stays signed in.
#[tokio::test]
async fn of_many_changes_at_once_one_counts() {
    let server = server().await;
    let second = server.second().await;
    let browser = server.signed_in("ada").await;
    server.advance(1);
    let shown = browser.get(PATH).await.form("password-form").with("current", &password_of("ada"));
    let browsers = [browser.clone(), browser.at(&second)];
    let requests: Vec<_> = (0..32)
        .map(|number| {
            browsers[number % 2]
                .posting(&shown.clone().with("password", &format!("the new password {number}")))
        })
        .collect();
    let answers = Held::new(requests).await.release().await;
    let changed = answers.iter().filter(|answer| {
        answer.status == 303 && answer.header("location") == Some(&format!("{BASE}/o/account/"))
    });
    assert_eq!(changed.count(), 1, "{answers:?}");
    assert_eq!(server.count("audit_events WHERE event = 'password_set'").await, 1);
    server.advance(1);
    assert_eq!(server.count("sessions").await, 1);
}

/// C7: who clicks twice has changed it once, and is signed in whichever answer the browser follows.
#[tokio::test]
async fn who_clicks_twice_has_changed_it_once() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    server.advance(1);
    let shown = browser.get(PATH).await.form("password-form").with("current", &password_of("ada"));
    let form = shown.with("password", NEW);
    let (twice, wrong) = (browser.copied(), browser.copied());
    assert_eq!(browser.submit(&form).await.location(), format!("{BASE}/o/account/"));
    assert_eq!(twice.submit(&form).await.location(), format!("{BASE}/o/account/"));
    assert_eq!(browser.cookie(), twice.cookie());
    assert!(twice.is_signed_in().await);
    let other = wrong.submit(&form.with("password", "yet another password")).await;
    assert!(other.location().contains("/accounts/login/"), "{other:?}");
    assert!(!wrong.is_signed_in().await);
    assert_eq!(server.count("audit_events WHERE event = 'password_set'").await, 1);
}

/// Who signs in through somebody else's service may have no password: nothing is it, and they set one.
#[tokio::test]
async fn whoever_has_no_password_sets_one() {
    let (server, mailbox) = server_with_mail().await;
    server.person_at("ada", "ada@example.com").await;
    let browser = server.browser();
    browser.sign_in("ada").await;
    server.sql("UPDATE users SET password_hash = '!' WHERE id = 1").await;
    server.advance(1);
    for nothing in ["", "!", &password_of("ada")] {
        server.browser().try_sign_in("ada", nothing).await.is_page(200);
    }
    let page = browser.get(PATH).await;
    assert_eq!(page.element("main h1").as_deref(), Some("Set a password"));
    assert!(!page.body.contains("id=\"current\""));
    assert!(browser.get("/o/account/").await.body.contains("Set a password"));
    browser.submit(&page.form("password-form").with("password", NEW)).await.location();
    assert!(browser.is_signed_in().await);
    server.advance(61);
    server.browser().try_sign_in("ada", NEW).await.location();
    assert_eq!(mailbox.count(&server, "Your password was changed").await, 1);
}

/// Who has ended the session meanwhile has ended this, too.
#[tokio::test]
async fn a_session_that_has_ended_changes_nothing() {
    let server: TestServer = server().await;
    let browser = server.signed_in("ada").await;
    let form = browser.get(PATH).await.form("password-form");
    let form = form.with("current", &password_of("ada")).with("password", NEW);
    let copy = browser.copied();
    browser.submit(&browser.get("/").await.form("sign-out-form")).await.is_page(200);
    assert!(copy.submit(&form).await.location().contains("/accounts/login/"));
    server.browser().sign_in("ada").await;
}
