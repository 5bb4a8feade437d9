//! A world per test: a database, an authorization server that says what it is told to, and the API.

mod answer;
mod authority;
pub mod filled;
mod item;
mod listener;
mod shown;
mod visitor;
mod world;

pub use answer::Answer;
pub use authority::{ISSUER, Mood};
pub use item::{Item, OF_ACTIVITY};
pub use listener::{Event, Listener};
pub use shown::{MEMBERS, NOW, Shown};
pub use visitor::{HTML, Visitor};
pub use world::{PUBLIC, Person, World, config, pages};

pub use serde_json::json;
