//! The API over real HTTP, against the real server, a real database and a stand-in for the authorization server.
//! Files mirror the URLs; a doc comment names the row of the security catalogue a test proves.

mod activities;
mod api_root;
mod authentication;
mod bodies;
mod edge;
mod health;
mod introspection;
mod logs;
mod matrix;
mod negotiation;
mod owners;
mod program;
mod races;
mod schema;
mod support;
mod tracks;
