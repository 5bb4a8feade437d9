//! What people may do with clients of their own, at the developer pages.

use super::change::put;
use super::rules::{judged, problem};
use super::{By, Field, Kind, Owner, Problem, Refused, Registered, Registration, made, words};
use crate::app::App;
use crate::audit::{Origin, What};
use crate::client_metadata::ClientMetadata;
use crate::protocol::grant_types::GrantType;
use crate::scopes::INTROSPECTION;
use crate::store::clients::{self, Client};
use crate::store::{audit_events, users};

/// The grant types that need no administrator. `password` shows people's passwords to the client, and answers without a
/// code show tokens to the browser.
const FREE: [&str; 3] =
    ["authorization_code", "client_credentials", "urn:ietf:params:oauth:grant-type:device_code"];

/// What a developer says about an application.
#[derive(Clone, Debug)]
pub struct Application {
    /// What people are shown.
    pub name: String,
    /// Whether it can keep a secret; nothing changes that later.
    pub kind: Kind,
    /// Some of [`grant_types`].
    pub grant_types: Vec<String>,
    /// Where answers may be sent.
    pub redirect_uris: Vec<String>,
    /// What it may ask for.
    pub scopes: Vec<String>,
}

/// The grant types a developer may choose from.
pub fn grant_types() -> impl Iterator<Item = &'static str> {
    GrantType::ALL.into_iter().map(GrantType::as_str).filter(|name| FREE.contains(name))
}

/// Registers an application of a person's own.
///
/// # Errors
/// What is wrong with it, that they have as many as they may, that they may not act any more, or that the database
/// cannot be asked.
pub async fn register(
    app: &App,
    origin: &Origin,
    owner: Owner,
    application: Application,
) -> Result<Registered, Refused> {
    let mistakes = mistakes(&application, false);
    let wanted = Registration {
        id: None,
        name: application.name,
        kind: application.kind,
        grant_types: application.grant_types,
        redirect_uris: application.redirect_uris,
        scopes: application.scopes,
        audiences: Vec::new(),
        introspects: Vec::new(),
        secret: None,
        metadata: ClientMetadata::default(),
    };
    let Registered { client, secret } = together(mistakes, made(app, &wanted))?;
    let client = Client { user_id: Some(owner.id), ..client };
    let row = client.clone();
    let event = By::Owner(owner).did(What::ClientCreated, &client.id, origin, client.created_at);
    let limit = i64::from(app.config.limits.clients_per_person);
    let inserted = app.db.write(move |conn| {
        if !users::hold_alone(conn, owner.id, owner.since)? {
            return Ok(Err(Refused::NoPerson));
        }
        if limit > 0 && clients::count_of_person(conn, owner.id)? >= limit {
            return Ok(Err(Refused::TooMany));
        }
        let inserted = clients::insert(conn, &row)?;
        Ok(if audit_events::insert_if(conn, inserted, event)? { Ok(()) } else { Err(Refused::Taken) })
    });
    inserted.await??;
    Ok(Registered { client, secret })
}

/// Changes what a person's own application is called and what it may do. What only an administrator gives stays as it
/// is.
///
/// # Errors
/// What is wrong with the changes, that it is not theirs, that it was changed meanwhile, or that the database cannot be
/// asked.
pub async fn change(
    app: &App,
    origin: &Origin,
    owner: Owner,
    id: &str,
    application: Application,
) -> Result<Client, Refused> {
    let key = id.to_owned();
    let found = app.db.read(move |conn| clients::find_of_person(conn, &key, owner.id)).await?;
    let read = found.ok_or(Refused::Unknown)?;
    let given: Vec<String> = given_by_others(&read).map(str::to_owned).collect();
    let mistakes = mistakes(&application, !given.is_empty());
    let wanted = Registration {
        id: Some(id.to_owned()),
        name: application.name,
        kind: if read.is_confidential { Kind::Confidential } else { Kind::Public },
        grant_types: application.grant_types.into_iter().chain(given).collect(),
        redirect_uris: application.redirect_uris,
        scopes: application.scopes,
        audiences: words(&read.audiences),
        introspects: words(&read.introspects),
        secret: None,
        metadata: (*read.metadata).clone(),
    };
    let Client { name, grant_types, redirect_uris, scopes, .. } = together(mistakes, judged(app, &wanted))?;
    let changed = Client { name, grant_types, redirect_uris, scopes, ..read.clone() };
    put(app, origin, By::Owner(owner), read, changed).await
}

/// What a client may use beyond what its owner chooses.
fn given_by_others(client: &Client) -> impl Iterator<Item = &str> {
    client
        .grant_types
        .split(' ')
        .filter(|name| !FREE.contains(name) && *name != "refresh_token" && !name.is_empty())
}

/// What is wrong for a developer and would not be for an administrator.
fn mistakes(application: &Application, has_other_grants: bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    let is_free = |name: &String| grant_types().any(|free| free == name);
    if !application.grant_types.iter().all(is_free) {
        problems.push(problem(Field::GrantTypes, "only an administrator gives this grant type"));
    } else if application.grant_types.is_empty() && !has_other_grants {
        problems.push(problem(Field::GrantTypes, "an application needs a way to get tokens"));
    }
    if application.scopes.iter().any(|scope| scope == INTROSPECTION) {
        problems.push(problem(Field::Scopes, "only an administrator gives this scope"));
    }
    if application.scopes.is_empty() {
        problems.push(problem(Field::Scopes, "an application needs something it may ask for"));
    }
    problems
}

/// What was judged, or all that is wrong, by either set of rules.
fn together<T>(mistakes: Vec<Problem>, judged: Result<T, Refused>) -> Result<T, Refused> {
    match judged {
        Err(Refused::Invalid(problems)) => Err(Refused::Invalid([mistakes, problems].concat())),
        Ok(_) if !mistakes.is_empty() => Err(Refused::Invalid(mistakes)),
        judged => judged,
    }
}
