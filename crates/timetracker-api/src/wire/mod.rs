//! The REST conventions, in one place: what Django REST Framework's clients send and expect.
//!
//! * [`edge`]: the one middleware: admission, headers, request id, panics, the log line. [`cors`]: pages of other origins.
//! * [`allowance`]: what a request takes of its caller's quota.
//! * [`negotiate`]: `Accept`, `?format=`. [`query`]: query strings and forms. [`sent`]: request bodies.
//! * [`fields`], [`instant`] and [`calendar`]: validation of values, every failing field at once. [`filters`]: search, order.
//! * [`paging`]: the envelope. [`error`]: what an API client is told when something will not do. [`challenge`]: and how to come back.
//! * [`json`] and [`metadata`]: answers, written by hand. [`reply`]: those to changes. [`conditional`]: entity tags.

pub mod allowance;
pub mod calendar;
pub mod challenge;
pub mod conditional;
pub mod cors;
pub mod edge;
pub mod error;
pub mod fields;
pub mod filters;
pub mod instant;
pub mod json;
pub mod metadata;
pub mod negotiate;
pub mod paging;
pub mod path;
pub mod query;
pub mod reply;
pub mod sent;
