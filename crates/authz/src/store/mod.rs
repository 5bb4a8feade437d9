//! The nouns: one file each, holding all the SQL about it. No HTTP here, and no rule of a protocol.

pub mod attempts;
pub mod audit_events;
pub mod browser_access;
pub mod clients;
pub mod consents;
pub mod decisions;
pub mod device_codes;
pub mod directory;
pub mod emails;
pub mod ended_access;
pub mod former_names;
pub mod grants;
pub mod groups;
pub mod json;
pub mod linked_accounts;
pub mod logout_deliveries;
pub mod mail_links;
pub mod outgoing_mail;
pub mod personal_keys;
pub mod registration_tokens;
pub mod registrations;
pub mod revocations;
pub mod sealing_keys;
pub mod session_clients;
pub mod sessions;
pub mod signing_keys;
pub mod used_ids;
pub mod users;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use model::db::Migrations;

/// This service's migrations.
pub const MIGRATIONS: Migrations = Migrations { sqlite: &SQLITE, postgres: &POSTGRES };

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/authz/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/authz/postgres");

/// Inserts unless a unique key is taken already: `Ok(1)` means that this caller won. `ON CONFLICT` is what diesel's MultiConnection lacks, hence the match.
macro_rules! insert_unless_taken {
    ($conn:expr, $table:expr, $values:expr) => {
        crate::store::directly!($conn, |conn| {
            diesel::insert_into($table).values($values).on_conflict_do_nothing().execute(conn)
        })
    };
}
use insert_unless_taken;

use model::directly;
