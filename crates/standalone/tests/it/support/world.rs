//! Both services on one port, each with a database of its own.

use std::sync::LazyLock;
use std::time::Duration;

use authz::audit::Origin;
use authz::client_metadata::ClientMetadata;
use authz::registration::{self, Kind, Registration};
use model::time::Clock;
use standalone::server::Standalone;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::databases::Databases;
use super::{Application, Browser};

/// Where the servers of all tests live, so that they can be stopped when a test is over.
pub static SERVERS: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// One installation.
pub struct World {
    server: Option<Standalone>,
    databases: Option<Databases>,
    said: Vec<(String, String)>,
    clock: Clock,
    pub folder: TempDir,
}

impl World {
    pub async fn new() -> Self {
        Self::with(&[], Clock::system()).await
    }

    /// A world with settings and a clock of its own.
    pub async fn with(settings: &[(&str, &str)], clock: Clock) -> Self {
        let (databases, folder) = (Databases::new(), tempfile::tempdir().unwrap());
        let own = [
            ("STANDALONE_DIR", folder.path().to_str().unwrap()),
            ("STANDALONE_LISTEN", "127.0.0.1:0"),
            ("AUTHZ_PASSWORD_COST", "4"),
            ("AUTHZ_WORKERS", "1"),
        ];
        let said = own.iter().chain(settings).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let said: Vec<_> = said.chain(databases.settings()).collect();
        let mut world = Self { server: None, databases: Some(databases), said, clock, folder };
        world.start().await;
        world
    }

    async fn start(&mut self) {
        let both = standalone::settings::decide(self.said.clone()).unwrap();
        let clock = self.clock.clone();
        let server = SERVERS.spawn(async move { Standalone::start(both, clock).await.unwrap() });
        self.server = Some(server.await.unwrap());
    }

    /// Stops it and starts it again with what it has, at another port.
    pub async fn restart(&mut self) {
        self.restart_with(&[]).await;
    }

    /// The same, with settings that have changed.
    pub async fn restart_with(&mut self, settings: &[(&str, &str)]) {
        self.said.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let server = self.server.take().unwrap();
        SERVERS.spawn(server.stop()).await.unwrap();
        self.start().await;
    }

    pub fn server(&self) -> &Standalone {
        self.server.as_ref().unwrap()
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> &str {
        self.server().public_url()
    }

    /// A person's browser, at this installation.
    pub fn browser(&self) -> Browser {
        Browser::new(self.origin())
    }

    /// Registers an application.
    pub async fn register(&self, wanted: Registration) -> Application {
        let redirect_uri = wanted.redirect_uris.first().cloned().unwrap_or_default();
        let registered =
            registration::register(self.server().authz(), &Origin::CommandLine(None), wanted).await.unwrap();
        let secret = registered.secret.as_ref().map(|secret| secret.expose().as_str());
        Application::new(self.origin(), registered.client.id.as_str(), secret, &redirect_uri)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let (server, databases) = (self.server.take(), self.databases.take());
        let (done, wait) = std::sync::mpsc::channel::<()>();
        SERVERS.spawn(async move {
            if let Some(server) = server {
                server.stop().await;
            }
            drop(databases);
            drop(done);
        });
        // Ends with an error when the other end is dropped, which is what is waited for.
        let _ = wait.recv_timeout(Duration::from_secs(20));
    }
}

/// A program on a server, that can keep a secret.
pub fn confidential(name: &str, redirect_uri: &str) -> Registration {
    Registration {
        id: None,
        name: name.to_owned(),
        kind: Kind::Confidential,
        grant_types: vec!["authorization_code".to_owned(), "client_credentials".to_owned()],
        redirect_uris: vec![redirect_uri.to_owned()],
        scopes: Vec::new(),
        audiences: Vec::new(),
        introspects: Vec::new(),
        secret: None,
        metadata: ClientMetadata::default(),
    }
}

/// A program on somebody's device, that cannot.
pub fn public(name: &str, redirect_uri: &str) -> Registration {
    Registration {
        kind: Kind::Public,
        grant_types: vec!["authorization_code".to_owned()],
        ..confidential(name, redirect_uri)
    }
}
