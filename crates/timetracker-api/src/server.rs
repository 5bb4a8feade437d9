//! The listener: limits, workers, and a graceful stop.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{HttpServer, rt};
use model::stop::StopSignals;
use model::time::Clock;
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::{App, StartError, routes};

/// A request's head must have arrived after this long (R148); idle connections stay open as long as [`IDLE`].
const HEAD_WITHIN: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_secs(75);
/// Requests in flight have this long to finish; the whole stop stays within 15 s (F11).
const FINISH_WITHIN_SECONDS: u64 = 12;

/// A listening server.
pub struct Server {
    app: App,
    address: SocketAddr,
    handle: ServerHandle,
    running: JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// Opens the service and listens.
    ///
    /// # Errors
    /// See [`StartError`].
    #[expect(clippy::unused_async, reason = "needs a running runtime, which an async function has")]
    pub async fn start(config: Config, clock: Clock) -> Result<Self, StartError> {
        let app = App::open(&config, clock)?;
        let each = app.clone();
        let server = HttpServer::new(move || {
            actix_web::App::new()
                .configure(routes::configure(&each))
                .configure(routes::configure_metadata(&each))
                .configure(routes::configure_health(&each))
                .configure(routes::configure_pages(&each))
                .configure(routes::configure_front(&each))
                .configure(routes::configure_rest(&each))
        })
        .workers(config.workers)
        .client_request_timeout(HEAD_WITHIN)
        .keep_alive(IDLE)
        // Who has hung up is seen to have gone also while there is nothing to send.
        .h1_allow_half_closed(false)
        .shutdown_timeout(FINISH_WITHIN_SECONDS)
        .disable_signals()
        .bind(config.listen)
        .map_err(StartError::Listen)?;
        let address = server.addrs().first().copied().unwrap_or(config.listen);
        let server = server.run();
        let handle = server.handle();
        Ok(Self { app, address, handle, running: tokio::spawn(server) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The service behind it.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// No longer ready; answers on for `drain`, then takes no more connections and finishes what is in flight.
    pub async fn stop(self, drain: Duration) {
        self.app.drain();
        rt::time::sleep(drain).await;
        self.handle.stop(true).await;
        // An accept loop that failed has said so.
        let _ = self.running.await;
    }

    /// Stops at once.
    pub async fn abort(self) {
        self.handle.stop(false).await;
        let _ = self.running.await;
    }
}

/// Serves until it is told to stop (SIGTERM, SIGINT); a second signal ends it at once.
///
/// # Errors
/// See [`StartError`].
pub async fn run(config: Config) -> Result<(), StartError> {
    let drain = config.drain;
    // Before anybody can know that we are here: a signal must not find the default action.
    let mut signals = StopSignals::new().map_err(StartError::Listen)?;
    let server = Server::start(config, Clock::system()).await?;
    tracing::info!(address = %server.address(), "listening");
    signals.next().await;
    tracing::info!("stopping");
    let handle = server.handle.clone();
    tokio::select! {
        () = server.stop(drain) => {}
        () = signals.next() => handle.stop(false).await,
    }
    tracing::info!("stopped");
    Ok(())
}
