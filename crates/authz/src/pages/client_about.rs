//! What a client says about itself where somebody decides about it: its picture, its policy and its terms (OpenID Connect
//! Dynamic Client Registration section 2). Nothing of that is shown of a client that registered itself and nobody has
//! vouched for: a picture convinces whom a name does not, and a link leads away from the page that asks for a password.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};

use crate::edge::CONTENT_SECURITY_POLICY;
use crate::protocol::redirect_uri;
use crate::store::clients::Client;

/// What is shown of it. The addresses were judged when it was registered; the picture is the browser's to fetch.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ClientAbout<'a> {
    /// Its picture.
    pub(crate) logo: Option<&'a str>,
    /// What it does with what it learns.
    pub(crate) policy: Option<&'a str>,
    /// Its terms of service.
    pub(crate) terms: Option<&'a str>,
}

impl<'a> ClientAbout<'a> {
    /// Of this client.
    pub(crate) fn of(client: &'a Client) -> Self {
        let metadata = &client.metadata;
        if metadata.is_self_registered {
            return Self::default();
        }
        Self {
            logo: metadata.logo_uri.as_deref(),
            policy: metadata.policy_uri.as_deref(),
            terms: metadata.tos_uri.as_deref(),
        }
    }

    /// Lets the page show pictures of the origin the client's is at.
    pub(crate) fn allow_logo(&self, page: &mut HttpResponse) {
        let Some(uri) = self.logo else { return };
        let before = page.headers().get(header::CONTENT_SECURITY_POLICY);
        let before = before.and_then(|policy| policy.to_str().ok()).unwrap_or(CONTENT_SECURITY_POLICY);
        let sources = format!("img-src 'self' data: {};", redirect_uri::csp_source(uri));
        let policy = before.replace("img-src 'self' data:;", &sources);
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            page.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
}
