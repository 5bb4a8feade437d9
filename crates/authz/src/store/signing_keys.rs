//! The keys ID tokens are signed with: private parts wrapped, public parts as they are published.

use std::time::Duration;

use diesel::prelude::*;
use model::db::Conn;
use model::time::Timestamp;

use super::revocations;
use crate::crypto::signing::{KeptKey, SigningAlg};
use crate::schema::signing_keys;

type Row = (String, String, Option<Vec<u8>>, String, Timestamp, Timestamp, Option<Timestamp>);

/// Every key, those that have retired included: what they signed is still known to be ours.
///
/// # Errors
/// When a statement fails.
pub fn all(conn: &mut Conn) -> QueryResult<Vec<KeptKey>> {
    let rows: Vec<Row> = signing_keys::table.load(conn)?;
    let kept = |(kid, alg, private, jwk, _, usable_from, retire_after): Row| {
        // A key for what this program does not know is left to the one that does.
        Some(KeptKey { alg: SigningAlg::named(&alg)?, kid, private, jwk, usable_from, retire_after })
    };
    Ok(rows.into_iter().filter_map(kept).collect())
}

/// Adds those of `keys` whose algorithm still has no key but the `known` ones: however many processes find at once
/// that there are none, there is one of each.
///
/// # Errors
/// When a statement fails.
pub fn ensure(conn: &mut Conn, keys: &[KeptKey], known: &[String], now: Timestamp) -> QueryResult<()> {
    revocations::take_turn(conn)?;
    for key in keys {
        let others = signing_keys::table
            .filter(signing_keys::alg.eq(key.alg.as_str()))
            .filter(signing_keys::kid.ne_all(known));
        if others.count().get_result::<i64>(conn)? == 0 {
            insert(conn, key, now)?;
        }
    }
    revocations::insert(conn, &revocations::NewRevocation::keys_changed())
}

/// Adds keys, each the successor of those of its algorithm, which retire `lifetime` after it takes over.
///
/// # Errors
/// When a statement fails.
pub fn succeed(conn: &mut Conn, keys: &[KeptKey], lifetime: Duration, now: Timestamp) -> QueryResult<()> {
    revocations::take_turn(conn)?;
    for key in keys {
        let predecessors = signing_keys::table
            .filter(signing_keys::alg.eq(key.alg.as_str()))
            .filter(signing_keys::retire_after.is_null());
        diesel::update(predecessors)
            .set(signing_keys::retire_after.eq(key.usable_from.plus(lifetime)))
            .execute(conn)?;
        insert(conn, key, now)?;
    }
    revocations::insert(conn, &revocations::NewRevocation::keys_changed())
}

fn insert(conn: &mut Conn, key: &KeptKey, now: Timestamp) -> QueryResult<()> {
    diesel::insert_into(signing_keys::table)
        .values((
            signing_keys::kid.eq(&key.kid),
            signing_keys::alg.eq(key.alg.as_str()),
            signing_keys::private_key.eq(&key.private),
            signing_keys::public_jwk.eq(&key.jwk),
            signing_keys::created_at.eq(now),
            signing_keys::usable_from.eq(key.usable_from),
            signing_keys::retire_after.eq(key.retire_after),
        ))
        .execute(conn)
        .map(drop)
}

/// Removes a key at once, whatever it signed; `instead` takes over if no other of its algorithm may sign now. `false` when
/// there is no such key.
///
/// # Errors
/// When a statement fails.
pub fn remove(conn: &mut Conn, kid: &str, instead: &KeptKey, now: Timestamp) -> QueryResult<bool> {
    revocations::take_turn(conn)?;
    if diesel::delete(signing_keys::table.find(kid)).execute(conn)? == 0 {
        return Ok(false);
    }
    let others = signing_keys::table
        .filter(signing_keys::alg.eq(instead.alg.as_str()))
        .filter(signing_keys::usable_from.le(now))
        .filter(signing_keys::retire_after.is_null());
    if others.count().get_result::<i64>(conn)? == 0 {
        insert(conn, instead, now)?;
    }
    revocations::insert(conn, &revocations::NewRevocation::keys_changed())?;
    Ok(true)
}

/// Forgets the private parts of keys that have retired.
///
/// # Errors
/// When a statement fails.
pub fn sweep(conn: &mut Conn, now: Timestamp) -> QueryResult<()> {
    let retired = signing_keys::table
        .filter(signing_keys::retire_after.le(now))
        .filter(signing_keys::private_key.is_not_null());
    diesel::update(retired).set(signing_keys::private_key.eq(None::<Vec<u8>>)).execute(conn).map(drop)
}
