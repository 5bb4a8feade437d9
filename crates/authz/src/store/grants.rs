//! Grants: a person's permission for a client, from one authorization. A refresh token is a generation of its
//! grant; no token has a row of its own.

use std::time::Duration;

use diesel::prelude::*;
use model::db::Conn;
use model::id::{GrantId, UserId};
use model::scope::ScopeSet;
use model::time::Timestamp;

use super::{insert_unless_taken, revocations, users};
use crate::schema::grants;

/// A grant's row.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = grants)]
pub struct Grant {
    /// The id of the code that bought it.
    pub id: GrantId,
    /// Who allowed it.
    pub user_id: UserId,
    /// To whom.
    pub client_id: String,
    /// What was allowed.
    pub scopes: ScopeSet,
    /// When the person had last proved who they are.
    pub authenticated_at: Timestamp,
    /// When it was bought.
    pub created_at: Timestamp,
    /// When it ends, however often it is renewed.
    pub ends_at: Timestamp,
    /// The generation of the live refresh token.
    pub refresh_current: i64,
    /// The generation honoured for a short while after it was replaced.
    pub refresh_previous: Option<i64>,
    /// When the predecessor was replaced.
    pub rotated_at: Timestamp,
    /// When it was ended.
    pub revoked_at: Option<Timestamp>,
}

/// Why a grant gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The person may not act, or what was shown is older than their last password change.
    NoPerson,
    /// The code was redeemed before: the grant it bought has been ended.
    Replayed,
    /// The refresh token was replaced before: its grant has been ended.
    Reused,
    /// There is no such grant for this client, or it has ended.
    Ended,
}

/// Redeems a code: inserts the grant it buys, which its uniqueness allows once. A second redemption ends the
/// grant (RFC 6749 section 4.1.2).
///
/// # Errors
/// When a statement fails; nothing is redeemed then.
pub fn claim(conn: &mut Conn, grant: &Grant, code_issued_at: Timestamp) -> QueryResult<Result<(), Refused>> {
    if users::hold(conn, grant.user_id, code_issued_at)?.is_none() {
        return Ok(Err(Refused::NoPerson));
    }
    if insert_unless_taken!(conn, grants::table, grant)? == 1 {
        return Ok(Ok(()));
    }
    revoke(conn, grant.id, grant.created_at)?;
    Ok(Err(Refused::Replayed))
}

/// A refresh token as presented.
#[derive(Clone, Debug)]
pub struct Presented {
    /// Its grant.
    pub grant: GrantId,
    /// Its generation.
    pub generation: i64,
    /// The client that presents it.
    pub client: String,
}

/// Rotates: the presented generation must be the live one, which is replaced; or its immediate predecessor not
/// longer than `overlap` after it was replaced, which then gets a fresh successor in place of the one nobody
/// has seen. Anything else of a live grant is reuse and ends it (RFC 9700 section 4.14.2).
///
/// # Errors
/// When a statement fails; nothing is rotated then.
pub fn rotate(
    conn: &mut Conn,
    presented: &Presented,
    now: Timestamp,
    overlap: Duration,
) -> QueryResult<Result<Grant, Refused>> {
    let rotated = match replace_live(conn, presented, now)? {
        None => replace_unseen(conn, presented, now.minus(overlap), now)?,
        rotated => rotated,
    };
    if let Some(grant) = rotated {
        return match users::vouched_for(conn, grant.user_id, grant.created_at)? {
            Some(_) => Ok(Ok(grant)),
            // The row was written, but to no effect: its person's grants give nothing from now on.
            None => Ok(Err(Refused::NoPerson)),
        };
    }
    let grant: Option<Grant> = grants::table.find(presented.grant).get_result(conn).optional()?;
    match grant {
        Some(grant) if grant.is_live_for(presented, now) => {
            revoke(conn, grant.id, now)?;
            Ok(Err(Refused::Reused))
        }
        _ => Ok(Err(Refused::Ended)),
    }
}

impl Grant {
    fn is_live_for(&self, presented: &Presented, now: Timestamp) -> bool {
        self.client_id == presented.client && self.revoked_at.is_none() && now < self.ends_at
    }
}

fn replace_live(conn: &mut Conn, presented: &Presented, now: Timestamp) -> QueryResult<Option<Grant>> {
    let live = grants::table
        .find(presented.grant)
        .filter(grants::client_id.eq(&presented.client))
        .filter(grants::refresh_current.eq(presented.generation))
        .filter(grants::revoked_at.is_null())
        .filter(grants::ends_at.gt(now));
    diesel::update(live)
        .set((
            grants::refresh_current.eq(presented.generation.saturating_add(1)),
            grants::refresh_previous.eq(presented.generation),
            grants::rotated_at.eq(now),
        ))
        .returning(grants::all_columns)
        .get_result(conn)
        .optional()
}

fn replace_unseen(
    conn: &mut Conn,
    presented: &Presented,
    rotated_after: Timestamp,
    now: Timestamp,
) -> QueryResult<Option<Grant>> {
    let unseen = grants::table
        .find(presented.grant)
        .filter(grants::client_id.eq(&presented.client))
        .filter(grants::refresh_previous.eq(presented.generation))
        .filter(grants::rotated_at.gt(rotated_after))
        .filter(grants::revoked_at.is_null())
        .filter(grants::ends_at.gt(now));
    diesel::update(unseen)
        .set(grants::refresh_current.eq(grants::refresh_current + 1))
        .returning(grants::all_columns)
        .get_result(conn)
        .optional()
}

/// Ends a grant and everything issued from it.
///
/// # Errors
/// When a statement fails.
pub fn revoke(conn: &mut Conn, id: GrantId, now: Timestamp) -> QueryResult<()> {
    let live = grants::table.find(id).filter(grants::revoked_at.is_null());
    if diesel::update(live).set(grants::revoked_at.eq(now)).execute(conn)? == 1 {
        revocations::insert(conn, &revocations::NewRevocation::grant(id, now))?;
    }
    Ok(())
}

/// Removes up to `limit` grants that ended before `before`; answers how many.
///
/// # Errors
/// When a statement fails.
pub fn sweep(conn: &mut Conn, before: Timestamp, limit: i64) -> QueryResult<usize> {
    let ended = grants::ends_at.le(before).or(grants::revoked_at.le(before).assume_not_null());
    let ended: Vec<GrantId> = grants::table.filter(ended).select(grants::id).limit(limit).load(conn)?;
    diesel::delete(grants::table.filter(grants::id.eq_any(ended))).execute(conn)
}
