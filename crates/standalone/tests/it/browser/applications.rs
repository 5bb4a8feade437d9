//! The developer pages: from "register" to the first answer of the API, from the pages alone.

use std::process::Command;

use fantoccini::key::Key;
use serde_json::{Value, json};

use super::driver::Scripts;
use super::visit;
use super::visitor::Visitor;
use crate::support::World;

/// What a shell prints for a line of a page.
fn pasted(line: &str) -> String {
    let output = Command::new("sh").args(["-c", &line.replacen("curl ", "curl -sS ", 1)]).output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Registers an application by its name alone, from the front page on; answers its secret.
async fn registers(ada: &Visitor, name: &str) -> String {
    ada.opens("/").await;
    ada.clicks("#applications").await;
    ada.clicks("#register").await;
    ada.fills("#name", name).await;
    ada.clicks("#save").await;
    assert_eq!(ada.reads("h1").await, name);
    ada.reads("#client-secret").await
}

/// The whole walk; the exchange is tried in the page, and each line is pasted into a shell as it stands.
async fn walks(world: &World, ada: &Visitor) {
    world.browser().sign_up("ada").await;
    ada.opens("/accounts/login/").await;
    ada.signs_in("ada").await;
    let secret = registers(ada, "Ada’s notebook").await;
    ada.inspects("application-registered").await;
    let application = ada.url().await;
    ada.clicks_in_vain("#authorize").await;
    ada.turns_to_the_other_tab().await;
    assert_eq!(ada.reads("h1").await, "Allow Ada’s notebook to use your account?");
    ada.clicks("#allow").await;
    let code = ada.value("#code").await;
    ada.closes_the_tab().await;
    assert_eq!(ada.url().await, application);

    ada.fills("#code", &code).await;
    ada.fills("#secret", &secret).await;
    ada.clicks("#exchange").await;
    assert_eq!(ada.reads("#exchange-status").await, "The answer: 200 OK");
    let answer: Value = serde_json::from_str(&ada.reads("#exchange-answer").await).unwrap();
    assert_eq!(answer["scope"], "read write");
    assert_eq!(ada.value("#secret").await, "");
    ada.inspects("application-exchanged").await;

    let activities: Value = serde_json::from_str(&pasted(&ada.reads("#call-line").await)).unwrap();
    assert_eq!(activities, json!({"count": 0, "next": null, "previous": null, "results": []}));
    let keeps = format!("CLIENT_SECRET={secret}");
    let renewed = pasted(&format!("{keeps}; {}", ada.reads("#refresh-line").await));
    assert!(serde_json::from_str::<Value>(&renewed).unwrap()["refresh_token"].is_string(), "{renewed}");
    assert_eq!(pasted(&format!("{keeps}; {}", ada.reads("#revoke-line").await)), "");
}

/// From the front page to the API in one go.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn a_developer_gets_from_register_to_the_api_in_the_pages() {
    visit(Scripts::Run, async |world, ada| {
        walks(world, ada).await;
        ada.opens("/o/applications/").await;
        ada.inspects("applications").await;
        let list = "#applications a";
        ada.clicks(list).await;
        ada.inspects("application").await;
        for width in [320, 390] {
            ada.has_a_screen_of(width, 640).await;
            ada.need_not_scroll_sideways("application").await;
        }
        ada.has_a_screen_of(1280, 800).await;

        ada.clicks("#update").await;
        ada.inspects("application-change").await;
        ada.fills("#name", "\u{202e}").await;
        ada.fills("#redirect-uris", "http://nowhere.example/").await;
        ada.clicks("#save").await;
        assert_eq!(ada.title().await, "Error: Change an application · Timetracker");
        assert_eq!(ada.focus().await, "name");
        ada.inspects("application-change-error").await;
        ada.clicks("#cancel").await;

        ada.clicks("#rotate-secret").await;
        ada.inspects("application-rotate").await;
        ada.clicks("#rotate").await;
        assert!(ada.reads("#previous-until").await.starts_with("valid until "));
        ada.clicks("#rotate-secret").await;
        ada.inspects("application-rotate-again").await;
        ada.clicks("#cancel").await;
        ada.clicks("#delete").await;
        ada.inspects("application-delete").await;
        ada.clicks("#delete").await;
        assert_eq!(ada.reads("#none").await, "You have not registered any yet.");
        ada.inspects("applications-none").await;
    })
    .await;
}

/// The same without scripts.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn a_developer_needs_no_scripts() {
    visit(Scripts::Off, walks).await;
}

/// The form by keyboard, on the smallest screen: everything in it can be reached, and shows that it is.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn an_application_is_registered_by_keyboard_on_a_small_screen() {
    visit(Scripts::Run, async |world, ada| {
        world.browser().sign_up("ada").await;
        ada.opens("/accounts/login/").await;
        ada.signs_in("ada").await;
        ada.opens("/o/applications/register/").await;
        ada.inspects("application-register").await;
        ada.has_a_screen_of(320, 640).await;
        ada.need_not_scroll_sideways("register").await;
        assert_eq!(ada.focus().await, "name");
        ada.types("By hand").await;
        let mut reached = Vec::new();
        for _ in 0..7 {
            ada.presses(Key::Tab).await;
            reached.push(ada.focus().await);
            assert_ne!(ada.outline().await, "none", "{reached:?}");
        }
        let grants = ["authorization_code", "client_credentials", "device_code"];
        let grants = grants.map(|name| format!("grant-{name}"));
        assert_eq!(reached[0], "type-confidential");
        assert_eq!(reached[1..4], grants);
        assert_eq!(reached[4..], ["redirect-uris", "scope-read", "scope-write"]);
        ada.enters().await;
        assert_eq!(ada.reads("h1").await, "By hand");
        ada.need_not_scroll_sideways("registered").await;
    })
    .await;
}
