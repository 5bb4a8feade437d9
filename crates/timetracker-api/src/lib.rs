//! The time tracker's resource server: activities and tracks, for callers whose tokens the authorization server
//! vouches for (RFC 7662). The wire is that of Django REST Framework.
//!
//! | path | methods | module |
//! |---|---|---|
//! | `/api/` | GET | [`root`] |
//! | `/api/activities/`, `/api/projects/`, `/api/clients/`, `/api/tags/` | GET POST | [`catalogue::list`] |
//! | `/api/activities/{id}/` and likewise | GET PUT PATCH DELETE | [`catalogue::detail`] |
//! | `/api/tracks/` | GET POST | [`tracks::list`] |
//! | `/api/tracks/{id}/` | GET PUT PATCH DELETE | [`tracks::detail`] |
//! | `/api/tracks/{id}/continue/`, `…/split/`, `…/restore/` | POST | [`timer::continuing`], [`tracks::splitting`], [`tracks::restoring`] |
//! | `/api/timer/` | GET PUT PATCH DELETE | [`timer`] |
//! | `/api/tracks/by-uid/{uid}/` | GET PUT DELETE | [`tracks::by_uid`] |
//! | `/api/reports/summary/` | GET | [`reports`] |
//! | `/api/reports/detailed/` | GET | [`reports::detailed`] |
//! | `/api/feeds/` | GET POST | [`feeds::list`] |
//! | `/api/feeds/{id}/` | GET DELETE | [`feeds::detail`] |
//! | `/api/feeds/{token}.ics` | GET, without a token of ours | [`feeds::calendar`] |
//! | `/api/batch/` | POST | [`batch`] |
//! | `/api/changes/` | GET | [`changes`] |
//! | `/api/events/` | GET | [`live::events`] |
//! | `/api/me/` | GET PATCH | [`me`] |
//! | `/api/limits/` | GET | [`limits`] |
//! | `/api/openapi.json`, `/api/docs/` | GET | [`openapi`], [`pages::docs`] |
//! | `/.well-known/oauth-protected-resource`, the same and `/api` | GET | [`protected_resource`] |
//! | `/healthz`, `/readyz` | GET | [`health`] |
//!
//! Whoever asks for HTML gets the same as a page ([`pages::browsable`]); `/time/` is where people see their own time ([`pages`]).
//!
//! HEAD and OPTIONS too, with and without the trailing slash, and with `.json` in front of it. Everything under
//! `/api` but a calendar passes [`wire::edge::api`]: no other route can be reached without a token. [`auth`] says whose it is,
//! [`wire`] holds the conventions, and each resource keeps its own SQL.

mod app;
pub mod auth;
pub mod batch;
pub mod catalogue;
pub mod changes;
pub mod config;
pub mod feeds;
pub mod health;
pub mod id;
pub mod limits;
mod literal;
pub mod live;
pub mod me;
pub mod money;
pub mod names;
pub mod openapi;
pub mod pages;
pub mod protected_resource;
pub mod recent;
pub mod reports;
pub mod retries;
pub mod root;
pub mod routes;
#[expect(missing_docs, reason = "diesel's macros make undocumented items")]
pub mod schema;
pub mod server;
pub mod stored;
pub mod tags;
pub mod timer;
pub mod tracks;
pub mod wire;

pub use app::{App, MIGRATIONS, StartError};
