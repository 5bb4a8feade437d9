//! For scripts, on the wire of Django REST Framework: people and groups as in the toolkit's tutorial, who somebody is as the fake
//! social site of the tutorials tells it, and keys for a name and a password.
//!
//! * [`caller`]: who asks, by an access token, a personal key, a session or a password. [`view`]: what every answer has.
//! * [`sent`]: what was sent, and [`fields`] of it. [`refusal`]: what is said when something will not do.
//! * [`users`], [`groups`], [`details`], [`auth_token`]: the endpoints.

pub mod auth_token;
mod caller;
pub mod details;
mod fields;
pub mod groups;
mod person;
mod refusal;
mod sent;
pub mod users;
mod view;
