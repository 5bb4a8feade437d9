//! The pages that nobody comes by on a straight way: faults, questions of applications, small windows and large targets.

use authz::client_metadata::ClientMetadata;
use authz::registration::Registration;
use diesel::connection::SimpleConnection;
use serde_json::json;

use super::driver::Scripts;
use super::other_origins::elsewhere;
use super::visit;
use crate::support::{PASSWORD, World, confidential, form, public};

/// A client with more to it, as JSON.
fn with(registration: Registration, metadata: &serde_json::Value) -> Registration {
    let metadata = ClientMetadata::default().changed_by(&metadata.to_string()).unwrap();
    Registration { metadata, ..registration }
}

async fn person(world: &World, name: &str) {
    world.browser().sign_up(name).await;
}

/// R16: a client that nobody has vouched for, with a fault and with the person's own no.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn a_person_is_asked_before_they_go_on_to_a_client_that_nobody_has_checked() {
    for scripts in [Scripts::Run, Scripts::Off] {
        visit(scripts, async |world, ada| {
            let elsewhere = elsewhere().await;
            let unverified = json!({ "is_self_registered": true });
            let client = with(public("Win a prize", &format!("{elsewhere}/callback")), &unverified);
            let client = world.register(client).await;
            person(world, "ada").await;
            let faulty =
                format!("{}&prompt=none", client.asks_for("read").url.replace("&prompt=consent", ""));
            ada.opens(&faulty).await;
            assert!(ada.reads("h1").await.starts_with("Go on to 127.0.0.1"), "{}", ada.reads("h1").await);
            if scripts == Scripts::Run {
                ada.inspects("leave").await;
            }
            ada.clicks("#home").await;
            assert_eq!(ada.reads("h1").await, "Timetracker");
            ada.opens(&faulty).await;
            ada.clicks("#continue").await;
            assert_eq!(ada.reads("h1").await, "The application has a error");
            ada.opens("/accounts/login/").await;
            ada.signs_in("ada").await;
            ada.opens(&format!("{}&response_mode=form_post", client.asks_for("read").url)).await;
            if scripts == Scripts::Run {
                ada.inspects("consent-unverified").await;
            }
            ada.clicks("#refuse").await;
            if scripts == Scripts::Run {
                ada.inspects("leave-by-form").await;
            }
            ada.clicks("#continue").await;
            assert_eq!(ada.reads("h1").await, "The application has a error");
            assert_eq!(ada.url().await, format!("{elsewhere}/callback"));
        })
        .await;
    }
}

/// An application asks for signing out; the page afterwards has its frame.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn a_person_is_signed_out_because_an_application_asks() {
    visit(Scripts::Run, async |world, ada| {
        let elsewhere = elsewhere().await;
        let back = format!("{elsewhere}/callback");
        let metadata = json!({
            "post_logout_redirect_uris": [back], "frontchannel_logout_uri": back, "response_types": ["id_token"],
        });
        let client = world.register(with(confidential("Time sheets", &back), &metadata)).await;
        person(world, "ada").await;
        let asks = client.asks_for("openid").url.replace("response_type=code", "response_type=id_token&nonce=n");
        ada.opens(&asks).await;
        ada.signs_in("ada").await;
        ada.clicks("#allow").await;
        let named = form(&[("client_id", &client.id)]);
        ada.opens(&format!("/o/logout/?{named}")).await;
        assert_eq!(ada.reads("h1").await, "Do you want to sign out?");
        ada.inspects("sign-out-question").await;
        ada.clicks("#refuse").await;
        assert_eq!(ada.reads("h1").await, "Nothing has changed");
        ada.inspects("sign-out-stayed").await;
        let returns = form(&[("client_id", &client.id), ("post_logout_redirect_uri", &back)]);
        ada.opens(&format!("/o/logout/?{returns}")).await;
        ada.inspects("sign-out-question-returning").await;
        ada.opens(&format!("/o/logout/?{named}")).await;
        ada.clicks("#allow").await;
        assert_eq!(ada.reads("h1").await, "You are signed out");
        assert!(ada.sees("iframe").await);
        ada.inspects("signed-out-with-frames").await;
    })
    .await;
}

