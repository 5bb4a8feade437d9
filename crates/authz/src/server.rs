//! The listener, what runs beside it, and how it stops.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App as HttpApp, HttpServer};
use model::db::DbError;
use model::id::{ClientId, GrantId};
use model::stop::StopSignals;
use model::time::Clock;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::app::{App, StartError};
use crate::audit::{Origin, What};
use crate::config::Config;
use crate::feed::Feed;
use crate::store::revocations::LONGEST_ACCESS;
use crate::upstream::logouts;
use crate::{routes, store};

/// How long requests in flight may take once the server is told to stop, in seconds.
pub const STOP_WITHIN: u64 = 15;
/// How long an idle connection is kept: longer than a gateway keeps it, so that the gateway is the one to close.
pub const IDLE: Duration = Duration::from_secs(75);
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How long the audit log is gathered before it is written.
const AUDIT_EVERY: Duration = Duration::from_secs(1);
/// How soon clients hear that a session has ended.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// Rows looked at in one transaction, so that no writer waits long.
const SWEEP_ROWS: i64 = 1_000;
/// Clients removed in one transaction.
const SWEEP_CLIENTS: i64 = 50;
/// How often a session's clients are looked at that should have ended, and was prolonged.
const SESSIONS_LOOKED_AT_EVERY: Duration = Duration::from_secs(86_400);
/// And how many such transactions follow each other.
const SWEEPS_AT_ONCE: usize = 100;
/// A device code is remembered this long after its end, so that its device is told so.
const DEVICE_CODES_KEPT: Duration = Duration::from_secs(600);
/// An ended grant is remembered this long, so that a replay is still recognised as one.
const GRANTS_KEPT: Duration = Duration::from_secs(86_400);

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

/// What runs beside the listener: the feed's poll, the sweeper, the writing of the audit log, and the telling of clients
/// about sessions that have ended. Ends when dropped.
pub struct Background([JoinHandle<()>; 4]);

impl Background {
    /// Starts them.
    pub fn start(app: &App) -> Self {
        Self([
            tokio::spawn(poll(app.clone())),
            tokio::spawn(sweep(app.clone())),
            tokio::spawn(write_audits(app.clone())),
            tokio::spawn(tell_of_logouts(app.clone())),
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

/// Writes what the audit log has gathered.
pub async fn write_audit(app: &App) {
    if let Err(error) = app.audit.flush(&app.db).await {
        tracing::error!(%error, "the audit log could not be written; it is tried again");
    }
}

/// Removes what has ended, a few rows at a time, going round and round.
async fn sweep(app: App) {
    // Not at once: a start has other things to do.
    let mut ticks = tokio::time::interval_at(Instant::now() + SWEEP_EVERY, SWEEP_EVERY);
    let mut round = Round::default();
    loop {
        ticks.tick().await;
        let longest_idle = match longest_idle(&app).await {
            Ok(longest) => longest,
            Err(error) => {
                tracing::warn!(%error, "what has ended could not be removed; it is tried again");
                continue;
            }
        };
        for _ in 0..SWEEPS_AT_ONCE {
            match sweep_once(&app, round, longest_idle).await {
                Ok(next) => round = next,
                Err(error) => {
                    tracing::warn!(%error, "what has ended could not be removed; it is tried again");
                    break;
                }
            }
            if round.is_over() {
                break;
            }
        }
    }
}

/// How far the sweeper has come.
#[derive(Clone, Copy, Default)]
struct Round {
    grant: Option<GrantId>,
    revocation: Option<i64>,
    more: bool,
}

impl Round {
    fn is_over(self) -> bool {
        self.grant.is_none() && self.revocation.is_none() && !self.more
    }
}

/// A grant that any client may still renew is not swept away.
async fn longest_idle(app: &App) -> Result<Duration, DbError> {
    let longest = app.db.read(store::clients::longest_idle).await?;
    Ok(longest.map_or(Duration::ZERO, Duration::from_secs))
}

fn is_full(swept: usize) -> bool {
    i64::try_from(swept).is_ok_and(|count| count == SWEEP_ROWS)
}

async fn sweep_once(app: &App, round: Round, longest_idle: Duration) -> Result<Round, DbError> {
    let now = app.now();
    let before = now.minus(GRANTS_KEPT);
    let idle = before.minus(app.config.lifetimes.refresh_idle.max(LONGEST_ACCESS).max(longest_idle));
    let audit_before = now.minus(app.config.audit_kept);
    let devices_before = now.minus(DEVICE_CODES_KEPT);
    let decisions_before = now.minus(store::decisions::KEPT);
    let used_ids_before = now.minus(store::used_ids::KEPT);
    app.feed.sweep(now);
    app.db
        .write(move |conn| {
            store::sessions::sweep(conn, now, SWEEP_ROWS)?;
            store::attempts::sweep(conn, now, SWEEP_ROWS)?;
            store::audit_events::sweep(conn, audit_before, SWEEP_ROWS)?;
            store::signing_keys::sweep(conn, now)?;
            store::registration_tokens::sweep(conn, now, SWEEP_ROWS)?;
            store::session_clients::sweep(conn, now, now.plus(SESSIONS_LOOKED_AT_EVERY), SWEEP_ROWS)?;
            let expired = store::registrations::sweep(conn, now, SWEEP_CLIENTS)?.into_iter();
            let expired =
                expired.map(|id| What::ClientExpired.of_client(&ClientId(id), &Origin::Ourselves, now));
            store::audit_events::insert(conn, &expired.collect::<Vec<_>>())?;
            let devices = store::device_codes::sweep(conn, devices_before, SWEEP_ROWS)?;
            let decisions = store::decisions::sweep(conn, decisions_before, SWEEP_ROWS)?;
            let used_ids = store::used_ids::sweep(conn, used_ids_before, SWEEP_ROWS)?;
            store::browser_access::sweep(conn, now, SWEEP_CLIENTS)?;
            Ok(Round {
                revocation: store::revocations::sweep(conn, round.revocation, now, SWEEP_ROWS)?,
                grant: store::grants::sweep(conn, round.grant, before, idle, SWEEP_ROWS)?,
                more: is_full(devices) || is_full(decisions) || is_full(used_ids),
            })
        })
        .await
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
