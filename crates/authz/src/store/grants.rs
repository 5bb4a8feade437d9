//! Grants: a person's permission for a client, from one authorization. A refresh token is a generation of its
//! grant; no token has a row of its own.

use std::time::Duration;

use diesel::dsl::exists;
use diesel::prelude::*;
use model::db::{Conn, Kept};
use model::id::{GrantId, UserId};
use model::scope::ScopeSet;
use model::time::Timestamp;

use super::clients::Client;
use super::{directly, ended_access, revocations, users};
use crate::schema::{clients, grants, users as people};

/// A grant's row.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = grants, treat_none_as_default_value = false)]
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

/// Redeems a code, unless its person or its client may not act any more, or the one has ended the other's access meanwhile: inserts
/// the grant it buys, which its uniqueness allows once. A second redemption ends the grant (RFC 6749 section 4.1.2).
///
/// # Errors
/// When a statement fails; nothing is redeemed then.
pub fn claim(conn: &mut Conn, grant: &Grant, code_issued_at: Timestamp) -> QueryResult<Result<(), Refused>> {
    if let Some(refused) = hold_parties(conn, grant, code_issued_at)? {
        return Ok(Err(refused));
    }
    // Asked by the insert: a statement sees what was committed before it began, and this one begins when both are held.
    let insert = |conn: &mut Conn| {
        directly!(conn, |conn| {
            let since = ended_access::since(grant.user_id, &grant.client_id, code_issued_at);
            let inserted = diesel::insert_into(grants::table).values(grant).on_conflict_do_nothing();
            Kept(inserted.returning(exists(since))).get_result::<bool>(conn).optional()
        })
    };
    match insert(conn)? {
        Some(false) => Ok(Ok(())),
        Some(true) => diesel::delete(grants::table.find(grant.id)).execute(conn).map(|_| Err(Refused::Ended)),
        None => revoke(conn, grant.id, grant.created_at).map(|_| Err(Refused::Replayed)),
    }
}

/// As [`claim`], and ends the grants that the person and the client had: there is one of them afterwards, however many come at
/// once.
///
/// # Errors
/// When a statement fails; nothing is claimed or ended then.
pub fn replace(conn: &mut Conn, grant: &Grant, since: Timestamp) -> QueryResult<Result<(), Refused>> {
    // Alone before claiming holds them together with others, who would wait for each other; and all rows come before the
    // first revocation, as wherever grants end.
    let _ = users::hold_alone(conn, grant.user_id, since)?;
    let claimed = claim(conn, grant, since)?;
    if claimed.is_ok() {
        let of_both = grants::table
            .filter(grants::user_id.eq(grant.user_id))
            .filter(grants::client_id.eq(&grant.client_id));
        let others = of_both.filter(grants::id.ne(grant.id)).filter(grants::revoked_at.is_null());
        let ended = diesel::update(others).set(grants::revoked_at.eq(grant.created_at)).returning(grants::id);
        let ended: Vec<GrantId> = ended.get_results(conn)?;
        for id in ended {
            revocations::insert(conn, &revocations::NewRevocation::grant(id, grant.created_at))?;
        }
    }
    Ok(claimed)
}

/// Why the person and the client may not have a grant, if so. On PostgreSQL both are then held against change until the
/// transaction ends, so that "disabled" or "ended" and "granted" cannot pass each other.
fn hold_parties(conn: &mut Conn, grant: &Grant, since: Timestamp) -> QueryResult<Option<Refused>> {
    type Parties = (Option<Timestamp>, Timestamp, Option<Timestamp>, Timestamp);
    let both = people::table
        .inner_join(clients::table.on(clients::id.eq(&grant.client_id)))
        .filter(people::id.eq(grant.user_id))
        .select((people::disabled_at, people::valid_from, clients::disabled_at, clients::valid_from));
    let parties: Option<Parties> = match conn {
        Conn::Sqlite(conn) => both.get_result(conn).optional()?,
        Conn::Postgres(conn) => both.for_share().get_result(conn).optional()?,
    };
    Ok(match parties {
        Some((Some(_), ..)) => Some(Refused::NoPerson),
        Some((None, valid_from, ..)) if valid_from >= since => Some(Refused::NoPerson),
        Some((.., None, valid_from)) if valid_from < since => None,
        _ => Some(Refused::Ended),
    })
}

