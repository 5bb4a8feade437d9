//! What must stop working before it ends by itself, in the order it was committed. The same rows tell other
//! processes that a client or the keys have changed.

use std::time::Duration;

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use model::db::Conn;
use model::id::{GrantId, TokenId, UserId};
use model::time::Timestamp;

use crate::schema::revocations;

/// Longer than any access token lives: what a row concerns has ended by itself when it is dropped.
pub const LONGEST_ACCESS: Duration = Duration::from_secs(24 * 3600);

/// A row as it is read.
#[derive(Clone, Debug, Queryable)]
pub struct Revocation {
    /// Its place in the order of commits.
    pub seq: i64,
    /// What it concerns: `token`, `grant`, `access`, `user`, `client`, `all` or `keys`.
    pub kind: String,
    /// Which one.
    pub key: String,
    /// What was issued at or before this instant is void; `None`: nothing is, but look again.
    pub issued_before: Option<Timestamp>,
    /// When everything it can concern has ended by itself.
    pub drop_after: Timestamp,
}

/// A row to be written.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = revocations, treat_none_as_default_value = false)]
pub struct NewRevocation {
    kind: &'static str,
    key: String,
    issued_before: Option<Timestamp>,
    drop_after: Timestamp,
}

/// Rows about what is gone for good, and those that say that there are new keys, which are few.
const FOREVER: Timestamp = Timestamp::from_micros(i64::MAX);

impl NewRevocation {
    /// One access token, which would end at `ends_at`.
    pub fn token(id: TokenId, ends_at: Timestamp) -> Self {
        Self { kind: "token", key: id.to_string(), issued_before: Some(FOREVER), drop_after: ends_at }
    }

    /// A grant, and everything issued from it.
    pub fn grant(id: GrantId, now: Timestamp) -> Self {
        Self {
            kind: "grant",
            key: id.to_string(),
            issued_before: Some(FOREVER),
            drop_after: now.plus(LONGEST_ACCESS),
        }
    }

    /// Everything made for a person and a client so far, as far as it belongs to no grant.
    pub fn access(user: UserId, client: &str, now: Timestamp) -> Self {
        Self {
            kind: "access",
            key: access_key(user, client),
            issued_before: Some(now),
            drop_after: now.plus(LONGEST_ACCESS),
        }
    }

    /// Everything issued for a person so far.
    pub fn user(id: UserId, now: Timestamp) -> Self {
        Self {
            kind: "user",
            key: id.to_string(),
            issued_before: Some(now),
            drop_after: now.plus(LONGEST_ACCESS),
        }
    }

    /// Everything issued to anybody so far.
    pub fn all(now: Timestamp) -> Self {
        Self {
            kind: "all",
            key: String::new(),
            issued_before: Some(now),
            drop_after: now.plus(LONGEST_ACCESS),
        }
    }

    /// A person is gone, and with them everything issued for them, by whatever clock.
    pub fn user_gone(id: UserId, now: Timestamp) -> Self {
        Self { issued_before: Some(FOREVER), ..Self::user(id, now) }
    }

    /// A client's registration has changed. The row is needed until every process has seen it, and one that was away for
    /// longer than it is kept asks for all clients again.
    pub fn client_changed(id: &str, now: Timestamp) -> Self {
        Self { kind: "client", key: id.to_owned(), issued_before: None, drop_after: now.plus(LONGEST_ACCESS) }
    }

    /// A client is gone or switched off, and with it everything issued to it.
    pub fn client_gone(id: &str) -> Self {
        Self { kind: "client", key: id.to_owned(), issued_before: Some(FOREVER), drop_after: FOREVER }
    }

    /// What was issued to a client of that id so far is void; that it was gone counts no more.
    pub fn client_ended(id: &str, at: Timestamp) -> Self {
        Self {
            kind: "client",
            key: id.to_owned(),
            issued_before: Some(at),
            drop_after: at.plus(LONGEST_ACCESS),
        }
    }

    /// There is a new sealing key.
    pub fn keys_changed() -> Self {
        Self { kind: "keys", key: String::new(), issued_before: None, drop_after: FOREVER }
    }
}

/// Neither has a space in it.
pub(super) fn access_key(user: UserId, client: &str) -> String {
    format!("{user} {client}")
}

/// What says that something of a client's is void.
#[diesel::dsl::auto_type(no_type_alias)]
fn voids_of_client<'a>(id: &'a str) -> _ {
    // Literally, or the databases do not see that the index is for it.
    let of_clients: SqlLiteral<Bool> = sql("kind = 'client'");
    revocations::table
        .filter(of_clients)
        .filter(revocations::key.eq(id))
        .filter(revocations::issued_before.is_not_null())
}

/// Adds a row. Of a client the last one counts, and takes the place of those before it: else one that it was gone, which
/// stays for good, would count again once a later one is swept away. On PostgreSQL writers take turns from here to their commit, because a sequence hands out its
/// numbers in an order that commits need not follow, and a reader past number 12 would never see a late 11.
///
/// # Errors
/// When a statement fails.
pub fn insert(conn: &mut Conn, new: &NewRevocation) -> QueryResult<()> {
    take_turn(conn)?;
    if new.kind == "client" && new.issued_before.is_some() {
        diesel::delete(voids_of_client(&new.key)).execute(conn)?;
    }
    diesel::insert_into(revocations::table).values(new).execute(conn).map(drop)
}

/// Waits until nobody else writes here, and keeps others waiting until the commit. SQLite has one writer anyway.
pub(super) fn take_turn(conn: &mut Conn) -> QueryResult<()> {
    match conn {
        Conn::Sqlite(_) => Ok(()),
        Conn::Postgres(conn) => {
            diesel::sql_query("SELECT pg_advisory_xact_lock(1919252079)").execute(conn).map(drop)
        }
    }
}

/// The rows after `seq`, in order, `limit` at most.
///
/// # Errors
/// When a statement fails.
pub fn after(conn: &mut Conn, seq: i64, limit: i64) -> QueryResult<Vec<Revocation>> {
    revocations::table.filter(revocations::seq.gt(seq)).order(revocations::seq).limit(limit).load(conn)
}

/// Whether a client of that id was deleted or ended, and something of it may be alive.
///
/// # Errors
/// When a statement fails.
pub fn is_client_deleted(conn: &mut Conn, id: &str) -> QueryResult<bool> {
    Ok(voids_of_client(id).count().get_result::<i64>(conn)? > 0)
}

/// Looks at the `limit` rows that come after `after` and removes those that concern nothing any more. Answers where
/// to go on, `None` at the end.
///
/// # Errors
/// When a statement fails.
pub fn sweep(conn: &mut Conn, after: Option<i64>, now: Timestamp, limit: i64) -> QueryResult<Option<i64>> {
    let rows: Vec<(i64, Timestamp)> = revocations::table
        .filter(revocations::seq.gt(after.unwrap_or(0)))
        .order(revocations::seq)
        .limit(limit)
        .select((revocations::seq, revocations::drop_after))
        .load(conn)?;
    let last = rows.last().map(|row| row.0);
    let done: Vec<i64> = rows.iter().filter(|row| row.1 <= now).map(|row| row.0).collect();
    if !done.is_empty() {
        diesel::delete(revocations::table.filter(revocations::seq.eq_any(done))).execute(conn)?;
    }
    Ok(last)
}
