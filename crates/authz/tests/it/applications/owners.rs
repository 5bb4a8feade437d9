//! Whose an application is.

use authz::audit::Origin;
use authz::registration::developer::{self, Application};
use authz::registration::{self, By, Kind, Owner, Refused};
use model::id::UserId;
use reqwest::Method;

use super::{Mine, filled, registered};
use crate::support::{
    Answer, Browser, Form, Program, TestServer, form, password_of, server, server_on_real_time, server_with,
};

/// The pages about one application.
const PAGES: [&str; 4] = ["", "update/", "rotate-secret/", "delete/"];

/// A form for that path which would work, were the application the sender's.
async fn forged(browser: &Browser, path: &str) -> Form {
    let token = browser.get("/").await.form("sign-out-form").field("csrf_token").unwrap().to_owned();
    let fields = [
        ("csrf_token", token.as_str()),
        ("name", "Taken over"),
        ("type", "confidential"),
        ("grant-client_credentials", "yes"),
        ("scope-read", "yes"),
        ("act", "own"),
        ("client_secret", "x"),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Form { action: path.to_owned(), fields: fields.into() }
}

/// An answer without what differs each time.
fn told(answer: &Answer) -> (u16, Option<String>, Option<String>, Option<String>) {
    let header = |name: &str| answer.header(name).map(str::to_owned);
    (
        answer.status,
        header("allow"),
        header("location"),
        answer.body.split("Reference").next().map(str::to_owned),
    )
}

/// R126, R134 of ownership: what is somebody else's, or an administrator's, is as if it were not there, whatever is asked.
#[tokio::test]
async fn what_is_somebody_elses_is_as_if_it_were_not_there() {
    let server = server().await;
    let ada = server.signed_in("ada").await;
    let bob = server.signed_in("bob").await;
    let adas = registered(&ada, "Ada’s").await;
    let administrators = server.client("web").await;
    let before = state(&server).await;
    for id in [&adas.id, &administrators.id] {
        for page in PAGES {
            let there = format!("/o/applications/{id}/{page}");
            let nowhere = format!("/o/applications/c0ffee/{page}");
            for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"] {
                let ask = async |path: &str| {
                    let method = Method::from_bytes(method.as_bytes()).unwrap();
                    bob.send(bob.request(method, path)).await
                };
                let [answer, expected] = [ask(&there).await, ask(&nowhere).await];
                assert_eq!(told(&answer), told(&expected), "{method} {there}");
                assert!([404, 405].contains(&answer.status), "{method} {there}");
            }
            let [answer, expected] = [
                bob.submit(&forged(&bob, &there).await).await,
                bob.submit(&forged(&bob, &nowhere).await).await,
            ];
            assert_eq!(told(&answer), told(&expected), "POST {there}");
            answer.is_page(404);
        }
    }
    let list = bob.get("/o/applications/").await;
    assert!(!list.body.contains(&adas.id) && !list.body.contains("Ada") && !list.body.contains("web"));
    assert!(!ada.get("/o/applications/").await.body.contains("web"));
    assert_eq!(state(&server).await, before);
    assert_eq!(adas.client(&server).client_credentials().await.status, 200);
}

/// Everything that could have changed.
async fn state(server: &TestServer) -> (i64, i64, i64) {
    let kept = "clients WHERE name IN ('Ada’s', 'web') AND previous_secret_hash IS NULL";
    (server.count("clients").await, server.count(kept).await, server.count("audit_events").await)
}

/// An id that no client could have is no page, and never reaches the database.
#[tokio::test]
async fn an_address_that_cannot_be_an_applications_is_no_page() {
    let server = server().await;
    let ada = server.signed_in("ada").await;
    for id in ["%00", "%ff", "1", "..", "%2e%2e", "a%2fb", "a%20b", "a'--", "%C3%A9", &"a".repeat(101)] {
        for page in PAGES {
            let answer = ada.get(&format!("/o/applications/{id}/{page}")).await;
            assert_eq!(answer.status, 404, "{id} {page}");
        }
    }
}

