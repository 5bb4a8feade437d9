//! Signing in at another installation, and what is linked there.

use std::net::TcpListener;

use authz::registration::Registration;
use model::secret::Secret;
use model::time::Clock;

use super::driver::Scripts;
use super::visit_at;
use crate::support::{World, confidential};

const SECRET: &str = "a-secret-of-one-installation-at-the-other-0123456789";

/// Somebody else's installation, and one of ours that lets its people in. They are hosts of their own to a browser, or they
/// would have each other's cookies.
async fn both() -> (World, World) {
    let port = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (at_theirs, at_ours) = (port(), port());
    let url = format!("http://127.0.0.1:{at_theirs}");
    let listens = |port| format!("127.0.0.1:{port}");
    let settings = [("STANDALONE_LISTEN", listens(at_theirs)), ("STANDALONE_PUBLIC_URL", url.clone())];
    let theirs =
        World::with(&settings.each_ref().map(|(name, value)| (*name, value.as_str())), Clock::system()).await;
    let back = format!("http://localhost:{at_ours}/accounts/complete/house/");
    let client = Registration {
        id: Some("timetracker".to_owned()),
        secret: Some(Secret::new(SECRET.to_owned())),
        ..confidential("Timetracker", &back)
    };
    theirs.register(client).await;
    let issuer = format!("{url}/o");
    let settings = [
        ("STANDALONE_LISTEN", listens(at_ours).as_str()),
        ("AUTHZ_OUTBOUND_NETWORKS", "127.0.0.1"),
        ("AUTHZ_PROVIDERS", "house github"),
        ("AUTHZ_PROVIDER_HOUSE_TITLE", "The house next door"),
        ("AUTHZ_PROVIDER_HOUSE_ISSUER", issuer.as_str()),
        ("AUTHZ_PROVIDER_HOUSE_CLIENT_ID", "timetracker"),
        ("AUTHZ_PROVIDER_HOUSE_CLIENT_SECRET", SECRET),
        ("AUTHZ_PROVIDER_GITHUB_CLIENT_ID", "x"),
        ("AUTHZ_PROVIDER_GITHUB_CLIENT_SECRET", "y"),
    ]
    .map(|(name, value)| (name, value.to_owned()));
    let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
    (theirs, World::with(&settings, Clock::system()).await)
}

/// There and back, with scripts and without: the way goes over a form, a page that goes on by itself, and two sites.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn a_person_signs_in_at_another_site_and_sees_what_is_linked() {
    for scripts in [Scripts::Run, Scripts::Off] {
        let (theirs, ours) = both().await;
        theirs.browser().sign_up("ada").await;
        visit_at(ours, scripts, async |ours, ada| {
            ada.opens("/accounts/signup/").await;
            ada.inspects("signup-providers").await;
            ada.clicks("#sign-in").await;
            ada.inspects("login-providers").await;
            ada.clicks_over_to("#with-house", theirs.origin()).await;
            ada.fills("#login-form #username", "ada").await;
            ada.signs_in("ada").await;
            assert_eq!(ada.reads("h1").await, "Allow Timetracker to use your account?");
            ada.clicks_over_to("#allow", ours.origin()).await;
            assert_eq!(ada.reads("h1").await, "Hello, ada");
            ada.opens("/o/account/providers/").await;
            assert_eq!(ada.reads("article h2").await, "The house next door");
            ada.inspects("linked-accounts").await;
            ada.clicks("article a").await;
            assert_eq!(ada.reads("h1").await, "Unlink The house next door?");
            ada.inspects("unlink").await;
            ada.clicks("#unlink").await;
            assert!(ada.reads("#unlink-error").await.starts_with("This is your only way to sign in."));
            ada.inspects("unlink-last").await;
            ada.clicks("#keep").await;
            // Somebody else's link.
            ada.opens("/accounts/complete/house/?code=x&state=y").await;
            assert_eq!(ada.reads("h1").await, "This sign-in cannot be finished");
            ada.inspects("not-begun-here").await;
        })
        .await;
    }
}
