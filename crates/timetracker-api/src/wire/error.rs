//! What an API client is told when something will not do: the bodies of Django REST
//! Framework, a closed set. Causes stay private: they go to the log, once, at the edge.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, ResponseError};
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use model::csrf;
use model::db::DbError;

use super::challenge::{Rejected, Scheme};
use super::{fields, json, prefer};
use crate::auth::scopes::Needs;
use crate::id::TrackId;

/// A sentence for a person who reads an answer.
pub type Message = Cow<'static, str>;

/// A private cause.
pub type Cause = Box<dyn Error + Send + Sync>;

/// What is said of each of [`ApiError::UnknownParameters`].
pub(super) const UNKNOWN: &str = "This parameter is not known here.";
const ANSWER_TOO_LARGE: &str =
    "Nothing was done: the answer would be too large. Send fewer operations, or prefer return=minimal.";
const OVERRUN: &str = "Nothing was done: it would take too long. Send fewer operations at once.";
const TWO_TOKENS: &str = "The access token was sent in more than one way.";

/// What a store function answers when the question itself may be refused.
pub type Verdict<T> = diesel::QueryResult<Result<T, ApiError>>;

/// Unwraps what may be refused.
macro_rules! or_refuse {
    ($verdict:expr) => {
        match $verdict {
            Ok(it) => it,
            Err(error) => return Ok(Err(error)),
        }
    };
}
pub(crate) use or_refuse;

