//! For machines: the OAuth 2.0 endpoints under `/o/`.

mod access_token;
mod application_form;
pub mod auth;
pub mod authentication;
pub mod authorize;
mod caller;
mod client_auth;
pub mod cors;
pub mod device_authorization;
pub mod discovery;
mod dpop;
pub mod end_session;
mod error;
pub mod grant_types;
pub mod introspect;
pub mod jwks;
#[cfg(test)]
mod panics;
mod params;
mod permission;
mod pkce;
pub(crate) mod presented;
mod provided;
mod provider_bearer;
pub mod redirect_uri;
mod refused;
pub mod register;
pub mod register_by_access_token;
pub mod revoke;
mod sent;
pub mod token;
pub mod userinfo;

pub(crate) use params::Params;
pub(crate) use pkce::Challenge;
pub(crate) use provider_bearer::Believed;
