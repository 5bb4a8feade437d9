//! Authorization server and OpenID provider metadata: RFC 8414, OpenID Connect Discovery section 3. Says what is true of this server, no more.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use model::alg::Alg;
use model::dpop;
use serde_json::json;

use super::grant_types::GrantType;
use crate::app::App;
use crate::config::{RequestUris, WhoMayRegister};
use crate::crypto::signing::SigningAlg;
use crate::id_token::ACR;
use crate::pages::display::Display;
use crate::profile::ClaimSet;
use crate::response_type::ResponseType;

/// What an ID token says beside what it says of the person.
const ID_TOKEN_CLAIMS: [&str; 9] = ["iss", "sub", "aud", "exp", "iat", "auth_time", "acr", "amr", "sid"];

/// Answers at both well-known positions; browsers of any origin may read it.
pub async fn get(app: web::Data<App>) -> HttpResponse {
    let issuer = app.config.issuer.as_str();
    let at = |path: &str| format!("{issuer}/{path}/");
    // No client_secret_jwt: its key would be the secret, of which we keep a digest only.
    let methods = ["client_secret_basic", "client_secret_post", "private_key_jwt"];
    let mut methods_or_none = methods.to_vec();
    methods_or_none.push("none");
    let scopes: Vec<&str> = app.config.known_scopes().map(|(name, _)| name).collect();
    let mut prompts = vec!["none", "login", "consent", "select_account"];
    prompts.extend(app.config.signup.then_some("create"));
    // "implicit" is what the authorization endpoint does for some response types; no client sends it anywhere.
    let grant_types: Vec<&str> =
        GrantType::ALL.into_iter().map(GrantType::as_str).chain(["implicit"]).collect();
    let response_types: Vec<String> = ResponseType::all().map(|each| each.to_string()).collect();
    let algs = SigningAlg::ALL.map(SigningAlg::as_str);
    let request_uris = app.config.outside.request_uris;
    let mut request_algs = Alg::NAMES.to_vec();
    request_algs.extend((request_uris == RequestUris::Any).then_some("none"));
    let displays = Display::ALL.map(Display::as_str);
    let claims: Vec<&str> = ID_TOKEN_CLAIMS.into_iter().chain(ClaimSet::all_names()).collect();
    let mut metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "userinfo_endpoint": at("userinfo"),
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "device_authorization_endpoint": at("device-authorization"),
        "introspection_endpoint": at("introspect"),
        "revocation_endpoint": at("revoke_token"),
        "end_session_endpoint": at("logout"),
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "frontchannel_logout_supported": true,
        "frontchannel_logout_session_supported": true,
        "scopes_supported": scopes,
        "response_types_supported": response_types,
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": grant_types,
        "token_endpoint_auth_methods_supported": methods_or_none,
        "token_endpoint_auth_signing_alg_values_supported": Alg::NAMES,
        "introspection_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_signing_alg_values_supported": Alg::NAMES,
        "revocation_endpoint_auth_methods_supported": methods_or_none,
        "revocation_endpoint_auth_signing_alg_values_supported": Alg::NAMES,
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": dpop::ALGS.split(' ').collect::<Vec<_>>(),
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": algs,
        "userinfo_signing_alg_values_supported": algs,
        "acr_values_supported": [ACR],
        "display_values_supported": displays,
        "claim_types_supported": ["normal"],
        "claims_supported": claims,
        "claims_parameter_supported": true,
        "ui_locales_supported": ["en"],
        "prompt_values_supported": prompts,
        "authorization_response_iss_parameter_supported": true,
        "request_parameter_supported": true,
        "request_object_signing_alg_values_supported": request_algs,
        "request_uri_parameter_supported": request_uris != RequestUris::Off,
    });
    if request_uris != RequestUris::Off
        && let Some(members) = metadata.as_object_mut()
    {
        members.insert("require_request_uri_registration".to_owned(), true.into());
    }
    if app.config.outside.client_documents
        && let Some(members) = metadata.as_object_mut()
    {
        members.insert("client_id_metadata_document_supported".to_owned(), true.into());
    }
    if app.config.outside.registration != WhoMayRegister::Nobody
        && let Some(members) = metadata.as_object_mut()
    {
        members.insert("registration_endpoint".to_owned(), at("register").into());
    }
    HttpResponse::Ok()
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .json(metadata)
}
