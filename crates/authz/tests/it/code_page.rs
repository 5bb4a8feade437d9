//! `/o/code/`: what is shown there is pasted into shells.

use std::process::Command;

use crate::support::{AuthorizationRequest, Browser, Client, TestServer, server};

/// The words of a command line, as a shell hands them to curl.
fn words_of(line: &str) -> Vec<String> {
    let script = format!(
        "curl() {{ for each; do printf '%s\\n' \"$each\"; done; }}; verifier=the-verifier; client_secret=the-secret; {line}"
    );
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

async fn shown(server: &TestServer, browser: &Browser, client: &Client) -> (String, String) {
    let code = browser.code_for(client).await;
    let query = crate::support::form(&[("code", &code.code)]);
    let page = server.http.get(&format!("/o/code/?{query}")).await;
    assert_eq!(page.element("code").as_deref(), Some(code.code.as_str()));
    assert_eq!(page.element("valid-for").as_deref(), Some("60 seconds"));
    (code.code, page.element("curl").unwrap().replace("\\ ", "\\\n"))
}

/// The command is right, for both kinds of client and whatever the redirect URI.
#[tokio::test]
async fn the_command_is_the_exact_exchange() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    for uri in [
        "http://localhost:8000/o/code/",
        "https://client.example/cb?a=1&b=2",
        "https://client.example/cb?$(touch${IFS}x);a&b'c'|*(d)!e~f+g%20h",
        "http://127.0.0.1/'$HOME'/;reboot",
    ] {
        let uri = uri.replace(['{', '}', '|', '*'], "");
        for public in [true, false] {
            let new = server.new_client(&format!("c{}-{public}", uri.len())).redirect_uris(&[&uri]);
            let client = if public { new.public() } else { new }.register().await;
            let (code, line) = shown(&server, &browser, &client).await;
            let words = words_of(&line);
            let (head, rest) = words.split_at(1);
            assert_eq!(head, ["http://localhost:8000/o/token/"]);
            let who =
                if public { format!("client_id={}", client.id) } else { format!("{}:the-secret", client.id) };
            let expected = [
                who,
                "grant_type=authorization_code".to_owned(),
                format!("code={code}"),
                format!("redirect_uri={uri}"),
                "code_verifier=the-verifier".to_owned(),
            ];
            let values: Vec<&String> = rest.iter().skip(1).step_by(2).collect();
            assert_eq!(values, expected.iter().collect::<Vec<_>>(), "{line}");
            let sent_encoded = rest.iter().step_by(2).nth(3).map(String::as_str);
            assert_eq!(sent_encoded, Some("--data-urlencode"), "{line}");
        }
    }
}

/// R134: text in the address is not shown, let alone with a command around it.
#[tokio::test]
async fn a_text_that_is_not_a_code_of_ours_is_not_shown() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let code = browser.code_for(&client).await;
    let (access, refresh) = browser.tokens_for(&client).await;
    server.advance(60);
    for text in [
        code.code.as_str(),
        &access,
        &refresh,
        "ttc_x",
        "$(reboot)",
        "<script>alert(1)</script>",
        "';reboot;'",
    ] {
        let query = crate::support::form(&[("code", text)]);
        let page = server.http.get(&format!("/o/code/?{query}")).await;
        page.is_page(200);
        assert_eq!(page.element("curl"), None);
        assert_eq!(page.element("error").as_deref(), Some("invalid_code"));
        assert!(!page.body.contains(text), "{text}");
    }
}

/// R134: errors are a closed list, in our own words.
#[tokio::test]
async fn an_error_is_told_in_our_own_words() {
    let server = server().await;
    for (error, told) in [
        ("access_denied", "access_denied"),
        ("invalid_scope", "invalid_scope"),
        ("<script>", "invalid_request"),
        ("Your account is locked, call 555", "invalid_request"),
    ] {
        let query =
            crate::support::form(&[("error", error), ("error_description", "call 555"), ("state", "<b>")]);
        let page = server.http.get(&format!("/o/code/?{query}")).await;
        assert_eq!(page.element("error").as_deref(), Some(told));
        assert!(!page.body.contains("555") && !page.body.contains("<script"));
    }
    for bare in [
        "/o/code/",
        "/o/code",
        "/o/code/?x=1",
        "/o/code/?code=",
        "/o/code/?code=a&code=b",
        "/o/code/?code=%ff",
    ] {
        let page = server.http.get(bare).await;
        assert_eq!(page.element("redirect-uri").as_deref(), Some("http://localhost:8000/o/code/"), "{bare}");
    }
}

/// R1: a client that registered this page may be sent to it, like any other.
#[tokio::test]
async fn the_page_is_a_redirect_uri_like_any_other() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    let client =
        server.new_client("curl").public().redirect_uris(&["http://localhost:8000/o/code/"]).register().await;
    let request = AuthorizationRequest::of(&client);
    let answer = browser.decide(&request, "allow").await;
    let path =
        answer.location().strip_prefix("http://localhost:8000").unwrap().trim_end_matches("#_").to_owned();
    let page = browser.get(&path).await;
    let code = page.element("code").unwrap();
    let code = crate::support::Code { code, verifier: request.verifier };
    assert_eq!(client.redeem(&code).await.status, 200);
    let refused = browser.decide(&AuthorizationRequest::of(&client), "refuse").await;
    let path =
        refused.location().strip_prefix("http://localhost:8000").unwrap().trim_end_matches("#_").to_owned();
    assert_eq!(browser.get(&path).await.element("sentence").as_deref(), Some("You refused the request."));
}
