//! Changing a client: by an administrator, by its owner or by itself, all by one write.

use model::id::UserId;

use super::rules::{check, judged, kept, problem};
use super::{By, Field, Kind, Problem, Refused, Registration, words};
use crate::app::App;
use crate::audit::{Origin, What};
use crate::sign_in::username_key;
use crate::store::clients::{self, Client};
use crate::store::{audit_events, users};

/// What `before` is once it says what was `judged`: whose it is, since when, and with which secret stays.
pub(crate) fn becomes(before: &Client, judged: Client) -> Client {
    Client {
        secret_hash: before.secret_hash.clone(),
        previous_secret_hash: before.previous_secret_hash.clone(),
        previous_secret_until: before.previous_secret_until,
        created_at: before.created_at,
        user_id: before.user_id,
        disabled_at: before.disabled_at,
        valid_from: before.valid_from,
        version: before.version,
        id: before.id.clone(),
        ..judged
    }
}

/// Puts the changed client in the place of what it was when it was read; answers it as it is then. In force when this
/// returns.
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
    let clock = app.clock.clone();
    let written = app.db.write(move |conn| {
        if !by.may_change(conn, &read.id)? {
            return Ok(None);
        }
        let written = clients::replace(conn, &read, &changed, &clock)?;
        audit_events::insert_if(conn, written.is_some(), event)?;
        Ok(written)
    });
    let written = written.await?.ok_or(Refused::Changed)?;
    app.feed.catch_up().await?;
    Ok(written)
}

/// What is to become of a list.
#[derive(Clone, Debug, Default)]
pub struct ListChange {
    /// These in its place.
    pub instead: Vec<String>,
    /// These besides.
    pub also: Vec<String>,
    /// Without these.
    pub without: Vec<String>,
}

impl ListChange {
    fn made_to(&self, field: Field, before: &str) -> Result<Vec<String>, Problem> {
        let before = if self.instead.is_empty() { words(before) } else { self.instead.clone() };
        if let Some(missing) = self.without.iter().find(|each| !before.contains(each)) {
            return Err(problem(field, format!("it has no {missing}")));
        }
        let mut list: Vec<String> = Vec::new();
        for each in before.iter().filter(|each| !self.without.contains(each)).chain(&self.also) {
            if !list.contains(each) {
                list.push(each.clone());
            }
        }
        Ok(list)
    }
}

/// What an administrator changes about a client; what is not named stays.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// What people are shown.
    pub name: Option<String>,
    /// Grant types.
    pub grant_types: ListChange,
    /// Where answers may be sent.
    pub redirect_uris: ListChange,
    /// What it may ask for.
    pub scopes: ListChange,
    /// Whom its tokens are for.
    pub audiences: ListChange,
    /// What it answers for.
    pub introspects: ListChange,
    /// Whose it is, by name; `Some(None)`: nobody's.
    pub owner: Option<Option<String>>,
    /// A JSON object of metadata; what it does not name stays.
    pub metadata: Option<String>,
}

/// Changes a client as an administrator may, by the rules of registering one; answers it as it is then.
///
/// # Errors
/// Everything that is wrong with the changes, that there is no such client or owner, that it was changed meanwhile, or that
/// the database cannot be asked.
pub async fn update(app: &App, origin: &Origin, id: &str, changes: &Changes) -> Result<Client, Refused> {
    let read = find(app, id).await?;
    let metadata = changes.metadata.as_deref().map_or(Ok((*read.metadata).clone()), |text| {
        read.metadata.changed_by(text).map_err(|what| problem(Field::Metadata, what))
    });
    let list = |field, change: &ListChange, before: &str| change.made_to(field, before);
    let wanted = Registration {
        id: Some(id.to_owned()),
        name: changes.name.clone().unwrap_or_else(|| read.name.clone()),
        kind: if read.is_confidential { Kind::Confidential } else { Kind::Public },
        grant_types: list(Field::GrantTypes, &changes.grant_types, &read.grant_types)?,
        redirect_uris: list(Field::RedirectUris, &changes.redirect_uris, &read.redirect_uris)?,
        scopes: some(Field::Scopes, list(Field::Scopes, &changes.scopes, read.scopes.as_str())?)?,
        audiences: some(Field::Audiences, list(Field::Audiences, &changes.audiences, &read.audiences)?)?,
        introspects: list(Field::Introspects, &changes.introspects, &read.introspects)?,
        secret: None,
        metadata: metadata?,
    };
    let mut next = becomes(&read, judged(app, &wanted)?);
    if let Some(kept) = changes.grant_types.without.iter().find(|&each| next.may_use(each)) {
        return Err(
            problem(Field::GrantTypes, format!("{kept} comes along with the other grant types")).into()
        );
    }
    match &changes.owner {
        None => {}
        Some(None) => next.user_id = None,
        Some(Some(name)) => next.user_id = Some(person(app, name).await?),
    }
    put(app, origin, By::Administrator, read, next).await
}

/// Nothing would mean everything, which is not what is left of something.
fn some(field: Field, list: Vec<String>) -> Result<Vec<String>, Problem> {
    if list.is_empty() { Err(problem(field, "something must be left")) } else { Ok(list) }
}

/// The person of that name.
pub(super) async fn person(app: &App, name: &str) -> Result<UserId, Refused> {
    let key = username_key(name);
    let found = app.db.read(move |conn| users::find(conn, &key)).await?;
    Ok(found.ok_or_else(|| problem(Field::Owner, "there is no such person"))?.id)
}

async fn find(app: &App, id: &str) -> Result<Client, Refused> {
    let id = id.to_owned();
    app.db.read(move |conn| clients::find(conn, &id)).await?.ok_or(Refused::Unknown)
}

/// Changes a client's metadata by a JSON object of members; answers the client as it is then.
///
/// # Errors
/// As [`update`].
pub async fn change_metadata(app: &App, origin: &Origin, id: &str, changes: &str) -> Result<Client, Refused> {
    let read = find(app, id).await?;
    let metadata = read.metadata.changed_by(changes).map_err(|what| problem(Field::Metadata, what))?;
    let next = Client { metadata: kept(metadata)?, ..read.clone() };
    check(app, &next)?;
    put(app, origin, By::Administrator, read, next).await
}
