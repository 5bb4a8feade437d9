//! What somebody who registers or manages a client is told when it fails: RFC 7591 section 3.2.2, RFC 7592, RFC 6750
//! section 3.1.

use std::borrow::Cow;
use std::fmt;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use model::db::DbError;
use serde::Serialize;

use crate::crypto::random::NoRandomness;
use crate::edge::BodyError;
use crate::protocol::error::OAuthError;
use crate::registration;

/// Why a client is not registered, shown, changed or removed.
#[derive(Debug)]
pub enum Refusal {
    /// Nobody may register here.
    Closed,
    /// There is no token.
    NoToken,
    /// The token is not good for this.
    InvalidToken,
    /// What was sent is not what is read here: a status of its own, and a sentence.
    Request(StatusCode, &'static str),
    /// A redirect URI may not be registered.
    RedirectUri(Cow<'static, str>),
    /// Other metadata may not be registered.
    Metadata(Cow<'static, str>),
    /// A software statement that is none.
    SoftwareStatement,
    /// A software statement of somebody whom nobody here trusts.
    UnapprovedSoftwareStatement,
    /// Too many from this network: wait so many seconds.
    Wait(u64),
    /// It cannot be done right now.
    Failed(OAuthError),
}

#[derive(Serialize)]
struct Wire<'a> {
    error: &'static str,
    error_description: &'a str,
}

impl Refusal {
    fn parts(&self) -> (StatusCode, &'static str, &str) {
        match self {
            Self::Closed => {
                (StatusCode::FORBIDDEN, "access_denied", "Clients do not register themselves here.")
            }
            Self::NoToken => (StatusCode::UNAUTHORIZED, "invalid_token", "A token is needed, as Bearer."),
            Self::InvalidToken => {
                (StatusCode::UNAUTHORIZED, "invalid_token", "The token is unknown, has ended or was used up.")
            }
            Self::Request(status, sentence) => (*status, "invalid_request", sentence),
            Self::RedirectUri(sentence) => (StatusCode::BAD_REQUEST, "invalid_redirect_uri", sentence),
            Self::Metadata(sentence) => (StatusCode::BAD_REQUEST, "invalid_client_metadata", sentence),
            Self::SoftwareStatement => {
                (StatusCode::BAD_REQUEST, "invalid_software_statement", "A software statement is a JWT.")
            }
            Self::UnapprovedSoftwareStatement => (
                StatusCode::BAD_REQUEST,
                "unapproved_software_statement",
                "Nobody's software statements are taken here.",
            ),
            Self::Wait(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "temporarily_unavailable",
                "Too many clients were registered from here. Try again later.",
            ),
            Self::Failed(error) => (error.status_code(), error.code().as_str(), error.description()),
        }
    }
}

/// For the log: the private cause with it.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Failed(error) = self {
            return error.fmt(f);
        }
        let (_, code, sentence) = self.parts();
        write!(f, "{code}: {sentence}")
    }
}

impl std::error::Error for Refusal {}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        self.parts().0
    }

    fn error_response(&self) -> HttpResponse {
        let (status, error, error_description) = self.parts();
        let mut response = HttpResponse::build(status);
        response
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::PRAGMA, "no-cache"));
        match self {
            Self::NoToken => {
                response.insert_header((header::WWW_AUTHENTICATE, r#"Bearer realm="authz""#));
            }
            Self::InvalidToken => {
                let challenge = r#"Bearer realm="authz",error="invalid_token""#;
                response.insert_header((header::WWW_AUTHENTICATE, challenge));
            }
            Self::Wait(seconds) => {
                response.insert_header((header::RETRY_AFTER, *seconds));
            }
            Self::Failed(_) => {
                response.insert_header((header::RETRY_AFTER, 1));
            }
            Self::Request(StatusCode::REQUEST_TIMEOUT, _) => {
                response.force_close();
            }
            _ => {}
        }
        response.json(Wire { error, error_description })
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Self {
        let (status, sentence) = match error {
            BodyError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "The body is too large."),
            BodyError::TooSlow => (StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time."),
            BodyError::Broken => (StatusCode::BAD_REQUEST, "The body did not arrive whole."),
        };
        Self::Request(status, sentence)
    }
}

impl From<DbError> for Refusal {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<NoRandomness> for Refusal {
    fn from(_: NoRandomness) -> Self {
        Self::Failed(crate::crypto::seal::SealError.into())
    }
}

impl From<registration::Refused> for Refusal {
    fn from(refused: registration::Refused) -> Self {
        match refused {
            registration::Refused::Db(error) => error.into(),
            registration::Refused::Random(error) => error.into(),
            // Neither document has a code for it; the metadata as such may be sent again.
            registration::Refused::Changed => {
                let sentence = "The registration was changed meanwhile. Read it and try again.";
                Self::Request(StatusCode::CONFLICT, sentence)
            }
            registration::Refused::NoSuchClient => Self::InvalidToken,
            refused => Self::Metadata(refused.to_string().into()),
        }
    }
}
