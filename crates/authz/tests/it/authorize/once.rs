//! A question is answered once (docs/decisions/0017-once.md). Who clicks twice has said one thing: browsers give up the answer to
//! the first click and follow that to the second.

use serde_json::json;

use crate::support::{Answer, AuthorizationRequest, CALLBACK, Client, Code, Form, TestServer, server};

/// The code in an answer.
#[track_caller]
pub fn code_in(answer: &Answer, request: &AuthorizationRequest) -> Code {
    let params = answer.returned_to(CALLBACK);
    assert_eq!(params[0].0, "code", "{params:?}");
    Code { code: params[0].1.clone(), verifier: request.verifier.clone() }
}

/// How many such events are in the log.
pub async fn audited(server: &TestServer, event: &str) -> i64 {
    server.app().audit.flush(&server.app().db).await.unwrap();
    server.count(&format!("audit_events WHERE event = '{event}' AND times = 1")).await
}

/// One that people are asked about every time, and one whose consent is remembered.
async fn two_clients(server: &TestServer) -> [Client; 2] {
    let unknown = server.new_client("unknown").metadata(r#"{"is_self_registered":true}"#);
    [unknown.register().await, server.client("web").await]
}

fn allow(shown: &Form) -> Form {
    shown.clone().with("decision", "allow")
}

fn refuse(shown: &Form) -> Form {
    shown.clone().with("decision", "refuse")
}

/// C7: the same code both times, which buys one grant; and one line in the log.
#[tokio::test]
async fn an_answer_that_is_sent_twice_gives_one_code() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    for client in two_clients(&server).await {
        let request = AuthorizationRequest::of(&client);
        let shown = browser.asked(&request).await;
        let first = browser.submit(&allow(&shown)).await;
        // Another process, which draws other random numbers.
        let elsewhere = server.second().await;
        server.advance(30);
        let second = browser.at(&elsewhere).submit(&allow(&shown)).await;
        assert_eq!(first.location(), second.location(), "{}", client.id);
        let bought = client.redeem(&code_in(&second, &request)).await;
        assert!(client.vouches_for(&bought.text("access_token")).await);
    }
    assert_eq!((server.count("grants").await, server.count("decisions").await), (2, 2));
    assert_eq!(audited(&server, "consent_given").await, 2);
}

/// C7
#[tokio::test]
async fn a_refusal_that_is_sent_twice_is_told_twice() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let shown = browser.asked(&AuthorizationRequest::of(&client)).await;
    let first = browser.submit(&refuse(&shown)).await;
    assert_eq!(first.returned_to(CALLBACK)[0], ("error".to_owned(), "access_denied".to_owned()));
    assert_eq!(browser.submit(&refuse(&shown)).await.location(), first.location());
    assert_eq!(audited(&server, "consent_refused").await, 1);
}

/// C7: nobody takes an answer back by sending another: what it led to is on its way.
#[tokio::test]
async fn the_first_answer_counts_and_the_other_one_is_told_so() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    for client in two_clients(&server).await {
        let request = AuthorizationRequest::of(&client);
        let shown = browser.asked(&request).await;
        let allowed = browser.submit(&allow(&shown)).await;
        let page = browser.submit(&refuse(&shown)).await;
        page.is_page(200);
        assert_eq!(page.element("main h1").as_deref(), Some("You have already answered"));
        let told =
            "You allowed this before you refused it, and the first answer counts. You can end the access.";
        assert_eq!(page.element("sentence").as_deref(), Some(told));
        assert_eq!(page.element("continue").as_deref(), Some("Applications with access"));
        assert_eq!(client.redeem(&code_in(&allowed, &request)).await.status, 200);

        let request = AuthorizationRequest::of(&client).with("prompt", "consent");
        let shown = browser.asked(&request).await;
        browser.submit(&refuse(&shown)).await;
        let page = browser.submit(&allow(&shown)).await;
        page.is_page(200);
        let told = "You refused this before you allowed it, and the first answer counts. To allow it, begin again in the application.";
        assert_eq!(page.element("sentence").as_deref(), Some(told));
        // They may think better of it: then they are asked anew.
        let code = code_in(&browser.decide(&request, "allow").await, &request);
        assert_eq!(client.redeem(&code).await.status, 200);
    }
    // A refusal that came first has agreed to nothing.
    let bob = server.signed_in("bob").await;
    let request = AuthorizationRequest::of(&server.client("third").await);
    let shown = bob.asked(&request).await;
    bob.submit(&refuse(&shown)).await.location();
    bob.submit(&allow(&shown)).await.is_page(200);
    assert_eq!(server.count("consents WHERE user_id = 2").await, 0);
}

