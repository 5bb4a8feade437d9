//! `/.well-known/oauth-protected-resource`: RFC 9728.

use reqwest::Method;

use crate::support::{PUBLIC, World, json};

/// Sections 2, 3.1 and 3.3: the resource named is the one whose metadata was asked for, and each value is true.
#[tokio::test]
async fn the_metadata_says_whom_to_ask_for_what() {
    let world = World::new().await;
    for (path, resource) in [
        ("/.well-known/oauth-protected-resource/api", format!("{PUBLIC}/api")),
        ("/.well-known/oauth-protected-resource", PUBLIC.to_owned()),
    ] {
        let answer = world.anonymous(Method::GET, path).await;
        assert_eq!(
            answer.json(),
            json!({
                "resource": resource, "authorization_servers": [crate::support::ISSUER],
                "scopes_supported": [
                    "read", "write", "activities:read", "activities:write", "tracks:read", "tracks:write",
                    "timer:write", "projects:read", "projects:write", "rates:read", "rates:write",
                    "reports:read", "reports:share", "profile:read", "profile:write",
                ],
                "bearer_methods_supported": ["header"],
                "dpop_signing_alg_values_supported": ["ES256", "Ed25519", "EdDSA", "PS256", "RS256"],
                "dpop_bound_access_tokens_required": false,
                "resource_name": "Timetracker",
                "resource_documentation": format!("{PUBLIC}/api/docs/"),
            })
        );
        answer
            .has("content-type", "application/json")
            .has("cache-control", "public, max-age=300")
            .has("access-control-allow-origin", "*")
            .has("x-content-type-options", "nosniff")
            .lacks("access-control-allow-credentials");
        let announced = world.anonymous(Method::OPTIONS, path).await;
        announced
            .is(204, "")
            .has("access-control-allow-origin", "*")
            .has("access-control-allow-methods", "GET");
        assert_eq!(world.anonymous(Method::POST, path).await.status, 405);
    }
    assert_eq!(world.authority.asked(), 0);
}

/// Section 5.1: whoever is refused for want of a token is led there, from every route.
#[tokio::test]
async fn a_challenge_leads_to_the_metadata() {
    let world = World::new().await;
    for path in ["/api/", "/api/tracks/", "/api/tracks/1/", "/api/nowhere/"] {
        let answer = world.anonymous(Method::GET, path).await;
        let challenge = answer.header("www-authenticate").unwrap().to_owned();
        let (_, url) = challenge.split_once(r#"resource_metadata="https://time.example.com"#).unwrap();
        let metadata = world.anonymous(Method::GET, url.strip_suffix('"').unwrap()).await;
        assert!(format!("{PUBLIC}{path}").starts_with(metadata.json()["resource"].as_str().unwrap()));
    }
    // A token that is good but for something else needs no other server.
    let reader = world.person_with("reader", "read");
    let challenge = reader.delete("/api/tracks/1/").await.header("www-authenticate").unwrap().to_owned();
    assert!(!challenge.contains("resource_metadata"), "{challenge}");
}
