//! Groups, and who is in which.

use diesel::prelude::*;
use model::db::Conn;
use model::id::UserId;

use super::{directly, insert_unless_taken, users};
use crate::schema::{groups, user_groups};

/// The groups a person is in, by name.
///
/// # Errors
/// When a statement fails.
pub fn of(conn: &mut Conn, user: UserId) -> QueryResult<Vec<String>> {
    let theirs = user_groups::table.filter(user_groups::user_id.eq(user)).order(user_groups::group_name);
    directly!(conn, |conn| theirs.select(user_groups::group_name).load(conn))
}

/// Puts a person into exactly these groups, and makes those there are not yet. Answers whom it concerns; `None` when
/// there is no such person.
///
/// # Errors
/// When a statement fails.
pub fn replace(conn: &mut Conn, username_key: &str, names: &[String]) -> QueryResult<Option<UserId>> {
    let Some(user) = users::find(conn, username_key)? else { return Ok(None) };
    diesel::delete(user_groups::table.filter(user_groups::user_id.eq(user.id))).execute(conn)?;
    for name in names {
        insert_unless_taken!(conn, groups::table, groups::name.eq(name))?;
        let member = (user_groups::user_id.eq(user.id), user_groups::group_name.eq(name));
        insert_unless_taken!(conn, user_groups::table, member)?;
    }
    Ok(Some(user.id))
}
