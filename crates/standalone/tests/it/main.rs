//! Both services together, from outside: the road a newcomer walks, what a crash leaves, a real browser, and the
//! rules of the house. On SQLite, or with `TEST_DATABASE_URL` set on PostgreSQL; no test knows which.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "test support"
)]

mod apart;
mod architecture;
mod browser;
mod by_request;
mod first_look;
mod journey;
mod kill;
mod matrix;
mod pages;
mod program;
mod support;