/// R103: to sign-in, and back to the very page.
#[tokio::test]
async fn a_stranger_is_led_to_sign_in_and_back() {
    let server = server().await;
    let ada = server.signed_in("ada").await;
    let mine = registered(&ada, "Mine").await;
    let about_one = PAGES.map(|page| mine.path(page));
    let all =
        ["/o/applications/", "/o/applications/register/"].map(str::to_owned).into_iter().chain(about_one);
    for path in all {
        let stranger = server.browser();
        for method in [Method::GET, Method::HEAD] {
            let answer = stranger.send(stranger.request(method, path.trim_end_matches('/'))).await;
            let next = form(&[("next", &path)]);
            assert_eq!(answer.location(), format!("http://localhost:8000/accounts/login/?{next}"));
            assert_eq!(answer.body, "");
        }
        let login = stranger.get(&format!("/accounts/login/?{}", form(&[("next", &path)]))).await;
        let login = login.form("login-form");
        // A form of this very browser, but nobody is signed in there.
        if path != "/o/applications/" {
            let token = login.field("csrf_token").unwrap();
            let forged = forged(&ada, &path).await.with("csrf_token", token);
            assert!(stranger.submit(&forged).await.location().contains("/accounts/login/?next="));
        }
        let login = login.with("username", "ada").with("password", &password_of("ada"));
        assert_eq!(stranger.submit(&login).await.location(), format!("http://localhost:8000{path}"));
        stranger.get(&path).await.is_page(200);
    }
    assert_eq!(mine.client(&server).client_credentials().await.status, 200);
    assert_eq!(server.count("clients").await, 1);
}

/// C14: never more than the limit; who has as many is told, and may again after deleting one.
#[tokio::test]
async fn one_person_has_no_more_than_the_limit() {
    let server = server_with(&[("CLIENTS_PER_PERSON", "2")]).await;
    let ada = server.signed_in("ada").await;
    let shown = ada.get("/o/applications/register/").await;
    let first = registered(&ada, "One").await;
    assert_eq!(ada.get("/o/applications/").await.element("full"), None);
    registered(&ada, "Two").await;
    let page = ada.submit(&filled(&shown, "Three")).await;
    page.is_page(200);
    let told =
        "Nothing was registered You have as many applications as one person may have. Delete one first.";
    assert_eq!(page.element("error-summary").as_deref(), Some(told));
    let full = "These are as many as one person may have (2). Delete one to register another.";
    let list = ada.get("/o/applications/").await;
    assert_eq!((list.element("full").as_deref(), list.element("register")), (Some(full), None));
    // Others have their own, and what administrators make is nobody's.
    registered(&server.signed_in("bob").await, "Bob’s").await;
    server.client("web").await;

    let delete = ada.get(&first.path("delete/")).await.form("delete-form");
    assert_eq!(ada.submit(&delete).await.location(), "http://localhost:8000/o/applications/");
    registered(&ada, "Three").await;
    assert_eq!(server.count("clients WHERE user_id = 1").await, 2);
    let boundless = server_with(&[("CLIENTS_PER_PERSON", "0")]).await;
    let ada = boundless.signed_in("ada").await;
    for number in 0..25 {
        registered(&ada, &format!("Number {number}")).await;
    }
}

/// Deleted: nothing it holds is good any more, and its pages are gone.
#[tokio::test]
async fn a_deleted_application_takes_everything_with_it() {
    let server = server().await;
    let ada = server.signed_in("ada").await;
    let mine = registered(&ada, "Mine").await;
    let client = mine.client(&server);
    let (access, refresh) = ada.tokens_for(&client).await;
    let watcher = server.new_client("watcher").introspects(&["timetracker"]).register().await;
    assert!(watcher.vouches_for(&access).await);
    let asked = ada.get(&mine.path("delete/")).await;
    assert_eq!(ada.get(&mine.path("delete/")).await.status, 200, "asking changes nothing");
    ada.submit(&asked.form("delete-form")).await.location();
    assert!(!watcher.vouches_for(&access).await);
    client.refresh(&refresh).await.is_error(401, "invalid_client");
    for page in PAGES {
        ada.get(&mine.path(page)).await.is_page(404);
    }
    ada.submit(&asked.form("delete-form")).await.is_page(404);
}

