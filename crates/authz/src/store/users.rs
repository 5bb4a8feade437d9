//! People.

use diesel::prelude::*;
use diesel::result::Error::SerializationError;
use model::db::Conn;
use model::id::{GrantId, UserId};
use model::time::{Clock, Timestamp};

use super::json::Json;
use super::{attempts, directly, emails, former_names, insert_unless_taken, revocations, sessions};
use crate::crypto::passwords;
use crate::profile::Profile;
use crate::schema::{grants, users};

/// A person's row, without their profile, which most who look them up have no use for.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct User {
    /// The id, whose decimal form is their `sub`.
    pub id: UserId,
    /// The name as they wrote it.
    pub username: String,
    /// The name by which they are found.
    pub username_key: String,
    /// bcrypt over the peppered pre-hash.
    pub password_hash: String,
    /// When they signed up.
    pub created_at: Timestamp,
    /// Sessions, codes and grants made at or before this instant are void.
    pub valid_from: Timestamp,
    /// Since when they may not sign in.
    pub disabled_at: Option<Timestamp>,
}

impl User {
    /// Whether they can sign in with a password.
    pub fn has_password(&self) -> bool {
        !NO_PASSWORD.contains(&self.password_hash.as_str())
    }

    /// Whether something made for them at `instant` still counts.
    pub fn vouches_for(&self, instant: Timestamp) -> bool {
        self.disabled_at.is_none() && self.valid_from < instant
    }
}

/// What stands in place of a hash for whoever has no password: they come from a provider. Nobody who is gone has one either.
pub const NO_PASSWORD: [&str; 2] = [passwords::UNUSABLE, ""];

/// What a new person brings.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = users)]
pub struct NewUser {
    /// The name as they wrote it.
    pub username: String,
    /// The name by which they are found.
    pub username_key: String,
    /// bcrypt over the peppered pre-hash.
    pub password_hash: String,
    /// Now.
    pub created_at: Timestamp,
}

/// The person of that name, who is not gone.
///
/// # Errors
/// When a statement fails.
pub fn find(conn: &mut Conn, username_key: &str) -> QueryResult<Option<User>> {
    let named = users::table.filter(users::username_key.eq(username_key));
    named.filter(users::deleted_at.is_null()).select(User::as_select()).get_result(conn).optional()
}

/// The person of that id, who is not gone.
///
/// # Errors
/// When a statement fails.
pub fn by_id(conn: &mut Conn, id: UserId) -> QueryResult<Option<User>> {
    let person = users::table.find(id).filter(users::deleted_at.is_null());
    person.select(User::as_select()).get_result(conn).optional()
}

/// The same, also one who is gone.
///
/// # Errors
/// When a statement fails.
pub fn by_id_or_gone(conn: &mut Conn, id: UserId) -> QueryResult<Option<User>> {
    users::table.find(id).select(User::as_select()).get_result(conn).optional()
}

/// Takes back a person who was inserted in the same transaction.
///
/// # Errors
/// When a statement fails.
pub fn take_back(conn: &mut Conn, id: UserId) -> QueryResult<()> {
    diesel::delete(users::table.find(id)).execute(conn).map(drop)
}

/// The name and the profile of the person of that id.
///
/// # Errors
/// When a statement fails.
pub fn profile(conn: &mut Conn, id: UserId) -> QueryResult<Option<(String, Json<Profile>)>> {
    let person = users::table.find(id).select((users::username, users::profile));
    directly!(conn, |conn| person.get_result(conn)).optional()
}

/// Sets what a person is to others; an address that somebody else has proven is not verified, whatever is said. Answers whom it
/// concerns; `None` when there is no such person.
///
/// # Errors
/// When a statement fails.
pub fn set_profile(
    conn: &mut Conn,
    username_key: &str,
    profile: &Json<Profile>,
) -> QueryResult<Option<UserId>> {
    let named = users::table.filter(users::username_key.eq(username_key));
    let person = named.filter(users::deleted_at.is_null());
    let changed = diesel::update(person).set(users::profile.eq(profile.as_str())).returning(users::id);
    let changed = changed.get_result(conn).optional()?;
    changed.map(|id| follow(conn, id, profile).map(|()| id)).transpose()
}

/// Changes what a person is to others, if nobody else has since it was `read`. Answers whom it concerns; `None` when somebody
/// has, or there is no such person.
///
/// # Errors
/// When a statement fails.
pub fn change_profile(
    conn: &mut Conn,
    username_key: &str,
    read: &Json<Profile>,
    profile: &Json<Profile>,
) -> QueryResult<Option<UserId>> {
    let named = users::table.filter(users::username_key.eq(username_key));
    let unchanged = named.filter(users::deleted_at.is_null()).filter(users::profile.eq(read.as_str()));
    let changed = diesel::update(unchanged).set(users::profile.eq(profile.as_str())).returning(users::id);
    let changed = changed.get_result(conn).optional()?;
    changed.map(|id| follow(conn, id, profile).map(|()| id)).transpose()
}

