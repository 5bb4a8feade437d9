//! A PostgreSQL database as `deploy/postgres-roles.sql` divides it: one role owns the tables, another serves.

use std::sync::atomic::{AtomicU32, Ordering};

use diesel::PgConnection;
use diesel::connection::{Connection, SimpleConnection};

use super::{Home, TestDatabase};
use crate::db::DatabaseUrl;

/// The file an operator runs.
const FILE: &str = include_str!("../../../../../deploy/postgres-roles.sql");

/// A database of its own with two roles of its own, gone with them at the end. Until [`TwoRoles::divide`] the serving
/// role owns the database, as where there is only one role.
#[derive(Debug)]
pub struct TwoRoles {
    server: String,
    name: String,
}

impl TwoRoles {
    /// Makes one, where `TEST_DATABASE_URL` names a superuser; `None` when tests run on SQLite, which knows no roles:
    /// whoever may write the file may do everything.
    ///
    /// # Panics
    /// When it cannot: a test has nothing better to do.
    pub fn new() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let server = super::server()?;
        let name = format!("test-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let made = Self { server, name };
        made.remove();
        let Self { server, name } = &made;
        for role in ["owner", "runtime"] {
            run(server, &format!(r#"CREATE ROLE "{name}-{role}" LOGIN PASSWORD '{name}'"#));
        }
        run(server, &format!(r#"CREATE DATABASE "{name}" OWNER "{name}-runtime""#));
        Some(made)
    }

    /// Runs the file, as psql would with its variables.
    ///
    /// # Panics
    /// When it cannot.
    pub fn divide(&self) {
        let name = &self.name;
        let sql = FILE
            .replace(r#":"DBNAME""#, &format!(r#""{name}""#))
            .replace(r#":"owner""#, &format!(r#""{name}-owner""#))
            .replace(r#":"runtime""#, &format!(r#""{name}-runtime""#));
        run(&with(&self.server, &[("dbname", name)]), &sql);
    }

    /// As the role that owns the tables.
    pub fn owner(&self) -> DatabaseUrl {
        self.as_role("owner")
    }

    /// As the role that serves.
    pub fn runtime(&self) -> DatabaseUrl {
        self.as_role("runtime")
    }

    fn as_role(&self, role: &str) -> DatabaseUrl {
        let (name, user) = (self.name.as_str(), format!("{}-{role}", self.name));
        DatabaseUrl::Postgres(with(&self.server, &[("dbname", name), ("user", &user), ("password", name)]))
    }

    fn remove(&self) {
        let Self { server, name } = self;
        let Ok(mut conn) = PgConnection::establish(server) else { return };
        // What is left behind harms nobody.
        let _ = conn.batch_execute(&format!(r#"DROP DATABASE IF EXISTS "{name}" WITH (FORCE)"#));
        let _ = conn.batch_execute(&format!(r#"DROP ROLE IF EXISTS "{name}-owner", "{name}-runtime""#));
    }
}

impl Drop for TwoRoles {
    fn drop(&mut self) {
        self.remove();
    }
}

/// For servers and whatever else wants a database: as the role that serves.
impl From<TwoRoles> for TestDatabase {
    fn from(roles: TwoRoles) -> Self {
        Self { url: roles.runtime(), home: Home::Roles(roles) }
    }
}

/// The URL with more parameters, which win over what it says itself.
fn with(url: &str, parameters: &[(&str, &str)]) -> String {
    parameters.iter().fold(url.to_owned(), |url, (name, value)| {
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}{name}={value}")
    })
}

#[expect(clippy::expect_used, reason = "test support")]
fn run(url: &str, sql: &str) {
    let mut conn = PgConnection::establish(url).expect("TEST_DATABASE_URL names a reachable server");
    conn.batch_execute(sql).expect("a superuser may do this");
}
