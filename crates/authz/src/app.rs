//! Everything a handler may touch.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use model::db::{Db, DbError, OpenError, Probe};
use model::time::{Clock, Timestamp};
use tokio::sync::Semaphore;

use crate::audit::Audit;
use crate::clients::Clients;
use crate::config::Config;
use crate::crypto::master::MacKey;
use crate::crypto::passwords::Passwords;
use crate::crypto::seal::Sealer;
use crate::crypto::signing::SigningKeys;
use crate::crypto::wrap::Wrapper;
use crate::feed::{Caches, Feed};
use crate::mail::Post;
use crate::protocol::Believed;
use crate::store;
use crate::throttle::Throttle;
use crate::upstream::{self, ClientDocuments, ClientKeys, Fetch, RequestObjects, providers};

/// The application; clones share it.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What the application is made of.
pub struct Parts {
    /// What was decided.
    pub config: Config,
    /// What time it is.
    pub clock: Clock,
    /// The database.
    pub db: Db,
    probe: Probe,
    /// Tokens.
    pub sealer: Arc<Sealer>,
    /// Keys for what others verify.
    pub signing: Arc<SigningKeys>,
    /// Clients in memory.
    pub clients: Arc<Clients>,
    /// What must not be vouched for.
    pub feed: Feed,
    /// The way to others' servers.
    pub fetch: Fetch,
    /// Clients' keys.
    pub client_keys: ClientKeys,
    /// Clients' requests, at addresses of theirs.
    pub request_objects: RequestObjects,
    /// What clients say of themselves, at the addresses that are their ids.
    pub client_documents: ClientDocuments,
    /// Whom providers have named lately to those who brought their tokens.
    pub(crate) believed: Believed,
    /// What providers have said of themselves.
    pub providers: providers::Caches,
    /// Calls to addresses of strangers' choosing, by the network of whoever causes them.
    pub strangers_calls: Throttle,
    /// The way mail goes, if any is sent.
    pub post: Option<Post>,
    /// Keeps what somebody typed who forgot their password, until it is looked up: it may be a password.
    pub typed: Wrapper,
    /// Makes the tokens of links that are sent.
    pub link_key: MacKey,
    /// People's passwords.
    pub passwords: Passwords,
    /// Makes pairwise subjects.
    pub subject_key: MacKey,
    /// Makes the secret of a browser's next session from the one it has.
    pub session_key: MacKey,
    /// Ties a form to the browser it was shown in.
    pub form_key: MacKey,
    /// Marks personal keys as ours.
    pub personal_keys: MacKey,
    /// Keeps the codes people type for their devices.
    pub user_code_key: MacKey,
    draining: AtomicBool,
    /// What happened and is not written yet.
    pub audit: Audit,
    /// Wrong client secrets, by client and network.
    pub wrong_secrets: Throttle,
    /// Places for passwords that an API asks about: not all of those that there are for passwords.
    pub relayed_passwords: Semaphore,
    /// Unknown tokens asked about, by caller.
    pub unknown_tokens: Throttle,
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Why the application cannot start.
#[derive(Debug)]
pub enum StartError {
    /// The database cannot be opened or migrated.
    Open(OpenError),
    /// Migrations are pending, and running them at start is switched off.
    PendingMigrations,
    /// The database cannot be read or written.
    Db(DbError),
    /// Mail cannot be sent in the way that is said.
    Mail(Box<dyn std::error::Error + Send + Sync>),
    /// The password threads cannot be started.
    Passwords(Box<dyn std::error::Error + Send + Sync>),
    /// The address cannot be listened on.
    Listen(SocketAddr, std::io::Error),
    /// Being told to stop cannot be noticed.
    Signals(std::io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(error) => error.fmt(f),
            Self::PendingMigrations => f.write_str("the database lacks migrations: run `authz migrate`"),
            Self::Db(error) => error.fmt(f),
            Self::Mail(error) => write!(f, "mail cannot be sent: {error}"),
            Self::Passwords(error) => write!(f, "passwords cannot be hashed: {error}"),
            Self::Listen(address, error) => write!(f, "cannot listen on {address}: {error}"),
            Self::Signals(error) => write!(f, "signals cannot be noticed: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

impl From<OpenError> for StartError {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

impl From<DbError> for StartError {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

impl App {
    /// Migrates, opens the database and loads what is kept in memory.
    ///
    /// # Errors
    /// When the database cannot be opened, migrated, read or written.
    pub async fn open(config: Config, clock: Clock) -> Result<Self, StartError> {
        if config.auto_migrate {
            store::MIGRATIONS.run(&config.database_url)?;
        } else if store::MIGRATIONS.are_pending(&config.database_url)? {
            return Err(StartError::PendingMigrations);
        }
        let db = Db::open(&config.database_url)?;
        let now = clock.now();
        db.write(move |conn| store::sealing_keys::ensure(conn, now)).await?;
        let master = Arc::new(config.secret_key.clone());
        let passwords = Passwords::new(&master, config.password_cost, config.password_threads)
            .map_err(StartError::Passwords)?;
        let sealer = Arc::new(Sealer::new(master.clone()));
        let signing = Arc::new(SigningKeys::new(Wrapper::new(&master, "signing keys")));
        let clients = Arc::new(Clients::new(db.clone()));
        let caches = Caches { sealer: sealer.clone(), signing: signing.clone(), clients: clients.clone() };
        let feed = Feed::load(db.clone(), caches, clock.clone()).await?;
        Ok(Self(Arc::new(Parts {
            form_key: master.mac_key("forms"),
            session_key: master.mac_key("sessions"),
            post: Post::open(&config.mail).map_err(StartError::Mail)?,
            typed: Wrapper::new(&master, "typed for a reset"),
            link_key: master.mac_key("mailed links"),
            subject_key: master.mac_key("subjects"),
            personal_keys: master.mac_key("personal keys"),
            user_code_key: master.mac_key("user codes"),
            draining: AtomicBool::new(false),
            audit: Audit::default(),
            wrong_secrets: Throttle::new(WRONG_SECRETS_PER_MINUTE),
            relayed_passwords: Semaphore::new(RELAYED_PASSWORDS),
            unknown_tokens: Throttle::new(config.limits.unknown_tokens_per_minute),
            fetch: Fetch::new(&config.outside.networks),
            client_keys: ClientKeys::default(),
            request_objects: RequestObjects::default(),
            client_documents: ClientDocuments::default(),
            believed: Believed::default(),
            providers: providers::Caches::default(),
            strangers_calls: Throttle::new(upstream::CALLS_PER_MINUTE),
            config,
            clock,
            probe: Probe::new(db.clone()),
            db,
            sealer,
            signing,
            clients,
            feed,
            passwords,
        })))
    }

    /// The instant now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// From now on not ready: a gateway should send its requests elsewhere.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether requests can be answered: not stopping, the feed is current, and the database takes writes.
    pub async fn is_ready(&self) -> bool {
        let stays = !self.draining.load(Ordering::Relaxed) && self.feed.is_current();
        stays && self.probe.takes_writes().await
    }
}

/// How many wrong secrets one network may try for one client in a minute.
const WRONG_SECRETS_PER_MINUTE: u32 = 30;
/// How many passwords that APIs ask about are judged at once.
const RELAYED_PASSWORDS: usize = 2;
