//! Forms that are sent many times at once: an answer to the question, a sign-in, a sign-up.

use super::{MANY, one_and_two};
use crate::authorize::once::{audited, code_in};
use crate::support::{Answer, AuthorizationRequest, Browser, Form, TestServer, password_of};

/// Of more passwords at once than these some are not looked at: they might all be wrong.
const SIGN_INS: usize = 40;

/// The same browser sends each form, every other one to the other server. Each try has the browser as it is now.
async fn sent(
    servers: &[TestServer],
    browser: &Browser,
    forms: [&Form; 2],
    times: usize,
) -> Vec<(Answer, Browser)> {
    let tries: Vec<_> = (0..times)
        .map(|number| {
            let browser = browser.copied().at(&servers[number % servers.len()]);
            let form = forms[number / 2 % 2].clone();
            tokio::spawn(async move { (browser.submit(&form).await, browser) })
        })
        .collect();
    let mut answers = Vec::new();
    for each in tries {
        answers.push(each.await.unwrap());
    }
    answers
}

/// C7: one code, whichever answer the browser follows, and one grant.
#[tokio::test]
async fn of_many_times_that_an_answer_is_sent_one_code_comes() {
    for servers in one_and_two(&[]).await {
        let client = servers[0].client("web").await;
        let browser = servers[0].signed_in("ada").await;
        for round in 1..=3 {
            let request = AuthorizationRequest::of(&client).with("prompt", "consent");
            let allow = browser.asked(&request).await.with("decision", "allow");
            let answers = sent(&servers, &browser, [&allow; 2], MANY).await;
            let code = code_in(&answers[0].0, &request);
            for (answer, _) in &answers {
                assert_eq!(code_in(answer, &request).code, code.code);
            }
            assert_eq!(client.redeem(&code).await.status, 200);
            assert_eq!(servers[0].count("decisions").await, round);
            assert_eq!(servers[0].count("grants").await, round);
            for server in &servers {
                server.app().audit.flush(&server.app().db).await.unwrap();
            }
            assert_eq!(audited(&servers[0], "consent_given").await, round);
        }
    }
}

/// C7, C5: one of two answers counts, for everybody.
#[tokio::test]
async fn of_many_who_allow_and_refuse_at_once_one_answer_counts() {
    for servers in one_and_two(&[]).await {
        let client = servers[0].client("web").await;
        let browser = servers[0].signed_in("ada").await;
        for _ in 0..4 {
            let request = AuthorizationRequest::of(&client).with("prompt", "consent");
            let shown = browser.asked(&request).await;
            let (allow, refuse) = (shown.clone().with("decision", "allow"), shown.with("decision", "refuse"));
            let answers = sent(&servers, &browser, [&allow, &refuse], MANY).await;
            let (pages, mut led): (Vec<_>, Vec<_>) =
                answers.iter().partition(|(answer, _)| answer.status == 200);
            for (page, _) in &pages {
                assert_eq!(page.element("main h1").as_deref(), Some("You have already answered"));
            }
            assert_eq!((pages.len(), led.len()), (MANY / 2, MANY / 2));
            led.dedup_by_key(|(answer, _)| answer.location());
            assert_eq!(led.len(), 1);
        }
    }
}

/// C7: one session, and the cookie for it in each answer.
#[tokio::test]
async fn of_many_times_that_a_sign_in_is_sent_one_session_begins() {
    for servers in one_and_two(&[("WRONG_PASSWORDS_PER_MINUTE", "0")]).await {
        servers[0].person("ada").await;
        let browser = servers[0].browser();
        for round in 1..=3 {
            let form = browser.get("/accounts/login/").await.form("login-form");
            let form = form.with("username", "ada").with("password", &password_of("ada"));
            let answers = sent(&servers, &browser, [&form; 2], SIGN_INS).await;
            let signed_in = one_session(&servers, &answers, round).await;
            browser.set_cookie("authz_session", &signed_in.cookie());
        }
    }
}

/// C7, C4: one account, and one session in it.
#[tokio::test]
async fn of_many_times_that_a_sign_up_is_sent_one_account_comes() {
    for servers in one_and_two(&[("WRONG_PASSWORDS_PER_MINUTE", "0")]).await {
        let browser = servers[0].browser();
        let form = browser.get("/accounts/signup/").await.form("signup-form");
        let form = form.with("username", "ada").with("password", &password_of("ada"));
        let answers = sent(&servers, &browser, [&form; 2], SIGN_INS).await;
        one_session(&servers, &answers, 1).await;
        assert_eq!(servers[0].count("users").await, 1);
    }
}

/// Whoever was answered is signed in, all in one session.
async fn one_session(servers: &[TestServer], answers: &[(Answer, Browser)], begun: i64) -> Browser {
    // The queue for passwords is short on purpose.
    let (busy, answered): (Vec<_>, Vec<_>) = answers.iter().partition(|(answer, _)| answer.status == 503);
    assert!(busy.len() < SIGN_INS, "nobody was answered");
    let (_, browser) = answered[0];
    for (answer, each) in &answered {
        answer.location();
        assert_eq!(each.cookie(), browser.cookie());
        assert!(each.is_signed_in().await);
    }
    assert_eq!(servers[0].count("sessions").await, 1);
    assert_eq!(servers[0].count("audit_events WHERE event = 'sign_in'").await, begun);
    browser.clone()
}
