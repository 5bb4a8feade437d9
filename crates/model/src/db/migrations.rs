//! Migrations, embedded in the binary, one set per database with the same names.

use diesel::backend::Backend;
use diesel::connection::{Connection, SimpleConnection};
use diesel::migration::{Migration, MigrationSource};
use diesel::r2d2::ManageConnection;
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

/// Any two processes that migrate one database take turns under this number.
const POSTGRES_LOCK: &str = "SELECT pg_advisory_xact_lock(8246327)";

impl Migrations {
    /// Brings the database up to date; answers the names of the migrations that were run. All of them or none.
    ///
    /// # Errors
    /// When the database cannot be reached or a migration fails.
    pub fn run(self, url: &DatabaseUrl) -> Result<Vec<String>, OpenError> {
        Self::with(url, |conn| match conn {
            Conn::Sqlite(conn) => {
                conn.exclusive_transaction(|conn| names(&conn.run_pending_migrations(Set(self.sqlite))?))
            }
            Conn::Postgres(conn) => transaction(conn, |conn| {
                conn.batch_execute(POSTGRES_LOCK)?;
                names(&conn.run_pending_migrations(Set(self.postgres))?)
            }),
        })
    }

    /// Whether the database lacks a migration this binary has.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub fn are_pending(self, url: &DatabaseUrl) -> Result<bool, OpenError> {
        Self::with(url, |conn| match conn {
            Conn::Sqlite(conn) => conn.has_pending_migration(Set(self.sqlite)),
            Conn::Postgres(conn) => conn.has_pending_migration(Set(self.postgres)),
        })
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
            Manager::new(url.clone(), Role::Writer).connect().map_err(|error| OpenError(error.into()))?;
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

#[expect(clippy::unnecessary_wraps, reason = "the last expression of two fallible closures")]
fn names(versions: &[diesel::migration::MigrationVersion<'_>]) -> Outcome<Vec<String>> {
    Ok(versions.iter().map(ToString::to_string).collect())
}
