//! How an answer travels: Multiple Response Type Encoding Practices, Form Post Response Mode.

use crate::support::{Answer, AuthorizationRequest, CALLBACK, ISSUER, server};

/// The parameters of an answer in the fragment.
#[track_caller]
fn in_fragment(answer: &Answer) -> Vec<(String, String)> {
    let fragment = answer.location().strip_prefix(&format!("{CALLBACK}#")).unwrap();
    form_urlencoded::parse(fragment.as_bytes()).into_owned().collect()
}

/// R7, R15: codes and errors alike.
#[tokio::test]
async fn a_code_travels_in_the_fragment_when_that_is_asked_for() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let request = AuthorizationRequest::of(&client).with("response_mode", "fragment");
    let params = in_fragment(&browser.decide(&request, "allow").await);
    let names: Vec<&str> = params.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["code", "state", "iss"]);
    for answer in
        [browser.decide(&request, "refuse").await, browser.get(&request.with("scope", "x").path()).await]
    {
        let params = in_fragment(&answer);
        assert_eq!((params[0].0.as_str(), params[3].1.as_str()), ("error", ISSUER));
    }
}

/// R7, R15, R134: a page that works by a button, sends itself by one line of script and is open to nothing else.
#[tokio::test]
async fn a_code_travels_in_a_form_when_that_is_asked_for() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let state = "\"><script>alert(1)</script>";
    let request = AuthorizationRequest::of(&client).with("response_mode", "form_post").with("state", state);
    let page = browser.decide(&request, "allow").await;
    assert_eq!((page.status, page.header("cache-control")), (200, Some("no-store")));
    let policy = page.header("content-security-policy").unwrap();
    let (before, after) = policy.split_once("script-src 'sha256-").unwrap();
    assert_eq!(before, "default-src 'none'; ");
    assert!(
        after.ends_with("form-action https://client.example; base-uri 'none'; frame-ancestors 'none'"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"));
    assert!(!page.body.contains(state) && page.body.matches("<script>").count() == 1);
    let form = page.form("answer-form");
    assert_eq!(form.action, CALLBACK);
    let names: Vec<&str> = form.fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["code", "state", "iss"]);
    assert_eq!(form.field("state"), Some(state));
    assert_eq!(page.element("continue").as_deref(), Some("Continue"));
    let code = crate::support::Code {
        code: form.field("code").unwrap().to_owned(),
        verifier: request.verifier.clone(),
    };
    assert_eq!(client.redeem(&code).await.status, 200);
    let refused = browser.decide(&request, "refuse").await.form("answer-form");
    assert_eq!(refused.field("error"), Some("access_denied"));
    let at_once = browser.get(&request.with("scope", "x").path()).await.form("answer-form");
    assert_eq!((at_once.field("error"), at_once.field("iss")), (Some("invalid_scope"), Some(ISSUER)));
}
