//! A client as it is registered: RFC 7591 section 3.2.1. Every member that a client can say is there, as it is now.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use serde_json::{Map, Value, json};

use super::sent::METADATA;
use crate::app::App;
use crate::store::clients::Client;

/// The answer. A secret is in it when it was just made or just shown to us: it is kept nowhere as it is.
pub(super) fn answer(
    app: &App,
    status: StatusCode,
    client: &Client,
    secret: Option<&str>,
    token: &str,
) -> HttpResponse {
    let mut members = Map::new();
    let mut say = |name: &str, value: Value| members.insert(name.to_owned(), value);
    say("client_id", client.id.as_str().into());
    say("client_id_issued_at", client.created_at.unix_seconds().into());
    if let Some(secret) = secret {
        say("client_secret", secret.into());
    }
    if client.has_a_secret() {
        say("client_secret_expires_at", 0.into());
    }
    say("registration_access_token", token.into());
    let uri = format!("{}/register/{}/", app.config.issuer.as_str(), client.id);
    say("registration_client_uri", uri.into());
    say("client_name", client.name.as_str().into());
    say("redirect_uris", client.redirect_uris().collect());
    let response_types = &client.metadata.response_types;
    let mut grant_types: Vec<&str> = client.grant_types.split_whitespace().collect();
    if response_types.iter().any(|each| each.is_front_channel()) {
        grant_types.push("implicit");
    }
    say("grant_types", json!(grant_types));
    say("response_types", json!(response_types));
    say("scope", client.scopes.as_str().into());
    if let Ok(Value::Object(metadata)) = serde_json::to_value(&*client.metadata) {
        for (name, value) in metadata {
            // What an administrator has said of it is none of its business.
            if !value.is_null() && METADATA.contains(&name.as_str()) {
                members.insert(name, value);
            }
        }
    }
    HttpResponse::build(status)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::PRAGMA, "no-cache"))
        .json(members)
}
