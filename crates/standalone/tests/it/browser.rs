//! The pages in a real browser: Chromium, headless, through WebDriver.

mod account;
mod applications;
mod axe;
mod devices;
mod driver;
mod other_origins;
mod others;
mod providers;
mod reach;
mod tracker;
mod visitor;

use futures_util::FutureExt;
use model::time::Clock;
use std::panic::{AssertUnwindSafe, resume_unwind};

use crate::support::{PASSWORD, World, public};
use driver::{Driver, Scripts};
use visitor::Visitor;

/// Runs a visit to its end and closes the browser, whatever came of it. No page may have run into its own
/// Content-Security-Policy.
async fn visit(scripts: Scripts, visit: impl AsyncFnOnce(&World, &Visitor)) {
    visit_with(&[], scripts, visit).await;
}

/// The same at a site that was configured a little differently.
async fn visit_with(settings: &[(&str, &str)], scripts: Scripts, visit: impl AsyncFnOnce(&World, &Visitor)) {
    visit_at(World::with(settings, Clock::system()).await, scripts, visit).await;
}

/// The same, of an installation that is there already.
async fn visit_at(world: World, scripts: Scripts, visit: impl AsyncFnOnce(&World, &Visitor)) {
    let driver = Driver::start().await;
    let visitor = Visitor::new(world.origin(), driver.browser(scripts).await, scripts);
    let outcome = AssertUnwindSafe(async {
        visit(&world, &visitor).await;
        assert_eq!(visitor.complaints().await, Vec::<String>::new());
    });
    let outcome = outcome.catch_unwind().await;
    visitor.close().await;
    outcome.unwrap_or_else(|panic| resume_unwind(panic));
}

/// Sign-up with everything that can be wrong, sign-out, sign-in with a wrong and then the right password.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn a_person_signs_up_signs_out_and_signs_in() {
    visit(Scripts::Run, async |_, ada| {
        ada.opens("/").await;
        ada.inspects("home-stranger").await;
        ada.clicks("#sign-up").await;
        assert_eq!(ada.title().await, "Create an account · Timetracker");
        ada.inspects("signup").await;

        // Too short: Chromium itself does not send it.
        ada.fills("#username", "ada").await;
        ada.fills("#password", "short").await;
        ada.clicks_in_vain("#create-account").await;
        assert!(ada.sees("#password:invalid").await);
        assert!(!ada.sees("#error-summary").await);

        // A browser that does not check: the server says it, beside the field and at the top.
        ada.no_longer_checks("#password", "minlength").await;
        ada.clicks("#create-account").await;
        let sentence = "A password has at least 15 characters. A few random words are good.";
        assert_eq!(ada.reads("#password-error").await, sentence);
        assert_eq!(ada.reads("#error-summary").await, format!("Your account was not created\n{sentence}"));
        assert_eq!(ada.title().await, "Error: Create an account · Timetracker");
        assert_eq!(ada.value("#username").await, "ada");
        assert_eq!(ada.value("#password").await, "");
        assert_eq!(ada.focus().await, "password");
        ada.inspects("signup-error").await;

        ada.fills("#username", "ada lovelace").await;
        ada.fills("#password", "passwordpassword").await;
        ada.clicks("#create-account").await;
        let both = "Your account was not created\nA name has only the letters a to z, digits and @ . + - _\n\
                    This password is one of the first that would be guessed.";
        assert_eq!(ada.reads("#error-summary").await, both);

        ada.fills("#username", "ada").await;
        ada.fills("#password", PASSWORD).await;
        ada.clicks("#create-account").await;
        assert_eq!(ada.reads("h1").await, "Hello, ada");
        ada.inspects("home").await;

        ada.clicks("#sign-out").await;
        assert_eq!(ada.reads("h1").await, "You are signed out");
        ada.inspects("signed-out").await;

        ada.opens("/accounts/login/").await;
        ada.inspects("login").await;
        ada.fills("#username", "ada").await;
        ada.fills("#password", "a river that has bridges").await;
        ada.clicks("#sign-in").await;
        assert_eq!(ada.reads("#login-error").await, "The name and the password do not belong together.");
        assert_eq!((ada.value("#username").await.as_str(), ada.focus().await.as_str()), ("ada", "password"));
        ada.inspects("login-error").await;
        ada.fills("#password", PASSWORD).await;
        ada.clicks("#sign-in").await;
        assert_eq!(ada.reads("h1").await, "Hello, ada");

        ada.opens("/nowhere/").await;
        assert_eq!(ada.reads("h1").await, "No such page");
        ada.inspects("no-such-page").await;
    })
    .await;
}

/// Consent, allowed and refused, with the code page as the redirect URI.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn a_person_allows_and_refuses_and_the_code_page_says_so() {
    visit(Scripts::Run, async |world, ada| {
        let code_page = format!("{}/o/code/", world.origin());
        let terminal = world.register(public("Terminal on Ada’s laptop", &code_page)).await;
        ada.opens("/o/code/").await;
        ada.inspects("code-page-unasked").await;

        let request = terminal.asks_for("read write");
        ada.opens(&request.url).await;
        assert_eq!(ada.reads("#client").await, "to continue to Terminal on Ada’s laptop");
        ada.inspects("login-to-continue").await;
        ada.clicks("#sign-up").await;
        ada.fills("#username", "ada").await;
        ada.fills("#password", PASSWORD).await;
        ada.clicks("#create-account").await;
        assert_eq!(ada.reads("h1").await, "Allow Terminal on Ada’s laptop to use your account?");
        ada.inspects("consent").await;
        ada.clicks("#allow").await;
        assert_eq!(ada.reads("h1").await, "Your code");
        ada.inspects("code").await;
        let code = ada.value("#code").await;
        let line = format!(
            "curl {origin}/o/token/ \\\n  -d client_id={} \\\n  -d grant_type=authorization_code \\\n  -d code={code} \\\n  \
             --data-urlencode 'redirect_uri={code_page}' \\\n  -d code_verifier=\"$verifier\"",
            terminal.id,
            origin = world.origin(),
        );
        assert_eq!(ada.reads("#curl").await, line);
        assert_eq!(terminal.exchange(&code, &request.verifier).await.status, 200);

        ada.opens(&terminal.asks_for("read").url).await;
        ada.clicks("#refuse").await;
        assert_eq!(ada.reads("h1").await, "No code this time");
        assert_eq!((ada.reads("#sentence").await.as_str(), ada.reads("#error").await.as_str()), ("You refused the request.", "access_denied"));
        ada.inspects("refused").await;

        ada.opens("/o/authorize/?client_id=nobody").await;
        assert_eq!(ada.reads("h1").await, "This request cannot be answered");
        ada.inspects("bad-request").await;
    })
    .await;
}

