//! What a request on the wire of Django REST Framework is told when it fails: `{"detail": …}`, or a list of sentences for
//! each field.

use std::fmt;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use model::db::DbError;
use model::dpop::ALGS;
use serde_json::{Map, Value, json};

use super::error::OAuthError;
use super::sent::Unread;

/// Why nothing is done.
#[derive(Debug)]
pub enum Refused {
    /// Fields are wrong: each with a sentence (400).
    Fields(Vec<(&'static str, &'static str)>),
    /// It is wrong as a whole (400).
    Whole(&'static str),
    /// There is no such thing (404).
    NotThere,
    /// Nobody said who they are (401).
    Nobody,
    /// What they said with it is not good, and why (401).
    NotGood(&'static str),
    /// They may not, or not so long after they proved who they are (403).
    Forbidden(&'static str),
    /// Too often: wait so many seconds (429).
    Wait(u64),
    /// As an OAuth endpoint would say it.
    Failed(OAuthError),
}

/// The framework's sentence for whoever may not.
pub(super) const FORBIDDEN: &str = "You do not have permission to perform this action.";
const NOBODY: &str = "Authentication credentials were not provided.";

impl Refused {
    /// The body's status and what it says as `detail`; none where it says it of fields.
    fn parts(&self) -> (StatusCode, Option<String>) {
        let (status, detail) = match self {
            Self::Fields(_) => return (StatusCode::BAD_REQUEST, None),
            Self::Whole(sentence) => (StatusCode::BAD_REQUEST, *sentence),
            Self::NotThere => (StatusCode::NOT_FOUND, "Not found."),
            Self::Nobody => (StatusCode::UNAUTHORIZED, NOBODY),
            Self::NotGood(sentence) => (StatusCode::UNAUTHORIZED, *sentence),
            Self::Forbidden(sentence) => (StatusCode::FORBIDDEN, *sentence),
            Self::Wait(seconds) => {
                let unit = if *seconds == 1 { "second" } else { "seconds" };
                let detail = format!("Request was throttled. Expected available in {seconds} {unit}.");
                return (StatusCode::TOO_MANY_REQUESTS, Some(detail));
            }
            Self::Failed(error) => (error.status_code(), error.description()),
        };
        (status, Some(detail.to_owned()))
    }
}

impl From<OAuthError> for Refused {
    fn from(error: OAuthError) -> Self {
        Self::Failed(error)
    }
}

impl From<DbError> for Refused {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Unread> for Refused {
    fn from(unread: Unread) -> Self {
        Self::Failed(unread.into())
    }
}

/// For the log.
impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            other => write!(f, "{other:?}"),
        }
    }
}

impl std::error::Error for Refused {}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        self.parts().0
    }

    fn error_response(&self) -> HttpResponse {
        if let Self::Failed(error) = self
            && error.status_code().is_server_error()
        {
            return error.error_response();
        }
        let (status, detail) = self.parts();
        let mut response = HttpResponse::build(status);
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        match self {
            Self::Nobody => {
                response.insert_header((header::WWW_AUTHENTICATE, r#"Bearer realm="authz""#));
                let dpop = format!(r#"DPoP realm="authz", algs="{ALGS}""#);
                response.append_header((header::WWW_AUTHENTICATE, dpop));
            }
            Self::NotGood(_) => {
                let challenge = r#"Bearer realm="authz", error="invalid_token""#;
                response.insert_header((header::WWW_AUTHENTICATE, challenge));
            }
            Self::Wait(seconds) => {
                response.insert_header((header::RETRY_AFTER, *seconds));
            }
            _ => {}
        }
        let Self::Fields(fields) = self else { return response.json(json!({ "detail": detail })) };
        let members = fields.iter().map(|(name, sentence)| ((*name).to_owned(), json!([sentence])));
        response.json(Value::Object(members.collect::<Map<_, _>>()))
    }
}
