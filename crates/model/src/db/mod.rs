//! The front door to the database: [`Db::read`] and [`Db::write`], on SQLite and PostgreSQL alike.
//!
//! Work runs on a few dedicated threads fed by bounded queues, each holding a connection of an r2d2 pool.
//! On SQLite the waiting reads are answered together in one read transaction, and the waiting writes are
//! committed as one group, a savepoint each, every caller answered after the commit. On PostgreSQL a write
//! is a transaction of its own and several go on at once, because there round trips rule, not commits
//! (`docs/decisions/0003-database-threads.md` has the figures).

mod beside;
mod connection;
mod kept;
mod migrations;
mod probe;
mod queue;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(all(test, feature = "testing"))]
mod tests;
mod threads;
mod url;

use std::error::Error;
use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use diesel::QueryResult;
use diesel::r2d2::Pool;
use tokio::sync::oneshot;

pub use beside::Beside;
pub use connection::{Conn, MultiBackend};
pub use kept::Kept;
pub use migrations::Migrations;
pub use probe::Probe;
pub use url::{DatabaseUrl, DatabaseUrlError};

use connection::{Manager, Role};
use queue::{Fate, Queue, Task};

/// How long a caller waits for its answer before it is told that the database is busy and the work is undone, and how long a
/// statement may take on PostgreSQL.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// A handle to one database; clones share its threads. The last one to go stops them.
#[derive(Clone)]
pub struct Db {
    reads: Queue,
    writes: Queue,
    /// Kept last: its drop waits for the threads, which end when the queues above are gone.
    _threads: Arc<Threads>,
}

impl Db {
    /// Connects, and starts the threads.
    ///
    /// # Errors
    /// When the first connection cannot be made: the cause is the database's own message.
    pub fn open(url: &DatabaseUrl) -> Result<Self, OpenError> {
        let lanes = url.lanes();
        let read_pool = connection::pool(Manager::new(url.clone(), Role::Reader), lanes.readers)?;
        let write_pool = connection::pool(Manager::new(url.clone(), Role::Writer), lanes.writers)?;
        let (reads, waiting_reads) = queue::bounded();
        let (writes, waiting_writes) = queue::bounded();
        let mut threads = Vec::new();
        for number in 0..lanes.readers {
            let (pool, waiting) = (read_pool.clone(), waiting_reads.clone());
            threads.push(spawn(format!("db-read-{number}"), move || threads::serve_reads(&pool, &waiting))?);
        }
        for number in 0..lanes.writers {
            let (pool, waiting) = (write_pool.clone(), waiting_writes.clone());
            threads
                .push(spawn(format!("db-write-{number}"), move || threads::serve_writes(&pool, &waiting))?);
        }
        Ok(Self { reads, writes, _threads: Arc::new(Threads(Mutex::new(threads))) })
    }

    /// Runs `work` on a reading connection. It sees every write acknowledged before this call.
    ///
    /// # Errors
    /// [`DbError::Busy`] when the queue is full or the answer does not come in time; otherwise what went wrong.
    pub async fn read<T, F>(&self, work: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> QueryResult<T> + Send + 'static,
    {
        submit(&self.reads, work).await
    }

    /// Runs `work` in a write transaction: committed durably when it answers `Ok`, undone when it answers
    /// `Err`. A refusal that must leave a trace is therefore `Ok(Err(refusal))`.
    ///
    /// # Errors
    /// As [`Db::read`]. After [`DbError::Busy`] nothing was done. After [`DbError::Unknown`] the outcome is not known: what was to
    /// be used up counts as used up.
    pub async fn write<T, F>(&self, work: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> QueryResult<T> + Send + 'static,
    {
        submit(&self.writes, work).await
    }
}

async fn submit<T, F>(queue: &Queue, work: F) -> Result<T, DbError>
where
    T: Send + 'static,
    F: FnOnce(&mut Conn) -> QueryResult<T> + Send + 'static,
{
    let (answer, answered) = oneshot::channel();
    let fate = Fate::default();
    queue.try_send(Task::boxed(work, answer, fate.clone()))?;
    let mut answered = pin!(answered);
    let mut answer = tokio::time::timeout(ANSWER_WITHIN, &mut answered).await;
    if answer.is_err() {
        if fate.claim() {
            return Err(DbError::Busy);
        }
        // It is being committed.
        answer = tokio::time::timeout(ANSWER_WITHIN, answered).await;
    }
    match answer {
        Ok(Ok(result)) => result,
        Ok(Err(_gone)) => Err(DbError::Unknown("the database thread ended".into())),
        Err(_elapsed) => Err(DbError::Unknown("the commit was not answered".into())),
    }
}

fn spawn(name: String, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, OpenError> {
    std::thread::Builder::new().name(name).spawn(body).map_err(|error| OpenError(error.into()))
}

/// The threads, joined when the last handle goes, so that SQLite's log is folded back into its file.
struct Threads(Mutex<Vec<JoinHandle<()>>>);

impl Drop for Threads {
    fn drop(&mut self) {
        let threads = self.0.get_mut().map(std::mem::take).unwrap_or_default();
        for thread in threads {
            // A thread that panicked has already said so.
            let _ = thread.join();
        }
    }
}

/// Why a database could not be opened.
#[derive(Debug)]
pub struct OpenError(pub(crate) Box<dyn Error + Send + Sync>);

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the database cannot be opened: {}", self.0)
    }
}

impl Error for OpenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.0.as_ref())
    }
}

/// Broken machinery: never a verdict about what was asked.
#[derive(Debug)]
pub enum DbError {
    /// The queue is full, or a lock, a statement or the work took too long. Nothing was done: try again shortly.
    Busy,
    /// No connection can be had.
    Unavailable(Box<dyn Error + Send + Sync>),
    /// A statement failed.
    Query(diesel::result::Error),
    /// The commit failed or was lost sight of: whether it happened is not known.
    Unknown(Box<dyn Error + Send + Sync>),
    /// The work panicked; nothing of it was kept.
    Panicked,
}

impl fmt::Display for DbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("the database is busy"),
            Self::Unavailable(cause) => write!(f, "no database connection: {cause}"),
            Self::Query(cause) => write!(f, "a statement failed: {cause}"),
            Self::Unknown(cause) => write!(f, "the outcome of a commit is not known: {cause}"),
            Self::Panicked => f.write_str("database work panicked"),
        }
    }
}

impl Error for DbError {}

/// A pool's connections are handed out here only.
type ConnectionPool = Pool<Manager>;
