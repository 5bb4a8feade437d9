//! Migrations, embedded in the binary, one set per database with the same names.

use std::collections::HashSet;

use diesel::backend::Backend;
use diesel::connection::{Connection, SimpleConnection};
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::r2d2::ManageConnection;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};

use super::connection::{Manager, Role};
use super::{Conn, DatabaseUrl, OpenError};

/// A service's migrations for both databases: a constant `embed_migrations!("…")` for each.
#[derive(Clone, Copy)]
pub struct Migrations {
    /// For SQLite.
    pub sqlite: &'static EmbeddedMigrations,
    /// For PostgreSQL.
    pub postgres: &'static EmbeddedMigrations,
}

/// Lends a set out as often as it is needed.
struct Set(&'static EmbeddedMigrations);

impl<DB: Backend> MigrationSource<DB> for Set {
    fn migrations(&self) -> diesel::migration::Result<Vec<Box<dyn Migration<DB>>>> {
        self.0.migrations()
    }
}

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Any two processes that migrate one database take turns under this number, however long a turn takes. The one whose
/// turn it is does not queue for a table: everybody who wants that table would queue behind it.
const POSTGRES_LOCK: &str = "SELECT pg_advisory_xact_lock(8246327); SET LOCAL lock_timeout = '3s'";

/// Whether the table of migrations is there. diesel would make it, which a role that may only read and write rows cannot.
const SQLITE_RECORD: &str = "SELECT name AS it FROM sqlite_schema WHERE name = '__diesel_schema_migrations'";
const POSTGRES_RECORD: &str =
    "SELECT it::text FROM to_regclass('__diesel_schema_migrations') AS it WHERE it IS NOT NULL";
const APPLIED: &str = "SELECT version AS it FROM __diesel_schema_migrations";

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    it: String,
}

impl Migrations {
    /// Brings the database up to date; answers the names of the migrations that were run. All of them or none.
    /// When there is nothing to run, reading is all this needs.
    ///
    /// # Errors
    /// When the database cannot be reached or a migration fails.
    pub fn run(self, url: &DatabaseUrl) -> Result<Vec<String>, OpenError> {
        Self::with(url, |conn| {
            let pending = self.pending(conn)?;
            if pending.is_empty() {
                return Ok(pending);
            }
            let ran = match conn {
                Conn::Sqlite(conn) => {
                    conn.exclusive_transaction(|conn| names(&conn.run_pending_migrations(Set(self.sqlite))?))
                }
                Conn::Postgres(conn) => transaction(conn, |conn| {
                    conn.batch_execute(POSTGRES_LOCK)?;
                    names(&conn.run_pending_migrations(Set(self.postgres))?)
                }),
            };
            ran.map_err(|error| format!("migrations {} could not be run: {error}", pending.join(", ")).into())
        })
    }

    /// Whether the database lacks a migration this binary has. Only reads.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub fn are_pending(self, url: &DatabaseUrl) -> Result<bool, OpenError> {
        Self::with(url, |conn| Ok(!self.pending(conn)?.is_empty()))
    }

    /// The names of those that were not run yet.
    fn pending(self, conn: &mut Conn) -> Outcome<Vec<String>> {
        let (record, known) = match conn {
            Conn::Sqlite(_) => (SQLITE_RECORD, versions::<Sqlite>(self.sqlite)?),
            Conn::Postgres(_) => (POSTGRES_RECORD, versions::<Pg>(self.postgres)?),
        };
        let load = |conn: &mut Conn, query| sql_query(query).load::<Name>(conn);
        let applied = if load(conn, record)?.is_empty() { Vec::new() } else { load(conn, APPLIED)? };
        let applied: HashSet<String> = applied.into_iter().map(|name| name.it).collect();
        Ok(known.into_iter().filter(|name| !applied.contains(name)).collect())
    }

    /// Undoes every migration (tests).
    ///
    /// # Errors
    /// When the database cannot be reached or a migration cannot be undone.
    pub fn revert_all(self, url: &DatabaseUrl) -> Result<(), OpenError> {
        Self::with(url, |conn| match conn {
            Conn::Sqlite(conn) => conn.revert_all_migrations(Set(self.sqlite)).map(drop),
            Conn::Postgres(conn) => conn.revert_all_migrations(Set(self.postgres)).map(drop),
        })
    }

    fn with<T>(url: &DatabaseUrl, work: impl FnOnce(&mut Conn) -> Outcome<T>) -> Result<T, OpenError> {
        let mut conn =
            Manager::new(url.clone(), Role::Migrator).connect().map_err(|error| OpenError(error.into()))?;
        work(&mut conn).map_err(OpenError)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "outside the database threads, which begin their own transactions"
)]
fn transaction<C: Connection, T>(conn: &mut C, work: impl FnOnce(&mut C) -> Outcome<T>) -> Outcome<T> {
    conn.transaction(work)
}

/// In their order.
fn versions<DB: Backend>(set: &'static EmbeddedMigrations) -> Outcome<Vec<String>> {
    let migrations: Vec<Box<dyn Migration<DB>>> = set.migrations()?;
    let mut names: Vec<_> = migrations.iter().map(|each| each.name().version().to_string()).collect();
    names.sort_unstable();
    Ok(names)
}

#[expect(clippy::unnecessary_wraps, reason = "the last expression of two fallible closures")]
fn names(versions: &[diesel::migration::MigrationVersion<'_>]) -> Outcome<Vec<String>> {
    Ok(versions.iter().map(ToString::to_string).collect())
}
