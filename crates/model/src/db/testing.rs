//! A database of its own for each test: a SQLite file, or with `TEST_DATABASE_URL` set a PostgreSQL schema,
//! gone when the test ends. No test knows which.

mod roles;

use std::sync::atomic::{AtomicU32, Ordering};

use diesel::PgConnection;
use diesel::connection::{Connection, SimpleConnection};
use tempfile::TempDir;

use super::DatabaseUrl;

pub use roles::TwoRoles;

/// A database that nobody else uses.
#[derive(Debug)]
pub struct TestDatabase {
    url: DatabaseUrl,
    home: Home,
}

#[derive(Debug)]
enum Home {
    Folder(#[expect(dead_code, reason = "held for its drop, which removes the folder")] TempDir),
    Schema { server: String, name: String },
    Roles(#[expect(dead_code, reason = "held for its drop, which removes them")] TwoRoles),
}

impl TestDatabase {
    /// Makes one.
    ///
    /// # Panics
    /// When it cannot: a test has nothing better to do.
    #[expect(clippy::new_without_default, clippy::expect_used, reason = "test support")]
    pub fn new() -> Self {
        if let Some(server) = server() {
            return Self::schema(server);
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { url: DatabaseUrl::Sqlite(folder.path().join("test.db")), home: Home::Folder(folder) }
    }

    #[expect(clippy::expect_used, reason = "test support")]
    fn schema(server: String) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut conn = PgConnection::establish(&server).expect("TEST_DATABASE_URL names a reachable server");
        conn.batch_execute(&format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}"))
            .expect("a schema can be made");
        let separator = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{separator}options=-csearch_path%3D{name}");
        Self { url: DatabaseUrl::Postgres(url), home: Home::Schema { server, name } }
    }

    /// Where it is.
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }
}

/// The PostgreSQL server for tests, if they are to run on one.
#[expect(clippy::disallowed_methods, reason = "test support")]
fn server() -> Option<String> {
    std::env::var("TEST_DATABASE_URL").ok()
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Home::Schema { server, name } = &self.home
            && let Ok(mut conn) = PgConnection::establish(server)
        {
            // A schema left behind harms nobody.
            let _ = conn.batch_execute(&format!("DROP SCHEMA IF EXISTS {name} CASCADE"));
        }
    }
}
