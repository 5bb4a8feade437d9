//! The listener, what runs beside it, and how it stops.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App as HttpApp, HttpServer};
use model::stop::StopSignals;
use model::time::Clock;
use tokio::task::JoinHandle;

use crate::app::{App, StartError};
use crate::config::Config;
use crate::feed::Feed;
use crate::upstream::logouts;
use crate::{mail, routes, sweeper};

/// How long requests in flight may take once the server is told to stop, in seconds.
pub const STOP_WITHIN: u64 = 15;
/// How long an idle connection is kept: longer than a gateway keeps it, so that the gateway is the one to close.
pub const IDLE: Duration = Duration::from_secs(75);
/// How long the audit log is gathered before it is written.
const AUDIT_EVERY: Duration = Duration::from_secs(1);
/// How soon clients hear that a session has ended.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// How soon mail is sent.
const MAIL_EVERY: Duration = Duration::from_secs(1);

/// A running server.
pub struct Server {
    address: SocketAddr,
    app: App,
    handle: ServerHandle,
    running: JoinHandle<std::io::Result<()>>,
    background: Background,
}

impl Server {
    /// Opens the application and listens.
    ///
    /// # Errors
    /// When the application cannot start or the address is taken.
    pub async fn start(config: Config, clock: Clock) -> Result<Self, StartError> {
        let (listen, workers) = (config.listen, config.workers);
        let app = App::open(config, clock).await?;
        let (routes, health) = (routes::configure(&app), routes::configure_health(&app, || async { true }));
        let server =
            HttpServer::new(move || HttpApp::new().configure(health.clone()).configure(routes.clone()))
                .workers(workers)
                .keep_alive(IDLE)
                .shutdown_timeout(STOP_WITHIN)
                .disable_signals()
                .bind(listen)
                .map_err(|error| StartError::Listen(listen, error))?;
        let address = server.addrs().first().copied().unwrap_or(listen);
        let server = server.run();
        let handle = server.handle();
        let background = Background::start(&app);
        Ok(Self { address, app, handle, running: tokio::spawn(server), background })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it serves.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Stops: not ready for as long as a gateway needs to notice, then no new connections; requests in flight
    /// are answered.
    pub async fn stop(self) {
        self.app.drain();
        tokio::time::sleep(self.app.config.drain).await;
        self.handle.stop(true).await;
        drop(self.background);
        write_audit(&self.app).await;
        if let Ok(Err(error)) = self.running.await {
            tracing::error!(%error, "the listener broke");
        }
    }
}

/// What runs beside the listener: the feed's poll, the sweeper, the writing of the audit log, the telling of clients
/// about sessions that have ended, and the sending of mail. Ends when dropped.
pub struct Background([JoinHandle<()>; 5]);

impl Background {
    /// Starts them.
    pub fn start(app: &App) -> Self {
        Self([
            tokio::spawn(poll(app.clone())),
            tokio::spawn(sweeper::run(app.clone())),
            tokio::spawn(write_audits(app.clone())),
            tokio::spawn(tell_of_logouts(app.clone())),
            tokio::spawn(send_mail(app.clone())),
        ])
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

async fn poll(app: App) {
    let mut ticks = tokio::time::interval(Feed::POLL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        ticks.tick().await;
        match app.feed.catch_up().await {
            Ok(()) => failing = false,
            Err(error) if !failing => {
                failing = true;
                tracing::error!(%error, "revocations cannot be read; nothing is vouched for from five seconds on");
            }
            Err(_) => {}
        }
    }
}

async fn write_audits(app: App) {
    let mut ticks = tokio::time::interval(AUDIT_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        write_audit(&app).await;
    }
}

async fn tell_of_logouts(app: App) {
    let mut ticks = tokio::time::interval(TELL_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = logouts::deliver(&app).await {
            tracing::warn!(%error, "clients could not be told of logouts; it is tried again");
        }
    }
}

async fn send_mail(app: App) {
    let mut ticks = tokio::time::interval(MAIL_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = mail::deliver(&app).await {
            tracing::warn!(%error, "mail could not be sent; it is tried again");
        }
    }
}

/// Writes what the audit log has gathered.
pub async fn write_audit(app: &App) {
    if let Err(error) = app.audit.flush(&app.db).await {
        tracing::error!(%error, "the audit log could not be written; it is tried again");
    }
}

/// Runs the service until a signal stops it; a second one ends it at once.
///
/// # Errors
/// When it cannot start.
pub async fn run(config: Config) -> Result<(), StartError> {
    let issuer = config.issuer.as_str().to_owned();
    let mut signals = StopSignals::new().map_err(StartError::Signals)?;
    let server = Server::start(config, Clock::system()).await?;
    tracing::info!(address = %server.address(), issuer, "authz listens");
    signals.next().await;
    tracing::info!("authz stops");
    tokio::select! {
        () = server.stop() => {}
        () = signals.next() => {}
    }
    Ok(())
}
