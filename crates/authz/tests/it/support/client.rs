//! OAuth clients.

use authz::audit::Origin;
use authz::client_metadata::ClientMetadata;
use authz::registration::{self, By, Kind, Registration};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use model::secret::Secret;
use reqwest::RequestBuilder;

use super::{ASSERTION_TYPE, Answer, CALLBACK, Code, Http, TestServer, form};

/// The grant type of devices.
pub const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// What a device was given to begin with.
#[derive(Clone, Debug)]
pub struct Device {
    pub device_code: String,
    pub user_code: String,
}

/// A registered client that knows its secret.
#[derive(Clone, Debug)]
pub struct Client {
    http: Http,
    pub id: String,
    pub secret: Option<String>,
    pub redirect_uri: String,
}

/// What is to be registered.
pub struct NewClient<'s> {
    server: &'s TestServer,
    registration: Registration,
}

impl<'s> NewClient<'s> {
    pub fn new(server: &'s TestServer, name: &str) -> Self {
        let grant_types =
            ["authorization_code", "refresh_token", "client_credentials", "password", DEVICE_CODE];
        let registration = Registration {
            id: Some(name.to_owned()),
            name: name.to_owned(),
            kind: Kind::Confidential,
            grant_types: grant_types.map(str::to_owned).into(),
            redirect_uris: vec![CALLBACK.to_owned()],
            scopes: Vec::new(),
            audiences: Vec::new(),
            introspects: Vec::new(),
            secret: None,
            metadata: ClientMetadata::default(),
        };
        Self { server, registration }
    }

