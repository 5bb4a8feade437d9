//! The metadata documents: RFC 8414. Each advertised value is accepted, and nothing else is.

use serde_json::json;

use crate::support::{AuthorizationRequest, BASE, CALLBACK, ISSUER, server};

const PATHS: [&str; 4] = [
    "/.well-known/oauth-authorization-server/o",
    "/.well-known/oauth-authorization-server/o/",
    "/o/.well-known/oauth-authorization-server",
    "/o/.well-known/oauth-authorization-server/",
];

/// R8, R24
#[tokio::test]
async fn both_positions_say_the_same_and_all_of_it() {
    let server = server().await;
    for path in PATHS {
        let answer = server.http.get(path).await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.json(),
            json!({
                "issuer": "http://localhost:8000/o",
                "authorization_endpoint": "http://localhost:8000/o/authorize/",
                "token_endpoint": "http://localhost:8000/o/token/",
                "device_authorization_endpoint": "http://localhost:8000/o/device-authorization/",
                "introspection_endpoint": "http://localhost:8000/o/introspect/",
                "revocation_endpoint": "http://localhost:8000/o/revoke_token/",
                "scopes_supported": ["read", "write"],
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials", "password", "urn:ietf:params:oauth:grant-type:device_code"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
                "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
                "code_challenge_methods_supported": ["S256"],
                "prompt_values_supported": ["none", "login", "consent"],
                "authorization_response_iss_parameter_supported": true,
                "request_parameter_supported": false,
                "request_uri_parameter_supported": false,
            })
        );
        // Section 1.17 of the dossier: public, for every origin, never with credentials.
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
    }
}

/// R8: the documents are true.
#[tokio::test]
async fn what_is_advertised_is_there() {
    let server = server().await;
    let said = server.http.get(PATHS[0]).await.json();
    let (client, phone) = (server.client("web").await, server.public_client("phone").await);
    assert_eq!(said["issuer"], ISSUER);
    for member in
        ["token_endpoint", "device_authorization_endpoint", "introspection_endpoint", "revocation_endpoint"]
    {
        let path = said[member].as_str().unwrap().strip_prefix(BASE).unwrap();
        let fields = [("grant_type", "client_credentials"), ("token", "x")];
        assert_eq!(client.post(path, &fields).await.status, 200);
        let secret = client.secret.as_deref().unwrap();
        let fields = [fields[0], fields[1], ("client_id", "web"), ("client_secret", secret)];
        assert_eq!(server.http.send_form(path, &fields).await.status, 200);
    }
    assert_eq!(phone.revoke("x").await.status, 200);
    for grant in said["grant_types_supported"].as_array().unwrap() {
        let answer = client.token(&[("grant_type", grant.as_str().unwrap())]).await;
        assert!(!answer.body.contains("unsupported_grant_type"), "{answer:?}");
    }
    let browser = server.signed_in("ada").await;
    let honest = AuthorizationRequest::of(&client);
    let path = said["authorization_endpoint"].as_str().unwrap().strip_prefix(BASE).unwrap();
    assert!(honest.path().starts_with(path));
    for scope in said["scopes_supported"].as_array().unwrap() {
        browser.asked(&honest.clone().with("scope", scope.as_str().unwrap())).await;
    }
    for (name, value) in [("response_mode", "query"), ("prompt", "consent"), ("response_type", "code")] {
        browser.asked(&honest.clone().with(name, value)).await;
    }
    let params = browser.decide(&honest, "allow").await.returned_to(CALLBACK);
    assert_eq!(params.last().unwrap(), &("iss".to_owned(), ISSUER.to_owned()));
}

/// Nothing says that there is more than there is.
#[tokio::test]
async fn there_is_no_openid_here() {
    let server = server().await;
    for path in [
        "/.well-known/openid-configuration",
        "/o/.well-known/openid-configuration",
        "/o/userinfo/",
        "/o/jwks",
    ] {
        server.http.get(path).await.is_page(404);
    }
}
