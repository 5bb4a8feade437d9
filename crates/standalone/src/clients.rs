//! The time tracker as a client of the authorization server: one asks about tokens, with the other people sign in at its pages, through
//! the third by requests. Their secrets are derived from the master key, so that they need not be kept.

use authz::app::App;
use authz::audit::Origin;
use authz::client_metadata::ClientMetadata;
use authz::registration::{self, Changes, Kind, ListChange, Refused, Registration};
use model::secret::{Secret, sha256};
use timetracker_api::config::Config;
use timetracker_api::pages::sign_in;

use crate::settings::{API_CLIENT, FIRST_PARTY_CLIENT, PAGES_CLIENT, Problem};

/// Registers both, unless they are.
///
/// # Errors
/// When one was registered as something else, or the database cannot.
pub async fn register(authz: &App, api: &Config) -> Result<(), Problem> {
    let asks =
        || Registration { introspects: vec![api.audience.clone()], ..client(API_CLIENT, &api.client_secret) };
    register_one(authz, asks).await?;
    if authz.config.first_party.is(FIRST_PARTY_CLIENT) {
        register_first_party(authz, api).await?;
    }
    let ours = api.sign_in.as_ref().filter(|sign_in| sign_in.client_id == PAGES_CLIENT);
    let Some(sign_in) = ours else { return Ok(()) };
    // Whoever runs this is asked by nobody whether it may use what it keeps.
    let pages = || Registration {
        name: "Timetracker".to_owned(),
        grant_types: vec!["authorization_code".to_owned()],
        redirect_uris: vec![format!("{}{}", api.public_url, sign_in::CALLBACK)],
        audiences: vec![api.audience.clone()],
        metadata: ClientMetadata { is_first_party: true, ..ClientMetadata::default() },
        ..client(PAGES_CLIENT, &sign_in.client_secret)
    };
    register_one(authz, pages).await
}

/// The one through which people sign up and in by requests. Nobody else uses it: its secret is known to nobody.
async fn register_first_party(authz: &App, api: &Config) -> Result<(), Problem> {
    let secret = authz.config.secret_key.mac_key("standalone API client").tag(&[FIRST_PARTY_CLIENT]);
    let first_party = || Registration {
        name: "Timetracker".to_owned(),
        grant_types: vec!["password".to_owned(), "convert_token".to_owned()],
        audiences: vec![api.audience.clone()],
        metadata: ClientMetadata { is_first_party: true, ..ClientMetadata::default() },
        ..client(FIRST_PARTY_CLIENT, &Secret::new(secret.clone()))
    };
    register_one(authz, first_party).await
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

async fn register_one(authz: &App, wanted: impl Fn() -> Registration) -> Result<(), Problem> {
    match registration::register(authz, &Origin::CommandLine(None), wanted()).await {
        Ok(_) => Ok(()),
        Err(Refused::Taken) => bring_up_to_date(authz, wanted()).await,
        Err(error) => Err(error.into()),
    }
}

/// One that is there already. The address and the audience may be others than at the last start; a client that was registered under
/// another master key has another secret, and could prove nothing.
async fn bring_up_to_date(authz: &App, wanted: Registration) -> Result<(), Problem> {
    let id = wanted.id.unwrap_or_default();
    let client = authz.clients.find(&id).await?.ok_or("a client of the API is gone")?;
    let ours = wanted.secret.map(|secret| sha256(secret.expose().as_bytes()));
    if client.secret_hash.as_deref() != ours.as_ref().map(<[u8; 32]>::as_slice) {
        return Err(format!(
            "the client {id} was registered with another secret: has the secret key changed, or a secret of TIMETRACKER_…? \
             `authz client delete {id}` lets it register anew"
        )
        .into());
    }
    let is_as_wanted = [
        (&client.redirect_uris, &wanted.redirect_uris),
        (&client.audiences, &wanted.audiences),
        (&client.introspects, &wanted.introspects),
    ]
    .into_iter()
    .all(|(there, wanted)| wanted.is_empty() || there.split_whitespace().eq(wanted));
    if is_as_wanted {
        return Ok(());
    }
    let these = |instead| ListChange { instead, ..ListChange::default() };
    let changes = Changes {
        redirect_uris: these(wanted.redirect_uris),
        audiences: these(wanted.audiences),
        introspects: these(wanted.introspects),
        ..Changes::default()
    };
    registration::update(authz, &Origin::CommandLine(None), &id, &changes).await?;
    Ok(())
}