/// Gives a person the address that their new profile says is verified; where they do not get it, the profile does not say so.
fn follow(conn: &mut Conn, id: UserId, profile: &Json<Profile>) -> QueryResult<()> {
    if emails::follow(conn, id, profile)? {
        return Ok(());
    }
    let unverified = Profile { email_verified: Some(false), ..Profile::clone(profile) };
    let unverified = Json::new(unverified).map_err(|error| SerializationError(error.into()))?;
    diesel::update(users::table.find(id)).set(users::profile.eq(unverified.as_str())).execute(conn).map(drop)
}

/// Everybody who is not gone, in the order they came.
///
/// # Errors
/// When a statement fails.
pub fn all(conn: &mut Conn) -> QueryResult<Vec<User>> {
    users::table.filter(users::deleted_at.is_null()).order(users::id).select(User::as_select()).load(conn)
}

/// Adds a person; `None` when the name is taken, or was somebody's.
///
/// # Errors
/// When a statement fails.
pub fn insert(conn: &mut Conn, new: &NewUser) -> QueryResult<Option<User>> {
    if insert_unless_taken!(conn, users::table, new)? == 0 {
        return Ok(None);
    }
    // Looked at after the insert, which waits for whoever is just giving the name up.
    if former_names::whose(conn, &new.username_key)?.is_some() {
        diesel::delete(users::table.filter(users::username_key.eq(&new.username_key))).execute(conn)?;
        return Ok(None);
    }
    find(conn, &new.username_key)
}

/// The person, if they may act and something made for them at `since` still counts.
///
/// # Errors
/// When a statement fails.
pub fn vouched_for(conn: &mut Conn, id: UserId, since: Timestamp) -> QueryResult<Option<User>> {
    vouched(id, since).select(User::as_select()).get_result(conn).optional()
}

/// As [`User::vouches_for`] has it.
#[diesel::dsl::auto_type(no_type_alias)]
fn vouched(id: UserId, since: Timestamp) -> _ {
    users::table.find(id).filter(users::disabled_at.is_null()).filter(users::valid_from.lt(since))
}

/// Whether [`vouched_for`] would find somebody.
///
/// # Errors
/// When a statement fails.
pub fn vouches(conn: &mut Conn, id: UserId, since: Timestamp) -> QueryResult<bool> {
    directly!(conn, |conn| vouched(id, since).count().get_result::<i64>(conn)).map(|count| count == 1)
}

/// As [`vouches`]; on PostgreSQL their row is then held against change until the transaction ends, so that "disabled" and
/// "granted" cannot pass each other.
///
/// # Errors
/// When a statement fails.
pub fn hold(conn: &mut Conn, id: UserId, since: Timestamp) -> QueryResult<bool> {
    let Conn::Postgres(conn) = conn else { return vouches(conn, id, since) };
    let held = vouched(id, since).select(users::id).for_share().get_result::<UserId>(conn).optional()?;
    Ok(held.is_some())
}

/// As [`hold`], and alone: whoever else would hold it alone waits for the transaction to end, so that what a person may
/// have so many of can be counted.
///
/// # Errors
/// When a statement fails.
pub fn hold_alone(conn: &mut Conn, id: UserId, since: Timestamp) -> QueryResult<bool> {
    let Conn::Postgres(conn) = conn else { return vouches(conn, id, since) };
    // Not FOR UPDATE: who only refers to the person (a session, a grant) need not wait.
    let held = vouched(id, since).select(users::id).for_no_key_update();
    Ok(held.get_result::<UserId>(conn).optional()?.is_some())
}

/// Replaces a password hash by one of a higher cost for the same password.
///
/// # Errors
/// When a statement fails.
pub fn rehash(conn: &mut Conn, user: &User, password_hash: &str) -> QueryResult<usize> {
    let unchanged = users::table.find(user.id).filter(users::password_hash.eq(&user.password_hash));
    diesel::update(unchanged).set(users::password_hash.eq(password_hash)).execute(conn)
}

/// Sets a new password and ends every session, code and token made before; wrong passwords so far no longer count.
/// Answers whose it is; `None` when there is no such person.
///
/// # Errors
/// When a statement fails.
pub fn set_password(
    conn: &mut Conn,
    username_key: &str,
    password_hash: &str,
    clock: &Clock,
) -> QueryResult<Option<UserId>> {
    change(conn, username_key, clock, |conn, id| {
        let person = users::table.find(id);
        let changed = diesel::update(person).set(users::password_hash.eq(password_hash)).execute(conn)?;
        attempts::forget_person(conn, id)?;
        Ok(changed)
    })
}

