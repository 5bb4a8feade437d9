//! Access tokens that a person's browser carried to a client, from the authorization endpoint: they belong to no grant, and
//! none has a row. A row per person and client says that there may be one, so that it can be shown and ended.

use diesel::prelude::*;
use model::db::Conn;
use model::id::UserId;
use model::scope::ScopeSet;
use model::time::Timestamp;

use super::clients::Client;
use super::insert_unless_taken;
use crate::schema::{browser_access, clients};

/// What a client may do for a person by such tokens.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = browser_access)]
pub struct BrowserAccess {
    /// Who allowed it.
    pub user_id: UserId,
    /// To whom.
    pub client_id: String,
    /// What for: of all tokens that may not have ended.
    pub scopes: ScopeSet,
    /// Since when there was always one that had not ended.
    pub since: Timestamp,
    /// When the last one was issued.
    pub last_at: Timestamp,
    /// When the last of them ends by itself.
    pub ends_at: Timestamp,
}

/// Remembers that a token was issued, beside those before it that have not ended. Of two at once the row may say what the
/// later one is for only; both end with it.
///
/// # Errors
/// When a statement fails, as when the client is gone.
pub fn remember(conn: &mut Conn, issued: &BrowserAccess) -> QueryResult<()> {
    if insert_unless_taken!(conn, browser_access::table, issued)? == 1 {
        return Ok(());
    }
    let row = browser_access::table.find((issued.user_id, &issued.client_id));
    let known: Option<BrowserAccess> = row.get_result(conn).optional()?;
    let known = known.filter(|known| issued.last_at < known.ends_at);
    let (scopes, since, ends_at) = match known {
        Some(known) => (known.scopes.union(&issued.scopes), known.since, known.ends_at.max(issued.ends_at)),
        None => (issued.scopes.clone(), issued.since, issued.ends_at),
    };
    diesel::update(row)
        .set((
            browser_access::scopes.eq(scopes),
            browser_access::since.eq(since),
            browser_access::last_at.eq(issued.last_at),
            browser_access::ends_at.eq(ends_at),
        ))
        .execute(conn)
        .map(drop)
}

/// What a person has allowed so and may not have ended, with whom they allowed it to; the last first.
///
/// # Errors
/// When a statement fails.
pub fn of_user(conn: &mut Conn, user: UserId, now: Timestamp) -> QueryResult<Vec<(BrowserAccess, Client)>> {
    browser_access::table
        .filter(browser_access::user_id.eq(user))
        .filter(browser_access::ends_at.gt(now))
        .inner_join(clients::table)
        .select((browser_access::all_columns, clients::all_columns))
        .order((browser_access::last_at.desc(), browser_access::client_id))
        .load(conn)
}

/// Forgets it, when it has ended; `false` when there was nothing that had not ended by itself.
///
/// # Errors
/// When a statement fails.
pub fn forget(conn: &mut Conn, user: UserId, client: &str, now: Timestamp) -> QueryResult<bool> {
    let row = browser_access::table.find((user, client));
    let ended: Vec<Timestamp> = diesel::delete(row).returning(browser_access::ends_at).get_results(conn)?;
    Ok(ended.iter().any(|ends_at| now < *ends_at))
}

/// Forgets all of a person.
///
/// # Errors
/// When a statement fails.
pub fn forget_person(conn: &mut Conn, user: UserId) -> QueryResult<()> {
    diesel::delete(browser_access::table.filter(browser_access::user_id.eq(user))).execute(conn).map(drop)
}

/// Forgets all of a client.
///
/// # Errors
/// When a statement fails.
pub fn forget_client(conn: &mut Conn, client: &str) -> QueryResult<()> {
    diesel::delete(browser_access::table.filter(browser_access::client_id.eq(client))).execute(conn).map(drop)
}

/// Removes up to `limit` rows of which everything has ended by itself; answers how many.
///
/// # Errors
/// When a statement fails.
pub fn sweep(conn: &mut Conn, now: Timestamp, limit: i64) -> QueryResult<usize> {
    let ended: Vec<(UserId, String)> = browser_access::table
        .filter(browser_access::ends_at.le(now))
        .select((browser_access::user_id, browser_access::client_id))
        .limit(limit)
        .load(conn)?;
    let mut removed = 0;
    for (user, client) in ended {
        let still_ended = browser_access::table.find((user, client)).filter(browser_access::ends_at.le(now));
        removed += diesel::delete(still_ended).execute(conn)?;
    }
    Ok(removed)
}
