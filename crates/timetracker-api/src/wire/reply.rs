//! The answer to a change, made in its transaction so that it can be kept with it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};

use super::conditional;
use super::json;
use crate::App;

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// 200, 201 or 204.
    pub status: StatusCode,
    /// Where the object is that was made: a path.
    pub location: Option<String>,
    /// The version of the object in the body.
    pub version: Option<i64>,
    /// JSON, or nothing.
    pub body: Vec<u8>,
    /// Whether the same request gets it again.
    pub is_kept: bool,
}

impl Reply {
    /// An object, as it is now.
    pub fn object(version: i64, body: Vec<u8>) -> Self {
        Self { version: Some(version), ..Self::plain(body) }
    }

    /// The same, just made, at this path.
    #[must_use]
    pub fn created(self, location: String) -> Self {
        Self { status: StatusCode::CREATED, location: Some(location), ..self }
    }

    /// Something that has no version.
    pub fn plain(body: Vec<u8>) -> Self {
        Self { status: StatusCode::OK, location: None, version: None, body, is_kept: true }
    }

    /// The same, of what did nothing: it may be tried again.
    #[must_use]
    pub fn for_once(self) -> Self {
        Self { is_kept: false, ..self }
    }

    /// Nothing is left to say.
    pub fn nothing() -> Self {
        Self { status: StatusCode::NO_CONTENT, ..Self::plain(Vec::new()) }
    }

    /// As it is sent.
    pub fn response(self, app: &App) -> HttpResponse {
        if self.status == StatusCode::NO_CONTENT {
            return HttpResponse::NoContent().finish();
        }
        let mut response = json::response(self.status, self.body);
        let location = self.location.and_then(|path| HeaderValue::from_str(&app.url(&path)).ok());
        if let Some(location) = location {
            response.headers_mut().insert(header::LOCATION, location);
        }
        if let Some(version) = self.version {
            response.headers_mut().insert(header::ETAG, conditional::of_version(version));
        }
        response
    }
}
