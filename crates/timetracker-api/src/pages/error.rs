//! What people are told when something fails: one fixed sentence per kind, and a number to ask with.

use std::error::Error;
use std::fmt;

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{self, ContentType, HeaderValue};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::{HttpResponse, ResponseError};
use askama::Template;
use model::db::DbError;
use model::request_id::RequestId;

use super::dress;
use super::frame::Frame;
use crate::App;
use crate::wire::error::ApiError;

/// An error for a person.
#[derive(Debug)]
pub struct PageError {
    kind: Kind,
    cause: Option<Box<dyn Error + Send + Sync>>,
    /// In so many seconds it may be tried again.
    retry_after: Option<u64>,
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
    /// The form is larger than what can be sent.
    TooLarge,
    /// It is, and so cannot be shown again to whoever is not signed in any more.
    TooLargeFromStranger,
    /// The quota is used up.
    Throttled,
    /// Too many people at once, or the storage cannot be asked.
    Busy,
    /// Our fault.
    Internal,
}

impl Kind {
    #[cfg(test)]
    const ALL: [Self; 13] = [
        Self::StrangeSignIn,
        Self::StrangeIssuer,
        Self::Refused,
        Self::SignInFailed,
        Self::StaleCode,
        Self::UselessToken,
        Self::Unreachable,
        Self::StaleForm,
        Self::TooLarge,
        Self::TooLargeFromStranger,
        Self::Throttled,
        Self::Busy,
        Self::Internal,
    ];

    const fn status(self) -> StatusCode {
        match self {
            Self::StrangeSignIn | Self::StrangeIssuer | Self::StaleCode => StatusCode::BAD_REQUEST,
            Self::Refused | Self::StaleForm | Self::UselessToken => StatusCode::FORBIDDEN,
            Self::TooLarge | Self::TooLargeFromStranger => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Throttled => StatusCode::TOO_MANY_REQUESTS,
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
            Self::TooLarge => (
                "This is too much at once",
                "What you sent is longer than what can be kept here. Your browser may still have it: go back, and shorten it.",
            ),
            Self::TooLargeFromStranger => (
                "Sign in first",
                "Nothing was done, and what you sent is too long to be shown again. Your browser may still have it: sign in at another tab, go back at this one, and send it once more.",
            ),
            Self::Throttled => (
                "You have asked too often",
                "There is a limit to what can be asked in an hour, also for applications that ask for you. Wait a little and go on.",
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
        Self { kind, cause: None, retry_after: None }
    }

    /// With its cause, for the log.
    pub fn because(kind: Kind, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { cause: Some(cause.into()), ..Self::new(kind) }
    }

    /// The quota is used up for so many seconds.
    pub const fn throttled(seconds: u64) -> Self {
        Self { kind: Kind::Throttled, cause: None, retry_after: Some(seconds) }
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
    /// The number of the request.
    reference: Option<String>,
    /// Whether there is something to begin again.
    may_sign_in: bool,
}

impl Kind {
    /// The page that says so; only the sentence when the template cannot be filled in.
    fn page(self, frame: Frame, reference: Option<String>) -> String {
        let (heading, sentence) = self.words();
        let may_sign_in = matches!(
            self,
            Self::StrangeSignIn
                | Self::StrangeIssuer
                | Self::Refused
                | Self::SignInFailed
                | Self::StaleCode
                | Self::TooLargeFromStranger
                | Self::Unreachable
        );
        let page = ErrorPage { frame, heading, sentence, reference, may_sign_in };
        page.render().unwrap_or_else(|_| sentence.to_owned())
    }
}

/// The same page for whoever it is: with who is signed in, so that they can sign out, and with the number of the request, which the
/// line in the log has as well.
pub async fn personal(
    app: &App,
    id: RequestId,
    response: ServiceResponse<BoxBody>,
) -> ServiceResponse<BoxBody> {
    let told = response.response().error().and_then(actix_web::Error::as_error::<PageError>);
    let Some(kind) = told.map(|error| error.kind) else { return response };
    let frame = Frame::whoever(app, response.request()).await;
    response.map_body(|_, _| BoxBody::new(kind.page(frame, Some(id.to_string()))))
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        self.kind.status()
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.kind.status();
        let body = self.kind.page(Frame::bare(), None);
        let mut response = HttpResponse::build(status).content_type(ContentType::html()).body(body);
        dress(response.headers_mut());
        let is_busy = status == StatusCode::SERVICE_UNAVAILABLE;
        if let Some(seconds) = self.retry_after.or(is_busy.then_some(1)) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        // What was not read must not be taken for the next request.
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            response.head_mut().set_connection_type(ConnectionType::Close);
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
            ApiError::Unavailable(cause) => Self::because(Kind::Busy, cause),
            ApiError::Internal(cause) => Self::because(Kind::Internal, cause),
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
