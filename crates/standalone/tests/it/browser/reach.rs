//! The pages for those without a mouse, without scripts, and with a small screen.

use fantoccini::key::Key;

use super::driver::Scripts;
use super::visit;
use crate::support::{PASSWORD, public};

/// Nothing but Tab, Enter and letters, from the sign-in page to the code.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn the_keyboard_alone_leads_from_sign_in_to_the_code() {
    visit(Scripts::Run, async |world, ada| {
        let code_page = format!("{}/o/code/", world.origin());
        let terminal = world.register(public("Terminal", &code_page)).await;
        world.browser().sign_up("ada").await;
        ada.opens(&terminal.asks_for("read").url).await;
        assert_eq!(ada.focus().await, "username");
        ada.types("ada").await;
        ada.presses(Key::Tab).await;
        assert_eq!(ada.focus().await, "password");
        ada.types(PASSWORD).await;
        ada.enters().await;
        assert_eq!(ada.reads("h1").await, "Allow Terminal to use your account?");

        // Everything that can be reached, in the order it is read; what has the focus shows it.
        let mut reached = Vec::new();
        for _ in 0..6 {
            ada.presses(Key::Tab).await;
            reached.push(ada.focus().await);
            assert_ne!(ada.outline().await, "none", "{reached:?}");
        }
        assert_eq!(reached, ["skip", "brand", "account", "sign-out", "allow", "refuse"]);
        ada.inspects("consent-focus").await;
        ada.opens(&terminal.asks_for("read").url).await;
        for _ in 0..5 {
            ada.presses(Key::Tab).await;
        }
        assert_eq!(ada.focus().await, "allow");
        ada.enters().await;
        assert_eq!(ada.reads("h1").await, "Your code");

        // Past the header in one step.
        ada.opens(&terminal.asks_for("read").url).await;
        ada.presses(Key::Tab).await;
        ada.presses(Key::Enter).await;
        ada.presses(Key::Tab).await;
        assert_eq!(ada.focus().await, "allow");
    })
    .await;
}

/// "Server-rendered, no script needed": Chromium with scripts switched off.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn everything_works_without_scripts() {
    visit(Scripts::Off, async |world, ada| {
        let code_page = format!("{}/o/code/", world.origin());
        let terminal = world.register(public("Terminal", &code_page)).await;
        ada.has_no_scripts().await;
        ada.opens(&terminal.asks_for("read").url).await;
        ada.clicks("#sign-up").await;
        ada.fills("#username", "ada").await;
        ada.fills("#password", PASSWORD).await;
        ada.clicks("#create-account").await;
        ada.clicks("#allow").await;
        assert_eq!(ada.reads("h1").await, "Your code");
        ada.clicks("#sign-out").await;
        assert_eq!(ada.reads("h1").await, "You are signed out");
    })
    .await;
}

/// At 320 CSS pixels (WCAG 2.2, 1.4.10) nothing has to be scrolled sideways.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn no_page_is_wider_than_a_small_phone() {
    visit(Scripts::Run, async |world, ada| {
        let code_page = format!("{}/o/code/", world.origin());
        let terminal = world.register(public(&"A name that does not end ".repeat(4), &code_page)).await;
        ada.has_a_screen_of(320, 640).await;
        for path in ["/", "/accounts/login/", "/accounts/signup/", "/o/code/", "/nowhere/"] {
            ada.opens(path).await;
            ada.need_not_scroll_sideways(path).await;
        }
        let name = "a".repeat(150);
        world.browser().sign_up(&name).await;
        ada.opens(&terminal.asks_for("read write").url).await;
        ada.signs_in(&name).await;
        ada.need_not_scroll_sideways("consent").await;
        ada.inspects("consent-long-names").await;
        ada.has_a_screen_of(320, 640).await;
        ada.clicks("#allow").await;
        ada.need_not_scroll_sideways("code").await;
        ada.opens("/").await;
        ada.need_not_scroll_sideways("home").await;
    })
    .await;
}
