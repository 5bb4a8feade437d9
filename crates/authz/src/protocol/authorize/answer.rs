//! The one door back to an application: RFC 6749 sections 4.1.2 and 4.1.2.1, with `iss` (RFC 9207).

use actix_web::HttpResponse;
use actix_web::http::header;
use model::id::GrantId;

use super::request::Request;
use crate::app::App;
use crate::config::Issuer;
use crate::crypto::seal::{Code as SealedCode, OpenId};
use crate::pages::browser::SignedIn;
use crate::protocol::error::{Code, OAuthError};

/// The person said no.
pub(super) const REFUSED: OAuthError = OAuthError::new(Code::AccessDenied, "The person refused.");

/// A verified redirect URI, and the state that goes back with every answer.
pub(super) struct Return {
    uri: String,
    state: Option<String>,
}

impl Return {
    /// `uri` must be one that the client has registered.
    pub(super) fn to_verified(uri: String, state: Option<String>) -> Self {
        Self { uri, state }
    }

    /// Where answers go.
    pub(super) fn uri(&self) -> &str {
        &self.uri
    }

    /// An error.
    pub(super) fn error(&self, issuer: &Issuer, error: &OAuthError) -> HttpResponse {
        self.redirect(issuer, &[("error", error.code().as_str()), ("error_description", error.description())])
    }

    /// A fresh code for what the person allowed: sealed, stored nowhere.
    pub(super) fn code(&self, app: &App, request: &Request, signed_in: &SignedIn) -> HttpResponse {
        let now = signed_in.at;
        let code = app.sealer.seal(
            &SealedCode {
                grant: GrantId::new(now),
                user: signed_in.user.id,
                username: &signed_in.user.username,
                client: request.client.id.as_str(),
                redirect_uri: &self.uri,
                scopes: request.asked.permission.scopes.as_str(),
                audiences: &request.asked.permission.audiences,
                challenge: request.asked.challenge.0,
                issued_at: now,
                expires_at: now.plus(app.config.lifetimes.code),
                authenticated_at: signed_in.session.authenticated_at,
                nonce: request.asked.nonce.as_deref(),
                openid: OpenId {
                    sid: request.asked.permission.scopes.contains("openid").then_some(signed_in.session.sid),
                    id_token: request.asked.claims.id_token,
                    userinfo: request.asked.claims.userinfo,
                },
            },
            now,
        );
        match code {
            Ok(code) => self.redirect(&app.config.issuer, &[("code", &code)]),
            Err(error) => self.error(&app.config.issuer, &error.into()),
        }
    }

    /// 303, so that a browser never posts a password or a decision on (RFC 9700 section 4.12). The URI's own query
    /// is kept. The empty-looking fragment keeps a browser from carrying an older one along (section 4.1.3).
    fn redirect(&self, issuer: &Issuer, params: &[(&str, &str)]) -> HttpResponse {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(params);
        if let Some(state) = &self.state {
            query.append_pair("state", state);
        }
        query.append_pair("iss", issuer.as_str());
        let separator = if self.uri.contains('?') { '&' } else { '?' };
        let location = format!("{}{separator}{}#_", self.uri, query.finish());
        HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish()
    }
}