/// Whether a code of that id was redeemed.
///
/// # Errors
/// When a statement fails.
pub fn is_there(conn: &mut Conn, id: GrantId) -> QueryResult<bool> {
    Ok(grants::table.find(id).select(grants::id).get_result::<GrantId>(conn).optional()?.is_some())
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
        None => replace_unseen(conn, presented, now, overlap)?,
        rotated => rotated,
    };
    if let Some(grant) = rotated {
        // If not, the row was written, but to no effect: its person's grants give nothing from now on.
        let counts = users::vouches(conn, grant.user_id, grant.created_at)?;
        return Ok(if counts { Ok(grant) } else { Err(Refused::NoPerson) });
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
    let replace = diesel::update(live)
        .set((
            grants::refresh_current.eq(presented.generation.saturating_add(1)),
            grants::refresh_previous.eq(presented.generation),
            grants::rotated_at.eq(now),
        ))
        .returning(grants::all_columns);
    directly!(conn, |conn| Kept(replace).get_result(conn)).optional()
}

/// The overlap is looked for on both sides of now: who replaced it may have read a later clock, and without an overlap
/// that must not make one.
fn replace_unseen(
    conn: &mut Conn,
    presented: &Presented,
    now: Timestamp,
    overlap: Duration,
) -> QueryResult<Option<Grant>> {
    let unseen = grants::table
        .find(presented.grant)
        .filter(grants::client_id.eq(&presented.client))
        .filter(grants::refresh_previous.eq(presented.generation))
        .filter(grants::rotated_at.gt(now.minus(overlap)))
        .filter(grants::rotated_at.lt(now.plus(overlap)))
        .filter(grants::revoked_at.is_null())
        .filter(grants::ends_at.gt(now));
    diesel::update(unseen)
        .set(grants::refresh_current.eq(grants::refresh_current + 1))
        .returning(grants::all_columns)
        .get_result(conn)
        .optional()
}

/// Ends a grant and everything issued from it; answers whose it was, `None` when it had ended or never was.
///
/// # Errors
/// When a statement fails.
pub fn revoke(conn: &mut Conn, id: GrantId, now: Timestamp) -> QueryResult<Option<UserId>> {
    let live = grants::table.find(id).filter(grants::revoked_at.is_null());
    let ended = diesel::update(live).set(grants::revoked_at.eq(now)).returning(grants::user_id);
    let user = ended.get_result(conn).optional()?;
    if user.is_some() {
        revocations::insert(conn, &revocations::NewRevocation::grant(id, now))?;
    }
    Ok(user)
}

/// A person's grants that have not ended, with whom they allowed it to; the `limit` newest, newest first.
///
/// # Errors
/// When a statement fails.
pub fn of_user(
    conn: &mut Conn,
    user: UserId,
    now: Timestamp,
    limit: i64,
) -> QueryResult<Vec<(Grant, Client)>> {
    let live = grants::table.filter(grants::user_id.eq(user)).filter(grants::revoked_at.is_null());
    live.filter(grants::ends_at.gt(now))
        .inner_join(clients::table)
        .select((grants::all_columns, clients::all_columns))
        .order((grants::created_at.desc(), grants::id.desc()))
        .limit(limit)
        .load(conn)
}

