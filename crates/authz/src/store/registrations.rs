//! Clients that registered themselves, and what they manage their registration with (RFC 7592): kept as SHA-256.

use diesel::prelude::*;
use model::db::Conn;
use model::time::Timestamp;

use super::clients::{self, Client};
use super::revocations;
use crate::schema::{client_registrations, clients as client_rows};

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

/// The client of that id, if this is the token it is managed with.
///
/// # Errors
/// When a statement fails.
pub fn managed(conn: &mut Conn, client: &str, token_hash: &[u8]) -> QueryResult<Option<Client>> {
    let own =
        client_registrations::table.find(client).filter(client_registrations::token_hash.eq(token_hash));
    let found: Option<String> = own.select(client_registrations::client_id).get_result(conn).optional()?;
    found.map_or(Ok(None), |id| clients::find(conn, &id))
}

/// Puts the client in the place of what it was when it was read as `read`; its secret only where it gets or loses one, so
/// that one which is rotated at this moment stays. `false` when it has changed since, or is
/// gone.
///
/// # Errors
/// When a statement fails.
pub fn replace(conn: &mut Conn, read: &Client, client: &Client) -> QueryResult<bool> {
    let unchanged = client_rows::table
        .find(&read.id)
        .filter(client_rows::metadata.eq(read.metadata.as_str()))
        .filter(client_rows::redirect_uris.eq(&read.redirect_uris))
        .filter(client_rows::is_confidential.eq(read.is_confidential));
    let replaced = diesel::update(unchanged)
        .set((
            client_rows::name.eq(&client.name),
            client_rows::grant_types.eq(&client.grant_types),
            client_rows::redirect_uris.eq(&client.redirect_uris),
            client_rows::scopes.eq(&client.scopes),
            client_rows::metadata.eq(client.metadata.as_str()),
        ))
        .execute(conn)?
        == 1;
    let has_changed_proof =
        client.is_confidential != read.is_confidential || client.secret_hash != read.secret_hash;
    if replaced && has_changed_proof {
        diesel::update(client_rows::table.find(&client.id))
            .set((
                client_rows::is_confidential.eq(client.is_confidential),
                client_rows::secret_hash.eq(&client.secret_hash),
                client_rows::previous_secret_hash.eq(None::<Vec<u8>>),
                client_rows::previous_secret_until.eq(None::<Timestamp>),
            ))
            .execute(conn)?;
    }
    if replaced {
        revocations::insert(conn, &revocations::NewRevocation::client_changed(client.id.as_str()))?;
    }
    Ok(replaced)
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

/// Removes up to `limit` clients that nobody used in time; answers their ids.
///
/// # Errors
/// When a statement fails.
pub fn sweep(conn: &mut Conn, now: Timestamp, limit: i64) -> QueryResult<Vec<String>> {
    let unused: Vec<String> = client_registrations::table
        .filter(client_registrations::unused_until.le(now))
        .select(client_registrations::client_id)
        .limit(limit)
        .load(conn)?;
    let mut removed = Vec::new();
    for id in unused {
        // Whoever uses it at this moment waits here, or has won.
        let still_unused =
            client_registrations::table.find(&id).filter(client_registrations::unused_until.le(now));
        if diesel::delete(still_unused).execute(conn)? == 1 && clients::delete(conn, &id)? {
            removed.push(id);
        }
    }
    Ok(removed)
}
