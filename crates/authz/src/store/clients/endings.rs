//! What ends with a client: it is deleted, switched off, or keeps its registration and nothing it was given.

use diesel::prelude::*;
use diesel::sql_types::Text;
use model::db::Conn;
use model::time::{Clock, Timestamp};

use super::Client;
use crate::schema::{clients, consents, grants};
use crate::store::revocations::{self, NewRevocation};
use crate::store::{browser_access, device_codes};

/// Ends every grant, code, approval and token of the client so far. What people agreed to stays, and it may begin anew.
/// `false` when there is no such client.
///
/// # Errors
/// When a statement fails.
pub fn end(conn: &mut Conn, id: &str, clock: &Clock) -> QueryResult<bool> {
    hold_alone(conn, id)?;
    let Some(client) = super::find(conn, id)? else { return Ok(false) };
    end_grants(conn, &client, clock)?;
    void_so_far(conn, &client, clock)?;
    Ok(true)
}

/// Switches the client off, or on again. Either way what it was given before has ended for good; while it is off it is as if
/// it were not there. `false` when there is no such client.
///
/// # Errors
/// When a statement fails.
pub fn set_disabled(conn: &mut Conn, id: &str, disabled: bool, clock: &Clock) -> QueryResult<bool> {
    hold_alone(conn, id)?;
    let Some(client) = super::find(conn, id)? else { return Ok(false) };
    end_grants(conn, &client, clock)?;
    let client = Client { disabled_at: disabled.then(|| clock.now()), ..client };
    diesel::update(clients::table.find(id))
        .set((clients::disabled_at.eq(client.disabled_at), clients::version.eq(clients::version + 1)))
        .execute(conn)?;
    void_so_far(conn, &client, clock)?;
    Ok(true)
}

/// Removes the client, its grants, and every token issued to it. `false` when there is none.
///
/// # Errors
/// When a statement fails.
pub fn delete(conn: &mut Conn, id: &str) -> QueryResult<bool> {
    let removed = remove(conn, id)?;
    if removed {
        revocations::insert(conn, &NewRevocation::client_gone(id))?;
    }
    Ok(removed)
}

/// Removes the client and all rows about it; that it is gone is for the caller to say, once it has all the rows it wants.
///
/// # Errors
/// When a statement fails.
pub(in crate::store) fn remove(conn: &mut Conn, id: &str) -> QueryResult<bool> {
    hold_alone(conn, id)?;
    device_codes::forget_client(conn, id)?;
    diesel::delete(grants::table.filter(grants::client_id.eq(id))).execute(conn)?;
    diesel::delete(consents::table.filter(consents::client_id.eq(id))).execute(conn)?;
    browser_access::forget_client(conn, id)?;
    Ok(diesel::delete(clients::table.find(id)).execute(conn)? == 1)
}

/// Whoever would add a grant for it waits until the transaction ends, and then finds that what it is for has ended.
pub(in crate::store) fn hold_alone(conn: &mut Conn, id: &str) -> QueryResult<()> {
    if let Conn::Postgres(conn) = conn {
        diesel::sql_query("SELECT 1 FROM clients WHERE id = $1 FOR UPDATE")
            .bind::<Text, _>(id)
            .execute(conn)?;
    }
    Ok(())
}

pub(super) fn end_grants(conn: &mut Conn, client: &Client, clock: &Clock) -> QueryResult<()> {
    device_codes::forget_client(conn, client.id.as_str())?;
    let live =
        grants::table.filter(grants::client_id.eq(client.id.as_str())).filter(grants::revoked_at.is_null());
    diesel::update(live).set(grants::revoked_at.eq(clock.now())).execute(conn).map(drop)
}

/// Voids codes, approvals and access tokens of the client so far; answers the instant, which is read once its row is locked,
/// so that whatever was made before is older. A client that is off is vouched for at no instant.
pub(super) fn void_so_far(conn: &mut Conn, client: &Client, clock: &Clock) -> QueryResult<Timestamp> {
    let (id, now) = (client.id.as_str(), clock.now());
    diesel::update(clients::table.find(id)).set(clients::valid_from.eq(now)).execute(conn)?;
    let void = if client.disabled_at.is_some() {
        NewRevocation::client_gone(id)
    } else {
        NewRevocation::client_ended(id, now)
    };
    revocations::insert(conn, &void)?;
    Ok(now)
}
