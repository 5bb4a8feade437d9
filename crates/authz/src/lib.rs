//! The authorization server.
//!
//! | endpoint | what | where it is written |
//! |---|---|---|
//! | `/o/authorize/` | authorization | RFC 6749 section 3.1, RFC 7636, RFC 9207 |
//! | `/o/token/` | tokens: code, refresh, client credentials, password, device code, exchange | RFC 6749 section 3.2, RFC 8693 |
//! | `/o/device-authorization/`, `/o/device/` | devices without a browser, and their person | RFC 8628 |
//! | `/o/introspect/` | introspection | RFC 7662 |
//! | `/o/revoke_token/` | revocation | RFC 7009 |
//! | `/.well-known/oauth-authorization-server/o` | metadata | RFC 8414 |
//! | `/o/.well-known/openid-configuration` | metadata | OpenID Connect Discovery |
//! | `/o/userinfo/` | who somebody is | OpenID Connect Core section 5.3 |
//! | `/o/register/` | clients that register themselves | RFC 7591, RFC 7592 |
//! | `/o/logout/` | signing out, asked for by a client | OpenID Connect RP-Initiated Logout |
//! | `/o/.well-known/jwks.json` | keys | RFC 7517 |
//! | `/o/authorized_tokens/` | which applications have access, and ending it | ours, the path is the toolkit's |
//! | `/o/code/` | the code, for people at a terminal | ours |
//! | `/auth/…` | the token endpoint again, other servers' tokens, and ending access | ours, the paths and words are those of `drf-social-oauth2` |
//! | `/authentication/…`, `/register-by-access-token/{backend}/` | people by requests, through a client of this server's own | ours, as in the tutorials for Django REST Framework |
//! | `/o/account/keys/` | a person's keys, for scripts of theirs | ours |
//! | `/get_auth_token/` | a key for a name and a password | Django REST Framework |
//! | `/users/`, `/users/{id}/`, `/groups/` | people and groups | the toolkit's tutorial for the framework |
//! | `/user_details/`, `/user_details_by_username/{username}/` | who somebody is, for another site | the fake social site of the tutorials |
//! | `/accounts/login/`, `signup/`, `logout/` | people | ours |
//! | `/accounts/login/{provider}/`, `complete/{provider}/` | signing in at a provider | RFC 6749 section 4.1, OpenID Connect Core |
//! | `/o/account/providers/` | linking and unlinking accounts at providers | ours |
//! | `/o/account/` | whoever is signed in: profile, e-mail, password, browsers | ours |
//! | `/accounts/login/`, `signup/`, `logout/` | people | ours |
//! | `/accounts/password/reset/`, `/accounts/email/` | a new password, and a proven address, by mail | ours |
//!
//! `protocol` is for machines, `pages` for people, [`store`] holds the SQL, [`crypto`] every use of
//! cryptography. [`app::App`] is everything a handler may touch; [`routes`] is the table of all paths.

pub mod access;
pub mod app;
pub mod audit;
mod basic;
pub mod cli;
mod client_documents;
pub mod client_metadata;
mod client_rules;
pub mod clients;
pub mod config;
pub mod crypto;
mod edge;
mod email;
pub mod feed;
mod id_token;
pub mod linking;
pub mod mail;
mod multipart;
mod pages;
mod password;
mod people;
pub mod personal_keys;
pub mod profile;
mod protocol;
pub mod registration;
pub mod response_type;
mod rest;
pub mod routes;
mod schema;
mod scopes;
pub mod self_registration;
pub mod server;
pub mod sign_in;
pub mod sign_out;
pub mod sign_up;
pub mod signatures;
pub mod store;
pub mod sweeper;
pub mod throttle;
pub mod upstream;
pub mod user_code;
