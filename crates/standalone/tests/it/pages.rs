//! The time tracker's pages, signed in at the real authorization server.

use std::time::Duration;

use model::time::{Clock, Timestamp};
use standalone::settings::{API_CLIENT, PAGES_CLIENT};

use crate::support::{Browser, PASSWORD, Page, World};

/// Follows the way a newcomer goes.
async fn signs_in(world: &World, username: &str) -> (Browser, Page) {
    let mut browser = world.browser();
    browser.sign_up(username).await;
    let home = browser.open("/").await;
    assert_eq!(home.text("#app"), "Track your time");
    let page = browser.open("/time/sign-in/").await;
    (browser, page)
}

/// "A newcomer opens the address, signs in and sees the page": without being asked for anything but the password.
#[tokio::test]
async fn a_newcomer_signs_in_and_tracks_time() {
    let world = World::new().await;
    world.browser().sign_up("ada").await;
    let mut browser = world.browser();
    let front = browser.open("/").await;
    assert!(
        front.html.contains(&format!(r#"id="sign-in" href="{}/time/sign-in/""#, world.origin())),
        "{front:?}"
    );
    let login = browser.open("/time/sign-in/").await;
    assert_eq!(
        (login.text("h1").as_str(), login.text("#client").as_str()),
        ("Sign in", "to continue to Timetracker")
    );
    let page = browser.submit(&login, "#login-form", &[("username", "ada"), ("password", PASSWORD)]).await;
    assert_eq!((page.url.as_str(), page.status), (format!("{}/time/", world.origin()).as_str(), 200));
    assert_eq!(page.text(".who"), "Signed in as ada");
    let page = browser.submit(&page, "#start-form", &[("name", "Reading"), ("action", "start")]).await;
    assert_eq!(page.text("#running"), "Reading");
    let timer = browser.open("/api/timer/").await;
    assert_eq!((timer.status, timer.text("h1").as_str()), (200, "Timer"));
    assert!(timer.verbatim("#body").contains("\"running\": true"), "{timer:?}");
    let page = browser.submit(&page, "#stop-form", &[("action", "stop")]).await;
    assert!(page.text("#entries li").starts_with("Reading"), "{page:?}");
}

/// R100: an hour later the tokens are others, the session is the same; and whoever ends the access at the authorization server ends it here.
#[tokio::test]
async fn a_session_outlives_its_tokens_and_not_the_access() {
    let clock = Clock::manual(Timestamp::from_unix_seconds(1_800_000_000));
    let world = World::with(&[], clock.clone()).await;
    let (mut browser, page) = signs_in(&world, "ada").await;
    assert_eq!(page.text(".who"), "Signed in as ada");
    for _ in 0..5 {
        clock.advance(Duration::from_secs(3_590));
        assert_eq!(browser.open("/api/").await.status, 200);
    }
    let access = browser.open("/o/authorized_tokens/").await;
    assert_eq!(access.text("#application-1-name"), "Timetracker");
    let end =
        access.html.split(r#"id="end-"#).nth(1).and_then(|rest| rest.split(r#"href=""#).nth(1)).unwrap();
    let question = browser.open(end.split('"').next().unwrap()).await;
    browser.submit(&question, "#end-access-form", &[("which", "one")]).await;
    clock.advance(Duration::from_secs(11));
    let page = browser.open("/api/").await;
    assert_eq!(
        (page.status, page.text("#stranger").as_str()),
        (401, "You are not signed in any more. Sign in again to go on.")
    );
    // Still signed in over there, and let in again without a word.
    let page = browser.open("/time/sign-in/?next=/api/").await;
    assert_eq!((page.status, page.url), (200, format!("{}/api/", world.origin())));
}

/// Signing out ends the session and its tokens, and shows the way to sign out at the authorization server as well.
#[tokio::test]
async fn signing_out_leads_to_the_authorization_server() {
    let world = World::new().await;
    let (mut browser, page) = signs_in(&world, "ada").await;
    let out = browser.submit(&page, "#sign-out-form", &[]).await;
    assert_eq!(out.text("h1"), "You are signed out of Timetracker");
    let href =
        out.html.split(r#"id="sign-out-everywhere" href=""#).nth(1).unwrap().split('"').next().unwrap();
    let question = browser.open(href).await;
    assert_eq!(question.status, 200, "{question:?}");
    let done = browser.submit(&question, "#end-session-form", &[("decision", "sign-out")]).await;
    assert_eq!(done.text("h1"), "You are signed out");
    let login = browser.open("/time/sign-in/").await;
    assert_eq!(login.text("h1"), "Sign in");
}

/// The next start finds the clients of the one before, also at another address.
#[tokio::test]
async fn another_address_is_one_where_people_can_sign_in() {
    let mut world = World::new().await;
    signs_in(&world, "ada").await;
    let before = world.origin().to_owned();
    world.restart().await;
    assert_ne!(world.origin(), before);
    let mut browser = world.browser();
    let login = browser.open("/time/sign-in/").await;
    let page = browser.submit(&login, "#login-form", &[("username", "ada"), ("password", PASSWORD)]).await;
    assert_eq!((page.status, page.text(".who").as_str()), (200, "Signed in as ada"));
}

/// Who is asked about tokens and whose tokens the pages get goes by the same name, also when that changes.
#[tokio::test]
async fn another_audience_is_carried_to_both_clients() {
    let mut world = World::new().await;
    signs_in(&world, "ada").await;
    world.restart_with(&[("TIMETRACKER_AUDIENCE", "time")]).await;
    let mut browser = world.browser();
    let login = browser.open("/time/sign-in/").await;
    let page = browser.submit(&login, "#login-form", &[("username", "ada"), ("password", PASSWORD)]).await;
    assert_eq!((page.status, page.text(".who").as_str()), (200, "Signed in as ada"));
    let clients = &world.server().authz().clients;
    let asks = clients.find(API_CLIENT).await.unwrap().unwrap();
    let signs_in = clients.find(PAGES_CLIENT).await.unwrap().unwrap();
    assert_eq!((asks.introspects.as_str(), signs_in.audiences.as_str()), ("time", "time"));
}
