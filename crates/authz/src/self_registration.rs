//! Clients that register themselves (RFC 7591) and change their registration (RFC 7592); the initial access tokens for
//! that. The rules of a registration are those of [`crate::registration`].

use std::net::IpAddr;
use std::time::Duration;

use model::db::DbError;
use model::secret::{Secret, sha256};
use model::time::Timestamp;

use crate::app::App;
use crate::audit::{Origin, What};
use crate::crypto::random;
use crate::edge;
use crate::registration::{self, By, Refused, Registered, Registration};
use crate::store::attempts::{self, Budget};
use crate::store::clients::{self, Client};
use crate::store::json::Json;
use crate::store::registration_tokens::{self, Allowance, RegistrationToken};
use crate::store::{audit_events, registrations};

/// What a registration access token begins with, for secret scanners.
const ACCESS_PREFIX: &str = "ttm_";
/// And an initial access token.
const INITIAL_PREFIX: &str = "tti_";

/// On what ground somebody registers a client.
#[derive(Clone, Copy, Debug)]
pub enum Allowed {
    /// With an initial access token of this SHA-256.
    ByToken([u8; 32]),
    /// Because everybody may.
    LikeEverybody,
}

/// A client that has registered itself.
pub struct Made {
    /// The client, with its secret.
    pub registered: Registered,
    /// With what it manages its registration.
    pub token: Secret<String>,
}

/// Why it has not.
#[derive(Debug)]
pub enum NotRegistered {
    /// Too many from this network: so many seconds.
    Wait(u64),
    /// The initial access token is unknown, has ended or was used up.
    InvalidToken,
    /// For the same reasons as any other.
    Refused(Refused),
}

impl From<Refused> for NotRegistered {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

/// What comes of the transaction.
enum Outcome {
    Made,
    InvalidToken,
    Wait(Duration),
}

/// Registers a client, in one transaction with the use of the token, which counts its own uses, or else with the count
/// per network: nobody's faulty tokens keep those of others in their network out.
///
/// # Errors
/// See [`NotRegistered`].
pub async fn register(
    app: &App,
    origin: &Origin,
    address: IpAddr,
    wanted: Registration,
    allowed: Allowed,
) -> Result<Made, NotRegistered> {
    let registered = registration::made(app, &wanted)?;
    let token = random::secret(ACCESS_PREFIX).map_err(Refused::Random)?;
    let (row, hash, now) =
        (registered.client.clone(), sha256(token.as_bytes()), registered.client.created_at);
    let (key, budget) = budget(app, address);
    let unused_until =
        matches!(allowed, Allowed::LikeEverybody).then(|| now.plus(app.config.outside.unused_kept));
    let mut event = What::ClientRegistered.of_client(&row.id, origin, now);
    let written = app.db.write(move |conn| {
        match allowed {
            Allowed::ByToken(hash) => {
                let Some(id) = registration_tokens::claim(conn, &hash, now)? else {
                    return Ok(Outcome::InvalidToken);
                };
                event.detail = id;
            }
            Allowed::LikeEverybody => {
                if let Err(wait) = attempts::spend(conn, &key, budget, now)? {
                    return Ok(Outcome::Wait(wait));
                }
            }
        }
        // Its id is 96 random bits, which nobody else has.
        clients::insert(conn, &row)?;
        registrations::insert(conn, row.id.as_str(), &hash, unused_until)?;
        audit_events::insert(conn, &[event])?;
        Ok(Outcome::Made)
    });
    match written.await.map_err(Refused::Db)? {
        Outcome::Made => Ok(Made { registered, token: Secret::new(token) }),
        Outcome::InvalidToken => Err(NotRegistered::InvalidToken),
        Outcome::Wait(wait) => Err(NotRegistered::Wait(wait.as_secs().max(1))),
    }
}

/// How many clients nobody has vouched for come from one network, and under which name that is counted.
pub(crate) fn budget(app: &App, address: IpAddr) -> (String, Budget) {
    let limit = app.config.outside.registrations_per_hour;
    let key = app.form_key.tag(&["registration", &edge::network(address)]);
    (key, Budget { limit, window: Duration::from_secs(3_600) })
}

/// What is wanted in the place of what the client was, with what is not its own to say.
pub(crate) fn in_place_of(before: &Client, wanted: Registration) -> Registration {
    Registration {
        audiences: before.audiences.split_whitespace().map(str::to_owned).collect(),
        introspects: before.introspects.split_whitespace().map(str::to_owned).collect(),
        id: Some(before.id.as_str().to_owned()),
        ..wanted
    }
}

/// Puts what is wanted in the place of what the client was. It keeps its id, its audiences, and its secret if it has one
/// and still may; one that had none gets one.
///
/// # Errors
/// What is wrong with it, or that it has changed meanwhile.
pub async fn replace(
    app: &App,
    origin: &Origin,
    before: &Client,
    wanted: Registration,
) -> Result<Registered, Refused> {
    let wanted = in_place_of(before, wanted);
    let Registered { client: made, secret } = registration::made(app, &wanted)?;
    let keeps_its_own = made.has_a_secret() && before.has_a_secret() && before.secret_hash.is_some();
    let mut client = registration::becomes(before, made.clone());
    if !keeps_its_own {
        client.secret_hash = made.secret_hash;
        client.previous_secret_hash = None;
        client.previous_secret_until = None;
    }
    let client = registration::put(app, origin, By::Administrator, before.clone(), client).await?;
    let secret = secret.filter(|_| !keeps_its_own);
    Ok(Registered { client, secret })
}

/// Makes an initial access token; answers its row and the token, which is shown this once.
///
/// # Errors
/// When there is no randomness, or the database cannot be asked.
pub async fn create_token(
    app: &App,
    origin: &Origin,
    note: String,
    uses: u32,
    ttl: Duration,
    allows: Json<Allowance>,
) -> Result<(RegistrationToken, Secret<String>), Refused> {
    let token = random::secret(INITIAL_PREFIX)?;
    let id = random::bytes::<6>()?.iter().fold("r".to_owned(), |id, byte| format!("{id}{byte:02x}"));
    let now = app.now();
    let row = RegistrationToken {
        id,
        hash: sha256(token.as_bytes()).to_vec(),
        note,
        created_at: now,
        ends_at: now.plus(ttl),
        uses_left: uses.into(),
        allows,
    };
    let (kept, event) = (row.clone(), of_token(What::RegistrationTokenCreated, &row.id, origin, now));
    let written = app.db.write(move |conn| {
        registration_tokens::insert(conn, &kept)?;
        audit_events::insert(conn, &[event])
    });
    written.await?;
    Ok((row, Secret::new(token)))
}

/// Removes an initial access token; `false` when there is none of that id.
///
/// # Errors
/// When the database cannot be asked.
pub async fn delete_token(app: &App, origin: &Origin, id: &str) -> Result<bool, DbError> {
    let (id, event) = (id.to_owned(), of_token(What::RegistrationTokenDeleted, id, origin, app.now()));
    let written = app.db.write(move |conn| {
        let deleted = registration_tokens::delete(conn, &id)?;
        audit_events::insert_if(conn, deleted, event)
    });
    written.await
}

fn of_token(what: What, id: &str, origin: &Origin, now: Timestamp) -> audit_events::AuditEvent {
    let mut event = what.event(origin, now);
    id.clone_into(&mut event.detail);
    event
}
