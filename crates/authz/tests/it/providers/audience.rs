//! Whose a token is that somebody brings, and for whom it was made: as token conversion asks.

use authz::upstream::providers::{Provider, ProviderError};
use serde_json::json;

use super::stub::{CLIENT, SECRET, Stub, server_of};
use super::world::House;
use crate::support::TestServer;

fn provider<'s>(server: &'s TestServer, name: &str) -> Provider<'s> {
    Provider::find(server.app(), name).unwrap()
}

/// The provider says so itself (RFC 7662), of its metadata or of an address that an operator has named.
#[tokio::test]
async fn a_provider_is_asked_whether_a_token_was_made_for_us() {
    let house = House::open().await;
    let there = house.signed_in("ada").await;
    let server = house.guest(&[]).await;
    let ours = house.token(&there, &house.client).await;
    let theirs = house.token(&there, &house.server.client("another").await).await;
    for name in ["house", "plain"] {
        let provider = provider(&server, name);
        provider.meant_for_us(&ours).await.unwrap();
        let person = provider.person_of(&ours, None).await.unwrap();
        assert_eq!((person.subject.as_str(), person.username.as_deref()), ("1", Some("ada")));
        // A token is a token, also of another client: that is why it is asked.
        assert_eq!(provider.person_of(&theirs, None).await.unwrap().subject, "1");
        assert!(matches!(provider.meant_for_us(&theirs).await, Err(ProviderError::NotForUs(_))));
        assert!(matches!(provider.meant_for_us("x").await, Err(ProviderError::NotForUs(_))));
        assert!(matches!(provider.person_of("x", None).await, Err(ProviderError::Status(401))));
    }
    assert!(Provider::find(server.app(), "nobody").is_none());
}

/// Without a check nobody's token is ours.
#[tokio::test]
async fn without_a_configured_check_no_token_was_made_for_us() {
    let stub = Stub::start().await;
    let server = server_of(&stub, &[]).await;
    for name in ["stub", "plain"] {
        assert!(matches!(provider(&server, name).meant_for_us("at").await, Err(ProviderError::NoCheck)));
    }
}

/// A resource that tells about the token, with the token in the header or in the address.
#[tokio::test]
async fn what_a_provider_tells_of_a_token_names_our_client() {
    let stub = Stub::start().await;
    for (url, path) in [("/info", "/info"), ("/info/{access_token}", "/info/a%2Bt")] {
        let url = format!("{}{url}", stub.url);
        let server = server_of(
            &stub,
            &[
                ("PROVIDER_PLAIN_AUDIENCE_CHECK", "token_info"),
                ("PROVIDER_PLAIN_TOKEN_INFO_URL", &url),
                ("PROVIDER_PLAIN_TOKEN_INFO_MEMBER", "app.id"),
            ],
        )
        .await;
        let provider = provider(&server, "plain");
        for (answer, is_ours) in [
            (json!({"app": {"id": CLIENT}}), true),
            (json!({"app": {"id": "another client"}}), false),
            (json!({"app": {"id": [CLIENT]}}), false),
            (json!({"id": CLIENT}), false),
        ] {
            stub.says(path, &answer);
            let judged = provider.meant_for_us("a+t").await;
            assert_eq!(judged.is_ok(), is_ours, "{answer}: {judged:?}");
            assert!(is_ours || matches!(judged, Err(ProviderError::NotForUs(_))), "{judged:?}");
        }
        stub.answers_with(path, 400, "", "{}");
        assert!(matches!(provider.meant_for_us("a+t").await, Err(ProviderError::Status(400))));
        let asked = stub.heard(path).pop().unwrap();
        assert_eq!(asked.contains("Bearer a+t"), path == "/info", "{asked}");
    }
}

/// An ID token says itself for whom it is.
#[tokio::test]
async fn an_id_token_that_somebody_brings_is_judged_by_its_audience() {
    let stub = Stub::start().await;
    let server = server_of(&stub, &[("PROVIDER_STUB_AUDIENCE_CHECK", "id_token")]).await;
    let provider = provider(&server, "stub");
    let now = server.clock.now().unix_seconds();
    let claims = json!({
        "iss": stub.url, "aud": CLIENT, "sub": "s-9", "exp": now + 60, "iat": now, "preferred_username": "ada",
    });
    let token = stub.signer.sign(&claims);
    provider.meant_for_us(&token).await.unwrap();
    let person = provider.person_of(&token, None).await.unwrap();
    assert_eq!((person.subject.as_str(), person.username.as_deref()), ("s-9", Some("ada")));
    // When it was made is not when the person signed in there.
    assert_eq!(person.authenticated_at, None);
    let mut older = claims.clone();
    older["auth_time"] = json!(now - 7);
    let person = provider.person_of(&stub.signer.sign(&older), None).await.unwrap();
    assert_eq!(person.authenticated_at.map(model::time::Timestamp::unix_seconds), Some(now - 7));
    let mut other = claims;
    other["aud"] = json!("another client");
    let token = stub.signer.sign(&other);
    assert!(matches!(provider.meant_for_us(&token).await, Err(ProviderError::NotForUs("aud"))));
    assert!(matches!(provider.person_of(&token, None).await, Err(ProviderError::NotForUs("aud"))));
}

/// A profile that is found by name: the name is a part of the address and leads nowhere else, and so is the token of the
/// header.
#[tokio::test]
async fn a_profile_by_name_is_asked_for_by_that_name_only() {
    let stub = Stub::start().await;
    let url = format!("{}/by_name/{{username}}/", stub.url);
    let mut settings = vec![("PROVIDERS", "stub plain named"), ("PROVIDER_NAMED_CLIENT_ID", CLIENT)];
    settings.extend([("PROVIDER_NAMED_PROFILE_URL", url.as_str()), ("PROVIDER_NAMED_CLIENT_SECRET", SECRET)]);
    let server = server_of(&stub, &settings).await;
    let provider = provider(&server, "named");
    assert!(provider.settings.needs_username());
    stub.says(
        "/by_name/ada/",
        &json!({"id": 3, "username": "ada", "first_name": "Ada", "last_name": "", "email": ""}),
    );
    let person = provider.person_of("at", Some("ada")).await.unwrap();
    assert_eq!(
        (person.subject.as_str(), person.given_name.as_deref(), person.email),
        ("3", Some("Ada"), None)
    );
    assert!(matches!(provider.person_of("at", Some("bob")).await, Err(ProviderError::Status(404))));
    assert!(matches!(provider.person_of("at", Some("..")).await, Err(ProviderError::NoUsername)));
    assert!(matches!(provider.person_of("at", None).await, Err(ProviderError::NoUsername)));
    for token in ["", "a t", "a\r\nx: y", "é", &"x".repeat(9_000)] {
        assert!(matches!(provider.person_of(token, Some("ada")).await, Err(ProviderError::NotForUs(_))));
    }
    assert_eq!(stub.heard("/by_name/ada/").len(), 1);
}
