//! What people are told when something fails: one fixed sentence per kind, and a number to ask with.

use std::error::Error;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentType, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use askama::Template;
use model::db::DbError;

use super::dress;
use super::frame::Frame;
use crate::wire::error::ApiError;

/// An error for a person.
#[derive(Debug)]
pub struct PageError {
    kind: Kind,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

/// The kinds of error page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What came back does not belong to a sign-in that this browser began.
    StrangeSignIn,
    /// It does not come from the authorization server that we know.
    StrangeIssuer,
    /// The person said no there.
    Refused,
    /// The authorization server said something else.
    SignInFailed,
    /// The code is not good any more.
    StaleCode,
    /// It gave a token that is not good here.
    UselessToken,
    /// It did not answer.
    Unreachable,
    /// The form was not one we had just shown in this browser.
    StaleForm,
    /// Too many people at once, or the storage cannot be asked.
    Busy,
    /// Our fault.
    Internal,
}

impl Kind {
    #[cfg(test)]
    const ALL: [Self; 10] = [
        Self::StrangeSignIn,
        Self::StrangeIssuer,
        Self::Refused,
        Self::SignInFailed,
        Self::StaleCode,
        Self::UselessToken,
        Self::Unreachable,
        Self::StaleForm,
        Self::Busy,
        Self::Internal,
    ];

    const fn status(self) -> StatusCode {
        match self {
            Self::StrangeSignIn | Self::StrangeIssuer | Self::StaleCode => StatusCode::BAD_REQUEST,
            Self::Refused | Self::StaleForm | Self::UselessToken => StatusCode::FORBIDDEN,
            Self::SignInFailed => StatusCode::BAD_GATEWAY,
            Self::Unreachable | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Heading and sentence; docs/pages.md has them all.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::StrangeSignIn => (
                "This sign-in is not yours to finish",
                "It did not begin in this browser, it was finished before, or it took more than an hour.",
            ),
            Self::StrangeIssuer => (
                "This answer comes from somebody else",
                "The sign-in service that we know did not send you here.",
            ),
            Self::Refused => (
                "You are not signed in",
                "You did not allow Timetracker to use your account, so nothing was changed.",
            ),
            Self::SignInFailed => {
                ("The sign-in service refused", "It sent you back with an error instead of a sign-in.")
            }
            Self::StaleCode => (
                "That took too long",
                "What the sign-in service gave is good for a minute and once, and it is not any more.",
            ),
            Self::UselessToken => (
                "You are signed in, but not for this",
                "The sign-in service gave a token that does not let anybody in here. Whoever runs this site has to look.",
            ),
            Self::Unreachable => (
                "The sign-in service does not answer",
                "Nothing is lost. Wait a moment and try it once more.",
            ),
            Self::StaleForm => (
                "This form cannot be used any more",
                "It was not shown in this browser, or you have signed in or out since. Nothing was changed.",
            ),
            Self::Busy => {
                ("Too busy just now", "It could not be done at this moment. Wait a little and try it again.")
            }
            Self::Internal => {
                ("This should not have happened", "Something is broken here, and you did nothing wrong.")
            }
        }
    }
}

impl PageError {
    /// One of a kind.
    pub const fn new(kind: Kind) -> Self {
        Self { kind, cause: None }
    }

    /// With its cause, for the log.
    pub fn because(kind: Kind, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind, cause: Some(cause.into()) }
    }

    /// Our fault.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::because(Kind::Internal, cause)
    }

    /// The private cause, for the log.
    pub fn cause(&self) -> Option<&(dyn Error + Send + Sync)> {
        self.cause.as_deref()
    }
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)?;
        self.cause.as_ref().map_or(Ok(()), |cause| write!(f, " ({cause})"))
    }
}

impl Error for PageError {}

#[derive(Template)]
#[template(path = "pages/error.html")]
struct ErrorPage {
    frame: Frame,
    heading: &'static str,
    sentence: &'static str,
    /// Whether there is something to begin again.
    may_sign_in: bool,
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        self.kind.status()
    }

    fn error_response(&self) -> HttpResponse {
        let (heading, sentence) = self.kind.words();
        let may_sign_in = matches!(
            self.kind,
            Kind::StrangeSignIn
                | Kind::StrangeIssuer
                | Kind::Refused
                | Kind::SignInFailed
                | Kind::StaleCode
                | Kind::Unreachable
        );
        let page = ErrorPage { frame: Frame::nobody(), heading, sentence, may_sign_in };
        let mut response = HttpResponse::build(self.kind.status());
        let body = page.render().unwrap_or_else(|_| sentence.to_owned());
        let mut response = response.content_type(ContentType::html()).body(body);
        dress(response.headers_mut());
        if self.kind.status() == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl From<DbError> for PageError {
    fn from(error: DbError) -> Self {
        ApiError::from(error).into()
    }
}

/// What the pages cannot say of their own: the database, mostly.
impl From<ApiError> for PageError {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Unavailable(cause) => Self { kind: Kind::Busy, cause: Some(cause) },
            ApiError::Internal(cause) => Self { kind: Kind::Internal, cause: Some(cause) },
            other => Self::internal(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::MessageBody;

    use super::*;

    /// Whoever looks for a sentence finds the pages of its kind and no others, and docs/pages.md has them all.
    #[test]
    fn each_kind_of_error_says_one_sentence_that_no_other_says_and_that_is_documented() {
        let documented = include_str!("../../../../docs/pages.md");
        for kind in Kind::ALL {
            let (heading, sentence) = kind.words();
            let response = PageError::new(kind).error_response();
            assert_eq!(response.status(), kind.status());
            let page = response.into_body().try_into_bytes().unwrap();
            let page = std::str::from_utf8(&page).unwrap();
            assert!(page.contains(heading) && page.contains(sentence), "{page}");
            let row = format!("| {} | {heading} | {sentence} |", kind.status().as_u16());
            assert!(documented.contains(&row), "not in docs/pages.md: {row}");
            for other in Kind::ALL.into_iter().filter(|other| *other != kind) {
                for words in [other.words().0, other.words().1] {
                    assert!(!page.contains(words), "{kind:?} says what {other:?} says: {words}");
                }
            }
        }
    }
}
