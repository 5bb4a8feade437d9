//! `/accounts/logout/`.

use reqwest::Method;

use crate::support::server;

/// R104, R128
#[tokio::test]
async fn signing_out_ends_the_session_on_both_sides() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    let (copy, value) = (browser.copied(), browser.cookie());
    let elsewhere = server.browser();
    elsewhere.sign_in("ada").await;
    let form = browser.get("/").await.form("sign-out-form");
    let answer = browser.submit(&form).await;
    answer.is_page(200);
    assert_eq!(
        answer.set_cookies(),
        [format!("authz_session={value}; HttpOnly; SameSite=Lax; Path=/; Max-Age=0")]
    );
    assert_eq!(browser.cookie(), "");
    assert!(!copy.is_signed_in().await);
    assert!(elsewhere.is_signed_in().await);
}

/// R130
#[tokio::test]
async fn no_link_signs_anybody_out() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::PUT, Method::DELETE] {
        let answer = browser.send(browser.request(method, "/accounts/logout/")).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
    }
    assert!(browser.is_signed_in().await);
}
