//! The client of this server's own: through it people sign up and in by requests, without a page.

use model::settings::Settings;

/// Which client that is, and what else there is for whoever comes without a page.
#[derive(Clone, Debug)]
pub struct FirstParty {
    /// The client's id; without one the registration API is not there (`FIRST_PARTY_CLIENT`).
    pub client: Option<String>,
    /// Whether a provider's token is taken in place of ours, as `Bearer {provider} {token}` (`BEARER_FROM_PROVIDERS`).
    pub provider_bearer: bool,
}

impl FirstParty {
    pub(super) fn read(said: &mut Settings) -> Self {
        Self {
            client: said.optional("FIRST_PARTY_CLIENT", "the id of a client"),
            provider_bearer: said.or("BEARER_FROM_PROVIDERS", false, "true or false"),
        }
    }

    /// Whether that client is the one of this id.
    pub fn is(&self, client: &str) -> bool {
        self.client.as_deref() == Some(client)
    }
}
