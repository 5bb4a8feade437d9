//! What people have agreed to: a row per person and client. It outlives the grants it led to, and is looked at before a
//! person is asked again.

use diesel::prelude::*;
use model::db::Conn;
use model::id::UserId;
use model::scope::ScopeSet;
use model::time::Timestamp;

use crate::profile::ClaimSet;
use crate::schema::consents;

/// What was agreed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Scopes.
    pub scopes: ScopeSet,
    /// Whom tokens may be for; a set as well.
    pub audiences: ScopeSet,
    /// What may be told of the person beside what the scopes stand for.
    pub claims: ClaimSet,
    /// SHA-256 of the addresses the client could return to.
    pub redirect_uris: Vec<u8>,
}

impl Consent {
    /// Whether `asked` is no more than this, and leads nowhere else.
    pub fn covers(&self, asked: &Self) -> bool {
        asked.redirect_uris == self.redirect_uris
            && asked.scopes.is_subset(&self.scopes)
            && asked.audiences.is_subset(&self.audiences)
            && self.claims.union(asked.claims) == self.claims
    }

    /// Both, if they lead to the same addresses; otherwise only the later one counts.
    fn with(&self, later: &Self) -> Self {
        if self.redirect_uris != later.redirect_uris {
            return later.clone();
        }
        Self {
            scopes: self.scopes.union(&later.scopes),
            audiences: self.audiences.union(&later.audiences),
            claims: self.claims.union(later.claims),
            redirect_uris: later.redirect_uris.clone(),
        }
    }
}

/// What this person has agreed to for this client.
///
/// # Errors
/// When a statement fails.
pub fn find(conn: &mut Conn, user: UserId, client: &str) -> QueryResult<Option<Consent>> {
    let row: Option<(ScopeSet, ScopeSet, i64, Vec<u8>)> = consents::table
        .find((user, client))
        .select((consents::scopes, consents::audiences, consents::claims, consents::redirect_uris))
        .get_result(conn)
        .optional()?;
    Ok(row.map(|(scopes, audiences, claims, redirect_uris)| Consent {
        scopes,
        audiences,
        claims: ClaimSet::from_bits(claims),
        redirect_uris,
    }))
}

/// Remembers what a person has agreed to, beside what they had. Two answers at once may forget one of them: then that
/// is asked again.
///
/// # Errors
/// When a statement fails, as when the client is gone.
pub fn remember(
    conn: &mut Conn,
    user: UserId,
    client: &str,
    agreed: &Consent,
    now: Timestamp,
) -> QueryResult<()> {
    let whole = find(conn, user, client)?.map_or_else(|| agreed.clone(), |known| known.with(agreed));
    let values = (
        consents::scopes.eq(&whole.scopes),
        consents::audiences.eq(&whole.audiences),
        consents::claims.eq(whole.claims.bits()),
        consents::redirect_uris.eq(&whole.redirect_uris),
        consents::agreed_at.eq(now),
    );
    if diesel::update(consents::table.find((user, client))).set(values).execute(conn)? == 1 {
        return Ok(());
    }
    let row = (consents::user_id.eq(user), consents::client_id.eq(client), values);
    super::insert_unless_taken!(conn, consents::table, row).map(drop)
}

/// Forgets what a person has agreed to for a client: they are asked again. `false` when that was nothing.
///
/// # Errors
/// When a statement fails.
pub fn forget(conn: &mut Conn, user: UserId, client: &str) -> QueryResult<bool> {
    Ok(diesel::delete(consents::table.find((user, client))).execute(conn)? == 1)
}

/// Forgets all that a person has agreed to.
///
/// # Errors
/// When a statement fails.
pub fn forget_all(conn: &mut Conn, user: UserId) -> QueryResult<()> {
    diesel::delete(consents::table.filter(consents::user_id.eq(user))).execute(conn).map(drop)
}

/// What a person has agreed to, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Agreed {
    /// For which client.
    pub client_id: String,
    /// Scopes.
    pub scopes: ScopeSet,
    /// Whom tokens may be for.
    pub audiences: ScopeSet,
    /// The last time.
    pub agreed_at: Timestamp,
}

/// All that a person has agreed to, the latest first.
///
/// # Errors
/// When a statement fails.
pub fn of_user(conn: &mut Conn, user: UserId) -> QueryResult<Vec<Agreed>> {
    consents::table
        .filter(consents::user_id.eq(user))
        .select((consents::client_id, consents::scopes, consents::audiences, consents::agreed_at))
        .order((consents::agreed_at.desc(), consents::client_id))
        .load(conn)
}
