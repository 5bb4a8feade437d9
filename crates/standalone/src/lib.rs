//! Both services in one process on one port: for trying, small servers and end-to-end tests.
//!
//! They stay two services: each has its own database, and the API asks the authorization server about every
//! token over HTTP, as it does when they are deployed apart. [`settings`] lays down what a first start needs,
//! [`server`] mounts both, [`first_look`] makes a person and a client to begin with.

mod clients;
pub mod first_look;
pub mod server;
pub mod settings;