/// What a person has allowed, seen and ended where no script runs.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn a_person_sees_which_applications_have_access_and_ends_it() {
    for scripts in [Scripts::Run, Scripts::Off] {
        visit(scripts, ends_access).await;
    }
}

async fn ends_access(world: &World, ada: &Visitor) {
    let callback = format!("{}/o/code/", world.origin());
    let phone = world.register(public("Time sheets on Ada’s phone", &callback)).await;
    let report = world.register(public("Reports", &callback)).await;
    world.browser().sign_up("ada").await;
    ada.opens("/o/authorized_tokens/").await;
    ada.signs_in("ada").await;
    assert_eq!(ada.reads("h1").await, "Applications with access");
    ada.inspects("access-none").await;
    for (application, scope) in [(&phone, "read write"), (&report, "openid profile read"), (&phone, "read")] {
        let request = application.asks_for(scope);
        ada.opens(&request.url).await;
        ada.clicks("#allow").await;
        let code = ada.value("#code").await;
        assert_eq!(application.exchange(&code, &request.verifier).await.status, 200);
    }
    ada.opens("/").await;
    ada.inspects("home-signed-in").await;
    ada.clicks("#authorized-tokens").await;
    assert_eq!(ada.reads("#application-1-name").await, "Time sheets on Ada’s phone");
    ada.inspects("access").await;
    ada.need_not_scroll_sideways("access").await;
    ada.clicks("#application-1 .access:last-child a").await;
    assert_eq!(ada.reads("h1").await, "End the access of Time sheets on Ada’s phone?");
    ada.inspects("access-end").await;
    ada.clicks("#end-all").await;
    assert_eq!(ada.reads("#application-1-name").await, "Reports");
    ada.clicks("#application-1 a").await;
    ada.inspects("access-end-one").await;
    ada.clicks("#end").await;
    assert!(ada.reads("#nothing").await.starts_with("No application may use your account."));
}

/// Where a person is signed in, seen and ended where no script runs.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn a_person_sees_where_they_are_signed_in_and_signs_out_there() {
    for scripts in [Scripts::Run, Scripts::Off] {
        visit(scripts, signs_out_elsewhere).await;
    }
}

async fn signs_out_elsewhere(world: &World, ada: &Visitor) {
    world.browser().sign_up("ada").await;
    ada.opens("/o/account/sessions/").await;
    ada.signs_in("ada").await;
    assert_eq!(ada.reads("h1").await, "Where you are signed in");
    assert!(ada.reads("article:first-of-type").await.starts_with("Chrome on Linux\n"));
    elsewhere_too(world).await;
    ada.clicks("#authorized-tokens").await;
    ada.clicks("#sessions").await;
    ada.inspects("sessions").await;
    ada.need_not_scroll_sideways("sessions").await;
    ada.clicks("article:last-of-type button").await;
    assert!(!ada.sees("article:nth-of-type(3)").await && ada.sees("article:nth-of-type(2)").await);
    elsewhere_too(world).await;
    ada.opens("/o/account/sessions/").await;
    ada.clicks("#end-others").await;
    assert!(ada.sees("#here").await && !ada.sees("article:nth-of-type(2)").await);
    ada.inspects("sessions-one").await;
}

/// A key is made, shown once, and ended where no script runs.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn a_person_makes_a_key_and_ends_it() {
    for scripts in [Scripts::Run, Scripts::Off] {
        visit(scripts, makes_a_key).await;
    }
}

async fn makes_a_key(world: &World, ada: &Visitor) {
    world.browser().sign_up("ada").await;
    ada.opens("/o/account/keys/").await;
    ada.signs_in("ada").await;
    assert_eq!(ada.reads("#nothing").await, "You have no keys.");
    ada.inspects("keys-none").await;
    ada.fills("#name", "Backups").await;
    ada.clicks("#make").await;
    ada.inspects("keys-error").await;
    ada.clicks_in_vain("#scope-1").await;
    ada.clicks("#make").await;
    assert_eq!(ada.reads("#key").await.len(), 40);
    ada.inspects("keys-made").await;
    ada.need_not_scroll_sideways("keys-made").await;
    ada.opens("/o/account/keys/").await;
    assert!(!ada.sees("#key").await);
    ada.inspects("keys").await;
    ada.clicks("#keys-form button").await;
    assert!(ada.sees("#nothing").await);
}

/// Another browser signs in.
async fn elsewhere_too(world: &World) {
    let mut other = world.browser();
    let page = other.open("/accounts/login/").await;
    let filled = [("username", "ada"), ("password", PASSWORD)];
    assert_eq!(other.submit(&page, "#login-form", &filled).await.status, 200);
}
