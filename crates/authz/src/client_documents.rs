//! Clients that are known by a document at the address that is their id (draft-ietf-oauth-client-id-metadata-document):
//! nobody registers them, and nobody has vouched for them. Off unless an operator allows it.
//!
//! The document is fetched when somebody is sent here by such a client. Its row is written when a person allows it
//! something, and from then on is what the document said last, by the same write that makes any change of a client.

mod judge;

use std::net::IpAddr;
use std::sync::Arc;

use diesel::QueryResult;
use model::db::{Conn, DbError};
use model::time::Timestamp;

use crate::app::App;
use crate::audit::{Origin, What};
use crate::crypto::random;
use crate::registration::{self, By, Refused};
use crate::self_registration;
use crate::store::attempts;
use crate::store::audit_events::{self, AuditEvent};
use crate::store::clients::{self, Client};
use crate::store::registrations;
use crate::upstream::{Chosen, TooMany};

pub(crate) use judge::judged;

/// Why there is no client.
#[derive(Debug)]
pub(crate) enum NotFound {
    /// There is none of that id.
    Unknown,
    /// Its document could not be fetched, or does not describe it.
    NoDocument,
    /// There were too many from this network, of new ones or of calls: later.
    Later,
    /// The database cannot be asked.
    Db(DbError),
}

