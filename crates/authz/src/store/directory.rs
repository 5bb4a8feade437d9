//! People as administrators see them: all who are not gone, in the order they came.

use diesel::prelude::*;
use model::db::Conn;
use model::id::UserId;

use super::json::Json;
use crate::profile::Profile;
use crate::schema::{groups, user_groups, users};

/// A person, and what is known of them.
#[derive(Clone, Debug, Queryable)]
pub struct Person {
    /// Their number.
    pub id: UserId,
    /// Their name.
    pub username: String,
    /// What is told of them.
    pub profile: Json<Profile>,
}

type Columns = (users::id, users::username, users::profile);
const COLUMNS: Columns = (users::id, users::username, users::profile);

/// The person of that number.
///
/// # Errors
/// When a statement fails.
pub fn find(conn: &mut Conn, id: UserId) -> QueryResult<Option<Person>> {
    let one = users::table.filter(users::id.eq(id)).filter(users::deleted_at.is_null());
    one.select(COLUMNS).get_result(conn).optional()
}

/// So many, after so many.
///
/// # Errors
/// When a statement fails.
pub fn page(conn: &mut Conn, skipped: i64, limit: i64) -> QueryResult<Vec<Person>> {
    let all = users::table.filter(users::deleted_at.is_null()).order(users::id);
    all.select(COLUMNS).offset(skipped).limit(limit).load(conn)
}

/// How many there are.
///
/// # Errors
/// When a statement fails.
pub fn count(conn: &mut Conn) -> QueryResult<i64> {
    users::table.filter(users::deleted_at.is_null()).count().get_result(conn)
}

/// The groups there are, by name: so many, after so many.
///
/// # Errors
/// When a statement fails.
pub fn groups_page(conn: &mut Conn, skipped: i64, limit: i64) -> QueryResult<Vec<String>> {
    groups::table.order(groups::name).select(groups::name).offset(skipped).limit(limit).load(conn)
}

/// How many groups there are.
///
/// # Errors
/// When a statement fails.
pub fn count_groups(conn: &mut Conn) -> QueryResult<i64> {
    groups::table.count().get_result(conn)
}

/// Whether a person is in a group.
///
/// # Errors
/// When a statement fails.
pub fn is_in(conn: &mut Conn, user: UserId, group: &str) -> QueryResult<bool> {
    let member = user_groups::table.filter(user_groups::user_id.eq(user));
    let count: i64 = member.filter(user_groups::group_name.eq(group)).count().get_result(conn)?;
    Ok(count > 0)
}
