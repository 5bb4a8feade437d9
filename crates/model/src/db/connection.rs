//! One connection type for both databases, and how a connection is made and judged.

use std::path::Path;
use std::time::Duration;

use diesel::connection::{Connection, SimpleConnection};
use diesel::r2d2::{Error as PoolError, ManageConnection, Pool};
use diesel::{ConnectionError, PgConnection, RunQueryDsl, SqliteConnection};

use super::{ANSWER_WITHIN, ConnectionPool, DatabaseUrl, OpenError};

pub use either::{Conn, MultiBackend};

#[expect(missing_docs, reason = "diesel's derive puts undocumented items beside the enum")]
mod either {
    use diesel::{PgConnection, SqliteConnection};

    /// A connection to either database. Queries are written once against it; where a database's own SQL
    /// is needed, a named store function matches on the variant.
    #[derive(diesel::MultiConnection)]
    pub enum Conn {
        /// A SQLite file.
        Sqlite(SqliteConnection),
        /// A PostgreSQL session.
        Postgres(PgConnection),
    }
}

/// Runs a query on the connection itself. Through [`Conn`] it is written out as text three times whenever it runs, directly not even
/// once when it was prepared before: for what goes on with every request.
#[macro_export]
macro_rules! directly {
    ($conn:expr, |$itself:ident| $run:expr) => {
        match $conn {
            $crate::db::Conn::Sqlite($itself) => $run,
            $crate::db::Conn::Postgres($itself) => $run,
        }
    };
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Reader,
    Writer,
    /// Migrations: these may take as long as they need, and nobody's request waits for them.
    Migrator,
}

/// Makes connections for r2d2. `MultiConnection::establish` is never called: it tries each database in
/// turn, hides "connection refused", and makes a SQLite file out of a typing error.
#[derive(Debug)]
pub(super) struct Manager {
    url: DatabaseUrl,
    role: Role,
}

impl Manager {
    pub(super) fn new(url: DatabaseUrl, role: Role) -> Self {
        Self { url, role }
    }
}

/// A lost power supply must not lose an acknowledged commit, hence FULL: with NORMAL 200 of 200 were lost.
const SQLITE_SETUP: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
     PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096;";

/// What a reader of SQLite keeps of the file's pages, in KiB: an eighth of it, and not more than 64 MiB. A page that it has need not
/// be asked of the system and copied: among twelve million tracks (3.3 GB) that saved a tenth to a quarter of a list's time.
fn reader_cache(file: &Path) -> u64 {
    let bytes = std::fs::metadata(file).map_or(0, |file| file.len());
    (bytes / 8 / 1024).clamp(4_096, 65_536)
}

/// Nothing that is read depends on what is asked for, but for a LIMIT: and of that alone PostgreSQL concludes, each time anew, that a
/// plan of its own pays for each question. To make one takes three times as long as to carry it out (0.45 ms of a list's 0.6).
const POSTGRES_READER: &str =
    "SET default_transaction_read_only = on; SET plan_cache_mode = force_generic_plan";

/// A statement whose caller has gone is given up by the server, so that it does not keep a thread. It never interrupts a
/// commit: PostgreSQL takes the alarm back before it begins one. SQLite has no such alarm and needs none: a statement
/// there waits for nothing but a lock (`busy_timeout`), and all of ours go by a key or have a LIMIT.
fn postgres_setup(role: Role) -> String {
    let time_outs = match role {
        Role::Reader | Role::Writer => format!(
            "SET statement_timeout = {}; SET lock_timeout = '3s'; SET idle_in_transaction_session_timeout = '10s';",
            ANSWER_WITHIN.as_millis()
        ),
        // Said, because the server's or the role's own default may be another.
        Role::Migrator => "SET statement_timeout = 0; SET lock_timeout = 0;".to_owned(),
    };
    format!("SET TIME ZONE 'UTC'; {time_outs}")
}

impl ManageConnection for Manager {
    type Connection = Conn;
    type Error = PoolError;

    fn connect(&self) -> Result<Conn, PoolError> {
        let mut conn = match &self.url {
            DatabaseUrl::Sqlite(path) => {
                SqliteConnection::establish(&path.to_string_lossy()).map(Conn::Sqlite)
            }
            DatabaseUrl::Postgres(url) => {
                PgConnection::establish(&with_timeouts(url)).map(Conn::Postgres).map_err(explain)
            }
        }
        .map_err(PoolError::ConnectionError)?;
        let (setup, reading) = match &self.url {
            DatabaseUrl::Sqlite(path) => {
                let reading = format!("PRAGMA query_only = ON; PRAGMA cache_size = -{};", reader_cache(path));
                (SQLITE_SETUP.to_owned(), reading)
            }
            DatabaseUrl::Postgres(_) => (postgres_setup(self.role), POSTGRES_READER.to_owned()),
        };
        conn.batch_execute(&setup).map_err(PoolError::QueryError)?;
        if self.role == Role::Reader {
            conn.batch_execute(&reading).map_err(PoolError::QueryError)?;
        }
        Ok(conn)
    }

    fn is_valid(&self, conn: &mut Conn) -> Result<(), PoolError> {
        diesel::sql_query("SELECT 1").execute(conn).map(drop).map_err(PoolError::QueryError)
    }

    fn has_broken(&self, _conn: &mut Conn) -> bool {
        // Asked each time a connection comes back, which is only when its thread doubts it.
        true
    }
}

/// libpq's words on one line, and what it cannot know.
fn explain(error: ConnectionError) -> ConnectionError {
    let ConnectionError::BadConnection(said) = error else { return error };
    let said = said.trim_end();
    let hint = if said.contains("SSL support is not compiled in") {
        "; a program that speaks TLS to PostgreSQL is built with `--features model/postgres-tls`"
    } else {
        ""
    };
    ConnectionError::BadConnection(format!("{said}{hint}"))
}

/// A server that is lost without a word must be noticed: libpq by itself waits for it for hours. What the URL says
/// about it stays.
fn with_timeouts(url: &str) -> String {
    let mut url = url.to_owned();
    for (name, value) in [("connect_timeout", "2"), ("tcp_user_timeout", "5000"), ("keepalives_idle", "5")] {
        if !url.contains(&format!("{name}=")) {
            let separator = if url.contains('?') { '&' } else { '?' };
            url = format!("{url}{separator}{name}={value}");
        }
    }
    url
}

/// A pool with one connection per thread. One is made at once, so that a wrong URL is told at start.
pub(super) fn pool(manager: Manager, size: u32) -> Result<ConnectionPool, OpenError> {
    drop(manager.connect().map_err(|error| OpenError(error.into()))?);
    Ok(Pool::builder()
        .max_size(size)
        .min_idle(Some(0))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_on_check_out(false)
        .connection_timeout(Duration::from_secs(2))
        .build_unchecked(manager))
}
