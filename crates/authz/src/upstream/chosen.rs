//! Who has chosen an address that is called. An administrator chooses few, and answers for them. Strangers may choose as
//! many as they like, by clients that they register and documents that they write: so what is called for them has fewer
//! places ([`super::places`]), and is counted by the network of whoever asks.

use std::net::IpAddr;
use std::time::Duration;

use crate::app::App;
use crate::client_metadata::ClientMetadata;
use crate::edge;

/// How many calls to addresses of strangers' choosing one network may cause in a minute.
pub const CALLS_PER_MINUTE: u32 = 30;

/// Who has chosen an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// An administrator, with the client that names it.
    ByAdministrator,
    /// Anybody.
    ByStranger,
}

/// Too many were called for this network: not before so long.
#[derive(Clone, Copy, Debug)]
pub struct TooMany(pub Duration);

impl Chosen {
    /// Who has chosen what a client names of which this is said.
    pub fn by(metadata: &ClientMetadata) -> Self {
        if metadata.is_self_registered { Self::ByStranger } else { Self::ByAdministrator }
    }

    /// Counts a call that somebody at this address causes; before it is made.
    ///
    /// # Errors
    /// When there were too many, and none may be made.
    pub fn count(self, app: &App, address: IpAddr) -> Result<(), TooMany> {
        if self == Self::ByAdministrator {
            return Ok(());
        }
        app.strangers_calls
            .failed(&edge::network(address), app.now())
            .map_or(Ok(()), |wait| Err(TooMany(wait)))
    }
}
