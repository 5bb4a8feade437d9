//! `/api/docs/`: what `/api/openapi.json` says, for people. Anybody may read it, and it is the same for everybody.

mod view;

use actix_web::HttpResponse;
use actix_web::http::header::{self, ContentType, HeaderValue};
use actix_web::web::{Bytes, ThinData};
use askama::Template;
use serde_json::Value;
use view::{Group, Object, Part};

use super::{Frame, PageError, dress};
use crate::App;
use crate::wire::conditional;

/// Where it is.
pub const PATH: &str = "/api/docs/";

#[derive(Template)]
#[template(path = "pages/docs/docs.html")]
struct Docs {
    frame: Frame,
    version: String,
    about: Vec<Vec<Part>>,
    base: String,
    groups: Vec<Group>,
    objects: Vec<Object>,
    scopes: Vec<(String, String)>,
}

/// The page as it is served, made once.
#[derive(Debug)]
pub struct Rendered {
    body: Bytes,
    tag: HeaderValue,
}

impl Rendered {
    /// Makes it of the document.
    ///
    /// # Errors
    /// When the template cannot be filled in.
    pub fn of(app: &App, document: &Value) -> Result<Self, PageError> {
        let text =
            |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let page = Docs {
            frame: Frame::nobody(app),
            version: text("/info/version"),
            about: text("/info/description").split("\n\n").map(view::sentence).collect(),
            base: text("/servers/0/url"),
            groups: view::groups(document),
            objects: view::objects(document),
            scopes: view::scopes(document),
        };
        let body = page.render().map_err(PageError::internal)?;
        Ok(Self { tag: conditional::of_bytes(body.as_bytes()), body: Bytes::from(body) })
    }
}

/// `GET`.
///
/// # Errors
/// When the page cannot be made.
pub async fn get(ThinData(app): ThinData<App>) -> Result<HttpResponse, PageError> {
    let page = app.openapi().page()?;
    let mut response = HttpResponse::Ok().content_type(ContentType::html()).body(page.body.clone());
    let headers = response.headers_mut();
    dress(headers);
    headers.insert(header::ETAG, page.tag.clone());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    headers.remove(header::VARY);
    Ok(response)
}
