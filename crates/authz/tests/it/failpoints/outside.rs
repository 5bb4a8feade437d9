//! Registering a client, a client's proof, and ending a session that clients want to hear about, broken at each write and at the commit.

use std::time::Duration;

use authz::audit::Origin;
use authz::self_registration;
use authz::store::json::Json;
use reqwest::Method;

use super::trap::{self, Breaks};
use crate::support::{
    Answer, AuthorizationRequest, Browser, CALLBACK, Signer, TestServer, assertion, server, server_with,
};

/// Every place where an act of at most so many writes can break.
fn places(writes: u32) -> impl Iterator<Item = Breaks> {
    (1..=writes).map(Breaks::After).chain([Breaks::AtCommit])
}

async fn register(server: &TestServer, token: &str) -> Answer {
    let request = server.http.request(Method::POST, "/o/register/").bearer_auth(token);
    let body = format!(r#"{{"redirect_uris":["{CALLBACK}"]}}"#);
    server.http.send(request.header("content-type", "application/json").body(body)).await
}

/// F3: the token's use, the client, what it is managed with, and the log.
#[tokio::test]
async fn nothing_is_kept_of_a_registration_that_breaks() {
    for breaks in places(4) {
        let server = server_with(&[("REGISTRATION", "token")]).await;
        let (origin, day) = (Origin::CommandLine(None), Duration::from_secs(86_400));
        let made =
            self_registration::create_token(server.app(), &origin, String::new(), 1, day, Json::default())
                .await;
        let token = made.unwrap().1.expose().clone();
        trap::lay(&server).await;
        trap::set(&server, breaks).await;
        let answer = register(&server, &token).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{breaks:?} {answer:?}");
        trap::disarm(&server).await;
        assert_eq!(server.count("clients").await, 0, "{breaks:?}");
        assert_eq!(server.count("client_registrations").await, 0, "{breaks:?}");
        assert_eq!(server.count("audit_events WHERE event = 'client_registered'").await, 0, "{breaks:?}");
        assert_eq!(register(&server, &token).await.status, 201, "{breaks:?}");
        assert_eq!(register(&server, &token).await.status, 401, "{breaks:?}");
    }
}

/// F3, C8: an assertion whose use broke was not used; whoever sent it may send it again.
#[tokio::test]
async fn nothing_is_kept_of_an_assertion_whose_use_breaks() {
    for breaks in places(1) {
        let (server, signer) = (server().await, Signer::new("ES256", "k1"));
        let client = server.key_client("web", &signer).await;
        let text = signer.sign(&assertion(&client, server.clock.now()));
        let prove = || client.prove("/o/token/", &text, &[("grant_type", "client_credentials")]);
        trap::lay(&server).await;
        trap::set(&server, breaks).await;
        prove().await.is_error(503, "temporarily_unavailable");
        trap::disarm(&server).await;
        assert_eq!(server.count("used_ids").await, 0, "{breaks:?}");
        assert_eq!(prove().await.status, 200, "{breaks:?}");
        prove().await.is_error(401, "invalid_client");
    }
}

async fn sign_out(browser: &Browser) -> Answer {
    browser.submit(&browser.get("/").await.form("sign-out-form")).await
}

/// F3: the session, who is in it, who is to be told, and the log. A client is never told of a logout that was not.
#[tokio::test]
async fn nothing_is_kept_of_a_sign_out_that_breaks() {
    for breaks in places(4) {
        let server = server().await;
        // Nobody is called there: what is to be told stays to be seen.
        let metadata = r#"{"backchannel_logout_uri":"https://127.0.0.1:1/told"}"#;
        let client = server.new_client("web").metadata(metadata).register().await;
        let browser = server.signed_in("ada").await;
        let request = AuthorizationRequest::of(&client).with("scope", "openid");
        assert_eq!(client.redeem(&browser.allow(&request).await).await.status, 200);
        trap::lay(&server).await;
        trap::set(&server, breaks).await;
        sign_out(&browser).await.is_page(503);
        trap::disarm(&server).await;
        assert!(browser.is_signed_in().await, "{breaks:?}");
        let rows = (server.count("session_clients").await, server.count("logout_deliveries").await);
        assert_eq!(rows, (1, 0), "{breaks:?}");
        sign_out(&browser).await.is_page(200);
        let rows = (server.count("session_clients").await, server.count("logout_deliveries").await);
        assert_eq!(rows, (0, 1), "{breaks:?}");
    }
}