/// `display`: the wish goes with the person from sign-in to the question.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn an_application_wishes_a_small_window_or_large_targets() {
    visit(Scripts::Run, async |world, ada| {
        let code_page = format!("{}/o/code/", world.origin());
        let terminal = world.register(public("Terminal", &code_page)).await;
        person(world, "ada").await;
        for (display, height) in [("page", 48), ("popup", 48), ("touch", 60)] {
            let asks = format!("{}&display={display}", terminal.asks_for("read write").url);
            ada.opens(&asks).await;
            ada.inspects(&format!("login-{display}")).await;
            assert_eq!(ada.height("#sign-in").await, height, "{display}");
            ada.opens(&asks.replace("prompt=consent", "prompt=create")).await;
            ada.inspects(&format!("signup-{display}")).await;
            ada.opens(&asks).await;
            ada.signs_in("ada").await;
            assert_eq!(ada.reads("h1").await, "Allow Terminal to use your account?");
            ada.inspects(&format!("consent-{display}")).await;
            assert_eq!(ada.height("#allow").await, height, "{display}");
            ada.clicks("#sign-out").await;
        }
    })
    .await;
}

/// C7 as a browser sees it: Chromium gives up the answer to the first click and follows that to the second.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn who_clicks_twice_ends_where_one_click_leads() {
    visit(Scripts::Off, async |world, ada| {
        let terminal = world.register(public("Terminal", &format!("{}/o/code/", world.origin()))).await;
        ada.opens("/accounts/signup/").await;
        ada.fills("#username", "ada").await;
        ada.fills("#password", PASSWORD).await;
        ada.clicks_twice("#create-account").await;
        assert_eq!(ada.reads("h1").await, "Hello, ada");
        ada.clicks("#sign-out").await;
        let request = terminal.asks_for("read");
        ada.opens(&request.url).await;
        ada.fills("#username", "ada").await;
        ada.fills("#password", PASSWORD).await;
        ada.clicks_twice("#sign-in").await;
        assert_eq!(ada.reads("h1").await, "Allow Terminal to use your account?");
        ada.clicks_twice("#allow").await;
        assert_eq!(ada.reads("h1").await, "Your code");
        let code = ada.value("#code").await;
        assert_eq!(terminal.exchange(&code, &request.verifier).await.status, 200);
        ada.opens("/o/account/sessions/").await;
        assert!(ada.sees("#here").await && !ada.sees("article:nth-of-type(2)").await);
    })
    .await;
}

/// What people see when something is wrong.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn every_error_page_is_fit_to_be_seen() {
    visit(Scripts::Run, async |world, ada| {
        person(world, "ada").await;
        ada.opens("/accounts/login/").await;
        ada.forgets_cookies().await;
        ada.fills("#username", "ada").await;
        ada.fills("#password", "whatever it may be").await;
        ada.clicks("#sign-in").await;
        assert_eq!(
            ada.reads("#sentence").await,
            "This form was not shown in this browser, or it is too old."
        );
        ada.inspects("stale-form").await;
        ada.opens("/accounts/login/").await;
        ada.signs_in("ada").await;
        let rename = |conn: &mut model::db::Conn| conn.batch_execute("ALTER TABLE sessions RENAME TO gone");
        world.server().authz().db.write(rename).await.unwrap();
        ada.opens("/").await;
        assert_eq!(ada.reads("#sentence").await, "There is more to do right now than can be done at once.");
        ada.inspects("busy").await;
        // That a page says 503 is what Chromium complains about here.
        assert_eq!(ada.complaints().await.len(), 1);
    })
    .await;
}
