//! Signing in at providers, and what a person has linked there.

mod audience;
mod hostile;
mod linking;
mod signing_in;
mod stub;
mod world;
