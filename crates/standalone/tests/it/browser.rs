//! The pages in a real browser: Chromium, headless, through WebDriver.

mod applications;
mod axe;
mod devices;
mod driver;
mod others;
mod visitor;

use actix_web::{App, HttpRequest, HttpServer, web};
use authz::client_metadata::ClientMetadata;
use authz::registration::Registration;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fantoccini::key::Key;
use futures_util::FutureExt;
use model::time::Clock;
use std::panic::{AssertUnwindSafe, resume_unwind};

use crate::support::{PASSWORD, SERVERS, World, form, public};
use driver::{Driver, Scripts};
use visitor::Visitor;

/// Runs a visit to its end and closes the browser, whatever came of it. No page may have run into its own
/// Content-Security-Policy.
async fn visit(scripts: Scripts, visit: impl AsyncFnOnce(&World, &Visitor)) {
    let world = World::with(&[], Clock::system()).await;
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

/// The consent form's redirect reaches an application of another origin: `form-action` lets it through.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn a_consent_leads_back_to_an_application_of_another_origin() {
    visit(Scripts::Run, async |world, ada| {
        let elsewhere = elsewhere().await;
        let application = world.register(public("Elsewhere", &format!("{elsewhere}/callback"))).await;
        world.browser().sign_up("ada").await;
        ada.opens(&application.asks_for("read").url).await;
        ada.signs_in("ada").await;
        for (decision, sent) in [("#allow", "code"), ("#refuse", "error")] {
            let request = application.asks_for("read");
            ada.opens(&request.url).await;
            ada.clicks(decision).await;
            assert_eq!(ada.reads("h1").await, format!("The application has a {sent}"), "{}", ada.url().await);
            assert!(ada.url().await.starts_with(&format!("{elsewhere}/callback?{sent}=")));
            assert!(ada.url().await.contains(&form(&[("state", &request.state)])));
        }
    })
    .await;
}

/// `response_mode=form_post`: by itself with scripts, by its button without.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn an_answer_in_a_form_reaches_an_application_of_another_origin() {
    for scripts in [Scripts::Run, Scripts::Off] {
        visit(scripts, async |world, ada| {
            let elsewhere = elsewhere().await;
            let application = world.register(public("Elsewhere", &format!("{elsewhere}/callback"))).await;
            world.browser().sign_up("ada").await;
            let request = format!("{}&response_mode=form_post", application.asks_for("read").url);
            ada.opens(&request).await;
            ada.signs_in("ada").await;
            if scripts == Scripts::Run {
                // The page is gone before anybody could look at it.
                ada.lets_pages_run_scripts(false).await;
                ada.clicks("#allow").await;
                ada.lets_pages_run_scripts(true).await;
                ada.inspects("form-post").await;
                ada.opens(&request).await;
            }
            ada.clicks("#allow").await;
            if scripts == Scripts::Off {
                assert_eq!(ada.reads("h1").await, "Back to the application");
                ada.clicks("#continue").await;
            } else {
                ada.arrives(&format!("{elsewhere}/callback")).await;
            }
            assert_eq!(ada.reads("h1").await, "The application has a code");
            assert_eq!(ada.url().await, format!("{elsewhere}/callback"));
        })
        .await;
    }
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

/// Another browser signs in.
async fn elsewhere_too(world: &World) {
    let mut other = world.browser();
    let page = other.open("/accounts/login/").await;
    let filled = [("username", "ada"), ("password", PASSWORD)];
    assert_eq!(other.submit(&page, "#login-form", &filled).await.status, 200);
}

/// R52 as a browser sees it: a page of a registered origin reads the token endpoint's answer, with a preflight before it;
/// one of another origin does not.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn a_page_of_a_registered_origin_gets_an_answer_and_another_page_does_not() {
    visit(Scripts::Run, async |world, ada| {
        let elsewhere = elsewhere().await;
        for (name, origins, expected) in
            [("Ours", vec![elsewhere.clone()], "400"), ("Not ours", Vec::new(), "blocked")]
        {
            let callback = format!("{elsewhere}/callback");
            let metadata = serde_json::json!({ "allowed_origins": origins }).to_string();
            let metadata = ClientMetadata::default().changed_by(&metadata).unwrap();
            let client = world.register(Registration { metadata, ..public(name, &callback) }).await;
            ada.opens(&callback).await;
            let form =
                form(&[("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", &client.id)]);
            let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{}:", client.id)));
            for authorization in ["", &basic] {
                let said = ada.fetches(&format!("{}/o/token/", world.origin()), authorization, &form).await;
                assert_eq!(said, expected, "{name} {authorization}");
            }
            assert_eq!(ada.complaints().await.is_empty(), expected == "400");
        }
    })
    .await;
}

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
        for _ in 0..5 {
            ada.presses(Key::Tab).await;
            reached.push(ada.focus().await);
            assert_ne!(ada.outline().await, "none", "{reached:?}");
        }
        assert_eq!(reached, ["skip", "brand", "sign-out", "allow", "refuse"]);
        ada.inspects("consent-focus").await;
        ada.opens(&terminal.asks_for("read").url).await;
        for _ in 0..4 {
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

/// A web server of somebody else.
async fn elsewhere() -> String {
    let callback = async |request: HttpRequest, body: String| {
        let sent = [request.query_string(), &body].concat();
        let sent = sent.split('=').next().unwrap_or_default().to_owned();
        let page = format!("<!DOCTYPE html><link rel=icon href=data:,><h1>The application has a {sent}</h1>");
        actix_web::HttpResponse::Ok().content_type("text/html").body(page)
    };
    let server = SERVERS.spawn(async move {
        let server = HttpServer::new(move || App::new().route("/callback", web::to(callback)));
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let address = server.addrs()[0];
        tokio::spawn(server.run());
        address
    });
    format!("http://{}", server.await.unwrap())
}
