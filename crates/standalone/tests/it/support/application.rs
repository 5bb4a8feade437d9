//! An application: a client of the authorization server.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use model::secret::sha256;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

use super::{Answer, Bearer, form, http};

/// A registered client, and the authorization server it talks to.
#[derive(Clone)]
pub struct Application {
    pub id: String,
    pub secret: Option<String>,
    pub redirect_uri: String,
    pub origin: String,
    http: Client,
}

/// What it sends a person's browser away with.
pub struct Request {
    pub url: String,
    pub verifier: String,
    pub state: String,
}

/// What a code or a refresh token bought.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
}

impl Tokens {
    /// Reads a whole answer of the token endpoint; `None` when it is another.
    pub fn read(answer: &Answer) -> Option<Self> {
        let body: Value = serde_json::from_str(&answer.text).ok().filter(|_| answer.status == 200)?;
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        Some(Self { access: text("access_token")?, refresh: text("refresh_token")? })
    }
}

impl Application {
    pub fn new(origin: &str, id: &str, secret: Option<&str>, redirect_uri: &str) -> Self {
        Self {
            id: id.to_owned(),
            secret: secret.map(str::to_owned),
            redirect_uri: redirect_uri.to_owned(),
            origin: origin.to_owned(),
            http: http(),
        }
    }

    /// The same client at another server.
    pub fn at(&self, origin: &str) -> Self {
        Self { origin: origin.to_owned(), ..self.clone() }
    }

    /// The same client with new connections.
    pub fn reconnected(&self) -> Self {
        Self { http: http(), ..self.clone() }
    }

    /// Begins: a fresh verifier and state.
    pub fn asks_for(&self, scope: &str) -> Request {
        let random = || format!("{}{}", uuid(), uuid());
        let (verifier, state) = (random(), random());
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()));
        let query = form(&[
            ("response_type", "code"),
            ("client_id", &self.id),
            ("redirect_uri", &self.redirect_uri),
            ("scope", scope),
            ("state", &state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            // What was agreed to before is asked again: tests say what they expect of the page.
            ("prompt", "consent"),
        ]);
        Request { url: format!("{}/o/authorize/?{query}", self.origin), verifier, state }
    }

    /// A request to one of the endpoints that want to know who asks.
    pub fn request(&self, endpoint: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let mut fields = fields.to_vec();
        let mut request = self.http.post(format!("{}/o/{endpoint}/", self.origin));
        match &self.secret {
            Some(secret) => request = request.basic_auth(&self.id, Some(secret)),
            None => fields.push(("client_id", &self.id)),
        }
        request.header("content-type", "application/x-www-form-urlencoded").body(form(&fields))
    }

    pub fn exchange_request(&self, code: &str, verifier: &str) -> RequestBuilder {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", verifier),
        ];
        self.request("token", &fields)
    }

    pub fn refresh_request(&self, refresh_token: &str) -> RequestBuilder {
        self.request("token", &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)])
    }

    pub fn revoke_request(&self, token: &str) -> RequestBuilder {
        self.request("revoke_token", &[("token", token)])
    }

    pub fn credentials_request(&self, scope: &str) -> RequestBuilder {
        self.request("token", &[("grant_type", "client_credentials"), ("scope", scope)])
    }

    pub async fn exchange(&self, code: &str, verifier: &str) -> Answer {
        Answer::to(self.exchange_request(code, verifier)).await
    }

    pub async fn refresh(&self, refresh_token: &str) -> Answer {
        Answer::to(self.refresh_request(refresh_token)).await
    }

    pub async fn revoke(&self, token: &str) -> Answer {
        Answer::to(self.revoke_request(token)).await
    }

    pub async fn introspect(&self, token: &str) -> Answer {
        Answer::to(self.request("introspect", &[("token", token)])).await
    }

    /// A token in which the application speaks for itself.
    pub async fn speaks_for_itself(&self, scope: &str) -> String {
        let answer = Answer::to(self.credentials_request(scope)).await;
        answer.json()["access_token"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
    }

    /// A caller at the API of the same origin.
    pub fn bearer(&self, token: &str) -> Bearer {
        Bearer::new(&self.origin, token)
    }
}

/// 128 bits that nobody else has.
fn uuid() -> String {
    let bytes = authz::crypto::random::bytes::<16>().unwrap();
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
