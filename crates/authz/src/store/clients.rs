//! Clients (RFC 6749 section 2).

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use model::db::Conn;
use model::id::{ClientId, UserId};
use model::scope::ScopeSet;
use model::time::{Clock, Timestamp};

use super::json::Json;
use super::revocations::NewRevocation;
use super::{insert_unless_taken, revocations};
use crate::client_metadata::{AuthMethod, ClientMetadata};
use crate::schema::clients;

mod endings;

pub use endings::{delete, end, set_disabled};
pub(super) use endings::{hold_alone, remove};

/// A client's row. Lists are kept as text, as the wire writes them: they are short and read whole.
#[derive(Clone, Debug, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = clients, treat_none_as_null = true)]
pub struct Client {
    /// The client identifier.
    pub id: ClientId,
    /// What people are shown.
    pub name: String,
    /// Whether it can keep a secret (RFC 6749 section 2.1).
    pub is_confidential: bool,
    /// SHA-256 of its secret.
    pub secret_hash: Option<Vec<u8>>,
    /// SHA-256 of the secret before, honoured for a while after a rotation.
    pub previous_secret_hash: Option<Vec<u8>>,
    /// For how long.
    pub previous_secret_until: Option<Timestamp>,
    /// Space-separated grant types.
    pub grant_types: String,
    /// Redirect URIs, one to a line.
    pub redirect_uris: String,
    /// What it may ask for.
    pub scopes: ScopeSet,
    /// Whom its tokens are for; space-separated.
    pub audiences: String,
    /// The audiences it answers for as a resource server; space-separated.
    pub introspects: String,
    /// When it was registered.
    pub created_at: Timestamp,
    /// What else its registration says.
    pub metadata: Json<ClientMetadata>,
    /// Whose it is; nobody's when an administrator made it.
    pub user_id: Option<UserId>,
    /// Counts its changes, so that none is made to what nobody has read.
    pub version: i64,
    /// Since when an administrator has switched it off.
    pub disabled_at: Option<Timestamp>,
    /// Codes and approvals made for it at or before this instant are void.
    pub valid_from: Timestamp,
}

impl Client {
    /// Whether an administrator gave it this grant type.
    pub fn may_use(&self, grant_type: &str) -> bool {
        self.grant_types.split(' ').any(|each| each == grant_type)
    }

    /// Whether it proves who it is by a secret: a client that can keep one, and does not sign instead.
    pub fn has_a_secret(&self) -> bool {
        self.is_confidential && self.metadata.token_endpoint_auth_method != Some(AuthMethod::PrivateKeyJwt)
    }

    /// The registered redirect URIs.
    pub fn redirect_uris(&self) -> impl Iterator<Item = &str> {
        self.redirect_uris.lines()
    }

    /// Whether it may do less than `before`, or may be answered at fewer addresses.
    fn is_less_than(&self, before: &Self) -> bool {
        let lacks = |now: &str, then: &str| {
            then.split_whitespace().any(|each| !now.split_whitespace().any(|kept| kept == each))
        };
        let answers = &self.metadata.response_types;
        lacks(&self.grant_types, &before.grant_types)
            || lacks(&self.redirect_uris, &before.redirect_uris)
            || lacks(self.scopes.as_str(), before.scopes.as_str())
            || lacks(&self.audiences, &before.audiences)
            || before.metadata.response_types.iter().any(|each| !answers.contains(each))
    }

    /// Whether it may be told about a token: one of its own, or one meant for a resource it answers for.
    pub fn may_introspect(&self, client: &str, audiences: &str) -> bool {
        let answers_for =
            |audience| self.introspects.split(' ').any(|each| !each.is_empty() && each == audience);
        client == self.id.as_str() || audiences.split(' ').any(answers_for)
    }
}

/// The client of that id.
///
/// # Errors
/// When a statement fails.
pub fn find(conn: &mut Conn, id: &str) -> QueryResult<Option<Client>> {
    clients::table.find(id).get_result(conn).optional()
}

/// Every client, oldest first.
///
/// # Errors
/// When a statement fails.
pub fn all(conn: &mut Conn) -> QueryResult<Vec<Client>> {
    clients::table.order((clients::created_at, clients::id)).load(conn)
}

/// A person's clients, newest first.
///
/// # Errors
/// When a statement fails.
pub fn of_person(conn: &mut Conn, user: UserId) -> QueryResult<Vec<Client>> {
    let own = clients::table.filter(clients::user_id.eq(user));
    own.order((clients::created_at.desc(), clients::id)).load(conn)
}

/// How many clients a person has.
///
/// # Errors
/// When a statement fails.
pub fn count_of_person(conn: &mut Conn, user: UserId) -> QueryResult<i64> {
    clients::table.filter(clients::user_id.eq(user)).count().get_result(conn)
}

/// A person's client of that id. Somebody else's is as if it were not there.
///
/// # Errors
/// When a statement fails.
pub fn find_of_person(conn: &mut Conn, id: &str, user: UserId) -> QueryResult<Option<Client>> {
    clients::table.find(id).filter(clients::user_id.eq(user)).get_result(conn).optional()
}

