//! What people end of an application's access: with its grants goes what was on its way to one, a code or a device code,
//! and what has none, an access token from the authorization endpoint. One row of `revocations` says so for all of them.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use model::db::Conn;
use model::id::{GrantId, UserId};
use model::time::{Clock, Timestamp};

use super::revocations::{self, NewRevocation};
use super::{browser_access, clients, consents, users};
use crate::schema::{grants, revocations as ended};

/// What is ended of what a client may do for a person. What has no grant is ended with any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All of it.
    All,
    /// This grant.
    Grant(GrantId),
    /// What has no grant.
    WithoutGrant,
}

impl Which {
    fn is_meant(self, grant: GrantId) -> bool {
        self == Self::All || self == Self::Grant(grant)
    }
}

/// What was ended.
pub struct Ended {
    /// These grants.
    pub grants: Vec<GrantId>,
    /// Tokens of no grant, of which some may not have ended by themselves.
    pub tokens: bool,
    /// What the person had agreed to.
    pub consent: bool,
}

/// Ends these grants of a person for a client, voids everything else that was made for the two of them so far, and forgets
/// what the person had agreed to. Whoever redeems meanwhile either is done, so that their grant is among them, or finds
/// this done. Answers what has ended now.
///
/// # Errors
/// When a statement fails.
pub fn end(conn: &mut Conn, user: UserId, client: &str, which: Which, clock: &Clock) -> QueryResult<Ended> {
    // Whether they may still act is of no matter: it is theirs.
    let _ = users::hold_alone(conn, user, clock.now())?;
    // Whoever ends the client has the same rows to end, in whatever order.
    let _ = clients::hold(conn, client)?;
    let of_both = grants::table.filter(grants::user_id.eq(user)).filter(grants::client_id.eq(client));
    let live = of_both.filter(grants::revoked_at.is_null());
    let live: Vec<GrantId> = live.select(grants::id).load(conn)?;
    let wanted: Vec<GrantId> = live.into_iter().filter(|id| which.is_meant(*id)).collect();
    // All rows before the first revocation: whoever ends one of them otherwise has its row and then waits for their turn.
    let live = grants::table.filter(grants::id.eq_any(wanted)).filter(grants::revoked_at.is_null());
    let now = clock.now();
    let done = diesel::update(live).set(grants::revoked_at.eq(now)).returning(grants::id);
    let done: Vec<GrantId> = done.get_results(conn)?;
    let consent = consents::forget(conn, user, client)?;
    let tokens = browser_access::forget(conn, user, client, now)?;
    for grant in &done {
        revocations::insert(conn, &NewRevocation::grant(*grant, now))?;
    }
    revocations::insert(conn, &NewRevocation::access(user, client, clock.now()))?;
    Ok(Ended { grants: done, tokens, consent })
}

/// The rows that say that this has happened since `made_at`; whoever asks holds the person.
#[diesel::dsl::auto_type(no_type_alias)]
pub(super) fn since<'a>(user: UserId, client: &'a str, made_at: Timestamp) -> _ {
    // Literally, or the databases do not see that the index is for it.
    let of_access: SqlLiteral<Bool> = sql("kind = 'access'");
    let key: String = revocations::access_key(user, client);
    ended::table.filter(of_access).filter(ended::key.eq(key)).filter(ended::issued_before.ge(made_at))
}
