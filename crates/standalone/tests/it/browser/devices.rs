//! A device without a browser, and its person at one.

use fantoccini::key::Key;
use serde_json::Value;

use super::driver::Scripts;
use super::visit;
use crate::support::{Answer, Application, PASSWORD, World, public};
use authz::registration::Registration;

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// An application on a device, which has begun.
struct Device {
    application: Application,
    begun: Value,
}

impl Device {
    async fn begins(world: &World, name: &str) -> Self {
        let grant_types = vec![DEVICE_CODE.to_owned()];
        let registration =
            Registration { grant_types, redirect_uris: Vec::new(), ..public(name, "http://localhost/") };
        let application = world.register(registration).await;
        let begun = Answer::to(application.request("device-authorization", &[])).await.json();
        Self { application, begun }
    }

    fn said(&self, member: &str) -> &str {
        self.begun[member].as_str().unwrap()
    }

    /// The error it is told, or `None` when it has its tokens.
    async fn asks(&self) -> Option<String> {
        let fields = [("grant_type", DEVICE_CODE), ("device_code", self.said("device_code"))];
        let answer = Answer::to(self.application.request("token", &fields)).await.json();
        assert_eq!(answer["access_token"].is_string(), answer["error"].is_null(), "{answer}");
        answer["error"].as_str().map(str::to_owned)
    }
}

/// By the address with the code in it, through sign-in, to the end; then another device by its code, which is refused.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn a_person_lets_one_device_in_and_refuses_another() {
    visit(Scripts::Run, async |world, ada| {
        let tv = Device::begins(world, "Living Room TV").await;
        ada.opens(tv.said("verification_uri_complete")).await;
        ada.clicks("#sign-up").await;
        ada.fills("#username", "ada").await;
        ada.fills("#password", PASSWORD).await;
        ada.clicks("#create-account").await;
        assert_eq!(ada.value("#user-code").await, tv.said("user_code"));
        ada.inspects("device-prefilled").await;
        ada.clicks("#continue").await;
        assert_eq!(ada.reads("h1").await, "Allow Living Room TV on a device to use your account?");
        assert_eq!(ada.reads("#shown-code").await, tv.said("user_code"));
        ada.inspects("device-question").await;
        assert_eq!(tv.asks().await.as_deref(), Some("authorization_pending"));
        ada.clicks("#allow").await;
        assert_eq!(ada.reads("h1").await, "Go back to your device");
        ada.inspects("device-allowed").await;
        assert_eq!(tv.asks().await, None);

        let printer = Device::begins(world, "Printer").await;
        ada.opens(printer.said("verification_uri")).await;
        assert_eq!(ada.focus().await, "user-code");
        ada.inspects("device-empty").await;
        ada.types("bcdf-ghjk").await;
        ada.enters().await;
        assert_eq!(ada.title().await, "Error: Connect a device · Timetracker");
        assert_eq!(
            (ada.focus().await.as_str(), ada.value("#user-code").await.as_str()),
            ("user-code", "bcdf-ghjk")
        );
        ada.inspects("device-error").await;
        ada.fills("#user-code", &printer.said("user_code").to_lowercase().replace('-', "")).await;
        ada.presses(Key::Tab).await;
        assert_eq!(ada.focus().await, "continue");
        ada.enters().await;
        ada.clicks("#refuse").await;
        assert_eq!(ada.reads("h1").await, "You refused");
        ada.inspects("device-refused").await;
        assert_eq!(printer.asks().await.as_deref(), Some("access_denied"));
    })
    .await;
}

/// Without scripts, on the smallest phone, with names as long as they may be.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn a_device_is_let_in_without_scripts_and_on_a_small_phone() {
    visit(Scripts::Off, async |world, ada| {
        ada.has_no_scripts().await;
        let (name, person) = ("A name that does not end ".repeat(4), "a".repeat(150));
        let tv = Device::begins(world, &name).await;
        world.browser().sign_up(&person).await;
        ada.opens(tv.said("verification_uri")).await;
        ada.signs_in(&person).await;
        ada.fills("#user-code", tv.said("user_code")).await;
        ada.clicks("#continue").await;
        ada.clicks("#allow").await;
        assert_eq!(ada.reads("h1").await, "Go back to your device");
        assert_eq!(tv.asks().await, None);
    })
    .await;
    visit(Scripts::Run, async |world, ada| {
        let (name, person) = ("A name that does not end ".repeat(4), "a".repeat(150));
        let tv = Device::begins(world, &name).await;
        world.browser().sign_up(&person).await;
        ada.has_a_screen_of(320, 640).await;
        ada.opens(tv.said("verification_uri_complete")).await;
        ada.signs_in(&person).await;
        ada.need_not_scroll_sideways("device").await;
        ada.clicks("#continue").await;
        ada.need_not_scroll_sideways("device question").await;
        ada.inspects("device-question-long-names").await;
        ada.has_a_screen_of(320, 640).await;
        ada.clicks("#allow").await;
        ada.need_not_scroll_sideways("device allowed").await;
    })
    .await;
}
