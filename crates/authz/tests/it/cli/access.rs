//! `authz user grants`, `revoke`, `sessions`, `sign-out`.

use serde_json::json;

use super::{both, fails};
use crate::support::{AuthorizationRequest, Program, eventually, server_on_real_time};

/// R61, R63: what a person sees at `/o/authorized_tokens/`, and more, ended by command.
#[tokio::test]
async fn what_applications_may_do_is_shown_and_ended() {
    let server = server_on_real_time(&[]).await;
    let program = Program::new(&server.settings);
    let (web, phone) = (server.client("web").await, server.client("phone").await);
    let browser = server.signed_in("ada").await;
    let first = browser.tokens_for(&web).await;
    let second = browser.tokens_for(&web).await;
    let third = browser.tokens_for(&phone).await;
    let (shown, text) = both(&program, &["user", "grants", "ADA"], "");
    let clients = |list: &str| {
        let all = shown[list].as_array().unwrap().iter();
        all.map(|each| each["client_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        (clients("grants"), clients("consents")),
        (vec!["phone".to_owned(), "web".into(), "web".into()], vec!["phone".to_owned(), "web".into()])
    );
    assert_eq!(shown["grants"][0]["scopes"], json!(["read", "write"]));
    assert_eq!(text.lines().count(), 5, "{text}");

    let oldest = shown["grants"][2]["id"].as_str().unwrap();
    let done = program.run(&["user", "revoke", "ada", "--grant", oldest, "--json"], "").json();
    assert_eq!(done, json!({"username": "ada", "ended": 1}));
    web.refresh(&first.1).await.is_error(400, "invalid_grant");
    assert_eq!(web.refresh(&second.1).await.status, 200);
    assert_eq!(browser.get(&AuthorizationRequest::of(&web).path()).await.status, 200, "they are asked again");

    let done = program.run(&["user", "revoke", "ada", "--client", "phone", "--json"], "").json();
    assert_eq!(done, json!({"username": "ada", "ended": 1}));
    eventually("it has ended", || async { !phone.vouches_for(&third.0).await }).await;
    for which in [["--client", "phone"], ["--client", "nobody"], ["--grant", oldest], ["--grant", "x"]] {
        let arguments = [&["user", "revoke", "ada"], &which[..]].concat();
        assert_eq!(fails(&program, &arguments, "", 1), "authz: there is nothing of that to end\n");
    }
    assert!(browser.is_signed_in().await);

    assert_eq!(program.run(&["user", "revoke", "ada", "--all"], "").status, 0);
    eventually("everything has ended", || async { !web.vouches_for(&second.0).await }).await;
    assert!(!browser.is_signed_in().await);
    assert_eq!(
        program.run(&["user", "grants", "ada", "--json"], "").json(),
        json!({"grants": [], "without_grant": [], "consents": []})
    );
    for wrong in [&["ada"][..], &["ada", "--all", "--client", "web"], &["--all"]] {
        fails(&program, &[&["user", "revoke"], wrong].concat(), "", 2);
    }
    fails(&program, &["user", "revoke", "nobody", "--all"], "", 1);
    fails(&program, &["user", "grants", "nobody"], "", 1);
    assert_eq!(server.count("audit_events WHERE event = 'access_ended' AND user_id = 1").await, 3);
}

/// R35: one browser, or all; tokens stay.
#[tokio::test]
async fn people_are_signed_out_of_one_browser_or_of_all() {
    let server = server_on_real_time(&[]).await;
    let program = Program::new(&server.settings);
    let client = server.client("web").await;
    let browsers = [server.signed_in("ada").await, server.browser(), server.browser()];
    browsers[1].sign_in("ada").await;
    let (access, _) = browsers[0].tokens_for(&client).await;
    let before = program.run(&["user", "sessions", "ada", "--json"], "").json();
    browsers[2].sign_in("ada").await;
    let (after, text) = both(&program, &["user", "sessions", "ada"], "");
    assert_eq!(
        (before.as_array().unwrap().len(), after.as_array().unwrap().len(), text.lines().count()),
        (2, 3, 3)
    );
    let newest = after[0]["sid"].as_str().unwrap();
    let sign_out = ["user", "sign-out", "ada", "--session", newest];
    assert_eq!(program.run(&sign_out, "").out, "ada is signed out of 1 browser(s).\n");
    assert!(
        !browsers[2].is_signed_in().await
            && browsers[0].is_signed_in().await
            && browsers[1].is_signed_in().await
    );
    assert_eq!(fails(&program, &sign_out, "", 1), "authz: they are not signed in there\n");
    assert_eq!(
        fails(&program, &["user", "sign-out", "ada", "--session", "x"], "", 1),
        "authz: a session is named as `user sessions` shows it\n"
    );
    let done = program.run(&["user", "sign-out", "ada", "--json"], "").json();
    assert_eq!(done, json!({"username": "ada", "ended": 2}));
    for browser in &browsers {
        assert!(!browser.is_signed_in().await);
    }
    assert!(client.vouches_for(&access).await);
    fails(&program, &["user", "sign-out", "nobody"], "", 1);
    fails(&program, &["user", "sessions", "nobody"], "", 1);
    assert_eq!(server.count("audit_events WHERE event = 'sign_out' AND user_id = 1").await, 2);
}
