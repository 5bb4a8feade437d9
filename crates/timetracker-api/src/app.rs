//! What was decided at start, and everything a handler may touch.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use model::db::{DatabaseUrl, Db, Migrations, OpenError, Probe};
use model::logging::LogRequests;
use model::time::Clock;
use url::Url;

use crate::auth::Gate;
use crate::auth::bearer::Allowed;
use crate::auth::code_grant::CodeGrant;
use crate::auth::connections::SetupError;
use crate::batch::turns::Turns;
use crate::config::Config;
use crate::feeds;
use crate::live::Live;
use crate::openapi::Published;
use crate::pages;
use crate::reports::ledger::{self, Ledgers};
use crate::stored::Stored;
use crate::wire::allowance::Limit;

/// The tables, for both databases.
pub const MIGRATIONS: Migrations = Migrations { sqlite: &SQLITE, postgres: &POSTGRES };

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/timetracker/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/timetracker/postgres");

/// How much longer than a batch takes others wait for it.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many batches are done at once: SQLite has one writer, and of PostgreSQL's most are left for others.
fn batches_at_once(database: &DatabaseUrl) -> usize {
    match database {
        DatabaseUrl::Sqlite(_) => 1,
        DatabaseUrl::Postgres(_) => 2,
    }
}

/// A running service; clones are the same one.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    db: Db,
    probe: Probe,
    clock: Clock,
    gate: Gate,
    sign_in: Option<CodeGrant>,
    public_url: String,
    base: String,
    allowed: Allowed,
    origin: String,
    issuer: String,
    allowed_origins: Vec<String>,
    limit: Option<Limit>,
    body_timeout: Duration,
    log_requests: LogRequests,
    heartbeat: Duration,
    live: Live,
    turns: Turns,
    batch_within: Duration,
    ledgers: Ledgers,
    stored: Stored,
    calendars: feeds::turns::Turns,
    openapi: OnceLock<Published>,
    draining: AtomicBool,
}

/// Why the service cannot start.
#[derive(Debug)]
pub enum StartError {
    /// The database.
    Database(OpenError),
    /// There are migrations to run, and running them is switched off.
    MigrationsPending,
    /// The client side of the authorization server.
    Introspection(SetupError),
    /// The listening socket.
    Listen(std::io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(cause) => cause.fmt(f),
            Self::MigrationsPending => f.write_str(
                "the database lacks migrations: run `timetracker-api migrate`, or set TIMETRACKER_AUTO_MIGRATE=true",
            ),
            Self::Introspection(cause) => cause.fmt(f),
            Self::Listen(cause) => write!(f, "cannot listen: {cause}"),
        }
    }
}

impl std::error::Error for StartError {}

impl From<OpenError> for StartError {
    fn from(error: OpenError) -> Self {
        Self::Database(error)
    }
}

