//! The vocabulary `authz` and `timetracker-api` share, and nothing that knows HTTP.
//!
//! * [`id`]: typed identifiers. [`time`]: instants and the clock. [`scope`]: scope sets (RFC 6749 section 3.3).
//! * [`introspection`]: the RFC 7662 answer. [`dpop`]: proofs that a key is held (RFC 9449). [`alg`]: what
//!   others may sign with.
//! * [`csrf`]: that a page of ours sent what a session's cookie came with.
//! * [`settings`]: what an operator said, looked up and parsed with every problem reported at once.
//! * [`secret`]: values that do not print, and the digest secrets are kept as, and no core dumps.
//! * [`random`]: random numbers that need not be secret.
//! * [`logging`]: one structured line per event. [`stop`]: being told to stop. [`request_id`]: what ties a line to its request.
//! * [`db`]: the front door to SQLite and PostgreSQL: `Db::read` and `Db::write`.
//!
//! For tests, with the feature `testing`: `fuzzing`, and databases of their own in `db::testing`.

pub mod alg;
pub mod csrf;
pub mod db;
pub mod dpop;
#[cfg(any(test, feature = "testing"))]
pub mod fuzzing;
pub mod id;
pub mod introspection;
pub mod logging;
pub mod random;
pub mod request_id;
pub mod scope;
pub mod secret;
pub mod settings;
pub mod stop;
pub mod time;
