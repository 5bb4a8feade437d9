//! One listener, two services.

use std::net::SocketAddr;

use actix_web::dev::ServerHandle;
use actix_web::{App as HttpApp, HttpServer};
use authz::audit::Origin;
use authz::client_metadata::ClientMetadata;
use authz::registration::{self, Kind, Refused, Registration};
use authz::server::{Background, IDLE, STOP_WITHIN, write_audit};
use model::secret::sha256;
use model::time::Clock;
use tokio::task::JoinHandle;

use crate::settings::{API_CLIENT, Both, Problem};

/// Both services, running.
pub struct Standalone {
    authz: authz::app::App,
    api: timetracker_api::App,
    address: SocketAddr,
    public_url: String,
    handle: ServerHandle,
    running: JoinHandle<std::io::Result<()>>,
    background: Background,
}

impl Standalone {
    /// Opens both and serves them.
    ///
    /// # Errors
    /// When either cannot start.
    pub async fn start(both: Both, clock: Clock) -> Result<Self, Problem> {
        let Both { listeners, public_url, authz: config, api: api_config, .. } = both;
        let workers = config.workers;
        let authz = authz::app::App::open(config, clock.clone()).await?;
        register_api(&authz, &api_config).await?;
        let api = timetracker_api::App::open(&api_config, clock)?;
        let (own, theirs) = (authz.clone(), api.clone());
        let mut server = HttpServer::new(move || {
            let api = theirs.clone();
            HttpApp::new()
                // `/healthz` and `/readyz` speak for both.
                .configure(authz::routes::configure_health(&own, move || {
                    let api = api.clone();
                    async move { api.ready().await }
                }))
                .configure(timetracker_api::routes::configure(&theirs))
                .configure(timetracker_api::routes::configure_metadata(&theirs))
                .configure(authz::routes::configure(&own))
        })
        .workers(workers)
        .keep_alive(IDLE)
        .shutdown_timeout(STOP_WITHIN)
        .disable_signals();
        for listener in listeners {
            server = server.listen(listener)?;
        }
        let address = *server.addrs().first().ok_or("nothing listens")?;
        let server = server.run();
        let handle = server.handle();
        let background = Background::start(&authz);
        Ok(Self { authz, api, address, public_url, handle, running: tokio::spawn(server), background })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where people and clients find it, without a trailing slash.
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// The authorization server.
    pub fn authz(&self) -> &authz::app::App {
        &self.authz
    }

    /// Stops: no new connections; requests in flight are answered.
    pub async fn stop(self) {
        self.authz.drain();
        self.api.drain();
        self.handle.stop(true).await;
        drop(self.background);
        write_audit(&self.authz).await;
        if let Ok(Err(error)) = self.running.await {
            tracing::error!(%error, "the listener broke");
        }
    }
}

/// The API is a client of the authorization server like any other; here its secret is derived from the master
/// key, so that it need not be kept.
async fn register_api(authz: &authz::app::App, api: &timetracker_api::config::Config) -> Result<(), Problem> {
    let registered = registration::register(
        authz,
        &Origin::CommandLine(None),
        Registration {
            id: Some(API_CLIENT.to_owned()),
            name: "Timetracker API".to_owned(),
            kind: Kind::Confidential,
            grant_types: Vec::new(),
            redirect_uris: Vec::new(),
            scopes: Vec::new(),
            audiences: Vec::new(),
            introspects: vec![api.audience.clone()],
            secret: Some(api.client_secret.clone()),
            metadata: ClientMetadata::default(),
        },
    )
    .await;
    match registered {
        Ok(_) => Ok(()),
        Err(Refused::Taken) => is_still_ours(authz, api).await,
        Err(error) => Err(error.into()),
    }
}

/// A client registered under another master key has another secret: the API could ask about nothing.
async fn is_still_ours(
    authz: &authz::app::App,
    api: &timetracker_api::config::Config,
) -> Result<(), Problem> {
    let client = authz.clients.find(API_CLIENT).await?.ok_or("the API's client is gone")?;
    let ours = sha256(api.client_secret.expose().as_bytes());
    if client.secret_hash.as_deref() == Some(ours.as_slice()) && client.introspects == api.audience {
        return Ok(());
    }
    Err(format!(
        "the client {API_CLIENT} was registered with another secret or audience: has the secret key, \
         TIMETRACKER_CLIENT_SECRET or TIMETRACKER_AUDIENCE changed? `authz client delete {API_CLIENT}` lets it \
         register anew"
    )
    .into())
}
