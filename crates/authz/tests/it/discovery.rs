//! The metadata documents: RFC 8414 and OpenID Connect Discovery. Each advertised value is accepted, and nothing else is.

use serde_json::json;

use crate::support::{AuthorizationRequest, BASE, CALLBACK, ISSUER, server, server_with};

const PATHS: [&str; 8] = [
    "/.well-known/openid-configuration/o",
    "/.well-known/openid-configuration/o/",
    "/o/.well-known/openid-configuration",
    "/o/.well-known/openid-configuration/",
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
                "userinfo_endpoint": "http://localhost:8000/o/userinfo/",
                "jwks_uri": "http://localhost:8000/o/.well-known/jwks.json",
                "device_authorization_endpoint": "http://localhost:8000/o/device-authorization/",
                "introspection_endpoint": "http://localhost:8000/o/introspect/",
                "revocation_endpoint": "http://localhost:8000/o/revoke_token/",
                "end_session_endpoint": "http://localhost:8000/o/logout/",
                "backchannel_logout_supported": true,
                "backchannel_logout_session_supported": true,
                "frontchannel_logout_supported": true,
                "frontchannel_logout_session_supported": true,
                "scopes_supported": ["read", "write", "activities:read", "activities:write", "tracks:read", "tracks:write", "timer:write", "projects:read", "projects:write", "rates:read", "rates:write", "reports:read", "reports:share", "profile:read", "profile:write", "openid", "profile", "email", "address", "phone", "groups", "offline_access"],
                "response_types_supported": [
                    "code", "code id_token", "code token", "code id_token token", "id_token", "id_token token", "token",
                ],
                "response_modes_supported": ["query", "fragment", "form_post"],
                "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials", "password", "urn:ietf:params:oauth:grant-type:device_code", "convert_token", "urn:ietf:params:oauth:grant-type:token-exchange", "implicit"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"],
                "token_endpoint_auth_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"],
                "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
                "introspection_endpoint_auth_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"],
                "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"],
                "revocation_endpoint_auth_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"],
                "code_challenge_methods_supported": ["S256"],
                "dpop_signing_alg_values_supported": ["ES256", "Ed25519", "EdDSA", "PS256", "RS256"],
                "subject_types_supported": ["public", "pairwise"],
                "id_token_signing_alg_values_supported": ["RS256", "ES256", "EdDSA"],
                "userinfo_signing_alg_values_supported": ["RS256", "ES256", "EdDSA"],
                "acr_values_supported": ["1"],
                "display_values_supported": ["page", "popup", "touch"],
                "claim_types_supported": ["normal"],
                "claims_supported": [
                    "iss", "sub", "aud", "exp", "iat", "auth_time", "acr", "amr", "sid",
                    "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username",
                    "profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at",
                    "email", "email_verified", "phone_number", "phone_number_verified", "address", "groups",
                ],
                "claims_parameter_supported": true,
                "ui_locales_supported": ["en"],
                "prompt_values_supported": ["none", "login", "consent", "select_account", "create"],
                "authorization_response_iss_parameter_supported": true,
                "request_parameter_supported": true,
                "request_object_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"],
                "request_uri_parameter_supported": false,
            })
        );
        // Section 1.17 of the dossier: public, for every origin, never with credentials.
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
    }
}

/// R8: what is fetched, and from where, is said as it is.
#[tokio::test]
async fn requests_by_reference_are_said_to_be_taken_where_they_are() {
    let signed = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"];
    for (setting, taken, unsigned) in
        [("off", false, None), ("signed", true, None), ("any", true, Some("none"))]
    {
        let said = server_with(&[("REQUEST_URIS", setting)]).await.http.get(PATHS[0]).await.json();
        assert_eq!(said["request_uri_parameter_supported"], taken, "{setting}");
        let algs: Vec<&str> = signed.into_iter().chain(unsigned).collect();
        assert_eq!(said["request_object_signing_alg_values_supported"], json!(algs));
        let required = said.get("require_request_uri_registration");
        assert_eq!(required, taken.then_some(&json!(true)));
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
        // What the authorization endpoint does is no business of the token endpoint.
        assert!(grant == "implicit" || !answer.body.contains("unsupported_grant_type"), "{answer:?}");
    }
    for (alg, name) in
        said["id_token_signing_alg_values_supported"].as_array().unwrap().iter().zip(["a", "b", "c"])
    {
        let metadata =
            format!(r#"{{"id_token_signed_response_alg":{alg},"userinfo_signed_response_alg":{alg}}}"#);
        server.new_client(name).metadata(&metadata).register().await;
    }
    let jwks = said["jwks_uri"].as_str().unwrap().strip_prefix(BASE).unwrap();
    assert_eq!(server.http.get(jwks).await.status, 200);
    let userinfo = said["userinfo_endpoint"].as_str().unwrap().strip_prefix(BASE).unwrap();
    assert_eq!(server.http.get(userinfo).await.status, 401);
    let browser = server.signed_in("ada").await;
    let honest = AuthorizationRequest::of(&client);
    let path = said["authorization_endpoint"].as_str().unwrap().strip_prefix(BASE).unwrap();
    assert!(honest.path().starts_with(path));
    for scope in said["scopes_supported"].as_array().unwrap() {
        browser.asked(&honest.clone().with("scope", scope.as_str().unwrap())).await;
    }
    for (name, value) in [
        ("response_mode", "query"),
        ("response_mode", "fragment"),
        ("response_mode", "form_post"),
        ("prompt", "consent"),
        ("response_type", "code"),
    ] {
        browser.asked(&honest.clone().with(name, value)).await;
    }
    let params = browser.decide(&honest, "allow").await.returned_to(CALLBACK);
    assert_eq!(params.last().unwrap(), &("iss".to_owned(), ISSUER.to_owned()));
}