    pub fn public(mut self) -> Self {
        self.registration.kind = Kind::Public;
        self.registration.grant_types.retain(|each| each != "client_credentials");
        self
    }

    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.registration.name);
        self
    }

    pub fn grant_types(mut self, grant_types: &[&str]) -> Self {
        self.registration.grant_types = owned(grant_types);
        self
    }

    pub fn redirect_uris(mut self, uris: &[&str]) -> Self {
        self.registration.redirect_uris = owned(uris);
        self
    }

    pub fn scopes(mut self, scopes: &[&str]) -> Self {
        self.registration.scopes = owned(scopes);
        self
    }

    pub fn audiences(mut self, audiences: &[&str]) -> Self {
        self.registration.audiences = owned(audiences);
        self
    }

    pub fn introspects(mut self, audiences: &[&str]) -> Self {
        self.registration.introspects = owned(audiences);
        self
    }

    /// With a secret that somebody chose.
    pub fn secret(mut self, secret: &str) -> Self {
        self.registration.secret = Some(Secret::new(secret.to_owned()));
        self
    }

    /// With this metadata besides, as JSON.
    pub fn metadata(mut self, changes: &str) -> Self {
        self.registration.metadata = self.registration.metadata.changed_by(changes).unwrap();
        self
    }

    pub fn id(mut self, id: Option<&str>) -> Self {
        self.registration.id = id.map(str::to_owned);
        self
    }

    pub async fn try_register(self) -> Result<Client, registration::Refused> {
        let redirect_uri = self.registration.redirect_uris.first().cloned().unwrap_or_default();
        let registered =
            registration::register(self.server.app(), &Origin::CommandLine(None), self.registration).await?;
        Ok(Client {
            http: self.server.http.clone(),
            id: registered.client.id.as_str().to_owned(),
            secret: registered.secret.map(|secret| secret.expose().clone()),
            redirect_uri,
        })
    }

    pub async fn register(self) -> Client {
        self.try_register().await.unwrap()
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

impl Client {
    /// One that somebody else has registered.
    pub fn known(server: &TestServer, id: &str, secret: &str) -> Self {
        let (http, redirect_uri) = (server.http.clone(), CALLBACK.to_owned());
        Self { http, id: id.to_owned(), secret: Some(secret.to_owned()), redirect_uri }
    }

    /// The same client, asking another server.
    pub fn at(&self, server: &TestServer) -> Self {
        Self { http: server.http.clone(), ..self.clone() }
    }

    /// The same client, by another way.
    pub fn reached_by(&self, http: &Http) -> Self {
        Self { http: http.clone(), ..self.clone() }
    }

    /// The same client without its secret, as a public one would be.
    pub fn as_public(&self) -> Self {
        Self { secret: None, ..self.clone() }
    }

    pub fn with_secret(&self, secret: &str) -> Self {
        Self { secret: Some(secret.to_owned()), ..self.clone() }
    }

    /// Redirected elsewhere.
    pub fn redirected_to(&self, uri: &str) -> Self {
        Self { redirect_uri: uri.to_owned(), ..self.clone() }
    }

    /// The `Authorization` header, for a client that has a secret.
    pub fn basic(&self) -> Option<String> {
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let secret = self.secret.as_ref()?;
        Some(format!(
            "Basic {}",
            BASE64_STANDARD.encode(format!("{}:{}", encoded(&self.id), encoded(secret)))
        ))
    }

    /// A form to an endpoint, with HTTP Basic or, without a secret, the id in the form.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.http.send(self.posting(path, fields)).await
    }

    /// The same, not yet sent.
    pub fn posting(&self, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let mut fields = fields.to_vec();
        if self.secret.is_none() {
            fields.push(("client_id", &self.id));
        }
        let mut request = self.http.post(path, form(&fields));
        if let Some(basic) = self.basic() {
            request = request.header("authorization", basic);
        }
        request
    }

    /// A form with an assertion in it, and without the id.
    pub async fn prove(&self, path: &str, assertion: &str, fields: &[(&str, &str)]) -> Answer {
        self.http.send(self.proving(path, assertion, fields)).await
    }

    /// The same, not yet sent.
    pub fn proving(&self, path: &str, assertion: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let proof = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion)];
        self.http.post(path, form(&[&proof, fields].concat()))
    }

    pub async fn token(&self, fields: &[(&str, &str)]) -> Answer {
        self.post("/o/token/", fields).await
    }

    pub async fn redeem(&self, code: &Code) -> Answer {
        self.http.send(self.redeeming(code)).await
    }

    /// The same, not yet sent.
    pub fn redeeming(&self, code: &Code) -> RequestBuilder {
        let (code, verifier) = (code.code.as_str(), code.verifier.as_str());
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.redirect_uri.as_str()),
            ("code_verifier", verifier),
        ];
        self.posting("/o/token/", &fields)
    }

    pub async fn refresh(&self, refresh_token: &str) -> Answer {
        self.http.send(self.refreshing(refresh_token)).await
    }

    /// The same, not yet sent.
    pub fn refreshing(&self, refresh_token: &str) -> RequestBuilder {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        self.posting("/o/token/", &fields)
    }

    pub async fn client_credentials(&self) -> Answer {
        self.token(&[("grant_type", "client_credentials")]).await
    }

    pub async fn password(&self, username: &str, password: &str) -> Answer {
        self.token(&[("grant_type", "password"), ("username", username), ("password", password)]).await
    }

    /// Begins as a device.
    pub async fn device_authorization(&self, fields: &[(&str, &str)]) -> Answer {
        self.post("/o/device-authorization/", fields).await
    }

    /// Begins as a device that asks for everything it may.
    pub async fn device(&self) -> Device {
        let answer = self.device_authorization(&[]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        Device { device_code: answer.text("device_code"), user_code: answer.text("user_code") }
    }

    pub async fn poll(&self, device: &Device) -> Answer {
        self.http.send(self.polling(device)).await
    }

    /// The same, not yet sent.
    pub fn polling(&self, device: &Device) -> RequestBuilder {
        self.posting("/o/token/", &[("grant_type", DEVICE_CODE), ("device_code", &device.device_code)])
    }

    pub async fn introspect(&self, token: &str) -> Answer {
        self.post("/o/introspect/", &[("token", token)]).await
    }

    /// Whether introspection vouches for a token. Anything else it may say is an error of the test.
    pub async fn vouches_for(&self, token: &str) -> bool {
        let answer = self.introspect(token).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["active"].as_bool().unwrap()
    }

    pub async fn revoke(&self, token: &str) -> Answer {
        self.post("/o/revoke_token/", &[("token", token)]).await
    }

    /// Gets a new secret; the old one lives on for a while.
    pub async fn rotate_secret(&self, server: &TestServer) -> Self {
        let (secret, _until): (Secret<String>, _) = registration::rotate_secret(
            server.app(),
            &Origin::CommandLine(None),
            By::Administrator,
            &self.id,
        )
        .await
        .unwrap();
        self.with_secret(secret.expose())
    }
}
