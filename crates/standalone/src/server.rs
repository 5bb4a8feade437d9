//! One listener, two services.

use std::net::SocketAddr;

use actix_web::dev::ServerHandle;
use actix_web::{App as HttpApp, HttpServer};
use authz::server::{Background, IDLE, STOP_WITHIN, write_audit};
use model::time::Clock;
use tokio::task::JoinHandle;

use crate::clients;
use crate::settings::{Both, Problem};

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
        clients::register(&authz, &api_config).await?;
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
                .configure(timetracker_api::routes::configure_pages(&theirs))
                .configure(authz::routes::configure(&own))
        })
        .workers(workers)
        .keep_alive(IDLE)
        // Who has hung up is seen to have gone also while there is nothing to send.
        .h1_allow_half_closed(false)
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
