//! Authorization requests, honest until a test bends them.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use model::secret::sha256;

use super::{Client, form};

/// A request as a client would make it.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    pub params: Vec<(String, String)>,
    pub verifier: String,
}

/// The S256 challenge of a verifier.
pub fn challenge(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()))
}

impl AuthorizationRequest {
    pub fn of(client: &Client) -> Self {
        let verifier = authz::crypto::random::secret("").unwrap();
        let params = [
            ("response_type", "code"),
            ("client_id", &client.id),
            ("redirect_uri", &client.redirect_uri),
            ("scope", "read write"),
            ("state", "the state"),
            ("code_challenge", &challenge(&verifier)),
            ("code_challenge_method", "S256"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { params: params.into(), verifier }
    }

    /// With another value for a parameter, or one more parameter.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        match self.params.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => value.clone_into(known),
            None => self.params.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    /// With a parameter once more.
    pub fn and(mut self, name: &str, value: &str) -> Self {
        self.params.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.params.retain(|(known, _)| known != name);
        self
    }

    /// The path a client sends the browser to.
    pub fn path(&self) -> String {
        format!("/o/authorize/?{}", form(&self.params))
    }
}
