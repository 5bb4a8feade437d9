//! Registering clients: the rules, wherever a registration comes from.

pub mod developer;
mod rules;

use std::fmt;

use diesel::QueryResult;
use model::db::{Conn, DbError};
use model::id::{ClientId, UserId};
use model::secret::{Secret, sha256};
use model::time::Timestamp;

use crate::app::App;
use crate::audit::{Origin, What};
use crate::client_metadata::ClientMetadata;
use crate::crypto::random::{self, NoRandomness};
use crate::store::audit_events::{self, AuditEvent};
use crate::store::clients::{self, Client};
use crate::store::users;
pub use rules::is_client_id;
use rules::{check, judged, kept, problem};

/// What a client secret begins with, for secret scanners.
const SECRET_PREFIX: &str = "tts_";

/// Whether a client can keep a secret (RFC 6749 section 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It can.
    Confidential,
    /// It cannot.
    Public,
}

/// What somebody wants to register.
#[derive(Debug)]
pub struct Registration {
    /// The id, when it must be a particular one.
    pub id: Option<String>,
    /// What people are shown.
    pub name: String,
    /// Whether it can keep a secret.
    pub kind: Kind,
    /// Grant types.
    pub grant_types: Vec<String>,
    /// Where answers may be sent.
    pub redirect_uris: Vec<String>,
    /// What it may ask for; everything when empty.
    pub scopes: Vec<String>,
    /// Whom its tokens are for; the configured default when empty.
    pub audiences: Vec<String>,
    /// What it answers for as a resource server.
    pub introspects: Vec<String>,
    /// The secret, when a deployment derives it; otherwise one is made.
    pub secret: Option<Secret<String>>,
    /// What else there is to say.
    pub metadata: ClientMetadata,
}

/// A registered client, with its secret for this one time.
#[derive(Debug)]
pub struct Registered {
    /// The client.
    pub client: Client,
    /// Its secret.
    pub secret: Option<Secret<String>>,
}

/// A part of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The id.
    Id,
    /// What people are shown.
    Name,
    /// Grant types.
    GrantTypes,
    /// Where answers may be sent.
    RedirectUris,
    /// What it may ask for.
    Scopes,
    /// Whom its tokens are for.
    Audiences,
    /// What it answers for.
    Introspects,
    /// What else there is to say.
    Metadata,
}

/// What is wrong with a part of a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which part.
    pub field: Field,
    /// A sentence without its capital and its full stop.
    pub what: String,
}

/// Who changes a client.
#[derive(Clone, Copy, Debug)]
pub enum By {
    /// An administrator, who may change any.
    Administrator,
    /// A person, who may change their own.
    Owner(Owner),
}

/// A person, as they were known to have signed in at `since`.
#[derive(Clone, Copy, Debug)]
pub struct Owner {
    /// Who.
    pub id: UserId,
    /// What they do is done as of then: whatever ends their session meanwhile keeps it from being done.
    pub since: Timestamp,
}

impl By {
    /// Whether they may change that client; for the transaction that changes it.
    fn may_change(self, conn: &mut Conn, id: &ClientId) -> QueryResult<bool> {
        match self {
            Self::Administrator => Ok(true),
            Self::Owner(owner) => Ok(users::hold(conn, owner.id, owner.since)?.is_some()
                && clients::hold_of_person(conn, id.as_str(), owner.id)?),
        }
    }

    fn did(self, what: What, client: &ClientId, origin: &Origin, at: Timestamp) -> AuditEvent {
        let user_id = match self {
            Self::Administrator => None,
            Self::Owner(owner) => Some(owner.id),
        };
        AuditEvent { user_id, ..what.of_client(client, origin, at) }
    }
}

