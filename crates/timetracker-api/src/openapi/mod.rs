//! `/api/openapi.json`: what there is, what it takes and answers, and which scopes open it, for programs (OpenAPI 3.1).
//!
//! Nothing in it is written twice. [`operation`] is what a method of a route says of itself, in constants beside its handler;
//! what its objects are made of is a [`Shape`](crate::wire::shape::Shape), from which OPTIONS is made as well; what it needs is in
//! the table of routes. [`document`] puts them together, with [`customs`] that many follow, [`refusals`] and [`headers`] that all have,
//! and [`components`] to refer to. [`service`] is what no resource says.

mod components;
pub mod customs;
mod document;
pub mod headers;
mod naming;
pub mod operation;
mod refusals;
pub mod service;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Bytes, ThinData};
pub use operation::{Answer, Operation};

use crate::App;
use crate::pages::PageError;
use crate::pages::docs::Rendered;
use crate::wire::{conditional, json};

/// Where it is, below `/api`.
pub const PATH: &str = "/api/openapi.json";

/// The document as it is served, made once.
#[derive(Debug)]
pub struct Published {
    body: Bytes,
    tag: HeaderValue,
    /// The same for people; `None` if it could not be made, which the log tells.
    page: Option<Rendered>,
}

impl Published {
    /// Makes it.
    pub fn new(app: &App) -> Self {
        let document = document::document(&app.url(""), app.issuer());
        let page = Rendered::of(app, &document);
        if let Err(error) = &page {
            tracing::error!(%error, "the page about the API cannot be made");
        }
        let body = document.to_string();
        Self { tag: conditional::of_bytes(body.as_bytes()), body: Bytes::from(body), page: page.ok() }
    }

    /// The same for people.
    ///
    /// # Errors
    /// When it could not be made.
    pub(crate) fn page(&self) -> Result<&Rendered, PageError> {
        self.page.as_ref().ok_or_else(|| PageError::internal("the page about the API could not be made"))
    }
}

/// `GET`, for everybody, pages of any origin as well: it says nothing of anybody.
pub async fn get(ThinData(app): ThinData<App>) -> HttpResponse {
    let published = app.openapi();
    let mut response = json::response(StatusCode::OK, Vec::new()).set_body(published.body.clone());
    let headers = response.headers_mut();
    headers.insert(header::ETAG, published.tag.clone());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response.map_into_boxed_body()
}
