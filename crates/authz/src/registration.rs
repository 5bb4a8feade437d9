//! Registering clients: the rules, wherever a registration comes from.

mod change;
mod credentials;
pub mod developer;
mod endings;
mod refused;
mod rules;

use diesel::QueryResult;
use model::db::Conn;
use model::id::{ClientId, UserId};
use model::secret::{Secret, sha256};
use model::time::Timestamp;

use crate::app::App;
use crate::audit::{Origin, What};
use crate::client_metadata::ClientMetadata;
use crate::crypto::random;
use crate::store::audit_events::{self, AuditEvent};
use crate::store::clients::{self, Client};
use crate::store::users;
pub use change::{Changes, ListChange, change_metadata, update};
pub(crate) use change::{becomes, put};
pub use credentials::{is_client_address, is_client_id, secret_from_elsewhere};
pub use endings::{Ending, delete, end};
pub use refused::Refused;
use rules::judged;

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
    /// The secret, when a deployment derives it or it was made elsewhere; otherwise one is made.
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
    /// The secret.
    Secret,
    /// Whose it is.
    Owner,
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
            Self::Owner(owner) => Ok(users::hold(conn, owner.id, owner.since)?
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

/// Registers a client.
///
/// # Errors
/// What is wrong with it, that the id is taken, or that the database cannot be asked.
pub async fn register(app: &App, origin: &Origin, wanted: Registration) -> Result<Registered, Refused> {
    register_for(app, origin, None, wanted).await
}

/// Registers a client that is somebody's, however many they have.
///
/// # Errors
/// As [`register`]; also when there is no such person.
pub async fn register_for(
    app: &App,
    origin: &Origin,
    owner: Option<&str>,
    wanted: Registration,
) -> Result<Registered, Refused> {
    credentials::check_new_id(wanted.id.as_deref())?;
    let mut registered = made(app, &wanted)?;
    if let Some(name) = owner {
        registered.client.user_id = Some(change::person(app, name).await?);
    }
    let row = registered.client.clone();
    let event = What::ClientCreated.of_client(&row.id, origin, row.created_at);
    let inserted = app.db.write(move |conn| {
        let inserted = clients::insert(conn, &row)?;
        audit_events::insert_if(conn, inserted, event)
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
    let secret = Secret::new(random::secret(SECRET_PREFIX)?);
    let until = replace_secret(app, origin, by, id, &secret).await?;
    Ok((secret, until))
}

/// Puts a secret in the place of a client's; says until when the old one stays valid.
///
/// # Errors
/// When there is no such confidential client, or the database cannot be asked.
pub async fn replace_secret(
    app: &App,
    origin: &Origin,
    by: By,
    id: &str,
    secret: &Secret<String>,
) -> Result<Timestamp, Refused> {
    let hash = sha256(secret.expose().as_bytes());
    let now = app.now();
    let until = now.plus(app.config.lifetimes.secret_overlap);
    let id = ClientId(id.to_owned());
    let event = by.did(What::ClientSecretRotated, &id, origin, now);
    let rotated = app.db.write(move |conn| {
        let rotated =
            by.may_change(conn, &id)? && clients::rotate_secret(conn, id.as_str(), &hash, now, until)?;
        audit_events::insert_if(conn, rotated, event)
    });
    if !rotated.await? {
        return Err(Refused::NoSuchClient);
    }
    app.feed.catch_up().await?;
    Ok(until)
}

/// A list as a client's row keeps it.
fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
