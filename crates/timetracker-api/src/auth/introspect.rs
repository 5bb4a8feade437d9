//! Asking the authorization server about a token (RFC 7662 section 2): over a pool of connections of its own, with a limit in
//! time and in questions at once.

use std::time::{Duration, Instant};

use oauth2::basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenResponse, BasicTokenType};
use oauth2::{
    AccessToken, ClientId, ClientSecret, EndpointNotSet, EndpointSet, ExtraTokenFields, IntrospectionUrl,
    RequestTokenError, StandardRevocableToken, StandardTokenIntrospectionResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::breaker::Breaker;
use super::connections::{AskError, Connections, SetupError};
use crate::config::Config;

/// The most questions at once (F9: at most 50 when the authorization server comes back).
const AT_ONCE: usize = 48;
/// How many of them may be about tokens that nobody knew a moment ago: whoever sends any number of those is not to stand in
/// the way of those who are at work.
const OF_STRANGERS: usize = 36;

/// An answer: what RFC 7662 names, and what a token is bound to.
pub type Reply = StandardTokenIntrospectionResponse<Bound, BasicTokenType>;

/// How whoever presents a token proves that it is theirs (RFC 7800 section 3.1, RFC 9449 section 6.2). As it was said:
/// one that is not understood must not look like none.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Bound {
    /// The confirmation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Value>,
}

impl ExtraTokenFields for Bound {}

type Client = oauth2::Client<
    BasicErrorResponse,
    BasicTokenResponse,
    Reply,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
>;

/// The client side of introspection.
pub struct Introspector {
    client: Client,
    connections: Connections,
    places: Semaphore,
    of_strangers: Semaphore,
    breaker: Breaker,
    within: Duration,
}

impl Introspector {
    /// Prepares to ask as `config` says.
    ///
    /// # Errors
    /// When the URL is none, or the TLS roots of this machine cannot be used.
    pub fn new(config: &Config) -> Result<Self, SetupError> {
        let url = IntrospectionUrl::new(config.introspection_url.clone());
        let client: Client = oauth2::Client::new(ClientId::new(config.client_id.clone()))
            .set_client_secret(ClientSecret::new(config.client_secret.expose().clone()))
            .set_introspection_url(url.map_err(SetupError::new)?);
        let connections = Connections::to(&config.introspection_url, config.introspection_timeout, AT_ONCE)?;
        Ok(Self {
            client,
            connections,
            places: Semaphore::new(AT_ONCE),
            of_strangers: Semaphore::new(OF_STRANGERS),
            breaker: Breaker::default(),
            within: config.introspection_timeout,
        })
    }

    /// Asks once; the time to wait for a free place counts, and is half of all at most, so that whoever gets one has time to be
    /// answered. For a token that was known there is always one soon.
    ///
    /// # Errors
    /// See [`AskError`]: nothing of it says anything about the token.
    pub async fn ask(&self, token: &str, is_known: bool) -> Result<Reply, AskError> {
        let until = tokio::time::Instant::now() + self.within;
        // Who waits in vain for a place has not found out that the other side is ill.
        let place = tokio::time::timeout(self.within / 2, self.place(is_known)).await;
        let _place = place.map_err(|_| AskError::Crowded)?;
        if !self.breaker.admits(Instant::now()) {
            return Err(AskError::Open);
        }
        let asked = tokio::time::timeout_at(until, self.question(token)).await;
        let outcome = asked.unwrap_or(Err(AskError::TooSlow));
        match &outcome {
            // "Too many unknown tokens" comes from a server that is well: whoever sends them must not close the
            // way for everybody else's.
            Ok(_) | Err(AskError::TooMany) => self.breaker.succeeded(),
            Err(_) => self.breaker.failed(Instant::now()),
        }
        outcome
    }

    /// Neither is ever closed.
    async fn place(&self, is_known: bool) -> [Option<SemaphorePermit<'_>>; 2] {
        let strangers = if is_known { None } else { self.of_strangers.acquire().await.ok() };
        [strangers, self.places.acquire().await.ok()]
    }

    async fn question(&self, token: &str) -> Result<Reply, AskError> {
        let token = AccessToken::new(token.to_owned());
        let question = self.client.introspect(&token).set_token_type_hint("access_token");
        question.request_async(&self.connections).await.map_err(unanswered)
    }
}

fn unanswered(error: RequestTokenError<AskError, BasicErrorResponse>) -> AskError {
    match error {
        RequestTokenError::Request(error) => error,
        RequestTokenError::ServerResponse(error) => {
            AskError::Unreadable(format!("it refused our question: {}", error.error()))
        }
        // The error holds the answer itself, which stays out of the log.
        RequestTokenError::Parse(error, _answer) => {
            AskError::Unreadable(format!("its answer cannot be read at {}", error.path()))
        }
        RequestTokenError::Other(what) => AskError::Unreadable(what),
    }
}
