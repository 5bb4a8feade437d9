//! Asking the authorization server about a token (RFC 7662 section 2): the only caller of `oauth2` and `reqwest`
//! in this service. One client with a pool of connections, a limit in time, in bytes and in questions at once,
//! no redirects and no proxies from the environment: the request carries a token and our own secret.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use oauth2::basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenResponse, BasicTokenType};
use oauth2::{
    AccessToken, AsyncHttpClient, ClientId, ClientSecret, EndpointNotSet, EndpointSet, ExtraTokenFields,
    HttpRequest, HttpResponse, IntrospectionUrl, RequestTokenError, StandardRevocableToken,
    StandardTokenIntrospectionResponse,
};
use reqwest::redirect::Policy;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::breaker::Breaker;
use crate::config::Config;

/// The largest answer in bytes (R163).
const LARGEST: usize = 64 * 1024;
/// The most questions at once (F9: at most 50 when the authorization server comes back).
const AT_ONCE: usize = 48;

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

/// Why the client side could not be set up.
#[derive(Debug)]
pub struct SetupError(Box<dyn std::error::Error + Send + Sync>);

/// An idle connection is given up before the other side does (75 s), so that no question meets a closing one.
const IDLE: Duration = Duration::from_secs(30);

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the introspection client cannot be made")?;
        causes(f, self.0.as_ref())
    }
}

impl std::error::Error for SetupError {}

/// Appends the chain of causes; reqwest's own messages say little without it.
fn causes(f: &mut fmt::Formatter<'_>, error: &(dyn std::error::Error + 'static)) -> fmt::Result {
    let mut next = Some(error);
    while let Some(error) = next {
        write!(f, ": {error}")?;
        next = error.source();
    }
    Ok(())
}

/// Why there is no answer. Never holds the token or what was answered.
#[derive(Debug)]
pub enum AskError {
    /// It failed so often just now that nobody was asked.
    Open,
    /// No answer in time.
    TooSlow,
    /// No connection, or it broke.
    Transport(reqwest::Error),
    /// More bytes than an answer has.
    TooLarge,
    /// We have asked about too many unknown tokens (429).
    TooMany,
    /// Another status than 200, or an answer that is not RFC 7662's.
    Unreadable(String),
}

impl fmt::Display for AskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the authorization server did not answer about a token: ")?;
        match self {
            Self::Open => f.write_str("it failed repeatedly and is left alone for a moment"),
            Self::TooSlow => f.write_str("no answer in time"),
            Self::Transport(cause) => {
                f.write_str("the connection failed")?;
                causes(f, cause)
            }
            Self::TooLarge => f.write_str("the answer is too large"),
            Self::TooMany => f.write_str("we asked about too many unknown tokens"),
            Self::Unreadable(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for AskError {}

/// The client side of introspection.
pub struct Introspector {
    client: Client,
    connections: Connections,
    places: Semaphore,
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
            .set_introspection_url(url.map_err(|error| SetupError(error.into()))?);
        let mut connections = reqwest::Client::builder();
        if config.introspection_url.starts_with("http://") {
            // On this machine only, as the settings make sure. A machine without any TLS roots can then start.
            connections = connections.tls_certs_only([]);
        }
        let connections = connections
            .redirect(Policy::none())
            .no_proxy()
            .timeout(config.introspection_timeout)
            .pool_max_idle_per_host(AT_ONCE)
            .pool_idle_timeout(IDLE)
            .user_agent(concat!("timetracker-api/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| SetupError(error.into()))?;
        Ok(Self {
            client,
            connections: Connections(connections),
            places: Semaphore::new(AT_ONCE),
            breaker: Breaker::default(),
            within: config.introspection_timeout,
        })
    }

    /// Asks once; the time to wait for a free place counts.
    ///
    /// # Errors
    /// See [`AskError`]: nothing of it says anything about the token.
    pub async fn ask(&self, token: &str) -> Result<Reply, AskError> {
        if !self.breaker.admits(Instant::now()) {
            return Err(AskError::Open);
        }
        let asked = tokio::time::timeout(self.within, self.ask_in_turn(token)).await;
        let outcome = asked.unwrap_or(Err(AskError::TooSlow));
        match &outcome {
            // "Too many unknown tokens" comes from a server that is well: whoever sends them must not close the
            // way for everybody else's.
            Ok(_) | Err(AskError::TooMany) => self.breaker.succeeded(),
            Err(_) => self.breaker.failed(Instant::now()),
        }
        outcome
    }

    async fn ask_in_turn(&self, token: &str) -> Result<Reply, AskError> {
        let _place = self.places.acquire().await;
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

/// The pool, as `oauth2` wants to call it.
struct Connections(reqwest::Client);

impl<'c> AsyncHttpClient<'c> for Connections {
    type Error = AskError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, AskError>> + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let request = request.try_into().map_err(AskError::Transport)?;
            let mut reply = self.0.execute(request).await.map_err(AskError::Transport)?;
            if reply.status() == reqwest::StatusCode::TOO_MANY_REQUESTS {
                return Err(AskError::TooMany);
            }
            let mut body = Vec::new();
            while let Some(chunk) = reply.chunk().await.map_err(AskError::Transport)? {
                if body.len() + chunk.len() > LARGEST {
                    return Err(AskError::TooLarge);
                }
                body.extend_from_slice(&chunk);
            }
            let mut answer = HttpResponse::new(body);
            *answer.status_mut() = reply.status();
            *answer.headers_mut() = std::mem::take(reply.headers_mut());
            Ok(answer)
        })
    }
}
