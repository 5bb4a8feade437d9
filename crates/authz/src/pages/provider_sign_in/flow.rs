//! What was begun, in a cookie of this browser that nobody else can read or make: which provider, what its answer must
//! repeat, and where the person goes on to. Good for ten minutes and once.

use std::time::Duration;

use actix_web::cookie::time::Duration as CookieDuration;
use model::dpop::Thumbprint;
use model::id::{SessionId, UserId};
use model::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::config::providers::ProviderSettings;
use crate::crypto::random;
use crate::crypto::seal::Kind;
use crate::pages::PageError;
use crate::pages::destination::Destination;
use crate::upstream::providers::Asked;

/// A person has so long at the provider.
const LASTS: Duration = Duration::from_secs(600);
pub(super) const LASTS_AS_COOKIE: CookieDuration = CookieDuration::seconds(600);
/// Browsers drop longer cookies (RFC 6265 section 6.1), with their names.
pub(super) const LONGEST: usize = 3_800;

/// Unguessable, and drawn for each.
pub(super) struct New {
    state: String,
    verifier: String,
    nonce: String,
}

/// A sign-in that was begun.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Flow<'a> {
    /// At which provider.
    pub(super) provider: &'a str,
    /// What its answer repeats (RFC 6749 section 10.12).
    pub(super) state: &'a str,
    /// RFC 7636
    pub(super) verifier: &'a str,
    /// What its ID token repeats.
    pub(super) nonce: &'a str,
    /// Where the person goes on to.
    pub(super) next: String,
    /// To whom an account there is linked, and in which session of theirs; none when somebody signs in.
    pub(super) linking: Option<(UserId, SessionId)>,
    /// Whether they were signed in here already, and are to be asked there who they are.
    pub(super) again: bool,
    /// When.
    pub(super) begun_at: Timestamp,
    expires_at: Timestamp,
}

impl New {
    pub(super) fn draw() -> Result<Self, PageError> {
        let secret = || random::secret("").map_err(PageError::internal);
        Ok(Self { state: secret()?, verifier: secret()?, nonce: secret()? })
    }

    pub(super) fn begin<'a>(
        &'a self,
        app: &App,
        provider: &'a ProviderSettings,
        destination: &Destination,
        linking: Option<(UserId, SessionId)>,
        again: bool,
    ) -> Flow<'a> {
        let now = app.now();
        Flow {
            provider: &provider.name,
            state: &self.state,
            verifier: &self.verifier,
            nonce: &self.nonce,
            next: destination.next().unwrap_or_default(),
            linking,
            again,
            begun_at: now,
            expires_at: now.plus(LASTS),
        }
    }
}

impl Flow<'_> {
    /// What the provider is asked.
    pub(super) fn asked(&self) -> Asked<'_> {
        Asked {
            state: self.state,
            verifier: self.verifier,
            nonce: self.nonce,
            again_since: self.again.then_some(self.begun_at),
        }
    }

    pub(super) fn ends_at(&self) -> Timestamp {
        self.expires_at
    }
}

impl<'a> Kind<'a> for Flow<'a> {
    const PREFIX: &'static str = "ttf_";

    fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    fn key(&self) -> Option<Thumbprint> {
        None
    }

    fn bound_to(self, _key: Option<Thumbprint>) -> Self {
        self
    }
}

/// `__Host-` keeps other hosts from setting it; see the session's cookie.
pub(super) fn cookie_name(app: &App) -> &'static str {
    if app.config.issuer.is_https() { "__Host-authz_provider" } else { "authz_provider" }
}
