//! Every use of cryptography, one front door per library.
//!
//! * [`master`]: the one secret an operator keeps, and what is derived from it.
//! * [`seal`]: tokens. * [`passwords`]: people's passwords. * [`random`]: secrets made here.
//! * [`signing`]: what others can verify. * [`wrap`]: private keys at rest.
//! * [`jwt`]: JWTs that come in. * [`jwk`]: others' keys. * [`claims`]: what others' JWTs say.

pub mod claims;
pub mod jwk;
pub mod jwt;
pub mod master;
pub mod passwords;
pub mod personal_key;
pub mod random;
pub mod seal;
pub mod signing;
pub mod wrap;
