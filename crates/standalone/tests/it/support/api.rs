//! Whoever holds a token, at the API.

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

use super::{Answer, http};

/// An access token, and where it is presented.
#[derive(Clone)]
pub struct Bearer {
    pub token: String,
    pub origin: String,
    http: Client,
}

impl Bearer {
    pub fn new(origin: &str, token: &str) -> Self {
        Self { token: token.to_owned(), origin: origin.to_owned(), http: http() }
    }

    /// The same token at another server.
    pub fn at(&self, origin: &str) -> Self {
        Self { origin: origin.to_owned(), ..self.clone() }
    }

    /// The same token with new connections.
    pub fn reconnected(&self) -> Self {
        Self { http: http(), ..self.clone() }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.origin)).bearer_auth(&self.token)
    }

    pub fn request_with(&self, method: Method, path: &str, body: &Value) -> RequestBuilder {
        self.request(method, path).header("content-type", "application/json").body(body.to_string())
    }

    pub async fn send(&self, method: Method, path: &str) -> Answer {
        Answer::to(self.request(method, path)).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::to(self.request_with(Method::POST, path, &body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        Answer::to(self.request_with(Method::PUT, path, &body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        Answer::to(self.request_with(Method::PATCH, path, &body)).await
    }
}
