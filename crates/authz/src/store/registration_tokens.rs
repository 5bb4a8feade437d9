//! Initial access tokens (RFC 7591 section 3): what an administrator hands out so that somebody may register clients.
//! Kept as SHA-256.

use diesel::prelude::*;
use model::db::Conn;
use model::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::json::Json;
use crate::response_type::ResponseType;
use crate::schema::registration_tokens;

/// A token's row.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = registration_tokens)]
pub struct RegistrationToken {
    /// What the administrator calls it by.
    pub id: String,
    /// SHA-256 of it.
    pub hash: Vec<u8>,
    /// Whom it was given to, in the administrator's words.
    pub note: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// How many clients may still be registered with it.
    pub uses_left: i64,
    /// What clients registered with it may have beyond what every client may.
    pub allows: Json<Allowance>,
}

/// What an administrator lets clients have that register with a token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Allowance {
    /// The response types they may register; without any, `code` only.
    pub response_types: Vec<ResponseType>,
    /// Whether those with a secret are excused from PKCE.
    pub without_pkce: bool,
}

/// Adds a token.
///
/// # Errors
/// When a statement fails.
pub fn insert(conn: &mut Conn, token: &RegistrationToken) -> QueryResult<()> {
    diesel::insert_into(registration_tokens::table).values(token).execute(conn).map(drop)
}

/// Every token that is kept, oldest first.
///
/// # Errors
/// When a statement fails.
pub fn all(conn: &mut Conn) -> QueryResult<Vec<RegistrationToken>> {
    registration_tokens::table.order((registration_tokens::created_at, registration_tokens::id)).load(conn)
}

/// Removes a token; `false` when there is none of that id.
///
/// # Errors
/// When a statement fails.
pub fn delete(conn: &mut Conn, id: &str) -> QueryResult<bool> {
    Ok(diesel::delete(registration_tokens::table.find(id)).execute(conn)? == 1)
}

/// What clients may have that register with the token; `None` when there is no such token, or it has ended or was used
/// up. That says nothing of whether it can still be claimed.
///
/// # Errors
/// When a statement fails.
pub fn allowance(conn: &mut Conn, hash: &[u8], now: Timestamp) -> QueryResult<Option<Json<Allowance>>> {
    registration_tokens::table
        .filter(registration_tokens::hash.eq(hash))
        .filter(registration_tokens::uses_left.gt(0))
        .filter(registration_tokens::ends_at.gt(now))
        .select(registration_tokens::allows)
        .get_result(conn)
        .optional()
}

/// Uses the token once; answers its id, `None` when there is no such token, or it has ended or was used up. One
/// conditional write: of many at once as many win as there are uses left.
///
/// # Errors
/// When a statement fails.
pub fn claim(conn: &mut Conn, hash: &[u8], now: Timestamp) -> QueryResult<Option<String>> {
    let usable = registration_tokens::table
        .filter(registration_tokens::hash.eq(hash))
        .filter(registration_tokens::uses_left.gt(0))
        .filter(registration_tokens::ends_at.gt(now));
    diesel::update(usable)
        .set(registration_tokens::uses_left.eq(registration_tokens::uses_left - 1))
        .returning(registration_tokens::id)
        .get_result(conn)
        .optional()
}

/// Removes up to `limit` tokens that ended before `now`; answers how many.
///
/// # Errors
/// When a statement fails.
pub fn sweep(conn: &mut Conn, now: Timestamp, limit: i64) -> QueryResult<usize> {
    let ended: Vec<String> = registration_tokens::table
        .filter(registration_tokens::ends_at.le(now))
        .select(registration_tokens::id)
        .limit(limit)
        .load(conn)?;
    diesel::delete(registration_tokens::table.filter(registration_tokens::id.eq_any(ended))).execute(conn)
}
