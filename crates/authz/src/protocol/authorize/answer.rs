//! The one door back to an application: RFC 6749 sections 4.1.2 and 4.1.2.1, with `iss` (RFC 9207).

use actix_web::HttpResponse;
use actix_web::http::header;

use super::form_post;
use crate::config::Issuer;
use crate::pages::PageError;
use crate::protocol::error::{Code, OAuthError};

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
}

impl Return {
    /// `uri` must be one that the client has registered.
    pub(super) fn to_verified(uri: String, mode: Mode, state: Option<String>) -> Self {
        Self { uri, mode, state }
    }

    /// Where answers go.
    pub(super) fn uri(&self) -> &str {
        &self.uri
    }

    /// An error.
    pub(super) fn error(&self, issuer: &Issuer, error: &OAuthError) -> Result<HttpResponse, PageError> {
        self.answer(issuer, &[("error", error.code().as_str()), ("error_description", error.description())])
    }

    /// What was allowed.
    pub(super) fn answer(&self, issuer: &Issuer, params: &[(&str, &str)]) -> Result<HttpResponse, PageError> {
        let mut params = params.to_vec();
        params.extend(self.state.as_deref().map(|state| ("state", state)));
        params.push(("iss", issuer.as_str()));
        match self.mode {
            Mode::FormPost => form_post::show(&self.uri, &params),
            Mode::Query | Mode::Fragment => Ok(self.redirect(&params)),
        }
    }

    /// 303, so that a browser never posts a password or a decision on (RFC 9700 section 4.12). The URI's own query
    /// is kept. The empty-looking fragment keeps a browser from carrying an older one along (section 4.1.3).
    fn redirect(&self, params: &[(&str, &str)]) -> HttpResponse {
        let params = form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
        let location = match self.mode {
            Mode::Fragment => format!("{}#{params}", self.uri),
            _ if self.uri.contains('?') => format!("{}&{params}#_", self.uri),
            _ => format!("{}?{params}#_", self.uri),
        };
        HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish()
    }
}
