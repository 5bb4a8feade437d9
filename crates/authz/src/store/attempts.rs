//! Tries that are limited, counted where all processes and every restart see them.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use model::db::Conn;
use model::id::UserId;
use model::time::Timestamp;

use crate::schema::attempts;

/// How many tries of one key are allowed within a window, counted from the first of them.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// How many.
    pub limit: u32,
    /// In which time.
    pub window: Duration,
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// One statement counts and judges: many at once are no more than many one after another. A try that is one too
/// many changes nothing, so that a flood of them writes nothing.
const COUNT: &str = "INSERT INTO attempts (key, count, since, ends_at) VALUES ($1, 1, $2, $3) \
     ON CONFLICT (key) DO UPDATE SET \
       count = CASE WHEN attempts.since <= $4 THEN 1 ELSE attempts.count + 1 END, \
       since = CASE WHEN attempts.since <= $4 THEN excluded.since ELSE attempts.since END, \
       ends_at = excluded.ends_at \
     WHERE attempts.since <= $4 OR attempts.count < $5 \
     RETURNING count";

fn count(
    conn: &mut Conn,
    key: &str,
    limit: i64,
    [now, expired, ends_at]: [Option<Timestamp>; 3],
) -> QueryResult<Option<i64>> {
    let counted: Option<Counted> = diesel::sql_query(COUNT)
        .bind::<Text, _>(key)
        .bind::<Nullable<BigInt>, _>(now)
        .bind::<Nullable<BigInt>, _>(ends_at)
        .bind::<Nullable<BigInt>, _>(expired)
        .bind::<BigInt, _>(limit)
        .get_result(conn)
        .optional()?;
    Ok(counted.map(|counted| counted.count))
}

/// Counts a try of `key`; `Err` says how long it must wait instead, if that is one too many.
///
/// # Errors
/// When a statement fails.
pub fn spend(
    conn: &mut Conn,
    key: &str,
    budget: Budget,
    now: Timestamp,
) -> QueryResult<Result<(), Duration>> {
    let Budget { limit, window } = budget;
    let instants = [Some(now), Some(now.minus(window)), Some(now.plus(window))];
    if limit == 0 || count(conn, key, limit.into(), instants)?.is_some() {
        return Ok(Ok(()));
    }
    let since: Option<Timestamp> =
        attempts::table.find(key).select(attempts::since).first(conn).optional()?;
    Ok(Err(since.map_or(window, |since| since.plus(window).since(now))))
}

/// Gives a try back: it was counted beforehand, and does not count.
///
/// # Errors
/// When a statement fails.
pub fn give_back(conn: &mut Conn, key: &str) -> QueryResult<usize> {
    diesel::update(attempts::table.find(key).filter(attempts::count.gt(0)))
        .set(attempts::count.eq(attempts::count - 1))
        .execute(conn)
}

/// Counts a try in a row of wrong ones, which ends with a right one and not with time. Answers the how manieth it
/// is; `None` when `limit` were wrong and this one is not to be looked at. `ends_at` is for what nobody can get right.
///
/// # Errors
/// When a statement fails.
pub fn count_in_a_row(
    conn: &mut Conn,
    key: &str,
    limit: i64,
    now: Timestamp,
    ends_at: Option<Timestamp>,
) -> QueryResult<Option<i64>> {
    count(conn, key, limit, [Some(now), Some(Timestamp::from_micros(i64::MIN)), ends_at])
}

/// Ends a row.
///
/// # Errors
/// When a statement fails.
pub fn forget(conn: &mut Conn, key: &str) -> QueryResult<usize> {
    diesel::delete(attempts::table.find(key)).execute(conn)
}

/// The key of a person's wrong passwords in a row, at browsers they have signed in with before or elsewhere.
pub fn of_person(id: UserId, at_known_browser: bool) -> String {
    format!("person {id} {}", if at_known_browser { "known" } else { "elsewhere" })
}

/// Ends both rows of a person. Answers how many there were.
///
/// # Errors
/// When a statement fails.
pub fn forget_person(conn: &mut Conn, id: UserId) -> QueryResult<usize> {
    Ok(forget(conn, &of_person(id, false))? + forget(conn, &of_person(id, true))?)
}

/// Removes up to `limit` rows that no longer count; answers how many.
///
/// # Errors
/// When a statement fails.
pub fn sweep(conn: &mut Conn, now: Timestamp, limit: i64) -> QueryResult<usize> {
    let ended: Vec<String> =
        attempts::table.filter(attempts::ends_at.le(now)).select(attempts::key).limit(limit).load(conn)?;
    let still_ended = attempts::table.filter(attempts::key.eq_any(ended)).filter(attempts::ends_at.le(now));
    diesel::delete(still_ended).execute(conn)
}