/// R172: who did what to which application, from where; with the act, and once.
#[tokio::test]
async fn the_audit_log_says_who_did_it() {
    let server = server().await;
    server.person("somebody").await;
    let ada = server.signed_in("ada").await;
    let mine = registered(&ada, "Mine").await;
    let form = filled(&ada.get(&mine.path("update/")).await, "Changed");
    ada.submit(&form).await.location();
    ada.submit(&ada.get(&mine.path("rotate-secret/")).await.form("rotate-form")).await.is_page(200);
    ada.submit(&ada.get(&mine.path("delete/")).await.form("delete-form")).await.location();
    for event in ["client_created", "client_changed", "client_secret_rotated", "client_deleted"] {
        let row = format!(
            "audit_events WHERE event = '{event}' AND user_id = 2 AND client_id = '{}' AND origin = '127.0.0.1' AND times = 1",
            mine.id
        );
        assert_eq!(server.count(&row).await, 1, "{event}");
    }
    assert_eq!(server.count("audit_events WHERE event LIKE 'client%'").await, 4);
}

/// An administrator sees whose it is, and may end it like any other.
#[tokio::test]
async fn an_administrator_sees_whose_it_is() {
    let server = server_on_real_time(&[]).await;
    let ada = server.signed_in("ada").await;
    let mine = registered(&ada, "Mine").await;
    let program = Program::new(&server.settings);
    assert_eq!(program.run(&["client", "show", &mine.id, "--json"], "").json()["user_id"], 1);
    assert!(program.run(&["client", "show", &mine.id], "").out.ends_with("owner          person 1\n"));
    program.run(&["client", "delete", &mine.id, "--json"], "").json();
    ada.get(&mine.path("")).await.is_page(404);
}

/// R127: what ends a session ends what was about to be done in it, between the look and the write.
#[tokio::test]
async fn who_may_not_act_any_more_does_nothing() {
    let server = server().await;
    let ada = server.signed_in("ada").await;
    let mine: Mine = registered(&ada, "Mine").await;
    let before = Owner { id: UserId(1), since: server.clock.now() };
    server.advance(1);
    server.set_password("ada", &password_of("another")).await;
    let (app, origin) = (server.app(), Origin::CommandLine(None));
    let wanted = Application {
        name: "Late".to_owned(),
        kind: Kind::Public,
        grant_types: vec!["authorization_code".to_owned()],
        redirect_uris: vec![super::form::CODE_PAGE.to_owned()],
        scopes: vec!["read".to_owned()],
    };
    let made = developer::register(app, &origin, before, wanted.clone()).await;
    assert!(matches!(made, Err(Refused::NoPerson)), "{made:?}");
    let changed = developer::change(app, &origin, before, &mine.id, wanted).await;
    assert!(matches!(changed, Err(Refused::Changed)), "{changed:?}");
    let rotated = registration::rotate_secret(app, &origin, By::Owner(before), &mine.id).await;
    assert!(matches!(rotated, Err(Refused::NoSuchClient)), "{rotated:?}");
    let deleted = registration::delete(app, &origin, By::Owner(before), &mine.id).await;
    assert!(matches!(deleted, Err(Refused::NoSuchClient)), "{deleted:?}");
    assert_eq!(server.count("clients WHERE name = 'Mine' AND previous_secret_hash IS NULL").await, 1);
    assert_eq!(server.count("clients").await, 1);
}