/// Everything that is not an answer to what was asked.
#[derive(Debug)]
pub enum ApiError {
    /// 400: fields and what is wrong with each.
    Fields(Vec<(&'static str, Vec<Message>)>),
    /// 400: messages without a field, as a bare array (the search filter's form).
    Messages(Vec<Message>),
    /// 400: parameters that are not known here, which the client would like to be told.
    UnknownParameters(Vec<String>),
    /// 400: the body or the query cannot be read.
    Malformed(Message),
    /// 400: a token presented in two ways at once (RFC 6750 section 2).
    TwoTokens(Scheme),
    /// 401: nobody came in, in this scheme.
    Unauthenticated(Scheme, Rejected),
    /// 403: the token lacks what is needed.
    LacksScope(Scheme, Needs),
    /// 403: the token speaks for no person.
    NoPerson,
    /// 403: what comes with the cookie of a session was not sent by a page of ours.
    NotFromOurPage(csrf::Refused),
    /// 404: no such route, or a format that does not exist.
    NotFound,
    /// 404: no object of this kind, or somebody else's.
    NoSuch(&'static str),
    /// 404: a page that is not there.
    InvalidPage,
    /// 404: a cursor that was not made here.
    InvalidCursor,
    /// 409: it would overlap these, which is not wanted.
    Overlaps(Vec<TrackId>),
    /// 409: what is there does not allow it.
    Conflict(&'static str),
    /// 409: a batch that was to be done as a whole, with the places of what failed and why.
    NotDone(Vec<(usize, ApiError)>),
    /// 412: it is not as the client thinks; with what it is.
    Stale(Option<Vec<u8>>),
    /// 422: the key of another request.
    KeyReused,
    /// 410: who mirrors has to begin again.
    CursorGone,
    /// 405.
    MethodNotAllowed(Method),
    /// 406.
    NotAcceptable,
    /// 408: the body took too long to arrive.
    TooSlow,
    /// 413: the body is larger than allowed.
    TooLarge,
    /// 413: the answer would be; nothing was done.
    AnswerTooLarge,
    /// 415: the body's media type.
    MediaType(String),
    /// 415: the body is compressed.
    Encoding(String),
    /// 429: the quota is used up; there is more in so many seconds.
    Throttled(u64),
    /// 503: many changes took longer than they may together; nothing was done.
    Overrun,
    /// 503: it could not be decided or done now; the whole request may be sent again shortly.
    Unavailable(Cause),
    /// 500: our fault.
    Internal(Cause),
}

impl ApiError {
    /// One field, one message.
    pub fn field(name: &'static str, message: impl Into<Message>) -> Self {
        Self::Fields(vec![(name, vec![message.into()])])
    }

    /// One field, all that is wrong with it.
    pub fn of_field(name: &'static str) -> impl FnOnce(Vec<Message>) -> Self {
        move |messages| Self::Fields(vec![(name, messages)])
    }

    /// One of a few words was wanted.
    pub fn no_such_choice(name: &'static str, said: &str) -> Self {
        Self::field(name, fields::not_a_choice(said))
    }

    /// The object as a whole will not do.
    pub fn object(message: impl Into<Message>) -> Self {
        Self::field("non_field_errors", message)
    }

    /// The same without what is there, for who would rather not be sent it.
    #[must_use]
    pub fn without_current(self) -> Self {
        if matches!(self, Self::Stale(_)) { Self::Stale(None) } else { self }
    }

    /// The private cause, for the log.
    pub fn cause(&self) -> Option<&(dyn Error + Send + Sync)> {
        match self {
            Self::Unavailable(cause) | Self::Internal(cause) => Some(cause.as_ref()),
            _ => None,
        }
    }

    /// A sentence for people, whatever the form of the answer.
    pub(super) fn detail(&self) -> Message {
        match self {
            Self::Fields(_) | Self::Messages(_) | Self::UnknownParameters(_) => "Invalid input.".into(),
            Self::Malformed(message) => message.clone(),
            Self::TwoTokens(_) => TWO_TOKENS.into(),
            Self::Unauthenticated(scheme, rejected) => rejected.sentence(*scheme).into(),
            Self::LacksScope(..) | Self::NoPerson => {
                "You do not have permission to perform this action.".into()
            }
            Self::NotFromOurPage(refused) => format!("CSRF Failed: {refused}").into(),
            Self::NotFound => "Not found.".into(),
            Self::NoSuch(kind) => format!("No {kind} matches the given query.").into(),
            Self::InvalidPage => "Invalid page.".into(),
            Self::InvalidCursor => "Invalid cursor".into(),
            Self::Overlaps(_) => "The track would overlap others.".into(),
            Self::Conflict(sentence) => (*sentence).into(),
            Self::NotDone(failed) => {
                format!("Nothing was changed, because this failed: {}.", failed.len()).into()
            }
            Self::Stale(_) => "This is not the version that is there.".into(),
            Self::KeyReused => "This Idempotency-Key was used for another request.".into(),
            Self::CursorGone => "This cursor leads nowhere any more: begin again without one.".into(),
            Self::MethodNotAllowed(method) => format!("Method \"{method}\" not allowed.").into(),
            Self::NotAcceptable => "Could not satisfy the request Accept header.".into(),
            Self::TooSlow => "The request took too long to arrive.".into(),
            Self::TooLarge => "The request is too large.".into(),
            Self::AnswerTooLarge => ANSWER_TOO_LARGE.into(),
            Self::Overrun => OVERRUN.into(),
            Self::MediaType(sent) => format!("Unsupported media type \"{sent}\" in request.").into(),
            Self::Encoding(sent) => format!("Unsupported content encoding \"{sent}\" in request.").into(),
            Self::Throttled(1) => "Request was throttled. Expected available in 1 second.".into(),
            Self::Throttled(seconds) => {
                format!("Request was throttled. Expected available in {seconds} seconds.").into()
            }
            Self::Unavailable(_) => "Service temporarily unavailable, try again later.".into(),
            Self::Internal(_) => "A server error occurred.".into(),
        }
    }

    /// The framework's body.
    pub fn body(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        match self {
            Self::Fields(fields) => json::object(&mut out, fields, |out, (name, messages)| {
                json::text(out, name);
                out.push(b':');
                json::list(out, messages, |out, message| json::text(out, message));
            }),
            Self::UnknownParameters(names) => json::object(&mut out, names, |out, name| {
                json::text(out, name);
                out.push(b':');
                json::list(out, [UNKNOWN], json::text);
            }),
            Self::Messages(messages) => {
                json::list(&mut out, messages, |out, message| json::text(out, message));
            }
            _ => {
                out.extend_from_slice(b"{\"detail\":");
                json::text(&mut out, &self.detail());
                self.write_more(&mut out);
                out.push(b'}');
            }
        }
        out
    }

    /// What stands behind the sentence.
    pub(super) fn write_more(&self, out: &mut Vec<u8>) {
        match self {
            Self::Overlaps(tracks) => {
                out.extend_from_slice(b",\"tracks\":");
                json::list(out, tracks, |out, track| json::number(out, track.0));
            }
            Self::NotDone(failed) => {
                out.extend_from_slice(b",\"failed\":");
                json::list(out, failed, |out, (index, error)| {
                    let status = error.status_code().as_u16();
                    out.extend_from_slice(
                        format!("{{\"index\":{index},\"status\":{status},\"body\":").as_bytes(),
                    );
                    out.extend_from_slice(&error.body());
                    out.push(b'}');
                });
            }
            Self::CursorGone => out.extend_from_slice(b",\"reset\":true"),
            Self::LacksScope(_, needs) => {
                out.extend_from_slice(b",\"required_scopes\":");
                json::list(out, [needs.name()], json::text);
                if let Some(more) = needs.or() {
                    out.extend_from_slice(b",\"or\":");
                    json::list(out, [more], json::text);
                }
            }
            Self::Stale(Some(current)) => {
                out.extend_from_slice(b",\"current\":");
                out.extend_from_slice(current);
            }
            _ => {}
        }
    }

    fn challenges(&self) -> Vec<HeaderValue> {
        match self {
            Self::Unauthenticated(scheme, rejected) => rejected.challenges(*scheme).collect(),
            Self::TwoTokens(scheme) => scheme.malformed(TWO_TOKENS).into_iter().collect(),
            Self::LacksScope(scheme, needs) => scheme.insufficient(needs.name()).into_iter().collect(),
            _ => Vec::new(),
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause() {
            Some(cause) => write!(f, "{cause}"),
            None => f.write_str(&self.detail()),
        }
    }
}

impl Error for ApiError {}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Fields(_)
            | Self::Messages(_)
            | Self::UnknownParameters(_)
            | Self::Malformed(_)
            | Self::TwoTokens(_) => StatusCode::BAD_REQUEST,
            Self::Unauthenticated(..) => StatusCode::UNAUTHORIZED,
            Self::LacksScope(..) | Self::NoPerson | Self::NotFromOurPage(_) => StatusCode::FORBIDDEN,
            Self::NotFound | Self::NoSuch(_) | Self::InvalidPage | Self::InvalidCursor => {
                StatusCode::NOT_FOUND
            }
            Self::Overlaps(_) | Self::Conflict(_) | Self::NotDone(_) => StatusCode::CONFLICT,
            Self::CursorGone => StatusCode::GONE,
            Self::Stale(_) => StatusCode::PRECONDITION_FAILED,
            Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge | Self::AnswerTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MediaType(_) | Self::Encoding(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) | Self::Overrun => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = json::response(self.status_code(), self.body());
        for challenge in self.challenges() {
            response.headers_mut().append(header::WWW_AUTHENTICATE, challenge);
        }
        let retry_after = match self {
            Self::Unavailable(_) | Self::Overrun => Some(1),
            Self::Throttled(seconds) => Some(*seconds),
            _ => None,
        };
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if matches!(self, Self::UnknownParameters(_)) {
            response.headers_mut().insert(prefer::APPLIED, prefer::STRICT);
        }
        // What was not read of the body must not be taken for the next request.
        if matches!(self, Self::TooSlow | Self::TooLarge) {
            response.head_mut().set_connection_type(actix_web::http::ConnectionType::Close);
        }
        response
    }
}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        match &error {
            DbError::Busy | DbError::Unavailable(_) | DbError::Unknown(_) => Self::Unavailable(error.into()),
            DbError::Query(cause) if is_outage(cause) => Self::Unavailable(error.into()),
            DbError::Query(_) | DbError::Panicked => Self::Internal(error.into()),
        }
    }
}

/// A statement that failed because the database is gone or has no room, not because of what it said (F4, F6).
fn is_outage(error: &DieselError) -> bool {
    let DieselError::DatabaseError(kind, information) = error else { return false };
    matches!(kind, DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::ReadOnlyTransaction)
        || ["disk is full", "disk I/O error", "server closed the connection", "terminating connection"]
            .iter()
            .any(|text| information.message().contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(error: DbError) -> u16 {
        ApiError::from(error).status_code().as_u16()
    }

    fn failed(kind: DatabaseErrorKind, message: &str) -> DbError {
        DbError::Query(DieselError::DatabaseError(kind, Box::new(message.to_owned())))
    }

    /// F4, F6, F7: a database that is busy, gone or full is 503, to be tried again; a fault of ours is 500.
    #[test]
    fn what_the_database_cannot_do_now_is_503() {
        assert_eq!(status(DbError::Busy), 503);
        assert_eq!(status(DbError::Unavailable("refused".into())), 503);
        assert_eq!(status(DbError::Unknown("lost".into())), 503);
        assert_eq!(status(failed(DatabaseErrorKind::ClosedConnection, "gone")), 503);
        assert_eq!(status(failed(DatabaseErrorKind::Unknown, "database or disk is full")), 503);
        assert_eq!(status(failed(DatabaseErrorKind::Unknown, "no such table: tracks")), 500);
        assert_eq!(status(DbError::Panicked), 500);
    }

    /// R151: a cause is never in the body.
    #[test]
    fn causes_stay_out_of_bodies() {
        for error in [ApiError::Internal("SELECT secret".into()), ApiError::Unavailable("10.0.0.7".into())] {
            let body = String::from_utf8(error.body()).unwrap();
            assert!(!body.contains("secret") && !body.contains("10.0"), "{body}");
        }
    }
}
