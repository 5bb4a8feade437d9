//! How a provider is asked: JSON comes back, within the limits of all calls.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use oauth2::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use oauth2::http::request::Builder;
use oauth2::http::{HeaderValue, Request};
use serde_json::Value;

use super::{Provider, ProviderError};
use crate::upstream::Chosen;

/// No honest token is longer.
const LONGEST: usize = 8 * 1024;

impl Provider<'_> {
    /// GETs with a bearer token (RFC 6750 section 2.1).
    pub(super) async fn get_with(&self, url: &str, access_token: &str) -> Result<Value, ProviderError> {
        check_token(access_token)?;
        let mut bearer = HeaderValue::from_str(&format!("Bearer {access_token}"))
            .map_err(|_| ProviderError::NotForUs("it has no form"))?;
        bearer.set_sensitive(true);
        self.ask(Request::get(url).header(AUTHORIZATION, bearer), Vec::new()).await
    }

    /// GETs.
    pub(super) async fn get(&self, url: &str) -> Result<Value, ProviderError> {
        self.ask(Request::get(url), Vec::new()).await
    }

    /// POSTs as our client.
    pub(super) async fn post_as_client(
        &self,
        url: &str,
        content_type: &str,
        body: String,
    ) -> Result<Value, ProviderError> {
        let request = Request::post(url).header(CONTENT_TYPE, content_type);
        self.ask(request.header(AUTHORIZATION, self.basic()), body.into_bytes()).await
    }

    async fn ask(&self, request: Builder, body: Vec<u8>) -> Result<Value, ProviderError> {
        let request = request.header(ACCEPT, "application/json").body(body);
        let request = request.map_err(|_| ProviderError::Unreadable("the address"))?;
        let answer = self.app.fetch.exchange(request, Chosen::ByAdministrator).await?;
        if answer.status() != 200 {
            return Err(ProviderError::Status(answer.status().as_u16()));
        }
        serde_json::from_slice(answer.body()).map_err(|_| ProviderError::Unreadable("it is no JSON"))
    }

    fn basic(&self) -> String {
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let secret = self.settings.client_secret.as_ref().map_or("", |secret| secret.expose());
        let pair = format!("{}:{}", encoded(&self.settings.client_id), encoded(secret));
        format!("Basic {}", BASE64_STANDARD.encode(pair))
    }
}

/// What can be a token at all.
pub(super) fn check_token(text: &str) -> Result<(), ProviderError> {
    let is_token =
        !text.is_empty() && text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_token { Ok(()) } else { Err(ProviderError::NotForUs("it has no form")) }
}
