//! What every answer has: its methods, what it depends on, and JSON for whoever takes that.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use serde::Serialize;
use serde_json::{Value, json};

use super::refusal::Refusal;

/// An endpoint as the framework describes it.
pub struct View {
    /// What it is called.
    pub name: &'static str,
    /// Its methods, in the framework's order.
    pub allow: &'static str,
    /// What an answer depends on; nothing where it depends on nothing.
    pub vary: Option<&'static str>,
}

impl View {
    /// Finishes an answer.
    pub fn dress(&self, answered: Result<HttpResponse, Refusal>) -> HttpResponse {
        let mut response = answered.unwrap_or_else(HttpResponse::from_error);
        let headers = response.headers_mut();
        headers.insert(header::ALLOW, HeaderValue::from_static(self.allow));
        if let Some(vary) = self.vary {
            headers.insert(header::VARY, HeaderValue::from_static(vary));
        }
        response
    }

    /// Whether it has this method.
    ///
    /// # Errors
    /// 405 when it has not.
    pub fn has(&self, method: &Method) -> Result<(), Refusal> {
        let is_there = self.allow.split(", ").any(|each| each == method.as_str());
        if is_there { Ok(()) } else { Err(Refusal::MethodNotAllowed(method.clone())) }
    }

    /// What can be done there; `actions` are the fields of what can be sent, if the caller may send anything.
    pub fn described(&self, actions: Option<Value>) -> HttpResponse {
        HttpResponse::Ok().json(Metadata {
            name: self.name,
            description: "",
            renders: ["application/json"],
            parses: ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"],
            actions: actions.map(|actions| json!({ "POST": actions })),
        })
    }
}

/// In the framework's order.
#[derive(Serialize)]
struct Metadata {
    name: &'static str,
    description: &'static str,
    renders: [&'static str; 1],
    parses: [&'static str; 3],
    #[serde(skip_serializing_if = "Option::is_none")]
    actions: Option<Value>,
}

/// Whether JSON will do. There is nothing else, so that pages are shown it as well.
///
/// # Errors
/// 406 when it will not.
pub fn takes_json(headers: &HeaderMap) -> Result<(), Refusal> {
    const TAKEN: [&str; 5] = ["*/*", "application/*", "application/json", "text/html", "text/*"];
    let mut said = headers.get_all(header::ACCEPT).peekable();
    let takes = |value: &HeaderValue| {
        let ranges = value.to_str().unwrap_or_default().split(',');
        ranges
            .map(|range| range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
            .any(|range| TAKEN.contains(&range.as_str()))
    };
    if said.peek().is_none() || said.any(takes) { Ok(()) } else { Err(Refusal::NotAcceptable) }
}
