//! When people are asked again, and when what they agreed to before is enough.

use serde_json::json;

use crate::support::{Answer, AuthorizationRequest, CALLBACK, server};

/// Whether the answer is a code, or the question.
#[track_caller]
fn is_asked(answer: &Answer) -> bool {
    let asked = answer.status == 200;
    if asked {
        answer.form("consent-form");
    } else {
        assert_eq!(answer.returned_to(CALLBACK)[0].0, "code");
    }
    asked
}

/// R96: exactly this person, this client, these scopes, these resources and these claims, or less.
/// Section 2 no. 40 of the dossier (doorkeeper #1589).
#[tokio::test]
async fn people_are_asked_once_and_again_only_for_more() {
    let server = server().await;
    let audiences = ["https://a.example", "https://b.example"];
    let client = server.new_client("web").audiences(&audiences).register().await;
    let other = server.new_client("other").audiences(&audiences).register().await;
    let ada = server.signed_in("ada").await;
    let bob = server.signed_in("bob").await;
    let honest =
        AuthorizationRequest::of(&client).with("scope", "openid read").with("resource", audiences[0]);
    let claims = |names: &str| honest.clone().with("claims", &format!(r#"{{"userinfo":{{{names}}}}}"#));

    assert!(is_asked(&ada.get(&honest.path()).await));
    assert!(is_asked(&ada.get(&honest.path()).await), "a question is no answer");
    ada.decide(&honest, "refuse").await;
    assert!(is_asked(&ada.get(&honest.path()).await), "nor is a refusal");
    ada.decide(&honest, "allow").await;
    for less in [&honest, &honest.clone().with("scope", "read"), &honest.clone().with("state", "x")] {
        assert!(!is_asked(&ada.get(&less.path()).await));
        assert!(!is_asked(&ada.get(&less.clone().with("prompt", "none").path()).await));
    }
    for more in [
        honest.clone().with("scope", "openid read write"),
        honest.clone().with("resource", audiences[1]),
        honest.clone().without("resource"),
        honest.clone().with("prompt", "consent"),
        claims(r#""email":null"#),
        honest.clone().with("client_id", &other.id),
    ] {
        assert!(is_asked(&ada.get(&more.path()).await), "{more:?}");
        if !more.params.iter().any(|(name, _)| name == "prompt") {
            let silent = ada.get(&more.with("prompt", "none").path()).await.returned_to(CALLBACK);
            assert_eq!(silent[0].1, "consent_required");
        }
    }
    assert!(is_asked(&bob.get(&honest.path()).await));
    // What is agreed to later is beside what was agreed to before.
    ada.decide(&honest.clone().with("scope", "write"), "allow").await;
    assert!(!is_asked(&ada.get(&honest.clone().with("scope", "openid read write").path()).await));
    let page = ada.get(&claims(r#""email":null,"name":null,"sub":null"#).path()).await;
    assert!(page.element("scopes").unwrap().ends_with("See these details of yours name, email"), "{page:?}");
    ada.submit(&page.form("consent-form").with("decision", "allow")).await;
    assert!(!is_asked(&ada.get(&claims(r#""name":null"#).path()).await));
    assert!(is_asked(&ada.get(&claims(r#""locale":null"#).path()).await));
    assert_eq!(server.count("consents").await, 1);
}

/// R96, RFC 8252 section 8.6: where another application could be in its place, people are asked every time, also for a
/// client of the house.
#[tokio::test]
async fn a_client_that_anybody_could_be_is_asked_about_every_time() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    for (name, uri, remembered) in [
        ("spa", CALLBACK, true),
        ("cli", "http://127.0.0.1/cb", false),
        ("local", "http://localhost:3000/cb", false),
        ("app", "com.example.app:/cb", false),
    ] {
        for first_party in [false, true] {
            let name = format!("{name}-{first_party}");
            let metadata = json!({"is_first_party": first_party}).to_string();
            let new = server.new_client(&name).public().redirect_uris(&[uri]).metadata(&metadata);
            let request = AuthorizationRequest::of(&new.register().await);
            if !(first_party && remembered) {
                browser.decide(&request, "allow").await;
            }
            let answer = browser.get(&request.path()).await;
            assert_eq!(answer.status, if remembered { 303 } else { 200 }, "{name}");
        }
    }
}

/// People are not asked whether they allow the house its own application, unless it wants to ask.
#[tokio::test]
async fn a_first_party_client_is_not_asked_about() {
    let server = server().await;
    let client = server.new_client("web").metadata(r#"{"is_first_party":true}"#).register().await;
    let request = AuthorizationRequest::of(&client);
    let silent = request.clone().with("prompt", "none");
    assert_eq!(server.browser().get(&silent.path()).await.returned_to(CALLBACK)[0].1, "login_required");
    let browser = server.signed_in("ada").await;
    for request in [&request, &silent] {
        assert!(!is_asked(&browser.get(&request.path()).await));
    }
    assert!(is_asked(&browser.get(&request.with("prompt", "consent").path()).await));
}

/// C13: who deletes a client takes what was agreed to along; another of that id starts anew.
#[tokio::test]
async fn a_deleted_client_takes_what_was_agreed_to_along() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let request = AuthorizationRequest::of(&client);
    let shown = browser.asked(&request).await.with("decision", "allow");
    browser.submit(&shown).await;
    server.delete_client(&client).await;
    browser.submit(&shown).await.is_page(400);
    assert_eq!(server.count("consents").await, 0);
    server.client("web").await;
    assert!(is_asked(&browser.get(&request.path()).await));
}

/// R96: what was agreed to was agreed to for these addresses; with others, people are asked again, and what they allow then
/// is not beside what they allowed before.
#[tokio::test]
async fn people_are_asked_again_when_a_client_returns_elsewhere() {
    let server = server().await;
    let client = server.client("web").await;
    let ada = server.signed_in("ada").await;
    let whole = AuthorizationRequest::of(&client);
    ada.decide(&whole, "allow").await;
    assert!(!is_asked(&ada.get(&whole.path()).await));
    server.sql("UPDATE clients SET redirect_uris = redirect_uris || '\nhttps://elsewhere.example/cb'").await;
    let id = client.id.clone();
    let told = authz::store::revocations::NewRevocation::client_changed(&id, server.app().now());
    server.app().db.write(move |conn| authz::store::revocations::insert(conn, &told)).await.unwrap();
    server.app().feed.catch_up().await.unwrap();
    assert!(is_asked(&ada.get(&whole.path()).await));
    ada.decide(&whole.clone().with("scope", "read"), "allow").await;
    assert!(!is_asked(&ada.get(&whole.clone().with("scope", "read").path()).await));
    assert!(is_asked(&ada.get(&whole.path()).await), "write was allowed for the old addresses only");
}

/// R96: nobody has checked who is behind a client that registered itself.
#[tokio::test]
async fn people_are_asked_every_time_for_a_client_that_registered_itself() {
    let server = server().await;
    let client = server.client("web").await;
    let changes = r#"{"is_self_registered":true,"is_first_party":true}"#;
    let origin = authz::audit::Origin::CommandLine(None);
    authz::registration::change_metadata(server.app(), &origin, &client.id, changes).await.unwrap();
    let ada = server.signed_in("ada").await;
    let request = AuthorizationRequest::of(&client);
    for _ in 0..2 {
        assert!(is_asked(&ada.get(&request.path()).await));
        ada.decide(&request, "allow").await;
    }
}
