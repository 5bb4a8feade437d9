//! Changing a client: by an administrator, by its owner or by itself, all by one write.

use super::rules::{check, kept, problem};
use super::{By, Field, Refused};
use crate::app::App;
use crate::audit::{Origin, What};
use crate::store::audit_events;
use crate::store::clients::{self, Client};

/// What `before` is once it says what was `judged`: whose it is, since when, and with which secret stays.
pub(crate) fn becomes(before: &Client, judged: Client) -> Client {
    Client {
        secret_hash: before.secret_hash.clone(),
        previous_secret_hash: before.previous_secret_hash.clone(),
        previous_secret_until: before.previous_secret_until,
        created_at: before.created_at,
        user_id: before.user_id,
        version: before.version,
        id: before.id.clone(),
        ..judged
    }
}

/// Puts the changed client in the place of what it was when it was read. In force when this returns.
///
/// # Errors
/// That somebody else has changed it meanwhile, that it is not theirs any more, or that the database cannot be asked.
pub(crate) async fn put(
    app: &App,
    origin: &Origin,
    by: By,
    read: Client,
    changed: Client,
) -> Result<Client, Refused> {
    let event = by.did(What::ClientChanged, &read.id, origin, app.now());
    let row = changed.clone();
    let written = app.db.write(move |conn| {
        let written = by.may_change(conn, &read.id)? && clients::replace(conn, &read, &row)?;
        audit_events::insert_if(conn, written, event)
    });
    if !written.await? {
        return Err(Refused::Changed);
    }
    app.feed.catch_up().await?;
    Ok(Client { version: changed.version.saturating_add(1), ..changed })
}

/// Changes a client's metadata by a JSON object of members; answers the client as it is then.
///
/// # Errors
/// What is wrong with the changes, that there is no such client, that it was changed meanwhile, or that the database
/// cannot be asked.
pub async fn change_metadata(app: &App, origin: &Origin, id: &str, changes: &str) -> Result<Client, Refused> {
    let key = id.to_owned();
    let found = app.db.read(move |conn| clients::find(conn, &key)).await?;
    let read = found.ok_or(Refused::Unknown)?;
    let metadata = read.metadata.changed_by(changes).map_err(|what| problem(Field::Metadata, what))?;
    let changed = Client { metadata: kept(metadata)?, ..read.clone() };
    check(&changed)?;
    put(app, origin, By::Administrator, read, changed).await
}
