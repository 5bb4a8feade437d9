//! Device codes (RFC 8628): what a device waits for, and what a person decides about it. A row is undecided, refused
//! (decided without a grant), allowed (with one) or redeemed, and never goes back: each step is one conditional write.

use std::time::Duration;

use diesel::prelude::*;
use model::db::Conn;
use model::id::{GrantId, SessionId, UserId};
use model::scope::ScopeSet;
use model::time::Timestamp;

use super::grants::{self, Grant};
use super::session_clients::{self, SessionClient};
use super::users::{self, User};
use super::{clients, insert_unless_taken};
use crate::schema::device_codes;

/// By how much an answer "slow down" makes a device wait longer, each time (RFC 8628 section 3.5).
pub const SLOWER_BY: Duration = Duration::from_secs(5);
/// No device waits longer than this: from here on a flood of polls writes nothing.
const SLOWEST: Duration = Duration::from_secs(60);
/// A poll may come so much too early: one answer takes longer on its way than the next.
const JITTER: Duration = Duration::from_millis(500);

/// A device code's row.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = device_codes, treat_none_as_default_value = false)]
pub struct DeviceCode {
    /// SHA-256 of the device code.
    pub id: Vec<u8>,
    /// The authenticator of the user code.
    pub user_code: String,
    /// Who asked.
    pub client_id: String,
    /// For what.
    pub scopes: ScopeSet,
    /// Where; space-separated.
    pub audiences: String,
    /// When.
    pub created_at: Timestamp,
    /// When it ends, whatever has become of it.
    pub ends_at: Timestamp,
    /// When the device may ask again.
    pub poll_from: Timestamp,
    /// How long it waits then, in microseconds.
    pub poll_every: i64,
    /// Who entered the user code first.
    pub user_id: Option<UserId>,
    /// As of when they decided.
    pub decided_at: Option<Timestamp>,
    /// When they had last proved who they are.
    pub authenticated_at: Option<Timestamp>,
    /// The id of the grant that was allowed.
    pub grant_id: Option<GrantId>,
    /// When the tokens were fetched.
    pub redeemed_at: Option<Timestamp>,
    /// The session in which it was decided.
    pub sid: Option<SessionId>,
}

/// Adds a row; `false` when its user code is taken.
///
/// # Errors
/// When a statement fails; also when there is no such client.
pub fn insert(conn: &mut Conn, new: &DeviceCode) -> QueryResult<bool> {
    Ok(insert_unless_taken!(conn, device_codes::table, new)? == 1)
}

/// The row of a user code, for the first person who enters it and nobody else.
///
/// # Errors
/// When a statement fails.
pub fn claim(
    conn: &mut Conn,
    user_code: &str,
    user: UserId,
    now: Timestamp,
) -> QueryResult<Option<DeviceCode>> {
    let free = device_codes::table
        .filter(device_codes::user_code.eq(user_code))
        .filter(device_codes::user_id.is_null().or(device_codes::user_id.eq(user)))
        .filter(device_codes::ends_at.gt(now));
    diesel::update(free)
        .set(device_codes::user_id.eq(user))
        .returning(device_codes::all_columns)
        .get_result(conn)
        .optional()
}

/// What a person decides.
#[derive(Clone, Copy, Debug)]
pub struct Decision {
    /// Who decides.
    pub user: UserId,
    /// In which session, as clients know it.
    pub sid: SessionId,
    /// When they last proved who they are.
    pub authenticated_at: Timestamp,
    /// As of when. What ends their session from then on ends what they decided, too.
    pub at: Timestamp,
    /// The grant it is to buy; `None` to refuse.
    pub grant: Option<GrantId>,
}

/// What has become of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It holds from now on.
    Now,
    /// The same person has decided the same before.
    Before,
    /// They have decided otherwise, or the code has ended, or somebody else has entered it.
    TooLate,
}

/// Decides, once.
///
/// # Errors
/// When a statement fails.
pub fn decide(conn: &mut Conn, id: &[u8], decision: Decision) -> QueryResult<Decided> {
    let own = || device_codes::table.find(id).filter(device_codes::user_id.eq(decision.user));
    let undecided =
        own().filter(device_codes::decided_at.is_null()).filter(device_codes::ends_at.gt(decision.at));
    let decided = diesel::update(undecided)
        .set((
            device_codes::decided_at.eq(decision.at),
            device_codes::authenticated_at.eq(decision.authenticated_at),
            device_codes::grant_id.eq(decision.grant),
            device_codes::sid.eq(decision.sid),
        ))
        .execute(conn)?;
    if decided == 1 {
        return Ok(Decided::Now);
    }
    let before = own().filter(device_codes::decided_at.is_not_null()).select(device_codes::grant_id);
    let before: Option<Option<GrantId>> = before.get_result(conn).optional()?;
    let is_the_same = before.is_some_and(|grant| grant.is_some() == decision.grant.is_some());
    Ok(if is_the_same { Decided::Before } else { Decided::TooLate })
}

