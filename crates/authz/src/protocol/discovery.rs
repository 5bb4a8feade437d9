//! Authorization server metadata: RFC 8414. Says what is true of this server, no more.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use serde_json::json;

use super::grant_types::GrantType;
use crate::app::App;

/// Answers at both well-known positions; browsers of any origin may read it.
pub async fn get(app: web::Data<App>) -> HttpResponse {
    let issuer = app.config.issuer.as_str();
    let at = |path: &str| format!("{issuer}/{path}/");
    let methods = ["client_secret_basic", "client_secret_post"];
    let mut methods_or_none = methods.to_vec();
    methods_or_none.push("none");
    let scopes: Vec<&str> = app.config.scopes.iter().map(|(name, _)| name.as_str()).collect();
    HttpResponse::Ok()
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .json(json!({
            "issuer": issuer,
            "authorization_endpoint": at("authorize"),
            "token_endpoint": at("token"),
            "device_authorization_endpoint": at("device-authorization"),
            "introspection_endpoint": at("introspect"),
            "revocation_endpoint": at("revoke_token"),
            "scopes_supported": scopes,
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": GrantType::ALL.map(GrantType::as_str),
            "token_endpoint_auth_methods_supported": methods_or_none,
            "introspection_endpoint_auth_methods_supported": methods,
            "revocation_endpoint_auth_methods_supported": methods_or_none,
            "code_challenge_methods_supported": ["S256"],
            "prompt_values_supported": ["none", "login", "consent"],
            "authorization_response_iss_parameter_supported": true,
            "request_parameter_supported": false,
            "request_uri_parameter_supported": false,
        }))
}
