//! Documents that say something else than before.

use authz::registration;
use serde_json::json;

use super::{There, tokens};
use crate::support::{Answer, AuthorizationRequest, CALLBACK, Signer, assertion, eventually};

const OTHER: &str = "https://client.example/other";

/// Section 8.4 of the draft: what it may do no more ends; what only an administrator says of it stays.
#[tokio::test]
async fn a_client_is_what_its_document_says_and_what_an_administrator_says_besides() {
    let there = There::new().await;
    let browser = there.server.signed_in("ada").await;
    let before = tokens(&browser, &there).await;
    let api = there.server.new_client("api").introspects(&["timetracker"]).register().await;
    let origin = authz::audit::Origin::CommandLine(None);
    let vouches = r#"{"is_self_registered":false}"#;
    registration::change_metadata(there.server.app(), &origin, &there.id, vouches).await.unwrap();
    there.server.advance(600);
    there.describes(&json!({"redirect_uris": [OTHER], "client_name": "New", "scope": "read"}));
    browser.get(&there.request().path()).await.is_page(400);
    assert!(there.server.database_text("clients").await.contains(OTHER));
    assert!(!api.vouches_for(&before.text("access_token")).await);
    there.server.advance(1);
    let client = there.client().redirected_to(OTHER);
    let request = crate::support::AuthorizationRequest::of(&client).with("scope", "read");
    let page = browser.get(&request.path()).await;
    assert_eq!((page.element("client").as_deref(), page.element("unverified")), (Some("New"), None));
    assert!(page.element("client-host").is_some());
    let after = client.redeem(&browser.allow(&request).await).await;
    assert_eq!((after.status, after.text("scope")), (200, "read".to_owned()));
    let renewed = client.refresh(&before.text("refresh_token")).await;
    assert_eq!((renewed.status, renewed.text("scope")), (200, "read".to_owned()));
    assert_eq!(there.clients().await, 2);
    let by_itself = "audit_events WHERE event = 'client_changed' AND origin = 'this server'";
    assert_eq!(there.server.count(by_itself).await, 1);
}

/// What a process has in memory does not undo what another has read since.
#[tokio::test]
async fn an_older_document_never_replaces_a_newer_one() {
    let there = There::new().await;
    let second = there.server.second().await;
    let browser = there.server.signed_in("ada").await;
    tokens(&browser, &there).await;
    there.server.advance(300);
    there.describes(&json!({"redirect_uris": [OTHER]}));
    let request = AuthorizationRequest::of(&there.client().redirected_to(OTHER));
    assert!(browser.at(&second).get(&request.path()).await.element("client").is_some());
    let withdrawn = there.request();
    eventually("the older document does not count", async || {
        browser.get(&withdrawn.path()).await.status == 400
    })
    .await;
    assert!(browser.get(&request.path()).await.element("client").is_some());
    let by_itself = "audit_events WHERE event = 'client_changed' AND origin = 'this server'";
    assert_eq!(there.server.count(by_itself).await, 1);
}

/// A question that was shown for another document is asked again, and no row tells of what nobody has allowed.
#[tokio::test]
async fn who_was_asked_for_another_document_is_asked_again() {
    let there = There::new().await;
    let browser = there.server.signed_in("ada").await;
    let question = browser.asked(&there.request()).await;
    there.server.advance(600);
    there.describes(&json!({"redirect_uris": [CALLBACK, OTHER]}));
    let again = browser.submit(&question.clone().with("decision", "allow")).await;
    let again = again.form("consent-form");
    assert_ne!(again.fields, question.fields);
    assert_eq!(there.clients().await, 0);
    assert_eq!(browser.submit(&again.with("decision", "allow")).await.status, 303);
}

/// R40, R44, R111: by a key that the document names now, and by nothing else; also in another process.
#[tokio::test]
async fn a_client_proves_itself_by_a_key_in_its_document() {
    let there = There::new().await;
    let [old, new] = ["k1", "k2"].map(|kid| Signer::new("ES256", kid));
    let by =
        |signer: &Signer| json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": signer.jwks()});
    there.describes(&by(&old));
    let browser = there.server.signed_in("ada").await;
    let code = browser.allow(&there.request()).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.code.as_str()),
        ("code_verifier", code.verifier.as_str()),
    ];
    let client = there.client();
    client.token(&fields).await.is_error(401, "invalid_client");
    client.with_secret("x").token(&fields).await.is_error(401, "invalid_client");
    let proof = |signer: &Signer| signer.sign(&assertion(&client, there.server.clock.now()));
    let mut tokens = client.prove("/o/token/", &proof(&old), &fields).await;
    let second = there.server.second().await;
    let renew = |signer: &Signer, tokens: &Answer| {
        let (client, text, refresh) = (client.at(&second), proof(signer), tokens.text("refresh_token"));
        async move {
            let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
            client.prove("/o/token/", &text, &fields).await
        }
    };
    tokens = renew(&old, &tokens).await;
    assert_eq!((tokens.status, there.calls()), (200, 2), "{tokens:?}");
    // A key that was withdrawn counts as long as the document does.
    there.describes(&by(&new));
    renew(&new, &tokens).await.is_error(401, "invalid_client");
    there.server.advance(600);
    renew(&old, &tokens).await.is_error(401, "invalid_client");
    tokens = renew(&new, &tokens).await;
    assert_eq!(tokens.status, 200, "{tokens:?}");
    // Where nobody can say whether it was withdrawn, for an hour.
    there.listener.answers(503);
    there.server.advance(3_599);
    tokens = renew(&new, &tokens).await;
    assert_eq!(tokens.status, 200, "{tokens:?}");
    there.server.advance(1);
    renew(&new, &tokens).await.is_error(401, "invalid_client");
    there.server.advance(10);
    there.listener.answers(200);
    assert_eq!(renew(&new, &tokens).await.status, 200);
}

/// What was for whoever holds a key is not for whoever knows a refresh token.
#[tokio::test]
async fn a_document_that_gives_its_keys_up_ends_what_the_client_was_given() {
    let there = There::new().await;
    let signer = Signer::new("EdDSA", "k1");
    there.describes(&json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": signer.jwks()}));
    let browser = there.server.signed_in("ada").await;
    let code = browser.allow(&there.request()).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.code.as_str()),
        ("code_verifier", code.verifier.as_str()),
    ];
    let proof = signer.sign(&assertion(&there.client(), there.server.clock.now()));
    let given = there.client().prove("/o/token/", &proof, &fields).await;
    assert_eq!(given.status, 200, "{given:?}");
    there.server.advance(600);
    there.describes(&json!({}));
    let refresh = given.text("refresh_token");
    there.client().refresh(&refresh).await.is_error(400, "invalid_grant");
    there.server.advance(1);
    assert_eq!(tokens(&browser, &there).await.status, 200);
}

/// A public client has nothing that could have been withdrawn: what people have allowed it goes on while its server does
/// not answer.
#[tokio::test]
async fn a_public_client_goes_on_while_its_server_does_not_answer() {
    let there = There::new().await;
    let browser = there.server.signed_in("ada").await;
    let first = tokens(&browser, &there).await;
    there.listener.answers(500);
    there.server.advance(7_200);
    let renewed = there.client().refresh(&first.text("refresh_token")).await;
    assert_eq!(renewed.status, 200, "{renewed:?}");
    assert_eq!(there.clients().await, 1);
}