/// C7, R30: whoever goes back to a page they have answered, and answers again, ends nothing by it: a code that was used is not
/// handed out again, nor one that has ended.
#[tokio::test]
async fn what_was_used_or_has_ended_is_not_given_again() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    let [unknown, web] = two_clients(&server).await;
    for client in [&unknown, &web] {
        let request = AuthorizationRequest::of(client);
        let shown = browser.asked(&request).await;
        let first = code_in(&browser.submit(&allow(&shown)).await, &request);
        let bought = client.redeem(&first).await.text("access_token");
        let again = browser.submit(&allow(&shown)).await;
        if client.id == unknown.id {
            let asked = again.form("consent-form");
            assert_ne!(asked.field("shown"), shown.field("shown"));
            let code = code_in(&browser.submit(&allow(&asked)).await, &request);
            assert_eq!(client.redeem(&code).await.status, 200);
        } else {
            // As whoever comes anew and has agreed before.
            let code = code_in(&again, &request);
            assert_ne!(code.code, first.code);
            assert_eq!(client.redeem(&code).await.status, 200);
        }
        assert!(client.vouches_for(&bought).await);
    }
    let request = AuthorizationRequest::of(&unknown);
    let shown = browser.asked(&request).await;
    let never_used = code_in(&browser.submit(&allow(&shown)).await, &request);
    server.advance(60);
    browser.submit(&allow(&shown)).await.form("consent-form");
    unknown.redeem(&never_used).await.is_error(400, "invalid_grant");
}

/// C7: what is remembered about answers is removed, and no page outlives that.
#[tokio::test]
async fn a_question_is_open_for_an_hour() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let request = AuthorizationRequest::of(&client);
    let (soon, late) = (browser.asked(&request).await, browser.asked(&request).await);
    server.advance(3_599);
    code_in(&browser.submit(&allow(&soon)).await, &request);
    server.advance(1);
    for decision in ["allow", "refuse"] {
        let request = request.clone().with("prompt", "consent");
        let mut late = late.clone().with("decision", decision);
        late.action = request.path();
        let asked = browser.submit(&late).await.form("consent-form");
        browser.submit(&asked.with("decision", decision)).await.location();
    }
}

/// C7: tokens that the browser carries are those of one decision, too: whoever revokes one has revoked the other.
#[tokio::test]
async fn tokens_in_an_answer_that_is_sent_twice_are_one() {
    let server = server().await;
    let types = r#"{"response_types":["id_token token","code id_token token"]}"#;
    let client = server.new_client("web").metadata(types).register().await;
    let browser = server.signed_in("ada").await;
    for response_type in ["id_token token", "code id_token token"] {
        let request = AuthorizationRequest::of(&client).with("response_type", response_type);
        let request = request.with("scope", "openid read").with("nonce", "n").with("prompt", "consent");
        let shown = browser.asked(&request).await;
        let mut told = Vec::new();
        for _ in 0..2 {
            let answer = browser.submit(&allow(&shown)).await;
            let fragment = answer.location().strip_prefix(&format!("{CALLBACK}#")).unwrap().to_owned();
            let params: Vec<(String, String)> =
                form_urlencoded::parse(fragment.as_bytes()).into_owned().collect();
            let get =
                |name: &str| params.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
            told.push((get("code"), get("access_token").unwrap()));
            server.advance(1);
        }
        let [(first_code, first), (second_code, second)] = &told[..] else { panic!() };
        assert_eq!((first_code.is_some(), first_code), (response_type.starts_with("code"), second_code));
        assert_eq!(client.introspect(first).await.json(), client.introspect(second).await.json());
        assert_eq!(client.revoke(first).await.status, 200);
        assert_eq!(client.introspect(second).await.json(), json!({"active": false}));
    }
}
