//! Who is asked what: sign-in, sign-in again, and the way back.

use reqwest::Method;

use crate::support::{AuthorizationRequest, BASE, CALLBACK, password_of, server};

/// Where somebody who must sign in first is sent, and whence they come back.
fn sign_in_for(path: &str) -> String {
    let next: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
    format!("{BASE}/accounts/login/?next={next}")
}

/// R9: a stranger signs in, is brought back to the very request, and only then asked.
#[tokio::test]
async fn a_stranger_signs_in_and_comes_back_to_the_same_request() {
    let server = server().await;
    server.person("ada").await;
    let client = server.client("web").await;
    let browser = server.browser();
    let request = AuthorizationRequest::of(&client).with("state", "&=#+%\"<ü");

    let answer = browser.get(&request.path()).await;
    assert_eq!(answer.location(), sign_in_for(&request.path()));
    let page = browser.get(answer.location().strip_prefix(BASE).unwrap()).await;
    assert_eq!(page.element("client").as_deref(), Some("to continue to web"));
    let form = page.form("login-form").with("username", "ada").with("password", &password_of("ada"));
    let answer = browser.submit(&form).await;
    assert_eq!(answer.location(), format!("{BASE}{}", request.path()));
    let code = browser.allow(&request).await;
    assert_eq!(client.redeem(&code).await.status, 200);
}

/// The same by way of a new account.
#[tokio::test]
async fn a_stranger_signs_up_and_comes_back_to_the_same_request() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.browser();
    let request = AuthorizationRequest::of(&client);
    let next: String = form_urlencoded::byte_serialize(request.path().as_bytes()).collect();
    let form = browser.get(&format!("/accounts/signup/?next={next}")).await.form("signup-form");
    let form = form.with("username", "ada").with("password", &password_of("ada"));
    assert_eq!(browser.submit(&form).await.location(), format!("{BASE}{}", request.path()));
    browser.allow(&request).await;
}

/// R20
#[tokio::test]
async fn prompt_none_asks_nobody_anything() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    server.advance(100);
    let silent = AuthorizationRequest::of(&client).with("prompt", "none");
    for (browser, request, error) in [
        (&server.browser(), &silent, "login_required"),
        (&browser, &silent, "consent_required"),
        (&browser, &silent.clone().with("max_age", "99"), "login_required"),
        (&browser, &silent.clone().with("max_age", "101"), "consent_required"),
    ] {
        let params = browser.get(&request.path()).await.returned_to(CALLBACK);
        assert_eq!(params[0].1, error);
    }
}

/// R21
#[tokio::test]
async fn prompt_login_and_an_old_sign_in_ask_for_the_password_again() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let honest = AuthorizationRequest::of(&client);
    server.advance(2);
    for (name, value) in
        [("prompt", "login"), ("prompt", "login consent"), ("max_age", "0"), ("max_age", "1")]
    {
        let request = honest.clone().with(name, value);
        let answer = browser.get(&request.path()).await;
        let next = match value {
            "1" => request.path(),
            "login consent" => honest.clone().with("prompt", "consent").path(),
            _ => honest.path(),
        };
        assert_eq!(answer.location(), sign_in_for(&next), "{name}={value}");

        let page = browser.get(answer.location().strip_prefix(BASE).unwrap()).await;
        assert_eq!(page.element("sign-in").as_deref(), Some("Sign in"));
        assert!(page.body.contains("Sign in again"), "it is said that it is again");
        // Cancelled: still no code for the same request.
        assert_eq!(browser.get(&request.path()).await.location(), sign_in_for(&next));
        let form = page.form("login-form").with("username", "ada").with("password", &password_of("ada"));
        let answer = browser.submit(&form).await;
        browser.asked(&AuthorizationRequest { params: params_of(answer.location()), ..request }).await;
        server.advance(2);
    }
    let fresh_enough = honest.with("max_age", "3");
    browser.asked(&fresh_enough).await;
}

fn params_of(location: &str) -> Vec<(String, String)> {
    let query = location.split_once('?').unwrap().1;
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// R21: a wrong password leaves nobody with more than they had.
#[tokio::test]
async fn a_failed_second_sign_in_gives_no_code() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    server.advance(10);
    let request = AuthorizationRequest::of(&client).with("max_age", "5");
    let answer = browser.get(&request.path()).await;
    let page = browser.get(answer.location().strip_prefix(BASE).unwrap()).await;
    browser
        .submit(&page.form("login-form").with("username", "ada").with("password", "wrong"))
        .await
        .is_page(200);
    assert_eq!(browser.get(&request.path()).await.location(), sign_in_for(&request.path()));
}

/// R21: a consent page that stays open does not make an old sign-in young.
#[tokio::test]
async fn an_answer_that_comes_too_late_for_max_age_asks_for_the_password_again() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let request = AuthorizationRequest::of(&client).with("max_age", "60");
    let shown = browser.asked(&request).await.with("decision", "allow");
    server.advance(61);
    assert_eq!(browser.submit(&shown).await.location(), sign_in_for(&request.path()));
}

/// R11, R130: nothing but GET and POST, and no page of another origin may read along.
#[tokio::test]
async fn no_other_method_acts_and_no_other_origin_reads() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let honest = AuthorizationRequest::of(&client);
    let shown = browser.asked(&honest).await.with("decision", "allow");
    let with_decision = format!("{}&decision=allow&csrf_token=x&shown=y", honest.path());
    for method in [Method::OPTIONS, Method::PUT, Method::DELETE, Method::PATCH, Method::TRACE] {
        let request =
            browser.request(method.clone(), &with_decision).header("origin", "https://evil.example");
        let answer = browser.send(request.header("access-control-request-method", "POST")).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD, POST")), "{method}");
        assert_eq!(answer.header("location"), None);
        assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control")), "{method}");
    }
    // HEAD is GET without a body: the question, never an answer.
    let answer = browser.send(browser.request(Method::HEAD, &with_decision)).await;
    assert_eq!((answer.status, answer.header("location"), answer.body.as_str()), (200, None, ""));
    let request = browser.request(Method::GET, &honest.path()).header("origin", "https://evil.example");
    let answer = browser.send(request).await;
    assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control")));
    let query = crate::support::form(&shown.fields);
    browser.get(&format!("{}&{query}", honest.path())).await.form("consent-form");
}
