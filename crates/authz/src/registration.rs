//! Registering clients: the rules, wherever a registration comes from.

use std::collections::HashSet;
use std::fmt;

use model::db::DbError;
use model::id::ClientId;
use model::scope::ScopeSet;
use model::secret::{Secret, sha256};
use model::time::Timestamp;
use url::Url;

use crate::app::App;
use crate::audit::{Origin, What};
use crate::client_metadata::{ClientMetadata, SubjectType};
use crate::client_rules;
use crate::crypto::random::{self, NoRandomness};
use crate::protocol::grant_types::GrantType;
use crate::protocol::redirect_uri;
use crate::scopes::INTROSPECTION;
use crate::store::audit_events;
use crate::store::clients::{self, Client};
use crate::store::json::Json;

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

/// Why a client cannot be registered or changed.
#[derive(Debug)]
pub enum Refused {
    /// The registration itself.
    Invalid(String),
    /// The id is another client's.
    Taken,
    /// There is no such client.
    Unknown,
    /// Somebody else has changed it meanwhile.
    Changed,
    /// There is no such confidential client.
    NoSuchClient,
    /// The database cannot be asked.
    Db(DbError),
    /// No secret can be made.
    Random(NoRandomness),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(what) => f.write_str(what),
            Self::Taken => f.write_str("the client id is taken"),
            Self::Unknown => f.write_str("there is no such client"),
            Self::Changed => f.write_str("the client was changed meanwhile; try again"),
            Self::NoSuchClient => f.write_str("there is no such confidential client"),
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
    let confidential = wanted.kind == Kind::Confidential;
    let secret = match wanted.secret.clone() {
        None if confidential => Some(Secret::new(random::secret(SECRET_PREFIX)?)),
        given => given.filter(|_| confidential),
    };
    let client = Client {
        id: client_id(wanted.id.as_deref())?,
        name: name(&wanted.name)?,
        is_confidential: confidential,
        secret_hash: secret.as_ref().map(|secret| sha256(secret.expose().as_bytes()).to_vec()),
        previous_secret_hash: None,
        previous_secret_until: None,
        grant_types: grant_types(&wanted)?,
        redirect_uris: redirect_uris(&wanted)?,
        scopes: scopes(app, &wanted.scopes)?,
        audiences: words("an audience", &wanted.audiences)?
            .unwrap_or_else(|| app.config.default_audience.clone()),
        introspects: words("an audience", &wanted.introspects)?.unwrap_or_default(),
        created_at: app.now(),
        metadata: kept(wanted.metadata.clone())?,
    };
    if !confidential && !client.introspects.is_empty() {
        return Err(Refused::Invalid("only a confidential client may introspect".to_owned()));
    }
    check(&client)?;
    let row = client.clone();
    let event = What::ClientCreated.of_client(&client.id, origin, client.created_at);
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
    if !client.metadata.allowed_origins.is_empty() {
        app.feed.catch_up().await?;
    }
    Ok(Registered { client, secret })
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
    let metadata = kept(client.metadata.changed_by(changes).map_err(Refused::Invalid)?)?;
    let read = client.metadata.clone();
    let client = Client { metadata, ..client };
    check(&client)?;
    let (key, row) = (id.to_owned(), client.metadata.clone());
    let event = What::ClientChanged.of_client(&client.id, origin, app.now());
    let writing = app.db.write(move |conn| {
        let done = clients::set_metadata(conn, &key, &read, &row)?;
        if done {
            audit_events::insert(conn, &[event])?;
        }
        Ok(done)
    });
    if !writing.await? {
        return Err(Refused::Changed);
    }
    app.feed.catch_up().await?;
    Ok(client)
}

/// What the parts of a registration must be to each other.
fn check(client: &Client) -> Result<(), Refused> {
    if !client.is_confidential && !client.metadata.require_pkce {
        return Err(Refused::Invalid("a public client cannot be excused from PKCE".to_owned()));
    }
    client_rules::check(client).map_err(Refused::Invalid)?;
    let hosts = client.redirect_uris().map(|uri| Url::parse(uri).ok()?.host_str().map(str::to_owned));
    let hosts: HashSet<Option<String>> = hosts.collect();
    let sector = client.metadata.sector_identifier_uri.as_deref();
    if let Some(uri) = sector
        && Url::parse(uri).map_or(true, |url| url.scheme() != "https" || !url.has_host())
    {
        return Err(Refused::Invalid("a sector identifier is an https URL".to_owned()));
    }
    if client.metadata.subject_type == SubjectType::Pairwise && sector.is_none() && hosts.len() > 1 {
        return Err(Refused::Invalid(
            "pairwise subjects need redirect URIs of one host, or a sector_identifier_uri".to_owned(),
        ));
    }
    Ok(())
}

