//! People who are gone or have another name, and the names they had: nobody else may take those, because applications may
//! know people by name.

use diesel::prelude::*;
use model::db::Conn;
use model::id::UserId;
use model::time::{Clock, Timestamp};

use super::json::Json;
use super::{
    attempts, browser_access, consents, emails, insert_unless_taken, linked_accounts, mail_links,
    outgoing_mail, personal_keys, revocations, users,
};
use crate::profile::Profile;
use crate::schema::{clients, former_names, grants, user_groups, users as user_rows};

/// Whose name it was.
///
/// # Errors
/// When a statement fails.
pub fn whose(conn: &mut Conn, username_key: &str) -> QueryResult<Option<UserId>> {
    former_names::table.find(username_key).select(former_names::user_id).get_result(conn).optional()
}

/// What has become of a change of name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renamed {
    /// The person has it now.
    Now(UserId),
    /// It is somebody else's, or was.
    Taken,
    /// There is no such person.
    Unknown,
}

/// Gives a person another name, and ends what was made for them: tokens and sessions say the old one. They may go back to a
/// name they had.
///
/// # Errors
/// When a statement fails.
pub fn rename(
    conn: &mut Conn,
    username_key: &str,
    [name, name_key]: [&str; 2],
    clock: &Clock,
) -> QueryResult<Renamed> {
    let Some(user) = users::find(conn, username_key)? else { return Ok(Renamed::Unknown) };
    if name_key != username_key {
        // Before it is given up: whoever waits for it finds that it is nobody's to take.
        insert_unless_taken!(
            conn,
            former_names::table,
            (former_names::username_key.eq(username_key), former_names::user_id.eq(user.id))
        )?;
        let is_anothers = whose(conn, name_key)?.is_some_and(|owner| owner != user.id)
            || users::find(conn, name_key)?.is_some();
        if is_anothers {
            diesel::delete(former_names::table.find(username_key)).execute(conn)?;
            return Ok(Renamed::Taken);
        }
        diesel::delete(former_names::table.find(name_key)).execute(conn)?;
    }
    let renamed = users::change(conn, username_key, clock, |conn, id| {
        diesel::update(user_rows::table.find(id))
            .set((user_rows::username.eq(name), user_rows::username_key.eq(name_key)))
            .execute(conn)
    })?;
    Ok(renamed.map_or(Renamed::Unknown, Renamed::Now))
}

/// Removes a person: every session, code, grant and token of theirs has ended, and what was known of them is forgotten. Their
/// row stays, empty, so that their number is nobody else's; their name as well, unless `frees_name`. Applications they
/// registered stay for those who use them, and belong to nobody. Answers whom it concerns, with those applications; `None`
/// when there is no such person.
///
/// # Errors
/// When a statement fails.
pub fn delete(
    conn: &mut Conn,
    username_key: &str,
    frees_name: bool,
    clock: &Clock,
) -> QueryResult<Option<(UserId, Vec<String>)>> {
    let mut orphans: Vec<String> = Vec::new();
    let change = |conn: &mut Conn, id: UserId| {
        forget(conn, id, clock.now())?;
        attempts::forget_person(conn, id)?;
        if !frees_name {
            insert_unless_taken!(
                conn,
                former_names::table,
                (former_names::username_key.eq(username_key), former_names::user_id.eq(id))
            )?;
        }
        // Before their grants, in the order in which a client that ends locks both.
        orphans = diesel::update(clients::table.filter(clients::user_id.eq(id)))
            .set((clients::user_id.eq(None::<UserId>), clients::version.eq(clients::version + 1)))
            .returning(clients::id)
            .get_results(conn)?;
        Ok(1)
    };
    let deleted = users::change_and_forget(conn, username_key, clock, change, |conn, id| {
        if frees_name {
            diesel::delete(former_names::table.filter(former_names::user_id.eq(id))).execute(conn)?;
        }
        diesel::delete(grants::table.filter(grants::user_id.eq(id))).execute(conn)?;
        consents::forget_all(conn, id)?;
        personal_keys::forget_person(conn, id)?;
        browser_access::forget_person(conn, id)?;
        linked_accounts::forget_person(conn, id, frees_name)?;
        emails::forget(conn, id)?;
        mail_links::forget(conn, id)?;
        outgoing_mail::forget(conn, id)?;
        diesel::delete(user_groups::table.filter(user_groups::user_id.eq(id))).execute(conn).map(drop)
    })?;
    let Some(id) = deleted else { return Ok(None) };
    revocations::insert(conn, &revocations::NewRevocation::user_gone(id, clock.now()))?;
    for client in &orphans {
        revocations::insert(conn, &revocations::NewRevocation::client_changed(client, clock.now()))?;
    }
    Ok(Some((id, orphans)))
}

/// What is left of the row. A key with a blank in it is nobody's name.
fn forget(conn: &mut Conn, id: UserId, now: Timestamp) -> QueryResult<usize> {
    let nothing = Json::<Profile>::default();
    diesel::update(user_rows::table.find(id))
        .set((
            user_rows::username.eq(""),
            user_rows::username_key.eq(format!("deleted {id}")),
            user_rows::password_hash.eq(""),
            user_rows::profile.eq(nothing.as_str()),
            user_rows::disabled_at.eq(now),
            user_rows::deleted_at.eq(now),
        ))
        .execute(conn)
}