impl App {
    /// Brings the tables up to date, or refuses to start when that is switched off, and opens the database.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn open(config: &Config, clock: Clock) -> Result<Self, StartError> {
        if config.auto_migrate {
            for name in MIGRATIONS.run(&config.database)? {
                tracing::info!(name, "migrated");
            }
        } else if MIGRATIONS.are_pending(&config.database)? {
            return Err(StartError::MigrationsPending);
        }
        let db = Db::open(&config.database)?;
        let gate = Gate::new(config, db.clone(), clock.clone()).map_err(StartError::Introspection)?;
        let callback = format!("{}{}", config.public_url, pages::sign_in::CALLBACK);
        let sign_in = config.sign_in.as_ref().map(|sign_in| CodeGrant::new(config, sign_in, callback));
        let sign_in = sign_in.transpose().map_err(StartError::Introspection)?;
        let public = Url::parse(&config.public_url).ok();
        let base = public.as_ref().map(|url| url.path().trim_end_matches('/').to_owned());
        Ok(Self(Arc::new(Inner {
            probe: Probe::new(db.clone()),
            live: Live::new(db.clone(), config.most_streams),
            ledgers: ledger::nobodys(),
            stored: Stored::default(),
            calendars: feeds::turns::Turns::default(),
            db,
            clock,
            gate,
            sign_in,
            origin: public.map(|url| url.origin().ascii_serialization()).unwrap_or_default(),
            base: base.unwrap_or_default(),
            allowed: config.allowed,
            public_url: config.public_url.clone(),
            issuer: config.issuer.clone(),
            allowed_origins: config.allowed_origins.clone(),
            limit: config.quota.map(Limit::of),
            body_timeout: config.body_timeout,
            log_requests: config.log_requests,
            heartbeat: config.heartbeat,
            turns: Turns::new(batches_at_once(&config.database), config.batch_within + PATIENCE),
            batch_within: config.batch_within,
            openapi: OnceLock::new(),
            draining: AtomicBool::new(false),
        })))
    }

    /// Whether requests can be served: not stopping, and the database takes writes.
    pub async fn ready(&self) -> bool {
        !self.0.draining.load(Ordering::Relaxed) && self.0.probe.takes_writes().await
    }

    /// From now on not ready: a gateway should send its requests elsewhere. Whoever waits for something is answered.
    pub fn drain(&self) {
        self.0.draining.store(true, Ordering::Relaxed);
        self.0.live.close();
    }

    pub(crate) fn db(&self) -> &Db {
        &self.0.db
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.0.gate
    }

    /// Who waits for changes.
    pub(crate) fn live(&self) -> &Live {
        &self.0.live
    }

    /// Who may begin a batch.
    pub(crate) fn turns(&self) -> &Turns {
        &self.0.turns
    }

    /// How long a batch may take.
    pub(crate) fn batch_within(&self) -> Duration {
        self.0.batch_within
    }

    /// What reports were made of.
    pub(crate) fn ledgers(&self) -> &Ledgers {
        &self.0.ledgers
    }

    /// Answers that were given.
    pub(crate) fn stored(&self) -> &Stored {
        &self.0.stored
    }

    /// Who makes calendars.
    pub(crate) fn calendars(&self) -> &feeds::turns::Turns {
        &self.0.calendars
    }

    /// How often a stream says something, if there is nothing to say.
    pub(crate) fn heartbeat(&self) -> Duration {
        self.0.heartbeat
    }

    /// An absolute URL. Built from configuration: the Host header and its relatives are anybody's (R137).
    pub(crate) fn url(&self, path: &str) -> String {
        [&self.0.public_url, path].concat()
    }

    /// The path below which browsers find this service: what a link within it begins with. Nothing, or `/` and more.
    pub(crate) fn base(&self) -> &str {
        &self.0.base
    }

    /// The client with which people sign in at the pages, if they can.
    pub(crate) fn sign_in(&self) -> Option<&CodeGrant> {
        self.0.sign_in.as_ref()
    }

    /// Scheme, host and port of the pages, as browsers write them.
    pub(crate) fn origin(&self) -> &str {
        &self.0.origin
    }

    /// What may stand in a header besides tokens and keys.
    pub(crate) fn allowed(&self) -> Allowed {
        self.0.allowed
    }

    /// Whether cookies can be for TLS alone.
    pub(crate) fn is_https(&self) -> bool {
        self.0.origin.starts_with("https:")
    }

    /// Who gives tokens for this API.
    pub(crate) fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// What there is, for programs; made when it is asked for first.
    pub(crate) fn openapi(&self) -> &Published {
        self.0.openapi.get_or_init(|| Published::new(self))
    }

    /// The origins whose pages may call.
    pub(crate) fn allowed_origins(&self) -> &[String] {
        &self.0.allowed_origins
    }

    /// How much each client may ask on behalf of each person, if that is limited.
    pub(crate) fn limit(&self) -> Option<&Limit> {
        self.0.limit.as_ref()
    }

    pub(crate) fn body_timeout(&self) -> Duration {
        self.0.body_timeout
    }

    pub(crate) fn logs_everything(&self) -> bool {
        self.0.log_requests == LogRequests::All
    }
}
