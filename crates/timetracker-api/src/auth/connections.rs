//! Connections to the authorization server, for [`super::introspect`] and [`super::code_grant`]: the only caller of `reqwest` in
//! this service. A limit in time and in bytes, no redirects and no proxies from the environment: the requests carry tokens and our
//! own secrets.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::redirect::Policy;

/// The largest answer in bytes (R163).
const LARGEST: usize = 64 * 1024;

/// Why the client side could not be set up.
#[derive(Debug)]
pub struct SetupError(Box<dyn std::error::Error + Send + Sync>);

impl SetupError {
    pub(super) fn new(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

/// An idle connection is given up before the other side does (75 s), so that no question meets a closing one.
const IDLE: Duration = Duration::from_secs(30);

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the client of the authorization server cannot be made")?;
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
    /// So many questions at once that it was not even asked in time.
    Crowded,
    /// No connection, or it broke.
    Transport(reqwest::Error),
    /// More bytes than an answer has.
    TooLarge,
    /// We have asked about too many unknown tokens (429).
    TooMany,
    /// It will not, and says why as RFC 6749 section 5.2 has it.
    Declined(String),
    /// Another status than 200, or an answer that is not RFC 7662's.
    Unreadable(String),
}

impl fmt::Display for AskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the authorization server did not answer: ")?;
        match self {
            Self::Open => f.write_str("it failed repeatedly and is left alone for a moment"),
            Self::TooSlow => f.write_str("no answer in time"),
            Self::Crowded => f.write_str("too many questions at once"),
            Self::Transport(cause) => {
                f.write_str("the connection failed")?;
                causes(f, cause)
            }
            Self::TooLarge => f.write_str("the answer is too large"),
            Self::TooMany => f.write_str("we asked about too many unknown tokens"),
            Self::Declined(error) => write!(f, "it refused: {error}"),
            Self::Unreadable(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for AskError {}

/// The pool, as `oauth2` wants to call it.
pub struct Connections(reqwest::Client);

impl Connections {
    /// Connections to `url`; each request has to be over `within` so long.
    ///
    /// # Errors
    /// When the TLS roots of this machine cannot be used.
    pub fn to(url: &str, within: Duration, kept: usize) -> Result<Self, SetupError> {
        let mut connections = reqwest::Client::builder();
        if url.starts_with("http://") {
            // On this machine only, as the settings make sure. A machine without any TLS roots can then start.
            connections = connections.tls_certs_only([]);
        }
        let connections = connections
            .redirect(Policy::none())
            .no_proxy()
            .timeout(within)
            .pool_max_idle_per_host(kept)
            .pool_idle_timeout(IDLE)
            .user_agent(concat!("timetracker-api/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(SetupError::new)?;
        Ok(Self(connections))
    }
}

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
