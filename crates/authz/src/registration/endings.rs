//! Ending a client, or what it was given.

use model::id::ClientId;

use super::{By, Refused};
use crate::app::App;
use crate::audit::{Origin, What};
use crate::store::{audit_events, clients};

/// What an administrator does to a client without removing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Ends what it was given so far; it may begin anew.
    Tokens,
    /// Switches it off.
    Disable,
    /// Switches it on again; what it was given before has ended for good.
    Enable,
}

/// Ends what a client was given so far; in force when this returns.
///
/// # Errors
/// When there is no such client, or the database cannot be asked.
pub async fn end(app: &App, origin: &Origin, ending: Ending, id: &str) -> Result<(), Refused> {
    let (id, clock) = (ClientId(id.to_owned()), app.clock.clone());
    let what = match ending {
        Ending::Tokens => What::ClientRevoked,
        Ending::Disable => What::ClientDisabled,
        Ending::Enable => What::ClientEnabled,
    };
    let event = what.of_client(&id, origin, app.now());
    let ended = app.db.write(move |conn| {
        let ended = match ending {
            Ending::Tokens => clients::end(conn, id.as_str(), &clock)?,
            Ending::Disable => clients::set_disabled(conn, id.as_str(), true, &clock)?,
            Ending::Enable => clients::set_disabled(conn, id.as_str(), false, &clock)?,
        };
        audit_events::insert_if(conn, ended, event)
    });
    if !ended.await? {
        return Err(Refused::Unknown);
    }
    Ok(app.feed.catch_up().await?)
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
        audit_events::insert_if(conn, deleted, event)
    });
    if !deleted.await? {
        return Err(Refused::NoSuchClient);
    }
    Ok(app.feed.catch_up().await?)
}