/// Forbids a person to act, or allows it again. Either way what was made before is void. Answers whom it concerns;
/// `None` when there is no such person.
///
/// # Errors
/// When a statement fails.
pub fn set_disabled(
    conn: &mut Conn,
    username_key: &str,
    disabled: bool,
    clock: &Clock,
) -> QueryResult<Option<UserId>> {
    let disabled_at = disabled.then(|| clock.now());
    change(conn, username_key, clock, |conn, id| {
        diesel::update(users::table.find(id)).set(users::disabled_at.eq(disabled_at)).execute(conn)
    })
}

/// Makes a change to a person that voids everything made for them so far.
pub(super) fn change(
    conn: &mut Conn,
    username_key: &str,
    clock: &Clock,
    change: impl FnOnce(&mut Conn, UserId) -> QueryResult<usize>,
) -> QueryResult<Option<UserId>> {
    change_and_forget(conn, username_key, clock, change, |_, _| Ok(()))
}

/// The same, and `forget`s other rows of theirs. Their row is locked before their grants, in the order in which redeeming
/// locks them, so that neither waits for the other and the grants of whoever came first are there to be ended; the instant
/// is read once all are, so that whatever was issued before is older. All rows come before the first revocation: whoever
/// ends one of them otherwise has its row and then waits for their turn.
pub(super) fn change_and_forget(
    conn: &mut Conn,
    username_key: &str,
    clock: &Clock,
    change: impl FnOnce(&mut Conn, UserId) -> QueryResult<usize>,
    forget: impl FnOnce(&mut Conn, UserId) -> QueryResult<()>,
) -> QueryResult<Option<UserId>> {
    let Some(User { id, .. }) = find(conn, username_key)? else { return Ok(None) };
    change(conn, id)?;
    let ended_at = clock.now();
    let live = grants::table.filter(grants::user_id.eq(id)).filter(grants::revoked_at.is_null());
    let ended: Vec<(GrantId, Timestamp)> = diesel::update(live)
        .set(grants::revoked_at.eq(ended_at))
        .returning((grants::id, grants::rotated_at))
        .get_results(conn)?;
    sessions::end_of_user(conn, id, ended_at)?;
    forget(conn, id)?;
    // By name, not only by time: another process's clock may be ahead of this one's. A grant that was not renewed
    // for longer than an access token lives has none.
    let recent = ended_at.minus(revocations::LONGEST_ACCESS * 2);
    for (grant, _) in ended.into_iter().filter(|(_, rotated_at)| *rotated_at > recent) {
        revocations::insert(conn, &revocations::NewRevocation::grant(grant, ended_at))?;
    }
    let now = clock.now();
    diesel::update(users::table.find(id)).set(users::valid_from.eq(now)).execute(conn)?;
    revocations::insert(conn, &revocations::NewRevocation::user(id, now))?;
    Ok(Some(id))
}

/// Ends every session, code, grant and token of a person so far. Answers whom it concerns; `None` when there is no such
/// person.
///
/// # Errors
/// When a statement fails.
pub fn end(conn: &mut Conn, username_key: &str, clock: &Clock) -> QueryResult<Option<UserId>> {
    // Their row is written, and so locked, before anything else.
    change(conn, username_key, clock, |conn, id| {
        diesel::update(users::table.find(id)).set(users::valid_from.eq(clock.now())).execute(conn)
    })
}

/// The same of a person who is there, held by the caller. The person as they are then.
///
/// # Errors
/// When a statement fails, or they are gone: then nothing of the transaction may be kept.
pub fn end_of(conn: &mut Conn, id: UserId, clock: &Clock) -> QueryResult<User> {
    let user = by_id(conn, id)?.ok_or(diesel::NotFound)?;
    end(conn, &user.username_key, clock)?;
    by_id(conn, id)?.ok_or(diesel::NotFound)
}

/// Ends every session, code, grant and token of everybody, those of clients included. Answers the instant.
///
/// # Errors
/// When a statement fails.
pub fn end_all(conn: &mut Conn, clock: &Clock) -> QueryResult<Timestamp> {
    // Never earlier than it was: that would bring back what an earlier call has ended.
    let void = |conn: &mut Conn, at: Timestamp| {
        diesel::update(users::table.filter(users::valid_from.lt(at)))
            .set(users::valid_from.eq(at))
            .execute(conn)
    };
    let locked = clock.now();
    void(conn, locked)?;
    diesel::update(grants::table.filter(grants::revoked_at.is_null()))
        .set(grants::revoked_at.eq(locked))
        .execute(conn)?;
    sessions::end_all(conn, locked)?;
    let now = clock.now();
    void(conn, now)?;
    revocations::insert(conn, &revocations::NewRevocation::all(now))?;
    Ok(now)
}
