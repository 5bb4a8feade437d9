//! The SQL of answers that are kept.

use std::time::Duration;

use actix_web::http::StatusCode;
use diesel::prelude::*;
use model::db::Conn;
use model::time::Timestamp;

use super::Retry;
use crate::auth::Caller;
use crate::schema::idempotency_keys as keys;
use crate::wire::reply::Reply;

type Row = (Vec<u8>, i32, Option<String>, Option<i64>, Vec<u8>);

/// What was sent with the key after `since`, as its digest, and what was answered.
pub(super) fn find(
    conn: &mut Conn,
    caller: &Caller,
    retry: &Retry,
    since: Timestamp,
) -> QueryResult<Option<(Vec<u8>, Reply)>> {
    let row: Option<Row> = keys::table
        .find((caller.person.0, &caller.client, &retry.method, &retry.path, &retry.key))
        .filter(keys::created_at.gt(since))
        .select((keys::fingerprint, keys::status, keys::location, keys::version, keys::body))
        .get_result(conn)
        .optional()?;
    Ok(row.map(|(fingerprint, status, location, version, body)| {
        let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
        (
            fingerprint,
            Reply { status: status.unwrap_or(StatusCode::OK), location, version, body, is_kept: true },
        )
    }))
}

/// Keeps an answer, and forgets the caller's that are older than `kept`.
pub(super) fn keep(
    conn: &mut Conn,
    caller: &Caller,
    retry: &Retry,
    reply: &Reply,
    now: Timestamp,
    kept: Duration,
) -> QueryResult<()> {
    let old =
        keys::table.filter(keys::person_id.eq(caller.person)).filter(keys::created_at.le(now.minus(kept)));
    diesel::delete(old).execute(conn)?;
    diesel::insert_into(keys::table)
        .values((
            keys::person_id.eq(caller.person),
            keys::client_id.eq(&caller.client),
            keys::method.eq(&retry.method),
            keys::path.eq(&retry.path),
            keys::key.eq(&retry.key),
            keys::fingerprint.eq(retry.fingerprint.as_slice()),
            keys::status.eq(i32::from(reply.status.as_u16())),
            keys::location.eq(&reply.location),
            keys::version.eq(reply.version),
            keys::body.eq(&reply.body),
            keys::created_at.eq(now),
        ))
        .execute(conn)
        .map(drop)
}
