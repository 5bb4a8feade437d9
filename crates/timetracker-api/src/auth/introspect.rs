//! Asking the authorization server about a token (RFC 7662 section 2): over a pool of connections of its own, with a limit in
//! time and in questions at once.

use oauth2::basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenResponse, BasicTokenType};
use oauth2::{
    AccessToken, ClientId, ClientSecret, EndpointNotSet, EndpointSet, ExtraTokenFields, IntrospectionUrl,
    RequestTokenError, StandardRevocableToken, StandardTokenIntrospectionResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::calls::Calls;
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
    /// Why it is not active, if it is a person's own key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inactive_reason: Option<String>,
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
    calls: Calls,
    of_strangers: Semaphore,
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
            calls: Calls::new(AT_ONCE, config.introspection_timeout),
            of_strangers: Semaphore::new(OF_STRANGERS),
        })
    }

    /// Asks once. For a token that was known there is always a free place soon.
    ///
    /// # Errors
    /// See [`AskError`]: nothing of it says anything about the token.
    pub async fn ask(&self, token: &str, is_known: bool) -> Result<Reply, AskError> {
        let behind = if is_known { None } else { Some(&self.of_strangers) };
        let token = AccessToken::new(token.to_owned());
        let question = self.client.introspect(&token).set_token_type_hint("access_token");
        let call = async { question.request_async(&self.connections).await.map_err(unanswered) };
        self.calls.make(behind, call).await
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
