//! Which sealing keys there are. The keys themselves are derived from the master key and stored nowhere.

use std::time::Duration;

use diesel::prelude::*;
use model::db::Conn;
use model::time::Timestamp;

use super::revocations;
use crate::crypto::seal::SealingKey;
use crate::schema::sealing_keys;

/// How long a new key waits until the first token is sealed with it: longer than any process that still
/// answers introspection can be behind the feed.
pub const PUBLISHED_BEFORE_USE: Duration = Duration::from_secs(10);

/// Every key.
///
/// # Errors
/// When a statement fails.
pub fn all(conn: &mut Conn) -> QueryResult<Vec<SealingKey>> {
    let rows: Vec<(i64, Timestamp)> =
        sealing_keys::table.select((sealing_keys::id, sealing_keys::usable_from)).load(conn)?;
    Ok(rows
        .into_iter()
        .filter_map(|(id, usable_from)| Some(SealingKey { id: id.try_into().ok()?, usable_from }))
        .collect())
}

/// Adds a key: the first is usable at once, a further one when every process knows of it. Answers from when.
///
/// # Errors
/// When a statement fails.
pub fn insert(conn: &mut Conn, now: Timestamp) -> QueryResult<Timestamp> {
    let first = sealing_keys::table.count().get_result::<i64>(conn)? == 0;
    let usable_from = if first { now } else { now.plus(PUBLISHED_BEFORE_USE) };
    diesel::insert_into(sealing_keys::table)
        .values((sealing_keys::created_at.eq(now), sealing_keys::usable_from.eq(usable_from)))
        .execute(conn)?;
    revocations::insert(conn, &revocations::NewRevocation::keys_changed())?;
    Ok(usable_from)
}

/// Makes sure that there is a key to begin with: one, however many processes begin at once.
///
/// # Errors
/// When a statement fails.
pub fn ensure(conn: &mut Conn, now: Timestamp) -> QueryResult<()> {
    revocations::take_turn(conn)?;
    if sealing_keys::table.count().get_result::<i64>(conn)? == 0 {
        insert(conn, now)?;
    }
    Ok(())
}
