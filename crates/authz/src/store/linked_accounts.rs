//! Who somebody is at providers. A person of a provider is one person here: the unique key over both names decides.

use diesel::prelude::*;
use model::db::Conn;
use model::id::UserId;
use model::time::Timestamp;

use super::users::{self, User};
use super::{directly, insert_unless_taken};
use crate::schema::linked_accounts;

/// A row.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct LinkedAccount {
    /// Its number.
    pub id: i64,
    /// Whose it is.
    pub user_id: UserId,
    /// The provider's name, as it was configured.
    pub provider: String,
    /// What the provider names them by.
    pub subject: String,
    /// What they call themselves there.
    pub shown_name: String,
    /// Since when.
    pub linked_at: Timestamp,
    /// When they last came from there.
    pub last_used_at: Option<Timestamp>,
}

/// What is new.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = linked_accounts, treat_none_as_default_value = false)]
pub struct NewLinkedAccount {
    /// Whose it is.
    pub user_id: UserId,
    /// The provider's name.
    pub provider: String,
    /// What the provider names them by.
    pub subject: String,
    /// What they call themselves there.
    pub shown_name: String,
    /// Now.
    pub linked_at: Timestamp,
    /// When they came from there, if that is how it was made.
    pub last_used_at: Option<Timestamp>,
}

/// Adds a row; `false` when that person of the provider is somebody's already.
///
/// # Errors
/// When a statement fails.
pub fn insert(conn: &mut Conn, new: &NewLinkedAccount) -> QueryResult<bool> {
    Ok(insert_unless_taken!(conn, linked_accounts::table, new)? == 1)
}

/// Whose it is, also of somebody who is disabled or gone.
///
/// # Errors
/// When a statement fails.
pub fn whose(conn: &mut Conn, provider: &str, subject: &str) -> QueryResult<Option<User>> {
    let of_provider = linked_accounts::table.filter(linked_accounts::provider.eq(provider));
    let named = of_provider.filter(linked_accounts::subject.eq(subject)).select(linked_accounts::user_id);
    let Some(id) = directly!(conn, |conn| named.get_result::<UserId>(conn)).optional()? else {
        return Ok(None);
    };
    users::by_id_or_gone(conn, id)
}

/// Somebody came from there just now.
///
/// # Errors
/// When a statement fails.
pub fn used(
    conn: &mut Conn,
    provider: &str,
    subject: &str,
    shown_name: &str,
    now: Timestamp,
) -> QueryResult<()> {
    let of_provider = linked_accounts::table.filter(linked_accounts::provider.eq(provider));
    diesel::update(of_provider.filter(linked_accounts::subject.eq(subject)))
        .set((linked_accounts::shown_name.eq(shown_name), linked_accounts::last_used_at.eq(now)))
        .execute(conn)
        .map(drop)
}

/// Those of a person, in the order in which they were linked.
///
/// # Errors
/// When a statement fails.
pub fn of(conn: &mut Conn, user: UserId) -> QueryResult<Vec<LinkedAccount>> {
    let theirs = linked_accounts::table.filter(linked_accounts::user_id.eq(user));
    theirs.order(linked_accounts::id).load(conn)
}

/// What has become of removing one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It is gone; it was of this provider.
    Now(String),
    /// The person has none of that number.
    Unknown,
    /// Without it they could not sign in any more.
    LastWayIn,
}

/// Removes one of a person's, if they can still sign in then: with a password, or by another one at a provider that is
/// `configured`. The caller holds the person alone ([`users::hold_alone`]), so that two at once do not each count on the
/// other.
///
/// # Errors
/// When a statement fails.
pub fn remove(conn: &mut Conn, user: UserId, id: i64, configured: &[String]) -> QueryResult<Removed> {
    use crate::schema::users as people;
    use diesel::dsl::exists;
    let others = diesel::alias!(linked_accounts as others);
    let with_password = people::table.find(user).filter(people::password_hash.ne_all(users::NO_PASSWORD));
    let theirs =
        linked_accounts::table.filter(linked_accounts::id.eq(id)).filter(linked_accounts::user_id.eq(user));
    let removed: Option<String> = directly!(conn, |conn| {
        let another = others
            .filter(others.field(linked_accounts::user_id).eq(user))
            .filter(others.field(linked_accounts::id).ne(id))
            .filter(others.field(linked_accounts::provider).eq_any(configured));
        diesel::delete(theirs.filter(exists(with_password).or(exists(another))))
            .returning(linked_accounts::provider)
            .get_result(conn)
    })
    .optional()?;
    Ok(match removed {
        Some(provider) => Removed::Now(provider),
        None if of(conn, user)?.iter().any(|account| account.id == id) => Removed::LastWayIn,
        None => Removed::Unknown,
    })
}

/// A person is gone: what they were called there is forgotten. The rows stay, so that nobody comes back by them as somebody
/// new, unless their name may be taken again as well.
///
/// # Errors
/// When a statement fails.
pub fn forget_person(conn: &mut Conn, user: UserId, frees_name: bool) -> QueryResult<()> {
    let theirs = linked_accounts::table.filter(linked_accounts::user_id.eq(user));
    if frees_name {
        return diesel::delete(theirs).execute(conn).map(drop);
    }
    diesel::update(theirs).set(linked_accounts::shown_name.eq("")).execute(conn).map(drop)
}
