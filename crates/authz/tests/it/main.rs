//! The authorization server over real HTTP, written as an attacker and a fussy reader of RFCs would.
//! Files mirror the URLs; a doc comment names the rows of the security catalogue a test proves.
// The metadata is one long document.
#![recursion_limit = "256"]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "test support"
)]

mod account;
mod applications;
mod audit;
mod authentication;
mod authorize;
mod authorized_tokens;
mod backchannel_logout;
mod cli;
mod client_assertions;
mod client_authentication;
mod client_documents;
mod client_keys;
mod code_page;
mod conversion;
mod cors;
mod device;
mod discovery;
mod dpop;
mod email;
mod end_session;
mod failpoints;
mod feed;
mod floods;
mod forms;
mod framing;
mod headers;
mod id_token;
mod interop;
mod introspect;
mod jwks;
mod jwt_access_tokens;
mod keys;
mod lifetimes;
mod login;
mod logout;
mod logs;
mod mail;
mod matrix;
mod narrowed;
mod pages;
mod password_change;
mod password_reset;
mod providers;
mod races;
mod readiness;
mod registration;
mod resources;
mod rest;
mod revoke;
mod schema;
mod sessions;
mod signup;
mod strangers;
mod support;
mod throttling;
mod token;
mod token_authorization_code;
mod token_client_credentials;
mod token_password;
mod token_refresh;
mod tokens_at_rest;
mod toolkit;
mod userinfo;
