//! What those outside may do here, and where this server goes outside.

use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use model::settings::Settings;

use super::Networks;

/// Who may register clients (RFC 7591).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhoMayRegister {
    /// Administrators only.
    Nobody,
    /// Whoever an administrator has given an initial access token.
    TokenHolders,
    /// Everybody.
    Everybody,
}

impl FromStr for WhoMayRegister {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "closed" => Ok(Self::Nobody),
            "token" => Ok(Self::TokenHolders),
            "open" => Ok(Self::Everybody),
            _ => Err(()),
        }
    }
}

/// Which requests are fetched from where a client keeps them (`request_uri`, OpenID Connect Core section 6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestUris {
    /// None.
    Off,
    /// Those that the client has signed.
    Signed,
    /// Also unsigned ones, unless the client has said that it signs: they come from its own address.
    Any,
}

impl FromStr for RequestUris {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "off" => Ok(Self::Off),
            "signed" => Ok(Self::Signed),
            "any" => Ok(Self::Any),
            _ => Err(()),
        }
    }
}

/// What those outside may do, and where we go.
#[derive(Clone, Debug)]
pub struct Outside {
    /// Who may register clients (`REGISTRATION`).
    pub registration: WhoMayRegister,
    /// How many clients one network may register; 0 for any number (`REGISTRATIONS_PER_HOUR`).
    pub registrations_per_hour: u32,
    /// How long a client stays that registered itself and that nobody has used (`REGISTRATION_UNUSED_DAYS`).
    pub unused_kept: Duration,
    /// Which requests are fetched from registered addresses (`REQUEST_URIS`).
    pub request_uris: RequestUris,
    /// Whether a client may be known by a document at its id (`CLIENT_ID_METADATA_DOCUMENTS`).
    pub client_documents: bool,
    /// Addresses that are called although the internet does not lead to them (`OUTBOUND_NETWORKS`).
    pub networks: Vec<IpNet>,
}

impl Outside {
    pub(super) fn read(said: &mut Settings) -> Self {
        let days: u32 = said.or("REGISTRATION_UNUSED_DAYS", 30, "a number of days");
        if days == 0 {
            said.problem("REGISTRATION_UNUSED_DAYS", "expected at least a day");
        }
        let networks = "addresses or networks separated by spaces";
        Self {
            registration: said.or("REGISTRATION", WhoMayRegister::Nobody, "closed, token or open"),
            registrations_per_hour: said.or("REGISTRATIONS_PER_HOUR", 20, "a number, 0 for no limit"),
            unused_kept: Duration::from_secs(u64::from(days) * 86_400),
            request_uris: said.or("REQUEST_URIS", RequestUris::Off, "off, signed or any"),
            client_documents: said.or("CLIENT_ID_METADATA_DOCUMENTS", false, "true or false"),
            networks: said.or("OUTBOUND_NETWORKS", Networks(Vec::new()), networks).0,
        }
    }
}
