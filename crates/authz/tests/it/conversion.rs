//! Other servers' tokens: another `authz` is the provider, or something that answers what it should not.

mod bearer;
mod convert_token;
mod ending;
mod exchange;
mod hostile;
mod register_by_access_token;

use serde_json::json;

use crate::support::{Answer, Client, Listener, TestServer, password_of, server, server_with};

/// A server at which people are signed in with tokens of another, and that other.
struct World {
    /// The provider.
    there: TestServer,
    /// Our client there.
    ours: Client,
    here: TestServer,
    /// A client that may convert and exchange.
    app: Client,
}

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
/// What is answered by `/register-by-access-token/` to whatever the provider does not vouch for.
const UNSUCCESSFUL: &str = r#"{"error":"unsuccessful_token_exchange","error_description":"Unable to complete token exchange with social backend."}"#;

/// Settings for a provider `site` at that address, and `by_name`, where profiles are found by name.
fn settings(base: &str, secret: &str) -> Vec<(String, String)> {
    let mut all = vec![
        ("PROVIDERS".to_owned(), "site by_name".to_owned()),
        ("OUTBOUND_NETWORKS".to_owned(), "127.0.0.0/8".to_owned()),
        ("FIRST_PARTY_CLIENT".to_owned(), "ours".to_owned()),
    ];
    for (name, profile) in [("SITE", "/o/userinfo/"), ("BY_NAME", "/by_name/{username}/")] {
        let pairs = [
            ("CLIENT_ID", "timetracker-here"),
            ("CLIENT_SECRET", secret),
            ("PROFILE_URL", &format!("{base}{profile}")),
            ("PROFILE", "subject=sub username=preferred_username email=email"),
            ("AUDIENCE_CHECK", "introspection"),
            ("INTROSPECTION_URL", &format!("{base}/o/introspect/")),
        ];
        all.extend(pairs.map(|(key, value)| (format!("PROVIDER_{name}_{key}"), value.to_owned())));
    }
    all
}

/// A server with those settings, the client of its own, and a client that may convert and exchange.
async fn here(settings: &[(String, String)], more: &[(&str, &str)]) -> (TestServer, Client) {
    let settings: Vec<(&str, &str)> = settings
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .chain(more.iter().copied())
        .collect();
    let here = server_with(&settings).await;
    here.new_client("ours").grant_types(&["password", "convert_token"]).register().await;
    let app = here.new_client("app").grant_types(&["password", "convert_token", EXCHANGE]).register().await;
    (here, app)
}

impl World {
    async fn new() -> Self {
        Self::with(&[]).await
    }

    async fn with(more: &[(&str, &str)]) -> Self {
        let there = server().await;
        there.person("ada").await;
        there.person("bob").await;
        let ours = there.client("timetracker-here").await;
        let base = format!("http://{}", there.http.address);
        let (here, app) = here(&settings(&base, ours.secret.as_deref().unwrap()), more).await;
        Self { there, ours, here, app }
    }

    /// A person's token of the provider, for this client there.
    async fn token_of(client: &Client, name: &str) -> String {
        let fields = [
            ("grant_type", "password"),
            ("username", name),
            ("password", &password_of(name)),
            ("scope", "openid profile"),
        ];
        client.token(&fields).await.text("access_token")
    }

    /// A person's token of the provider, made for us.
    async fn token(&self, name: &str) -> String {
        Self::token_of(&self.ours, name).await
    }

    async fn converts(&self, token: &str) -> Answer {
        converts(&self.here, &self.app, "site", token).await
    }

    /// Whom a token of ours speaks for.
    async fn speaks_for(&self, token: &str) -> (String, String) {
        let said = self.app.introspect(token).await.json();
        assert_eq!(said["active"], true, "{said}");
        (said["sub"].as_str().unwrap().to_owned(), said["username"].as_str().unwrap().to_owned())
    }
}

/// `POST /auth/convert-token` with the secret in the form, as the packages have it.
async fn converts(here: &TestServer, app: &Client, backend: &str, token: &str) -> Answer {
    let mut fields = vec![
        ("grant_type", "convert_token"),
        ("client_id", app.id.as_str()),
        ("backend", backend),
        ("token", token),
    ];
    if let Some(secret) = &app.secret {
        fields.push(("client_secret", secret));
    }
    here.http.send_form("/auth/convert-token", &fields).await
}

/// The provider is something else.
async fn hostile(more: &[(&str, &str)]) -> (Listener, TestServer, Client) {
    let listener = Listener::start().await;
    let (here, app) = here(&settings(listener.url("").trim_end_matches('/'), "a secret"), more).await;
    (listener, here, app)
}

/// What a provider says that has one address for everything.
fn vouching(sub: &str) -> String {
    json!({"active": true, "client_id": "timetracker-here", "sub": sub, "preferred_username": "eve"})
        .to_string()
}

fn error(code: &str, description: &str) -> String {
    json!({"error": code, "error_description": description}).to_string()
}
