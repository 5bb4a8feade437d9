//! What is said when something will not do: the bodies of the framework, a closed set. Causes go to the log alone.

use std::error::Error;
use std::fmt;

use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, ResponseError};
use model::db::DbError;
use serde::{Serialize, Serializer};

use crate::edge::BodyError;
use crate::pages::PageError;
use crate::sign_in::Failed;

type Cause = Box<dyn Error + Send + Sync>;

/// Everything that is not an answer to what was asked.
#[derive(Debug)]
pub enum Refusal {
    /// 400: fields, and what is wrong with each.
    Fields(Vec<(&'static str, String)>),
    /// 400: the body cannot be read.
    Malformed(String),
    /// 401: nobody came in; why, and whether it was an access token that is not good.
    Unauthenticated(&'static str, Credential),
    /// 403: why.
    Forbidden(String),
    /// 404: what is said of it.
    NotFound(&'static str),
    /// 405.
    MethodNotAllowed(Method),
    /// 406.
    NotAcceptable,
    /// 408.
    TooSlow,
    /// 413.
    TooLarge,
    /// 415: of which media type it was.
    MediaType(String),
    /// 429: wait so many seconds.
    Throttled(u64),
    /// 503: it can be tried again.
    Unavailable(Cause),
}

/// What was presented by somebody who did not come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// Nothing, or what is no access token.
    Other,
    /// An access token.
    AccessToken,
}

/// What is said of nobody, and of an access token that is not good.
pub const NOT_PROVIDED: &str = "Authentication credentials were not provided.";

impl Refusal {
    /// One field.
    pub fn field(name: &'static str, message: impl Into<String>) -> Self {
        Self::Fields(vec![(name, message.into())])
    }

    /// The object as a whole.
    pub fn object(message: impl Into<String>) -> Self {
        Self::field("non_field_errors", message)
    }

    /// Nobody is there.
    pub const fn nobody() -> Self {
        Self::Unauthenticated(NOT_PROVIDED, Credential::Other)
    }

    /// They may not.
    pub fn forbidden() -> Self {
        Self::Forbidden("You do not have permission to perform this action.".to_owned())
    }

    fn body(&self) -> Body<'_> {
        let detail = match self {
            Self::Fields(fields) => return Body::Fields(fields),
            Self::Malformed(detail) | Self::Forbidden(detail) => detail.clone(),
            Self::Unauthenticated(detail, _) | Self::NotFound(detail) => (*detail).to_owned(),
            Self::MethodNotAllowed(method) => format!("Method \"{method}\" not allowed."),
            Self::NotAcceptable => "Could not satisfy the request Accept header.".to_owned(),
            Self::TooSlow => "The request took too long to arrive.".to_owned(),
            Self::TooLarge => "The request is too large.".to_owned(),
            Self::MediaType(media) => format!("Unsupported media type \"{media}\" in request."),
            Self::Throttled(1) => "Request was throttled. Expected available in 1 second.".to_owned(),
            Self::Throttled(seconds) => {
                format!("Request was throttled. Expected available in {seconds} seconds.")
            }
            Self::Unavailable(_) => "Service temporarily unavailable, try again later.".to_owned(),
        };
        Body::Detail(detail)
    }
}

enum Body<'a> {
    Detail(String),
    /// In the order in which they are declared.
    Fields(&'a [(&'static str, String)]),
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Detail(detail) => serializer.collect_map([("detail", detail)]),
            Self::Fields(fields) => {
                serializer.collect_map(fields.iter().map(|(name, message)| (name, [message])))
            }
        }
    }
}

/// For the log: the private cause.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(cause) => cause.fmt(f),
            other => write!(f, "{}", other.status_code()),
        }
    }
}

impl Error for Refusal {}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Fields(_) | Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Unauthenticated(..) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code()).json(self.body());
        let headers = response.headers_mut();
        match self {
            // That of the first way in, whichever was tried, as the framework has it.
            Self::Unauthenticated(_, Credential::Other) => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(r#"Bearer realm="api""#));
            }
            Self::Unauthenticated(_, Credential::AccessToken) => {
                headers.insert(header::WWW_AUTHENTICATE, INVALID_TOKEN);
            }
            Self::Throttled(seconds) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
            }
            Self::Unavailable(_) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(1));
            }
            // What was not read of the body must not be taken for the next request.
            Self::TooSlow | Self::TooLarge => {
                response.head_mut().set_connection_type(actix_web::http::ConnectionType::Close);
            }
            _ => {}
        }
        response
    }
}

const INVALID_TOKEN: HeaderValue = HeaderValue::from_static(
    r#"Bearer realm="api",error="invalid_token",error_description="The access token is invalid.""#,
);

impl From<DbError> for Refusal {
    fn from(error: DbError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<Failed> for Refusal {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Db(error) => error.into(),
            Failed::Busy(busy) => Self::Unavailable(busy.into()),
        }
    }
}

/// A browser that cannot be read: the database, or no randomness.
impl From<PageError> for Refusal {
    fn from(error: PageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::TooLarge,
            BodyError::TooSlow => Self::TooSlow,
            BodyError::Broken => Self::Malformed("The request ended early.".to_owned()),
        }
    }
}
