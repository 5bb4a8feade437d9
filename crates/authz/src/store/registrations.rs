//! Clients that registered themselves, and what they manage their registration with (RFC 7592): kept as SHA-256.

use diesel::prelude::*;
use model::db::Conn;
use model::time::Timestamp;

use super::clients::{self, Client};
use super::revocations::{self, NewRevocation};
use crate::schema::client_registrations;

/// Says of a new client with which token it is managed, and until when somebody must have used it.
///
/// # Errors
/// When a statement fails.
pub fn insert(
    conn: &mut Conn,
    client: &str,
    token_hash: &[u8],
    unused_until: Option<Timestamp>,
) -> QueryResult<()> {
    diesel::insert_into(client_registrations::table)
        .values((
            client_registrations::client_id.eq(client),
            client_registrations::token_hash.eq(token_hash),
            client_registrations::unused_until.eq(unused_until),
        ))
        .execute(conn)
        .map(drop)
}

/// The client of that id, if this is the token it is managed with, and it is not switched off.
///
/// # Errors
/// When a statement fails.
pub fn managed(conn: &mut Conn, client: &str, token_hash: &[u8]) -> QueryResult<Option<Client>> {
    let own =
        client_registrations::table.find(client).filter(client_registrations::token_hash.eq(token_hash));
    let found: Option<String> = own.select(client_registrations::client_id).get_result(conn).optional()?;
    let client = found.map_or(Ok(None), |id| clients::find(conn, &id))?;
    Ok(client.filter(|client| client.disabled_at.is_none()))
}

/// Somebody has used the client: it stays.
///
/// # Errors
/// When a statement fails.
pub fn keep(conn: &mut Conn, client: &str) -> QueryResult<()> {
    let expiring =
        client_registrations::table.find(client).filter(client_registrations::unused_until.is_not_null());
    diesel::update(expiring)
        .set(client_registrations::unused_until.eq(None::<Timestamp>))
        .execute(conn)
        .map(drop)
}

/// Removes up to `limit` clients that nobody used in time; answers their ids. In a transaction that removes other rows as
/// well this comes after them: from the first client that is said to be gone nobody else can say such a thing.
///
/// # Errors
/// When a statement fails.
pub fn sweep(conn: &mut Conn, now: Timestamp, limit: i64) -> QueryResult<Vec<String>> {
    let unused: Vec<String> = client_registrations::table
        .filter(client_registrations::unused_until.le(now))
        .select(client_registrations::client_id)
        .order(client_registrations::client_id)
        .limit(limit)
        .load(conn)?;
    let mut removed = Vec::new();
    for id in unused {
        // Whoever uses it at this moment holds the client, and is waited for here.
        clients::hold_alone(conn, &id)?;
        let still_unused =
            client_registrations::table.find(&id).filter(client_registrations::unused_until.le(now));
        if diesel::delete(still_unused).execute(conn)? == 1 && clients::remove(conn, &id)? {
            removed.push(id);
        }
    }
    for id in &removed {
        revocations::insert(conn, &NewRevocation::client_gone(id))?;
    }
    Ok(removed)
}