/// Looks at the `limit` grants that come after `after` and removes those that ended before `before` or were last
/// renewed before `idle`. Answers where to go on, `None` at the end. Bounded however many there are: a search for
/// the ended ones would read all of them whenever there are none.
///
/// # Errors
/// When a statement fails.
pub fn sweep(
    conn: &mut Conn,
    after: Option<GrantId>,
    before: Timestamp,
    idle: Timestamp,
    limit: i64,
) -> QueryResult<Option<GrantId>> {
    type Row = (GrantId, Timestamp, Timestamp, Option<Timestamp>);
    let after = after.unwrap_or(GrantId(uuid::Uuid::nil()));
    let rows: Vec<Row> = grants::table
        .filter(grants::id.gt(after))
        .order(grants::id)
        .limit(limit)
        .select((grants::id, grants::ends_at, grants::rotated_at, grants::revoked_at))
        .load(conn)?;
    let last = rows.last().map(|row| row.0);
    let has_ended = |(_, ends_at, rotated_at, revoked_at): &Row| {
        *ends_at <= before || *rotated_at <= idle || revoked_at.is_some_and(|at| at <= before)
    };
    let ended: Vec<GrantId> = rows.iter().filter(|row| has_ended(row)).map(|row| row.0).collect();
    if !ended.is_empty() {
        diesel::delete(grants::table.filter(grants::id.eq_any(ended))).execute(conn)?;
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use model::db::Db;
    use model::db::testing::TestDatabase;
    use model::id::ClientId;

    use super::*;
    use crate::store::MIGRATIONS;
    use crate::store::clients;
    use crate::store::json::Json;
    use crate::store::users::NewUser;

    const DAY: Duration = Duration::from_secs(86_400);

    fn client() -> Client {
        Client {
            id: ClientId("web".into()),
            name: "web".into(),
            is_confidential: false,
            secret_hash: None,
            previous_secret_hash: None,
            previous_secret_until: None,
            grant_types: String::new(),
            redirect_uris: String::new(),
            scopes: ScopeSet::default(),
            audiences: String::new(),
            introspects: String::new(),
            created_at: Timestamp::from_unix_seconds(0),
            metadata: Json::default(),
            user_id: None,
            version: 1,
            disabled_at: None,
            valid_from: Timestamp::from_micros(0),
        }
    }

    /// R176: going round in small steps removes what has ended and nothing else.
    #[tokio::test]
    async fn a_sweep_removes_what_has_ended_or_slept_too_long_and_keeps_the_rest() {
        let database = TestDatabase::new();
        MIGRATIONS.run(database.url()).unwrap();
        let db = Db::open(database.url()).unwrap();
        let now = Timestamp::from_unix_seconds(100 * 86_400);
        let new = NewUser {
            username: "ada".into(),
            username_key: "ada".into(),
            password_hash: String::new(),
            created_at: now,
        };
        let user = db.write(move |conn| users::insert(conn, &new)).await.unwrap().unwrap();
        db.write(|conn| clients::insert(conn, &client())).await.unwrap();
        let live = Grant {
            id: GrantId::new(now),
            user_id: user.id,
            client_id: "web".into(),
            scopes: ScopeSet::default(),
            authenticated_at: now,
            created_at: now,
            ends_at: now.plus(DAY),
            refresh_current: 1,
            refresh_previous: None,
            rotated_at: now,
            revoked_at: None,
        };
        let kept = live.id;
        let grants = [
            Grant { id: GrantId::new(now.minus(DAY)), ends_at: now, ..live.clone() },
            Grant { id: GrantId::new(now.minus(DAY)), rotated_at: now.minus(DAY), ..live.clone() },
            Grant { id: GrantId::new(now.minus(DAY)), revoked_at: Some(now), ..live.clone() },
            live,
        ];
        for grant in grants {
            db.write(move |conn| claim(conn, &grant, now)).await.unwrap().unwrap();
        }
        let mut after = None;
        loop {
            after = db.write(move |conn| sweep(conn, after, now, now.minus(DAY), 2)).await.unwrap();
            if after.is_none() {
                break;
            }
        }
        let left: Vec<GrantId> = db.read(|conn| grants::table.select(grants::id).load(conn)).await.unwrap();
        assert_eq!(left, [kept]);
    }
}
