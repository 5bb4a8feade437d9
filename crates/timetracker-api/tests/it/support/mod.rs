//! A world per test: a database, an authorization server that says what it is told to, and the API.

mod answer;
mod authority;
mod world;

pub use answer::Answer;
pub use authority::Mood;
pub use world::{Person, World, config};

pub use serde_json::json;
