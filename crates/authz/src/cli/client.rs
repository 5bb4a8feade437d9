//! `authz client …`

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::{Outcome, Report, registration_token};
use crate::app::App;
use crate::audit::Origin;
use crate::client_metadata::ClientMetadata;
use crate::registration::{self, By, Kind, Registration};
use crate::store::clients::{self, Client};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Register a client; its secret is shown once.
    Create(Create),
    /// Show every client.
    List,
    /// Show one client.
    Show {
        /// The client id.
        id: String,
    },
    /// Change what a client's metadata says; the rest of it stays.
    SetMetadata {
        /// The client id.
        id: String,
        /// A JSON object of members, such as {"is_first_party":true}; null brings a member's default back.
        changes: String,
    },
    /// Give a client a new secret; the old one stays valid for a while.
    RotateSecret {
        /// The client id.
        id: String,
    },
    /// Tokens with which somebody may register clients.
    #[command(subcommand)]
    RegistrationToken(registration_token::Command),
    /// Remove a client, and end every token issued to it.
    Delete {
        /// The client id.
        id: String,
    },
}

/// Whether the client can keep a secret.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum ClientType {
    /// A program on a server.
    Confidential,
    /// A program on somebody's device or in a browser.
    Public,
}

#[derive(Args)]
pub(super) struct Create {
    /// What people are shown when it asks for access.
    #[arg(long)]
    name: String,
    /// Whether it can keep a secret.
    #[arg(long = "type", value_enum)]
    kind: ClientType,
    /// A grant type it may use: authorization_code, refresh_token, client_credentials, password,
    /// urn:ietf:params:oauth:grant-type:device_code. Repeat for several. A client with authorization_code, password or
    /// device codes may also refresh.
    #[arg(long = "grant-type")]
    grant_types: Vec<String>,
    /// Where answers may be sent. Repeat for several.
    #[arg(long = "redirect-uri")]
    redirect_uris: Vec<String>,
    /// A scope it may ask for (all, when none is named). Repeat for several.
    #[arg(long = "scope")]
    scopes: Vec<String>,
    /// Whom its tokens are for (AUTHZ_DEFAULT_AUDIENCE, when none is named). Repeat for several.
    #[arg(long = "audience")]
    audiences: Vec<String>,
    /// An audience it answers for as a resource server, and so may introspect. Repeat for several.
    #[arg(long = "introspects")]
    introspects: Vec<String>,
    /// The client id, when it must be a particular one.
    #[arg(long)]
    id: Option<String>,
    /// A JSON object of further metadata, by the names of RFC 7591 and OpenID Connect Registration.
    #[arg(long, default_value = "{}")]
    metadata: String,
}

pub(super) async fn run(app: &App, origin: &Origin, command: Command) -> Outcome {
    match command {
        Command::Create(create) => register(app, origin, create).await,
        Command::List => list(app).await,
        Command::Show { id } => show(app, id).await,
        Command::SetMetadata { id, changes } => {
            let client = registration::change_metadata(app, origin, &id, &changes).await?;
            Ok(Report { text: lines(&client), json: described(&client) })
        }
        Command::RegistrationToken(command) => registration_token::run(app, origin, command).await,
        Command::RotateSecret { id } => rotate(app, origin, &id).await,
        Command::Delete { id } => delete(app, origin, &id).await,
    }
}

async fn register(app: &App, origin: &Origin, create: Create) -> Outcome {
    let kind = match create.kind {
        ClientType::Confidential => Kind::Confidential,
        ClientType::Public => Kind::Public,
    };
    let registered = registration::register(
        app,
        origin,
        Registration {
            id: create.id,
            name: create.name,
            kind,
            grant_types: create.grant_types,
            redirect_uris: create.redirect_uris,
            scopes: create.scopes,
            audiences: create.audiences,
            introspects: create.introspects,
            secret: None,
            metadata: ClientMetadata::default().changed_by(&create.metadata)?,
        },
    )
    .await?;
    let secret = registered.secret.as_ref().map(model::secret::Secret::expose);
    let mut text = lines(&registered.client);
    if let Some(secret) = secret {
        text.push_str("\nclient_secret  ");
        text.push_str(secret);
        text.push_str("\n\nThe secret is shown this once. Keep it.");
    }
    let mut json = described(&registered.client);
    if let (Some(secret), Some(members)) = (secret, json.as_object_mut()) {
        members.insert("client_secret".to_owned(), json!(secret));
    }
    Ok(Report { text, json })
}

async fn list(app: &App) -> Outcome {
    let all = app.db.read(clients::all).await?;
    let line = |client: &Client| format!("{:40}  {:12}  {}", client.id, kind(client), client.name);
    Ok(Report {
        text: all.iter().map(line).collect::<Vec<_>>().join("\n"),
        json: all.iter().map(described).collect(),
    })
}

async fn show(app: &App, id: String) -> Outcome {
    let client = app.db.read(move |conn| clients::find(conn, &id)).await?;
    let client = client.ok_or("there is no such client")?;
    Ok(Report { text: lines(&client), json: described(&client) })
}

async fn rotate(app: &App, origin: &Origin, id: &str) -> Outcome {
    let (secret, until) = registration::rotate_secret(app, origin, By::Administrator, id).await?;
    let secret = secret.expose();
    Ok(Report {
        text: format!(
            "client_secret  {secret}\n\nThe secret is shown this once. The old one is valid until {until}."
        ),
        json: json!({"client_id": id, "client_secret": secret, "previous_valid_until": until.to_string()}),
    })
}

async fn delete(app: &App, origin: &Origin, id: &str) -> Outcome {
    registration::delete(app, origin, By::Administrator, id).await?;
    Ok(Report {
        text: format!("Deleted {id}; its tokens have ended."),
        json: json!({"client_id": id, "deleted": true}),
    })
}

fn kind(client: &Client) -> &'static str {
    if client.is_confidential { "confidential" } else { "public" }
}

fn lines(client: &Client) -> String {
    let owner = client.user_id.map_or_else(|| "nobody".to_owned(), |id| format!("person {id}"));
    let indented = client.redirect_uris.replace('\n', "\n               ");
    format!(
        "client_id      {}\nname           {}\ntype           {}\ngrant types    {}\nredirect URIs  {indented}\nscopes         {}\naudiences      {}\nintrospects    {}\nmetadata       {}\nowner          {owner}",
        client.id,
        client.name,
        kind(client),
        client.grant_types,
        client.scopes,
        client.audiences,
        client.introspects,
        client.metadata.as_str()
    )
}

fn described(client: &Client) -> Value {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    json!({
        "client_id": client.id,
        "name": client.name,
        "type": kind(client),
        "grant_types": words(&client.grant_types),
        "redirect_uris": client.redirect_uris().collect::<Vec<_>>(),
        "scopes": words(client.scopes.as_str()),
        "audiences": words(&client.audiences),
        "introspects": words(&client.introspects),
        "metadata": &*client.metadata,
        "user_id": client.user_id,
        "created_at": client.created_at.to_string(),
    })
}
