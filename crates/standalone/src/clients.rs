//! The time tracker as a client of the authorization server: one asks about tokens, with the other people sign in at its pages. Their
//! secrets are derived from the master key, so that they need not be kept.

use authz::app::App;
use authz::audit::Origin;
use authz::client_metadata::ClientMetadata;
use authz::registration::{self, Changes, Kind, ListChange, Refused, Registration};
use model::secret::{Secret, sha256};
use timetracker_api::config::Config;
use timetracker_api::pages::sign_in;

use crate::settings::{API_CLIENT, PAGES_CLIENT, Problem};

/// Registers both, unless they are.
///
/// # Errors
/// When one was registered as something else, or the database cannot.
pub async fn register(authz: &App, api: &Config) -> Result<(), Problem> {
    let asks =
        Registration { introspects: vec![api.audience.clone()], ..client(API_CLIENT, &api.client_secret) };
    register_one(authz, asks).await?;
    let ours = api.sign_in.as_ref().filter(|sign_in| sign_in.client_id == PAGES_CLIENT);
    let Some(sign_in) = ours else { return Ok(()) };
    // Whoever runs this is asked by nobody whether it may use what it keeps.
    let metadata = ClientMetadata { is_first_party: true, ..ClientMetadata::default() };
    let pages = Registration {
        name: "Timetracker".to_owned(),
        grant_types: vec!["authorization_code".to_owned()],
        redirect_uris: vec![format!("{}{}", api.public_url, sign_in::CALLBACK)],
        audiences: vec![api.audience.clone()],
        metadata,
        ..client(PAGES_CLIENT, &sign_in.client_secret)
    };
    register_one(authz, pages).await
}

fn client(id: &str, secret: &Secret<String>) -> Registration {
    Registration {
        id: Some(id.to_owned()),
        name: "Timetracker API".to_owned(),
        kind: Kind::Confidential,
        grant_types: Vec::new(),
        redirect_uris: Vec::new(),
        scopes: Vec::new(),
        audiences: Vec::new(),
        introspects: Vec::new(),
        secret: Some(secret.clone()),
        metadata: ClientMetadata::default(),
    }
}

async fn register_one(authz: &App, wanted: Registration) -> Result<(), Problem> {
    let id = wanted.id.clone().unwrap_or_default();
    let (secret, introspects) = (wanted.secret.clone(), wanted.introspects.join(" "));
    let redirect_uris = wanted.redirect_uris.clone();
    match registration::register(authz, &Origin::CommandLine(None), wanted).await {
        Ok(_) => Ok(()),
        Err(Refused::Taken) => {
            is_still_ours(authz, &id, secret, &introspects).await?;
            lead_here(authz, &id, redirect_uris).await
        }
        Err(error) => Err(error.into()),
    }
}

/// A client registered under another master key has another secret: the API could ask about nothing.
async fn is_still_ours(
    authz: &App,
    id: &str,
    secret: Option<Secret<String>>,
    introspects: &str,
) -> Result<(), Problem> {
    let client = authz.clients.find(id).await?.ok_or("a client of the API is gone")?;
    let ours = secret.map(|secret| sha256(secret.expose().as_bytes()));
    let has_secret = client.secret_hash.as_deref() == ours.as_ref().map(<[u8; 32]>::as_slice);
    if has_secret && client.introspects == introspects {
        return Ok(());
    }
    Err(format!(
        "the client {id} was registered with another secret or audience: has the secret key, a secret of TIMETRACKER_… or \
         TIMETRACKER_AUDIENCE changed? `authz client delete {id}` lets it register anew"
    )
    .into())
}

/// The address may be another than at the last start.
async fn lead_here(authz: &App, id: &str, redirect_uris: Vec<String>) -> Result<(), Problem> {
    let client = authz.clients.find(id).await?.ok_or("a client of the API is gone")?;
    if redirect_uris.is_empty() || client.redirect_uris.split_whitespace().eq(&redirect_uris) {
        return Ok(());
    }
    let redirect_uris = ListChange { instead: redirect_uris, ..ListChange::default() };
    let changes = Changes { redirect_uris, ..Changes::default() };
    registration::update(authz, &Origin::CommandLine(None), id, &changes).await?;
    Ok(())
}
