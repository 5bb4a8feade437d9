//! Others' servers, which we call because a client or an operator has named them: never on the way to an answer that does
//! not need it, and never where a client must not send us.

mod answer;
mod chosen;
mod client_documents;
mod client_keys;
mod fetch;
mod guard;
mod kept;
pub mod logouts;
mod places;
pub mod providers;
mod request_objects;

pub use chosen::{CALLS_PER_MINUTE, Chosen, TooMany};
pub use client_documents::ClientDocuments;
pub use client_keys::ClientKeys;
pub use fetch::{Fetch, Unreachable};
pub use request_objects::RequestObjects;