impl From<DbError> for NotFound {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

impl From<TooMany> for NotFound {
    fn from(_: TooMany) -> Self {
        Self::Later
    }
}

/// The client of that id, for somebody who is sent here from `address`: as it is registered, or as its document says now.
///
/// # Errors
/// See [`NotFound`].
pub(crate) async fn find(app: &App, id: &str, address: IpAddr) -> Result<Arc<Client>, NotFound> {
    if let Some(client) = app.clients.find(id).await? {
        return registered(app, client, address).await;
    }
    if !app.config.outside.client_documents || !registration::is_client_address(id) {
        return Err(NotFound::Unknown);
    }
    let key = id.to_owned();
    if let Some(client) = app.db.read(move |conn| clients::find(conn, &key)).await? {
        // Switched off: as if it were not there, and nobody is called. Or else somebody has made it known at this moment.
        let is_off = client.disabled_at.is_some();
        return if is_off {
            Err(NotFound::Unknown)
        } else {
            registered(app, Arc::new(client), address).await
        };
    }
    let found = app.client_documents.find(app, id, Chosen::ByStranger, address).await?;
    let (document, _) = found.ok_or(NotFound::NoDocument)?;
    judged(app, id, &document, None).map(Arc::new).map_err(|_| NotFound::NoDocument)
}

/// The client of that id, for a page that only says who it is: nobody is called, so one that has no row is known as long as
/// its document is in memory.
///
/// # Errors
/// When the database cannot be asked.
pub(crate) async fn named(app: &App, id: &str) -> Result<Option<Arc<Client>>, DbError> {
    if let Some(client) = app.clients.find(id).await? {
        return Ok(Some(client));
    }
    let Some(document) = app.client_documents.in_memory(id, app.now()) else { return Ok(None) };
    let key = id.to_owned();
    let is_off = app.db.read(move |conn| clients::find(conn, &key)).await?.is_some();
    Ok(judged(app, id, &document, None).ok().filter(|_| !is_off).map(Arc::new))
}

/// A client that has a row: that, or what its document says now.
async fn registered(app: &App, client: Arc<Client>, address: IpAddr) -> Result<Arc<Client>, NotFound> {
    if !client.metadata.is_from_document {
        return Ok(client);
    }
    if !app.config.outside.client_documents {
        return Err(NotFound::Unknown);
    }
    renewed(app, &client, address).await?.ok_or(NotFound::NoDocument)
}

/// The client that proves who it is from `address`, as its document says now. Where that cannot be fetched it is as it was;
/// but nobody is let in by a key that its owner may have withdrawn.
///
/// # Errors
/// When the database cannot be asked, or too many were called for that network to see whether a key was.
pub(crate) async fn as_of_now(
    app: &App,
    client: Arc<Client>,
    address: IpAddr,
) -> Result<Option<Arc<Client>>, NotFound> {
    if !client.metadata.is_from_document {
        return Ok(Some(client));
    }
    if !app.config.outside.client_documents {
        return Ok(None);
    }
    match renewed(app, &client, address).await {
        Ok(None) | Err(NotFound::Later) if !client.is_confidential => Ok(Some(client)),
        renewed => renewed,
    }
}

/// What the document says now, written down if it is something else; `None` when there is none to be had.
async fn renewed(app: &App, client: &Arc<Client>, address: IpAddr) -> Result<Option<Arc<Client>>, NotFound> {
    let (id, began) = (client.id.as_str(), app.now());
    let found = app.client_documents.find(app, id, Chosen::by(&client.metadata), address).await?;
    let Some((document, read_at)) = found else { return Ok(None) };
    let next = match judged(app, id, &document, Some(client)) {
        Ok(next) if says_the_same(&next, client) => return Ok(Some(client.clone())),
        // Another process may have read a newer one and written that down: what was in memory here does not undo it.
        Ok(_) if read_at < began => return Ok(Some(client.clone())),
        Ok(next) => next,
        Err(why) => {
            tracing::info!(client = id, %why, "a client's document does not go with what an administrator says");
            return Ok(None);
        }
    };
    let read = (**client).clone();
    match registration::put(app, &Origin::Ourselves, By::Administrator, read, next).await {
        Ok(client) => Ok(Some(Arc::new(client))),
        Err(Refused::Db(error)) => Err(error.into()),
        Err(_) => {
            // Another process has read the same document.
            app.feed.catch_up().await?;
            Ok(app.clients.find(id).await?)
        }
    }
}

/// What comes of the transaction.
enum Outcome {
    New,
    Known,
    Gone,
    Later,
}

/// Makes sure that there is a row for what a person has just allowed something. A new one counts like a client that
/// registers itself, and goes like one if nobody uses it.
///
/// # Errors
/// See [`NotFound`].
pub(crate) async fn keep(app: &App, client: &Client, address: IpAddr) -> Result<(), NotFound> {
    if !client.metadata.is_from_document {
        return Ok(());
    }
    let (row, now) = (client.clone(), app.now());
    let event = What::ClientRegistered.of_client(&row.id, &Origin::Address(address), now);
    let event = AuditEvent { detail: "document".to_owned(), ..event };
    let token = random::bytes::<32>().map_err(|_| NotFound::Later)?;
    let (key, budget) = self_registration::budget(app, address);
    let unused_until = now.plus(app.config.outside.unused_kept);
    let written = app.db.write(move |conn| match clients::find(conn, row.id.as_str())? {
        Some(known) if known.disabled_at.is_some() => Ok(Outcome::Gone),
        Some(_) => Ok(Outcome::Known),
        None if attempts::spend(conn, &key, budget, now)?.is_err() => Ok(Outcome::Later),
        None => insert(conn, &row, &token, unused_until, event),
    });
    match written.await? {
        Outcome::Known => Ok(()),
        Outcome::New => Ok(app.feed.catch_up().await?),
        Outcome::Gone => Err(NotFound::Unknown),
        Outcome::Later => Err(NotFound::Later),
    }
}

/// Nobody manages it: nobody is told the token it would be managed with.
fn insert(
    conn: &mut Conn,
    client: &Client,
    token: &[u8],
    unused_until: Timestamp,
    event: AuditEvent,
) -> QueryResult<Outcome> {
    let inserted = clients::insert(conn, client)?;
    if inserted {
        registrations::insert(conn, client.id.as_str(), token, Some(unused_until))?;
    }
    audit_events::insert_if(conn, inserted, event)?;
    // If not, somebody else has allowed it something at the same moment.
    Ok(Outcome::New)
}

/// Whether what a document says of itself is the same in both.
fn says_the_same(one: &Client, other: &Client) -> bool {
    one.name == other.name
        && one.is_confidential == other.is_confidential
        && one.grant_types == other.grant_types
        && one.redirect_uris == other.redirect_uris
        && one.scopes == other.scopes
        && *one.metadata == *other.metadata
}
