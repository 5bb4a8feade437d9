//! Keys that people use without an application. Of a key only its digest is kept: a copy of the table lets nobody in.

use diesel::prelude::*;
use model::db::Conn;
use model::id::{TokenId, UserId};
use model::scope::ScopeSet;
use model::time::Timestamp;

use super::users::User;
use super::{directly, users as people};
use crate::schema::{personal_keys as keys, users};

/// A key's row.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = keys)]
pub struct PersonalKey {
    /// Which one; it says nothing of the key.
    pub id: TokenId,
    /// Whose.
    pub user_id: UserId,
    /// What they call it.
    pub name: String,
    /// SHA-256 of the key.
    pub digest: Vec<u8>,
    /// What it may be used for.
    pub scopes: ScopeSet,
    /// Whether it was made for a name and a password, and not at the page.
    pub by_password: bool,
    /// When it was made. What has ended everything of the person's since has ended it, too.
    pub created_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// When it was used last, to within a few minutes.
    pub used_at: Option<Timestamp>,
}

/// What came of making a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// It is there.
    Yes,
    /// The person has as many as they may.
    TooMany,
    /// The person may not act, or what they made it with is void.
    NoPerson,
}

/// Adds a key, if its person has fewer than `most` and what they made it with at `created_at` still counts. One that is made
/// for a password takes the place of the one before it.
///
/// # Errors
/// When a statement fails.
pub fn insert(conn: &mut Conn, key: &PersonalKey, most: i64) -> QueryResult<Made> {
    // Alone: of many at once each sees those before it.
    if !people::hold_alone(conn, key.user_id, key.created_at)? {
        return Ok(Made::NoPerson);
    }
    let theirs = keys::table.filter(keys::user_id.eq(key.user_id));
    if key.by_password {
        diesel::delete(theirs.filter(keys::by_password.eq(true))).execute(conn)?;
    } else {
        let valid_from: Timestamp =
            users::table.find(key.user_id).select(users::valid_from).get_result(conn)?;
        let live = theirs.filter(keys::by_password.eq(false)).filter(keys::ends_at.gt(key.created_at));
        let live = live.filter(keys::created_at.gt(valid_from));
        if live.count().get_result::<i64>(conn)? >= most {
            return Ok(Made::TooMany);
        }
    }
    diesel::insert_into(keys::table).values(key).execute(conn).map(|_| Made::Yes)
}

/// The key of that digest, with its person, whether it is still good or not.
///
/// # Errors
/// When a statement fails.
pub fn find(conn: &mut Conn, digest: &[u8]) -> QueryResult<Option<(PersonalKey, User)>> {
    let of_somebody = keys::table.inner_join(users::table).filter(keys::digest.eq(digest));
    directly!(conn, |conn| {
        of_somebody.select((keys::all_columns, User::as_select())).get_result(conn).optional()
    })
}

/// A person's keys, the newest first.
///
/// # Errors
/// When a statement fails.
pub fn of_user(conn: &mut Conn, user: UserId) -> QueryResult<Vec<PersonalKey>> {
    keys::table.filter(keys::user_id.eq(user)).order((keys::created_at.desc(), keys::id)).load(conn)
}

/// Ends one of a person's keys; whether there was one.
///
/// # Errors
/// When a statement fails.
pub fn end(conn: &mut Conn, user: UserId, id: TokenId) -> QueryResult<bool> {
    let one = keys::table.filter(keys::user_id.eq(user)).filter(keys::id.eq(id));
    diesel::delete(one).execute(conn).map(|rows| rows == 1)
}

/// Ends all of a person's keys.
///
/// # Errors
/// When a statement fails.
pub fn forget_person(conn: &mut Conn, user: UserId) -> QueryResult<()> {
    diesel::delete(keys::table.filter(keys::user_id.eq(user))).execute(conn).map(drop)
}

/// Notes that a key is used, unless somebody has since it was `used_at`.
///
/// # Errors
/// When a statement fails.
pub fn see(conn: &mut Conn, id: TokenId, used_at: Option<Timestamp>, now: Timestamp) -> QueryResult<()> {
    let one = keys::table.filter(keys::id.eq(id));
    match used_at {
        Some(before) => {
            diesel::update(one.filter(keys::used_at.eq(before))).set(keys::used_at.eq(now)).execute(conn)
        }
        None => diesel::update(one.filter(keys::used_at.is_null())).set(keys::used_at.eq(now)).execute(conn),
    }
    .map(drop)
}

/// Removes up to `limit` keys that ended before `before`; answers how many.
///
/// # Errors
/// When a statement fails.
pub fn sweep(conn: &mut Conn, before: Timestamp, limit: i64) -> QueryResult<usize> {
    let ended: Vec<TokenId> =
        keys::table.filter(keys::ends_at.le(before)).select(keys::id).limit(limit).load(conn)?;
    diesel::delete(keys::table.filter(keys::id.eq_any(ended))).execute(conn)
}