fn kept(metadata: ClientMetadata) -> Result<Json<ClientMetadata>, Refused> {
    Json::new(metadata).map_err(|error| Refused::Invalid(error.to_string()))
}

/// Gives a client a new secret; says until when the old one stays valid.
///
/// # Errors
/// When there is no such confidential client, or the database cannot be asked.
pub async fn rotate_secret(
    app: &App,
    origin: &Origin,
    id: &str,
) -> Result<(Secret<String>, Timestamp), Refused> {
    let secret = random::secret(SECRET_PREFIX)?;
    let hash = sha256(secret.as_bytes());
    let now = app.now();
    let until = now.plus(app.config.lifetimes.secret_overlap);
    let id = ClientId(id.to_owned());
    let event = What::ClientSecretRotated.of_client(&id, origin, now);
    let rotated = app.db.write(move |conn| {
        let rotated = clients::rotate_secret(conn, id.as_str(), &hash, until)?;
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
pub async fn delete(app: &App, origin: &Origin, id: &str) -> Result<(), Refused> {
    let id = ClientId(id.to_owned());
    let event = What::ClientDeleted.of_client(&id, origin, app.now());
    let deleted = app.db.write(move |conn| {
        let deleted = clients::delete(conn, id.as_str())?;
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

/// 24 characters after a letter: never the decimal id of a person, which is a `sub` as well.
fn client_id(wanted: Option<&str>) -> Result<ClientId, Refused> {
    let Some(wanted) = wanted else {
        let bits = random::bytes::<12>()?;
        return Ok(ClientId(bits.iter().fold("c".to_owned(), |id, byte| format!("{id}{byte:02x}"))));
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let begins_with_a_letter = wanted.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    if begins_with_a_letter && wanted.len() <= 100 && wanted.bytes().all(allowed) {
        Ok(ClientId(wanted.to_owned()))
    } else {
        Err(Refused::Invalid(
            "a client id begins with a letter and has letters, digits, - _ and .".to_owned(),
        ))
    }
}

fn name(wanted: &str) -> Result<String, Refused> {
    let name = wanted.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(Refused::Invalid(
            "a name has 1 to 100 characters and none that control the terminal".to_owned(),
        ));
    }
    Ok(name.to_owned())
}

fn grant_types(wanted: &Registration) -> Result<String, Refused> {
    let mut types: Vec<&str> = Vec::new();
    for wanted in &wanted.grant_types {
        match GrantType::ALL.into_iter().map(GrantType::as_str).find(|known| known == wanted) {
            Some(known) if !types.contains(&known) => types.push(known),
            Some(_) => {}
            None => {
                return Err(Refused::Invalid(format!(
                    "a grant type is one of {}",
                    GrantType::ALL.map(GrantType::as_str).join(", ")
                )));
            }
        }
    }
    if wanted.kind == Kind::Public && types.contains(&"client_credentials") {
        return Err(Refused::Invalid("only a confidential client may use client_credentials".to_owned()));
    }
    let begins = [GrantType::AuthorizationCode, GrantType::Password, GrantType::DeviceCode];
    if begins.iter().any(|each| types.contains(&each.as_str())) && !types.contains(&"refresh_token") {
        types.push("refresh_token");
    }
    Ok(types.join(" "))
}

fn redirect_uris(wanted: &Registration) -> Result<String, Refused> {
    for uri in &wanted.redirect_uris {
        redirect_uri::check(uri).map_err(|why| Refused::Invalid(format!("{why}: {uri}")))?;
    }
    if wanted.redirect_uris.is_empty() && wanted.grant_types.iter().any(|each| each == "authorization_code") {
        return Err(Refused::Invalid("authorization_code needs a redirect URI".to_owned()));
    }
    Ok(wanted.redirect_uris.join("\n"))
}

fn scopes(app: &App, wanted: &[String]) -> Result<ScopeSet, Refused> {
    let all = app.config.all_scopes();
    if wanted.is_empty() {
        return Ok(all);
    }
    let scopes: ScopeSet = wanted.join(" ").parse().map_err(|error| Refused::Invalid(format!("{error}")))?;
    let all = all.union(&std::iter::once(INTROSPECTION).collect());
    if !scopes.is_subset(&all) {
        return Err(Refused::Invalid(format!("the scopes are {all}")));
    }
    Ok(scopes)
}

/// Space-separated; `None` when there are none.
fn words(what: &str, wanted: &[String]) -> Result<Option<String>, Refused> {
    if wanted.iter().any(|word| word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_graphic())) {
        return Err(Refused::Invalid(format!("{what} has visible characters and no spaces")));
    }
    Ok((!wanted.is_empty()).then(|| wanted.join(" ")))
}
