//! What people are told when something fails: one fixed sentence per kind, and a number to ask with.

use std::error::Error;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentType};
use actix_web::{HttpResponse, ResponseError};
use askama::Template;
use model::db::DbError;
use model::request_id::RequestId;

use super::views::{ErrorPage, Frame};
use crate::edge::Reference;
use crate::sign_in::Failed;
use crate::upstream::providers::ProviderError;

/// An error for a person.
#[derive(Debug)]
pub struct PageError {
    kind: Kind,
    /// More about it; never what was sent.
    detail: Option<&'static str>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

/// The kinds of error page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An application sent the person here with a request that cannot be answered to it.
    BadRequest,
    /// The form was not one we had just shown in this browser.
    StaleForm,
    /// What a provider sent the person back with belongs to no sign-in that was begun in this browser.
    NotBegunHere,
    /// A provider vouches for somebody who may not come in by it.
    NotByProvider,
    /// A provider did not vouch for anybody.
    Provider,
    /// There is no such page.
    NotFound,
    /// Too many people at once, or the storage cannot be asked.
    Busy,
    /// Our fault.
    Internal,
}

impl Kind {
    const fn status(self) -> StatusCode {
        match self {
            Self::BadRequest | Self::NotBegunHere => StatusCode::BAD_REQUEST,
            Self::StaleForm | Self::NotByProvider => StatusCode::FORBIDDEN,
            Self::Provider => StatusCode::BAD_GATEWAY,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::BadRequest => {
                ("This request cannot be answered", "The application sent you here with a faulty request.")
            }
            Self::StaleForm => {
                ("This form is no longer good", "This form was not shown in this browser, or it is too old.")
            }
            Self::NotBegunHere => (
                "This sign-in cannot be finished",
                "It was not begun in this browser, took more than ten minutes, or was finished before.",
            ),
            Self::NotByProvider => (
                "This account cannot be used here",
                "The other site vouches for you, and still nobody was signed in and nothing changed.",
            ),
            Self::Provider => (
                "The other site did not vouch for you",
                "It could not be asked, or did not answer as it should. Begin again in a while.",
            ),
            Self::NotFound => ("No such page", "There is nothing at this address."),
            Self::Busy => {
                ("Please try again in a moment", "There is more to do right now than can be done at once.")
            }
            Self::Internal => ("Something went wrong", "This is our fault, not yours."),
        }
    }
}

impl PageError {
    pub(crate) const fn new(kind: Kind) -> Self {
        Self { kind, detail: None, cause: None }
    }

    pub(crate) const fn bad_request(detail: &'static str) -> Self {
        Self { kind: Kind::BadRequest, detail: Some(detail), cause: None }
    }

    /// Why somebody may not come in by a provider.
    pub(crate) const fn not_by_provider(detail: &'static str) -> Self {
        Self { kind: Kind::NotByProvider, detail: Some(detail), cause: None }
    }

    /// Somebody may try again in a moment.
    pub(crate) const fn busy() -> Self {
        Self::new(Kind::Busy)
    }

    pub(crate) fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: Kind::Internal, detail: None, cause: Some(cause.into()) }
    }
}

/// For the log: the private cause with it.
impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)?;
        self.detail.map_or(Ok(()), |detail| write!(f, ": {detail}"))?;
        self.cause.as_ref().map_or(Ok(()), |cause| write!(f, " ({cause})"))
    }
}

impl Error for PageError {}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        self.kind.status()
    }

    fn error_response(&self) -> HttpResponse {
        let id = RequestId::new();
        let (heading, sentence) = self.kind.words();
        let frame = Frame::NOBODY;
        let page = ErrorPage { frame, heading, sentence, detail: self.detail, reference: &id.to_string() };
        let mut response = HttpResponse::build(self.kind.status());
        if self.kind == Kind::Busy {
            response.insert_header((header::RETRY_AFTER, 1));
        }
        let body = page.render().unwrap_or_else(|_| sentence.to_owned());
        let mut response = response.content_type(ContentType::html()).body(body);
        response.extensions_mut().insert(Reference(id));
        response
    }
}

impl From<DbError> for PageError {
    fn from(error: DbError) -> Self {
        let kind = if matches!(error, DbError::Panicked) { Kind::Internal } else { Kind::Busy };
        Self { kind, detail: None, cause: Some(error.into()) }
    }
}

impl From<ProviderError> for PageError {
    fn from(error: ProviderError) -> Self {
        Self { kind: Kind::Provider, detail: None, cause: Some(error.into()) }
    }
}

impl From<Failed> for PageError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Db(error) => error.into(),
            Failed::Busy(busy) => Self { kind: Kind::Busy, detail: None, cause: Some(busy.into()) },
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::MessageBody;
    use scraper::{Html, Selector};

    use super::*;

    /// Whoever looks for a sentence finds the pages of its kind and no others, and docs/pages.md has them all.
    #[test]
    fn each_kind_of_error_says_one_sentence_that_no_other_says_and_that_is_documented() {
        let documented = include_str!("../../../../docs/pages.md");
        let kinds = [
            Kind::BadRequest,
            Kind::StaleForm,
            Kind::NotBegunHere,
            Kind::NotByProvider,
            Kind::Provider,
            Kind::NotFound,
            Kind::Busy,
            Kind::Internal,
        ];
        for kind in kinds {
            let (heading, sentence) = kind.words();
            let response = PageError::new(kind).error_response();
            assert_eq!(response.status(), kind.status());
            let page = response.into_body().try_into_bytes().unwrap();
            let page = Html::parse_document(std::str::from_utf8(&page).unwrap());
            let said = |css: &str| {
                page.select(&Selector::parse(css).unwrap()).flat_map(|found| found.text()).collect::<String>()
            };
            assert_eq!((said("h1").as_str(), said("#sentence").as_str()), (heading, sentence));
            let row = format!("| {} | {heading} | {sentence} |", kind.status().as_u16());
            assert!(documented.contains(&row), "not in docs/pages.md: {row}");
            let text = said("body");
            for other in kinds.into_iter().filter(|other| *other != kind) {
                for words in [other.words().0, other.words().1] {
                    assert!(!text.contains(words), "{kind:?} says what {other:?} says: {words}");
                }
            }
        }
    }
}