/// Whether the person has that client; on PostgreSQL nobody else changes it until the transaction ends.
///
/// # Errors
/// When a statement fails.
pub fn hold_of_person(conn: &mut Conn, id: &str, user: UserId) -> QueryResult<bool> {
    let Conn::Postgres(conn) = conn else { return Ok(find_of_person(conn, id, user)?.is_some()) };
    let held = diesel::sql_query("SELECT 1 FROM clients WHERE id = $1 AND user_id = $2 FOR UPDATE")
        .bind::<Text, _>(id)
        .bind::<BigInt, _>(user)
        .execute(conn)?;
    Ok(held == 1)
}

/// The origins of all clients' pages.
///
/// # Errors
/// When a statement fails.
pub fn origins(conn: &mut Conn) -> QueryResult<Vec<String>> {
    let with_some = clients::table
        .filter(clients::metadata.like("%\"allowed_origins\":[\"%"))
        .filter(clients::disabled_at.is_null());
    let found: Vec<Json<ClientMetadata>> = with_some.select(clients::metadata).load(conn)?;
    Ok(found.iter().flat_map(|metadata| metadata.allowed_origins.clone()).collect())
}

/// The longest that a client's refresh tokens last unused, of those that say so themselves; seconds.
///
/// # Errors
/// When a statement fails.
pub fn longest_idle(conn: &mut Conn) -> QueryResult<Option<u64>> {
    let with_some = clients::table
        .filter(clients::metadata.like("%\"refresh_token_idle_seconds\":%"))
        .filter(clients::metadata.not_like("%\"refresh_token_idle_seconds\":null%"));
    let found: Vec<Json<ClientMetadata>> = with_some.select(clients::metadata).load(conn)?;
    Ok(found.iter().filter_map(|metadata| metadata.refresh_token_idle_seconds).max())
}

/// Registers a client; `false` when the id is taken.
///
/// # Errors
/// When a statement fails.
pub fn insert(conn: &mut Conn, client: &Client) -> QueryResult<bool> {
    let inserted = insert_unless_taken!(conn, clients::table, client)? == 1;
    if inserted && !client.metadata.allowed_origins.is_empty() {
        revocations::insert(conn, &NewRevocation::client_changed(client.id.as_str(), client.created_at))?;
    }
    if inserted && revocations::is_client_deleted(conn, client.id.as_str())? {
        let own = clients::table.find(&client.id);
        diesel::update(own).set(clients::valid_from.eq(client.created_at)).execute(conn)?;
        revocations::insert(conn, &NewRevocation::client_ended(client.id.as_str(), client.created_at))?;
    }
    Ok(inserted)
}

/// Gives the client a new secret; the one it had stays valid until `previous_until`. `false` when there is no
/// such client with a secret.
///
/// # Errors
/// When a statement fails.
pub fn rotate_secret(
    conn: &mut Conn,
    id: &str,
    secret_hash: &[u8],
    now: Timestamp,
    previous_until: Timestamp,
) -> QueryResult<bool> {
    if !find(conn, id)?.is_some_and(|client| client.has_a_secret()) {
        return Ok(false);
    }
    let rotated = diesel::update(clients::table.find(id).filter(clients::is_confidential.eq(true)))
        .set((
            clients::previous_secret_hash.eq(clients::secret_hash),
            clients::previous_secret_until.eq(previous_until),
            clients::secret_hash.eq(secret_hash),
            clients::version.eq(clients::version + 1),
        ))
        .execute(conn)?;
    if rotated == 1 {
        revocations::insert(conn, &NewRevocation::client_changed(id, now))?;
    }
    Ok(rotated == 1)
}

/// Puts `changed` in the place of what the client was when it was `read`, whole, if nobody has changed it since, in
/// whatever it may be. What it may no longer do ends: codes and access tokens it was given so far are void, and a refresh
/// token gives what is left. With the secret of a client, or its keys, ends all it was given, because that was for whoever
/// proves to be this client. Answers the client as it is then; `None` when somebody has changed it, or it is gone.
///
/// # Errors
/// When a statement fails.
pub fn replace(
    conn: &mut Conn,
    read: &Client,
    changed: &Client,
    clock: &Clock,
) -> QueryResult<Option<Client>> {
    let unchanged = clients::table.find(&read.id).filter(clients::version.eq(read.version));
    let mut next = Client { id: read.id.clone(), version: read.version.saturating_add(1), ..changed.clone() };
    if diesel::update(unchanged).set(&next).execute(conn)? == 0 {
        return Ok(None);
    }
    let proves_itself_no_more = read.is_confidential && !next.is_confidential;
    if proves_itself_no_more {
        endings::end_grants(conn, &next, clock)?;
    }
    if proves_itself_no_more || next.is_less_than(read) {
        next.valid_from = endings::void_so_far(conn, &next, clock)?;
    } else {
        revocations::insert(conn, &NewRevocation::client_changed(read.id.as_str(), clock.now()))?;
    }
    Ok(Some(next))
}

/// Whether there is such a client; on PostgreSQL it then stays until the transaction ends, so that "deleted" and
/// "granted" cannot wait for each other.
///
/// # Errors
/// When a statement fails.
pub fn hold(conn: &mut Conn, id: &str) -> QueryResult<bool> {
    match conn {
        Conn::Sqlite(_) => clients::table.find(id).count().get_result::<i64>(conn).map(|count| count == 1),
        Conn::Postgres(conn) => {
            let held = clients::table.find(id).select(clients::id).for_key_share();
            Ok(held.get_result::<ClientId>(conn).optional()?.is_some())
        }
    }
}
