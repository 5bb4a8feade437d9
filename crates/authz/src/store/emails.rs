//! E-mail addresses that were proven to be somebody's. One belongs to one person, so that whoever forgot a password is found by
//! it. What a person's profile says of theirs is kept in step by `users`.

use diesel::prelude::*;
use model::db::Conn;
use model::id::UserId;

use super::json::Json;
use super::{insert_unless_taken, mail_links};
use crate::people;
use crate::profile::Profile;
use crate::schema::verified_emails;

/// Whose it is.
///
/// # Errors
/// When a statement fails.
pub fn whose(conn: &mut Conn, address_key: &str) -> QueryResult<Option<UserId>> {
    verified_emails::table.find(address_key).select(verified_emails::user_id).get_result(conn).optional()
}

/// A person's, as it was written.
///
/// # Errors
/// When a statement fails.
pub fn of(conn: &mut Conn, user: UserId) -> QueryResult<Option<String>> {
    let theirs = verified_emails::table.filter(verified_emails::user_id.eq(user));
    theirs.select(verified_emails::address).first(conn).optional()
}

/// Gives an address to a person, in place of the one they had, to which no link for a new password is good any more; `false` when
/// it is somebody else's. The insert itself decides, so
/// that of many at once one gets it.
///
/// # Errors
/// When a statement fails.
pub fn claim(conn: &mut Conn, user: UserId, address: &str) -> QueryResult<bool> {
    let key = people::email_key(address);
    let row = (
        verified_emails::address_key.eq(&key),
        verified_emails::address.eq(address),
        verified_emails::user_id.eq(user),
    );
    if insert_unless_taken!(conn, verified_emails::table, row)? == 0 && whose(conn, &key)? != Some(user) {
        return Ok(false);
    }
    let others = verified_emails::table.filter(verified_emails::user_id.eq(user));
    let others = others.filter(verified_emails::address_key.ne(&key));
    if diesel::delete(others).execute(conn)? > 0 {
        mail_links::forget_kind(conn, user, mail_links::Kind::Reset)?;
    }
    Ok(true)
}

/// Follows a profile: an address that it says is verified is this person's, unless it is somebody else's already; without one they
/// have none. Whether what it says of verification holds now.
///
/// # Errors
/// When a statement fails.
pub(super) fn follow(conn: &mut Conn, user: UserId, profile: &Json<Profile>) -> QueryResult<bool> {
    let says_verified = profile.email_verified == Some(true);
    let verified = profile.email.as_deref().filter(|_| says_verified);
    match verified.and_then(|address| people::email(address).ok()) {
        Some(address) if claim(conn, user, &address)? => Ok(true),
        _ => forget(conn, user).map(|()| !says_verified),
    }
}

/// Takes it from a person, and with it any link for a new password that was sent there.
///
/// # Errors
/// When a statement fails.
pub fn forget(conn: &mut Conn, user: UserId) -> QueryResult<()> {
    let theirs = verified_emails::table.filter(verified_emails::user_id.eq(user));
    if diesel::delete(theirs).execute(conn)? > 0 {
        mail_links::forget_kind(conn, user, mail_links::Kind::Reset)?;
    }
    Ok(())
}
