//! What OAuth clients are told when something fails: RFC 6749 sections 4.1.2.1 and 5.2.

use std::error::Error;
use std::fmt;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use model::db::DbError;
use serde::Serialize;

use crate::crypto::passwords::Busy;
use crate::crypto::random::NoRandomness;
use crate::crypto::seal::SealError;
use crate::sign_in::Failed;
use crate::signatures;
use crate::upstream::TooMany;

/// The closed set of error codes. Each has one wire name and one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Something is missing, repeated or malformed.
    InvalidRequest,
    /// The body is not a form (415).
    UnsupportedMediaType,
    /// The body is too large (413).
    TooLarge,
    /// The body did not arrive in time (408).
    TooSlow,
    /// The client did not prove who it is.
    InvalidClient,
    /// The access token that should prove who the client is does not (RFC 6750 section 3.1).
    InvalidToken,
    /// It proves it, and is for something else.
    InsufficientScope,
    /// What should prove that the client holds a key does not (RFC 9449 section 5).
    InvalidDpopProof,
    /// The code, refresh token or password is not good.
    InvalidGrant,
    /// The client may not do this.
    UnauthorizedClient,
    /// There is no such grant type.
    UnsupportedGrantType,
    /// There is no such response type.
    UnsupportedResponseType,
    /// More was asked for than there is or may be given.
    InvalidScope,
    /// The token was asked for somewhere it cannot be for (RFC 8707 section 2).
    InvalidTarget,
    /// The person refused.
    AccessDenied,
    /// The person has not decided yet (RFC 8628 section 3.5).
    AuthorizationPending,
    /// Nor that, and the device asks too often.
    SlowDown,
    /// The device code has ended.
    ExpiredToken,
    /// The person would have to sign in (OpenID Connect Core section 3.1.2.6).
    LoginRequired,
    /// The person would have to consent.
    ConsentRequired,
    /// An essential way of signing in is not to be had here (OpenID Connect Unmet Authentication Requirements 1.0).
    UnmetAuthenticationRequirements,
    /// A registration in the request is not taken.
    RegistrationNotSupported,
    /// Request objects by value are not taken from this client.
    RequestNotSupported,
    /// The request object is not one that the client has signed, or makes no sense (RFC 9101 section 7).
    InvalidRequestObject,
    /// Request objects by reference are not fetched.
    RequestUriNotSupported,
    /// The address is not one that the client has registered, or nothing is there (OpenID Connect Core section 3.1.2.6).
    InvalidRequestUri,
    /// Too many failures: wait.
    TooManyRequests,
    /// Busy, or the storage cannot be asked: try again.
    TemporarilyUnavailable,
    /// Our fault.
    ServerError,
}

impl Code {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest | Self::UnsupportedMediaType | Self::TooLarge | Self::TooSlow => {
                "invalid_request"
            }
            Self::InvalidClient => "invalid_client",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::AccessDenied => "access_denied",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::ExpiredToken => "expired_token",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::RequestNotSupported => "request_not_supported",
            Self::InvalidRequestObject => "invalid_request_object",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::InvalidRequestUri => "invalid_request_uri",
            Self::TooManyRequests | Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::ServerError => "server_error",
        }
    }

    /// Whether it only says that there is nothing to say yet.
    pub const fn is_waiting(self) -> bool {
        matches!(self, Self::AuthorizationPending | Self::SlowDown)
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::InvalidClient | Self::InvalidToken => StatusCode::UNAUTHORIZED,
            Self::InsufficientScope => StatusCode::FORBIDDEN,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

/// An error for an OAuth client: a public code and sentence, and a private cause for the log.
#[derive(Debug)]
pub struct OAuthError {
    code: Code,
    /// Printable ASCII without `"` and `\` (RFC 6749 section 5.2). Never repeats what was sent.
    description: &'static str,
    cause: Option<Box<dyn Error + Send + Sync>>,
    /// Seconds.
    retry_after: Option<u64>,
}

impl OAuthError {
    /// An error with a public sentence.
    pub const fn new(code: Code, description: &'static str) -> Self {
        Self { code, description, cause: None, retry_after: None }
    }

    /// The same, to be tried again after a number of seconds.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    fn because(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// The public code.
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The public sentence.
    pub const fn description(&self) -> &'static str {
        self.description
    }
}

/// For the log: the private cause with it.
impl fmt::Display for OAuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.description)?;
        self.cause.as_ref().map_or(Ok(()), |cause| write!(f, " ({cause})"))
    }
}

impl Error for OAuthError {}

#[derive(Serialize)]
struct Wire {
    error: &'static str,
    error_description: &'static str,
}

impl ResponseError for OAuthError {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.code.status());
        response
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::PRAGMA, "no-cache"));
        match self.code {
            Code::InvalidClient => {
                response.insert_header((header::WWW_AUTHENTICATE, r#"Basic realm="authz", charset="UTF-8""#));
            }
            Code::InvalidToken | Code::InsufficientScope => {
                let challenge = format!(r#"Bearer realm="authz", error="{}""#, self.code.as_str());
                response.insert_header((header::WWW_AUTHENTICATE, challenge));
            }
            _ => {}
        }
        if let Some(seconds) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if self.code == Code::TooSlow {
            response.force_close();
        }
        response.json(Wire { error: self.code.as_str(), error_description: self.description })
    }
}

/// A storage error is never a verdict: 503, and the client tries again.
impl From<DbError> for OAuthError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Panicked => {
                Self::new(Code::ServerError, "Something went wrong on our side.").because(error)
            }
            _ => unavailable().because(error),
        }
    }
}

impl From<SealError> for OAuthError {
    fn from(error: SealError) -> Self {
        unavailable().because(error)
    }
}

impl From<signatures::Failed> for OAuthError {
    fn from(failed: signatures::Failed) -> Self {
        match failed {
            signatures::Failed::Db(error) => error.into(),
            signatures::Failed::Signing(error) => unavailable().because(error),
        }
    }
}

impl From<NoRandomness> for OAuthError {
    fn from(error: NoRandomness) -> Self {
        unavailable().because(error)
    }
}

impl From<Failed> for OAuthError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Db(error) => error.into(),
            Failed::Busy(busy) => busy.into(),
        }
    }
}

impl From<Busy> for OAuthError {
    fn from(error: Busy) -> Self {
        unavailable().because(error)
    }
}

impl From<TooMany> for OAuthError {
    fn from(TooMany(wait): TooMany) -> Self {
        let sentence = "Too many servers are called for this network. Try again later.";
        Self::new(Code::TooManyRequests, sentence).retry_after(wait.as_secs().max(1))
    }
}

fn unavailable() -> OAuthError {
    OAuthError::new(Code::TemporarilyUnavailable, "The server cannot answer right now. Try again shortly.")
        .retry_after(1)
}