/// What a device is told.
#[derive(Clone, Debug)]
pub enum Polled {
    /// Nobody has decided yet.
    Pending,
    /// Nor that, and it asked too soon: it must wait longer from now on.
    TooSoon,
    /// The person refused.
    Refused,
    /// It has ended.
    Ended,
    /// There is no such code for this client, or it was redeemed.
    Unknown,
    /// The person allowed this, and it was not fetched yet.
    Allowed(Approval),
}

/// What a person allowed a device.
#[derive(Clone, Debug)]
pub struct Approval {
    /// Of which code.
    pub id: Vec<u8>,
    /// Who.
    pub user: UserId,
    /// When they had last proved who they are.
    pub authenticated_at: Timestamp,
    /// As of when they allowed it.
    pub at: Timestamp,
    /// The grant it buys.
    pub grant: GrantId,
    /// In which session, as clients know it.
    pub sid: Option<SessionId>,
    /// For what.
    pub scopes: ScopeSet,
    /// Where; space-separated.
    pub audiences: String,
}

/// A device asks. While nobody has decided, what it asks too soon makes it wait longer, in all processes.
///
/// # Errors
/// When a statement fails.
pub fn poll(conn: &mut Conn, id: &[u8], client: &str, now: Timestamp) -> QueryResult<Polled> {
    let own = device_codes::table.find(id).filter(device_codes::client_id.eq(client));
    let Some(row): Option<DeviceCode> = own.get_result(conn).optional()? else {
        return Ok(Polled::Unknown);
    };
    if row.redeemed_at.is_some() {
        return Ok(Polled::Unknown);
    }
    let has_ended = row.ends_at <= now;
    Ok(match (row.decided_at, row.grant_id) {
        (Some(_), None) => Polled::Refused,
        _ if has_ended => Polled::Ended,
        (Some(at), Some(grant)) => allowed(row, at, grant),
        (None, _) => wait(conn, id, now)?,
    })
}

/// The tables keep what was decided and by whom together; a row that does not is nobody's permission.
fn allowed(row: DeviceCode, at: Timestamp, grant: GrantId) -> Polled {
    let DeviceCode { id, scopes, audiences, user_id, authenticated_at, sid, .. } = row;
    match (user_id, authenticated_at) {
        (Some(user), Some(authenticated_at)) => {
            Polled::Allowed(Approval { id, user, authenticated_at, at, grant, sid, scopes, audiences })
        }
        _ => Polled::Unknown,
    }
}

fn wait(conn: &mut Conn, id: &[u8], now: Timestamp) -> QueryResult<Polled> {
    let undecided = || device_codes::table.find(id).filter(device_codes::decided_at.is_null());
    let on_time = diesel::update(undecided().filter(device_codes::poll_from.le(now)))
        .set(device_codes::poll_from.eq(device_codes::poll_every + now.minus(JITTER).micros()))
        .execute(conn)?;
    if on_time == 1 {
        return Ok(Polled::Pending);
    }
    let longer = micros(SLOWER_BY);
    diesel::update(undecided().filter(device_codes::poll_every.lt(micros(SLOWEST))))
        .set((
            device_codes::poll_every.eq(device_codes::poll_every + longer),
            device_codes::poll_from.eq(device_codes::poll_from + longer),
        ))
        .execute(conn)?;
    Ok(Polled::TooSoon)
}

/// Microseconds, as a row keeps them.
pub fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

/// Redeems what was allowed for `grant`, once; answers whose it is. `None` when it was redeemed before or has ended, or
/// when the client is gone or its person may not act any more. A `member` is remembered in the session.
///
/// # Errors
/// When a statement fails; nothing is redeemed then.
pub fn redeem(
    conn: &mut Conn,
    approval: &Approval,
    grant: &Grant,
    member: Option<&SessionClient>,
    now: Timestamp,
) -> QueryResult<Option<User>> {
    // Before the row, as whoever deletes a client does it.
    if !clients::hold(conn, &grant.client_id)? {
        return Ok(None);
    }
    let unused = device_codes::table
        .find(&approval.id)
        .filter(device_codes::grant_id.eq(grant.id))
        .filter(device_codes::redeemed_at.is_null())
        .filter(device_codes::ends_at.gt(now));
    if diesel::update(unused).set(device_codes::redeemed_at.eq(now)).execute(conn)? == 0 {
        return Ok(None);
    }
    if grants::claim(conn, grant, approval.at)?.is_err() {
        return Ok(None);
    }
    if let Some(member) = member {
        session_clients::insert(conn, member, now)?;
    }
    users::vouched_for(conn, grant.user_id, approval.at)
}

/// Removes what a client waits for.
///
/// # Errors
/// When a statement fails.
pub(super) fn forget_client(conn: &mut Conn, client: &str) -> QueryResult<usize> {
    diesel::delete(device_codes::table.filter(device_codes::client_id.eq(client))).execute(conn)
}

/// Removes up to `limit` rows that ended before `before`; answers how many.
///
/// # Errors
/// When a statement fails.
pub fn sweep(conn: &mut Conn, before: Timestamp, limit: i64) -> QueryResult<usize> {
    let ended: Vec<Vec<u8>> = device_codes::table
        .filter(device_codes::ends_at.le(before))
        .select(device_codes::id)
        .limit(limit)
        .load(conn)?;
    diesel::delete(device_codes::table.filter(device_codes::id.eq_any(ended))).execute(conn)
}