/// Why a client cannot be registered or changed.
#[derive(Debug)]
pub enum Refused {
    /// The registration itself: everything that is wrong with it.
    Invalid(Vec<Problem>),
    /// The person has as many as one may have.
    TooMany,
    /// The person may not act any more.
    NoPerson,
    /// The id is another client's.
    Taken,
    /// There is no such client.
    Unknown,
    /// Somebody else has changed it meanwhile.
    Changed,
    /// There is no such client, or it has no secret.
    NoSuchClient,
    /// The database cannot be asked.
    Db(DbError),
    /// No secret can be made.
    Random(NoRandomness),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(problems) => {
                let whats: Vec<&str> = problems.iter().map(|problem| problem.what.as_str()).collect();
                f.write_str(&whats.join("; "))
            }
            Self::TooMany => f.write_str("there are as many clients as one person may have"),
            Self::NoPerson => f.write_str("the person may not act any more"),
            Self::Taken => f.write_str("the client id is taken"),
            Self::Unknown => f.write_str("there is no such client"),
            Self::Changed => f.write_str("the client was changed meanwhile; try again"),
            Self::NoSuchClient => f.write_str("there is no such client with a secret"),
            Self::Db(error) => error.fmt(f),
            Self::Random(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Refused {}

impl From<DbError> for Refused {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

impl From<NoRandomness> for Refused {
    fn from(error: NoRandomness) -> Self {
        Self::Random(error)
    }
}

/// Registers a client.
///
/// # Errors
/// What is wrong with it, that the id is taken, or that the database cannot be asked.
pub async fn register(app: &App, origin: &Origin, wanted: Registration) -> Result<Registered, Refused> {
    let registered = made(app, &wanted)?;
    let row = registered.client.clone();
    let event = What::ClientCreated.of_client(&row.id, origin, row.created_at);
    let inserted = app.db.write(move |conn| {
        let inserted = clients::insert(conn, &row)?;
        if inserted {
            audit_events::insert(conn, &[event])?;
        }
        Ok(inserted)
    });
    if !inserted.await? {
        return Err(Refused::Taken);
    }
    if !registered.client.metadata.allowed_origins.is_empty() {
        app.feed.catch_up().await?;
    }
    Ok(registered)
}

/// What would be registered, with a secret if it has one. Nothing is written.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn made(app: &App, wanted: &Registration) -> Result<Registered, Refused> {
    let judged = judged(app, wanted)?;
    let has_a_secret = judged.has_a_secret();
    let secret = match wanted.secret.clone() {
        None if has_a_secret => Some(Secret::new(random::secret(SECRET_PREFIX)?)),
        given => given.filter(|_| has_a_secret),
    };
    let secret_hash = secret.as_ref().map(|secret| sha256(secret.expose().as_bytes()).to_vec());
    Ok(Registered { client: Client { secret_hash, ..judged }, secret })
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Invalid(vec![problem])
    }
}

/// Changes a client's metadata by a JSON object of members; answers the client as it is then.
///
/// # Errors
/// What is wrong with the changes, that there is no such client, that it was changed meanwhile, or that the database
/// cannot be asked.
pub async fn change_metadata(app: &App, origin: &Origin, id: &str, changes: &str) -> Result<Client, Refused> {
    let key = id.to_owned();
    let found = app.db.read(move |conn| clients::find(conn, &key)).await?;
    let client = found.ok_or(Refused::Unknown)?;
    let metadata = client.metadata.changed_by(changes).map_err(|what| problem(Field::Metadata, what))?;
    let metadata = kept(metadata)?;
    let read = client.metadata.clone();
    let client = Client { metadata, ..client };
    check(&client)?;
    let (key, row) = (id.to_owned(), client.metadata.clone());
    let event = What::ClientChanged.of_client(&client.id, origin, app.now());
    let written = app.db.write(move |conn| {
        let written = clients::set_metadata(conn, &key, &read, &row)?;
        if written {
            audit_events::insert(conn, &[event])?;
        }
        Ok(written)
    });
    if !written.await? {
        return Err(Refused::Changed);
    }
    app.feed.catch_up().await?;
    Ok(client)
}

/// Gives a client a new secret; says until when the old one stays valid.
///
/// # Errors
/// When there is no such client with a secret, or the database cannot be asked.
pub async fn rotate_secret(
    app: &App,
    origin: &Origin,
    by: By,
    id: &str,
) -> Result<(Secret<String>, Timestamp), Refused> {
    let secret = random::secret(SECRET_PREFIX)?;
    let hash = sha256(secret.as_bytes());
    let now = app.now();
    let until = now.plus(app.config.lifetimes.secret_overlap);
    let id = ClientId(id.to_owned());
    let event = by.did(What::ClientSecretRotated, &id, origin, now);
    let rotated = app.db.write(move |conn| {
        let rotated = by.may_change(conn, &id)? && clients::rotate_secret(conn, id.as_str(), &hash, until)?;
        if rotated {
            audit_events::insert(conn, &[event])?;
        }
        Ok(rotated)
    });
    if !rotated.await? {
        return Err(Refused::NoSuchClient);
    }
    app.feed.catch_up().await?;
    Ok((Secret::new(secret), until))
}

/// Removes a client, and ends every token issued to it.
///
/// # Errors
/// When there is no such client, or the database cannot be asked.
pub async fn delete(app: &App, origin: &Origin, by: By, id: &str) -> Result<(), Refused> {
    let id = ClientId(id.to_owned());
    let event = by.did(What::ClientDeleted, &id, origin, app.now());
    let deleted = app.db.write(move |conn| {
        let deleted = by.may_change(conn, &id)? && clients::delete(conn, id.as_str())?;
        if deleted {
            audit_events::insert(conn, &[event])?;
        }
        Ok(deleted)
    });
    if !deleted.await? {
        return Err(Refused::NoSuchClient);
    }
    Ok(app.feed.catch_up().await?)
}
