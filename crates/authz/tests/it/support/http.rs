//! One server's address, and requests to it.

use std::net::SocketAddr;

use reqwest::{Method, RequestBuilder};

use super::Answer;

/// A way to a server that follows no redirects and keeps no cookies.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
    pub address: SocketAddr,
}

/// `application/x-www-form-urlencoded`.
pub fn form<N: AsRef<str>, V: AsRef<str>>(fields: &[(N, V)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields.iter().map(|(name, value)| (name.as_ref(), value.as_ref())))
        .finish()
}

impl Http {
    pub fn new(address: SocketAddr) -> Self {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        Self { client: client.build().unwrap(), address }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    pub fn post(&self, path: &str, body: impl Into<String>) -> RequestBuilder {
        self.request(Method::POST, path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.into())
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::from(self.request(Method::GET, path).send().await.unwrap()).await
    }

    /// A form, without any credentials.
    pub async fn send_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(self.post(path, form(fields))).await
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        Answer::from(request.send().await.unwrap()).await
    }
}
