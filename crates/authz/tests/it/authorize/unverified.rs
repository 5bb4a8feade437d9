//! Clients that registered themselves: nobody is taken to their addresses without having been asked.

use crate::support::{Answer, AuthorizationRequest, CALLBACK, Client, TestServer, form, server};

async fn unverified(server: &TestServer) -> Client {
    let new = server.new_client("self").metadata(r#"{"is_self_registered":true}"#);
    new.redirect_uris(&[CALLBACK, "com.example.app:/cb"]).register().await
}

/// The page that names the host, and where its link leads.
#[track_caller]
fn asks_first(answer: &Answer, host: &str) -> String {
    answer.is_page(200);
    assert_eq!(answer.header("refresh"), None, "{answer:?}");
    assert_eq!(answer.element("redirect-host").as_deref(), Some(host));
    let sentence = "An application that nobody here has checked wants you to go on to this address.";
    assert_eq!(answer.element("sentence").as_deref(), Some(sentence));
    assert!(!answer.body.contains("<script"), "{answer:?}");
    let html = answer.html();
    let link = scraper::Selector::parse("a#continue").unwrap();
    html.select(&link).next().map(|link| link.attr("href").unwrap().to_owned()).unwrap_or_default()
}

/// R16: whatever is wrong, whether somebody is signed in or not, and when they refuse. What the link carries is what the
/// redirect would have.
#[tokio::test]
async fn no_error_takes_anybody_to_a_client_that_nobody_has_vouched_for() {
    let server = server().await;
    let client = unverified(&server).await;
    let honest = AuthorizationRequest::of(&client);
    let (ada, stranger) = (server.signed_in("ada").await, server.browser());
    let led = |error: &str, description: &str| {
        let said = [
            ("error", error),
            ("error_description", description),
            ("state", "the state"),
            ("iss", "http://localhost:8000/o"),
        ];
        form(&said)
    };
    let (scope, wrong) = (honest.clone().with("scope", "admin"), "More was asked for than may be given.");
    for browser in [&ada, &stranger] {
        let to = asks_first(&browser.get(&scope.path()).await, "client.example");
        assert_eq!(to, format!("{CALLBACK}?{}#_", led("invalid_scope", wrong)));
    }
    let kind = honest.clone().with("response_type", "nonsense");
    let to = asks_first(&stranger.get(&kind.path()).await, "client.example");
    assert_eq!(
        to,
        format!("{CALLBACK}?{}#_", led("unsupported_response_type", "There is no such response type here."))
    );
    let silent = honest.clone().with("prompt", "none");
    let to = asks_first(&stranger.get(&silent.path()).await, "client.example");
    assert_eq!(to, format!("{CALLBACK}?{}#_", led("login_required", "The person would have to sign in.")));
    let to = asks_first(&ada.get(&silent.path()).await, "client.example");
    assert!(to.contains("error=consent_required"), "{to}");
    let to = asks_first(&ada.decide(&honest, "refuse").await, "client.example");
    assert_eq!(to, format!("{CALLBACK}?{}#_", led("access_denied", "The person refused.")));
    let fragment = scope.clone().with("response_mode", "fragment");
    let to = asks_first(&stranger.get(&fragment.path()).await, "client.example");
    assert_eq!(to, format!("{CALLBACK}#{}", led("invalid_scope", wrong)));
    let native = scope.clone().with("redirect_uri", "com.example.app:/cb");
    let to = asks_first(
        &stranger.get(&native.path()).await,
        "the application that opens com.example.app: addresses",
    );
    assert!(to.starts_with("com.example.app:/cb?error=invalid_scope&"), "{to}");
    // Whoever allows it has seen the host, and goes there.
    let answer = ada.decide(&honest, "allow").await;
    assert_eq!(answer.returned_to(CALLBACK)[0].0, "code");
}

/// R15, R16, R134: a form of ours with a button, and no script that would press it.
#[tokio::test]
async fn an_error_in_a_form_waits_for_its_button() {
    let server = server().await;
    let client = unverified(&server).await;
    let state = "\"><script>alert(1)</script>";
    let request = AuthorizationRequest::of(&client).with("scope", "admin").with("state", state);
    let page = server.browser().get(&request.clone().with("response_mode", "form_post").path()).await;
    assert_eq!(asks_first(&page, "client.example"), "");
    let form = page.form("answer-form");
    assert_eq!(form.action, CALLBACK);
    assert_eq!((form.field("error"), form.field("state")), (Some("invalid_scope"), Some(state)));
    let policy = page.header("content-security-policy").unwrap();
    assert_eq!(
        policy,
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action https://client.example; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    let link = server.browser().get(&request.path()).await;
    assert!(asks_first(&link, "client.example").contains("state=%22%3E%3Cscript%3Ealert"));
    assert!(link.header("content-security-policy").unwrap().contains("form-action 'self';"));
}

/// R16: an administrator vouches for a client, and it is told its errors like any other.
#[tokio::test]
async fn a_client_that_was_vouched_for_is_told_its_errors_at_once() {
    let server = server().await;
    let client = unverified(&server).await;
    let origin = authz::audit::Origin::CommandLine(None);
    let changes = r#"{"is_self_registered":false}"#;
    authz::registration::change_metadata(server.app(), &origin, &client.id, changes).await.unwrap();
    let silent = AuthorizationRequest::of(&client).with("prompt", "none");
    let params = server.browser().get(&silent.path()).await.returned_to(CALLBACK);
    assert_eq!(params[0].1, "login_required");
}
