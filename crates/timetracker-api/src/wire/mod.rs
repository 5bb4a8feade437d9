//! The REST conventions, in one place: what Django REST Framework's clients send and expect.
//!
//! * [`edge`]: the one middleware: admission, headers, request id, panics, the log line. [`cors`]: pages of other origins.
//! * [`allowance`]: what a request takes of its caller's quota.
//! * [`negotiate`]: `Accept`, `?format=`. [`query`]: query strings and forms. [`sent`]: request bodies.
//! * [`fields`], [`instant`] and [`calendar`]: validation of values, every failing field at once. [`filters`]: search, order.
//! * [`listing`]: lists, with [`paging`] by number and [`cursor`] by place, [`sparse`] rows, and what a client may [`prefer`].
//! * [`error`]: what an API client is told when something will not do, or [`problem`]. [`challenge`]: and how to come back.
//! * [`shape`]: what objects are made of, for OPTIONS and the OpenAPI document.
//! * [`json`], [`csv`], [`ical`] and [`metadata`]: answers, written by hand. [`reply`]: those to changes. [`conditional`]: entity tags.

pub mod allowance;
pub mod calendar;
pub mod challenge;
pub mod conditional;
pub mod cors;
pub mod csv;
pub mod cursor;
pub mod edge;
pub mod error;
pub mod fields;
pub mod filters;
pub mod headers;
pub mod ical;
pub mod instant;
pub mod json;
pub mod listing;
pub mod metadata;
pub mod negotiate;
pub mod paging;
pub mod path;
pub mod prefer;
pub mod problem;
pub mod query;
pub mod reply;
pub mod sent;
pub mod shape;
pub mod sparse;
