//! The API over real HTTP, against the real server, a real database and a stand-in for the authorization server.
//! Files mirror the URLs; a doc comment names the row of the security catalogue a test proves.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy takes the actors of an integration test for production code"
)]

mod activities;
mod api_root;
mod asked_again;
mod authentication;
mod bad_input;
mod batch;
mod batch_limits;
mod bodies;
mod catalogue;
mod changes;
mod conditional;
mod cors;
mod detailed;
mod dpop;
mod edge;
mod events;
mod events_limits;
mod exports;
mod feeds;
mod health;
mod introspection;
mod keys;
mod limits;
mod lists;
mod logs;
mod matrix;
mod me;
mod money;
mod negotiation;
mod openapi;
mod overlaps;
mod owners;
mod pages;
mod plans;
mod program;
mod protected_resource;
mod races;
mod reports;
mod retries;
mod schema;
mod support;
mod tag_list;
mod tags;
mod timer;
mod track_verbs;
mod tracks;
mod waiting;
