//! Providers at whom people sign in: asked as our client there, and for nothing that an operator has not configured.

mod audience;
mod calls;
mod code;
mod id_token;
mod metadata;
mod person;

use std::error::Error;
use std::fmt;

use serde_json::Value;

use super::Unreachable;
use super::kept::Kept;
use crate::app::App;
use crate::config::providers::{AudienceCheck, ProviderSettings};

pub use code::Asked;
pub use metadata::Metadata;
pub use person::ProviderPerson;

/// What they have said of themselves, by their names here.
#[derive(Default)]
pub struct Caches {
    metadata: Kept<Metadata>,
    keys: Kept<Vec<Value>>,
}

/// Why a provider has not vouched for somebody.
#[derive(Debug)]
pub enum ProviderError {
    /// It answered with this status and not with success; from 400 to 499 that is what it says of the token.
    Status(u16),
    /// No connection, no answer in time, an address that is not called, or too much of an answer.
    Unreachable(Unreachable),
    /// Its metadata or keys could not be had, now or a moment ago.
    Unknown,
    /// Its answer is not what it should be: in which way.
    Unreadable(&'static str),
    /// The token was not made for us, or is no good: in which way.
    NotForUs(&'static str),
    /// Nobody has configured how to find out whom its tokens are for.
    NoCheck,
    /// A profile is found by name there, and none that could be one was given.
    NoUsername,
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "the provider answered {status}"),
            Self::Unreachable(why) => write!(f, "the provider cannot be asked: {why}"),
            Self::Unknown => f.write_str("the provider's metadata or keys are not known"),
            Self::Unreadable(what) => write!(f, "the provider's answer is not as it should be: {what}"),
            Self::NotForUs(what) => write!(f, "the provider's token is not for us: {what}"),
            Self::NoCheck => f.write_str("no audience check is configured for the provider"),
            Self::NoUsername => f.write_str("no username was given"),
        }
    }
}

impl Error for ProviderError {}

impl From<Unreachable> for ProviderError {
    fn from(why: Unreachable) -> Self {
        match why {
            Unreachable::Status(status) => Self::Status(status),
            why => Self::Unreachable(why),
        }
    }
}

/// A provider that is asked.
#[derive(Clone, Copy)]
pub struct Provider<'a> {
    app: &'a App,
    /// What is configured.
    pub settings: &'a ProviderSettings,
}

impl<'a> Provider<'a> {
    /// That of this name, if it is configured.
    pub fn find(app: &'a App, name: &str) -> Option<Self> {
        app.config.providers.find(name).map(|settings| Self { app, settings })
    }

    /// Whose token it is, as the provider says. Says nothing of whom the token was made for:
    /// [`Provider::meant_for_us`] comes first wherever somebody else has brought it.
    ///
    /// # Errors
    /// See [`ProviderError`].
    pub async fn person_of(
        &self,
        access_token: &str,
        username: Option<&str>,
    ) -> Result<ProviderPerson, ProviderError> {
        if self.settings.audience == Some(AudienceCheck::IdToken) {
            let claims = id_token::verified(self, access_token, None).await?;
            let person = ProviderPerson::read(&self.settings.mapping, &Value::Object(claims.all().clone()))?;
            // When it was made says nothing: a provider makes a new one without asking the person anything.
            let at = id_token::auth_time(&claims)?;
            return Ok(ProviderPerson { authenticated_at: at, ..person });
        }
        self.profile(access_token, username).await
    }

    /// Whether the token was made for our client there.
    ///
    /// # Errors
    /// See [`ProviderError`]; without a configured check it never was.
    pub async fn meant_for_us(&self, access_token: &str) -> Result<(), ProviderError> {
        let check = self.settings.audience.as_ref().ok_or(ProviderError::NoCheck)?;
        audience::judge(self, check, access_token).await
    }
}
