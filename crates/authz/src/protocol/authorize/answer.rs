//! The one door back to an application: RFC 6749 sections 4.1.2 and 4.1.2.1, with `iss` (RFC 9207).

use actix_web::HttpResponse;
use actix_web::http::header;

use super::{form_post, leave};
use crate::config::Issuer;
use crate::pages::PageError;
use crate::protocol::error::{Code, OAuthError};
use crate::store::clients::Client;

/// The person said no.
pub(super) const REFUSED: OAuthError = OAuthError::new(Code::AccessDenied, "The person refused.");

/// How an answer travels (OAuth 2.0 Multiple Response Type Encoding Practices, Form Post Response Mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// In the query of the redirect URI.
    Query,
    /// In its fragment, which browsers keep to themselves.
    Fragment,
    /// In a form that the browser sends there.
    FormPost,
}

impl Mode {
    /// The mode of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "query" => Some(Self::Query),
            "fragment" => Some(Self::Fragment),
            "form_post" => Some(Self::FormPost),
            _ => None,
        }
    }
}

/// A verified redirect URI, how answers go there, and the state that goes back with every one.
pub(super) struct Return {
    uri: String,
    mode: Mode,
    state: Option<String>,
    is_vouched_for: bool,
}

impl Return {
    /// `uri` must be one that the client has registered.
    pub(super) fn to_verified(client: &Client, uri: String, mode: Mode, state: Option<String>) -> Self {
        Self { uri, mode, state, is_vouched_for: !client.metadata.is_self_registered }
    }

    /// Where answers go.
    pub(super) fn uri(&self) -> &str {
        &self.uri
    }

    /// An error. It takes nobody, unasked, to an address that nobody has vouched for: whoever can register a client would
    /// have them sent wherever they like by a request that is faulty, or that the person refuses (RFC 9700 section 4.11.2).
    pub(super) fn error(&self, issuer: &Issuer, error: &OAuthError) -> Result<HttpResponse, PageError> {
        let (code, description) = (error.code().as_str(), error.description());
        let params = self.complete(issuer, &[("error", code), ("error_description", description)]);
        if self.is_vouched_for {
            return self.send(&params);
        }
        let location = self.location(&params);
        let way = match self.mode {
            Mode::FormPost => leave::Way::Form(&params),
            Mode::Query | Mode::Fragment => leave::Way::Link(&location),
        };
        leave::ask(&self.uri, &way, error)
    }

    /// What was allowed.
    pub(super) fn answer(&self, issuer: &Issuer, params: &[(&str, &str)]) -> Result<HttpResponse, PageError> {
        self.send(&self.complete(issuer, params))
    }

    fn complete<'a>(&'a self, issuer: &'a Issuer, params: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let mut params = params.to_vec();
        params.extend(self.state.as_deref().map(|state| ("state", state)));
        params.push(("iss", issuer.as_str()));
        params
    }

    /// 303, so that a browser never posts a password or a decision on (RFC 9700 section 4.12).
    fn send(&self, params: &[(&str, &str)]) -> Result<HttpResponse, PageError> {
        if self.mode == Mode::FormPost {
            return form_post::show(&self.uri, params);
        }
        let location = (header::LOCATION, self.location(params));
        Ok(HttpResponse::SeeOther().insert_header(location).finish())
    }

    /// The URI's own query is kept. The empty-looking fragment keeps a browser from carrying an older one along (section
    /// 4.1.3).
    fn location(&self, params: &[(&str, &str)]) -> String {
        let params = form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
        match self.mode {
            Mode::Fragment => format!("{}#{params}", self.uri),
            _ if self.uri.contains('?') => format!("{}&{params}#_", self.uri),
            _ => format!("{}?{params}#_", self.uri),
        }
    }
}
