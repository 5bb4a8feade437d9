//! `authz client …`

mod create;
mod said;
mod update;

use clap::Subcommand;
use model::secret::Secret;
use serde_json::json;

use self::said::{described, kind, lines};
use super::{Failure, Outcome, Report, line_from_stdin, registration_token};
use crate::app::App;
use crate::audit::Origin;
use crate::registration::{self, By, Ending};
use crate::store::clients::{self, Client};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Register a client; its secret is shown once.
    Create(Box<create::Create>),
    /// Show every client.
    List,
    /// Show one client.
    Show {
        /// The client id.
        id: String,
    },
    /// Change a client. Where it may do less than before, the codes and access tokens it has end, and its refresh tokens give
    /// what is left.
    #[command(override_usage = "authz client update [OPTIONS] <ID>")]
    Update(Box<update::Update>),
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
        /// Take it from the first line of standard input instead of making one: at least 32 characters, which nobody has
        /// thought of.
        #[arg(long)]
        secret_from_stdin: bool,
    },
    /// End every grant, code and token of a client. What people agreed to stays: it may begin anew.
    Revoke {
        /// The client id.
        id: String,
    },
    /// Switch a client off: it is refused everywhere, as if it were not there, and everything it was given has ended.
    Disable {
        /// The client id.
        id: String,
    },
    /// Switch a client on again. What it was given before stays ended; what people agreed to counts again.
    Enable {
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

pub(super) async fn run(app: &App, origin: &Origin, command: Command) -> Outcome {
    match command {
        Command::Create(create) => create::run(app, origin, *create).await,
        Command::List => list(app).await,
        Command::Show { id } => show(app, id).await,
        Command::Update(update) => update::run(app, origin, *update).await,
        Command::SetMetadata { id, changes } => {
            let client = registration::change_metadata(app, origin, &id, &changes).await?;
            Ok(Report { text: lines(&client), json: described(&client) })
        }
        Command::RegistrationToken(command) => registration_token::run(app, origin, command).await,
        Command::RotateSecret { id, secret_from_stdin: false } => rotate(app, origin, &id).await,
        Command::RotateSecret { id, secret_from_stdin: true } => replace_secret(app, origin, &id).await,
        Command::Revoke { id } => {
            let text = "Every grant, code and token of it has ended.";
            end(app, origin, Ending::Tokens, &id, text).await
        }
        Command::Disable { id } => {
            let text = "It is switched off; every grant, code and token of it has ended.";
            end(app, origin, Ending::Disable, &id, text).await
        }
        Command::Enable { id } => end(app, origin, Ending::Enable, &id, "It is switched on.").await,
        Command::Delete { id } => delete(app, origin, &id).await,
    }
}

async fn list(app: &App) -> Outcome {
    let all = app.db.read(clients::all).await?;
    let state = |client: &Client| if client.disabled_at.is_some() { "  (switched off)" } else { "" };
    let line =
        |client: &Client| format!("{:40}  {:12}  {}{}", client.id, kind(client), client.name, state(client));
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

async fn replace_secret(app: &App, origin: &Origin, id: &str) -> Outcome {
    let secret = secret_from_stdin()?;
    let until = registration::replace_secret(app, origin, By::Administrator, id, &secret).await?;
    Ok(Report {
        text: format!("It has this secret. The old one is valid until {until}."),
        json: json!({"client_id": id, "previous_valid_until": until.to_string()}),
    })
}

async fn end(app: &App, origin: &Origin, ending: Ending, id: &str, text: &str) -> Outcome {
    registration::end(app, origin, ending, id).await?;
    Ok(Report { text: text.to_owned(), json: json!({"client_id": id, "done": true}) })
}

async fn delete(app: &App, origin: &Origin, id: &str) -> Outcome {
    registration::delete(app, origin, By::Administrator, id).await?;
    Ok(Report {
        text: format!("Deleted {id}; its tokens have ended."),
        json: json!({"client_id": id, "deleted": true}),
    })
}

/// Of a client that comes from another server.
fn secret_from_stdin() -> Result<Secret<String>, Failure> {
    let line = line_from_stdin("secret")?;
    let judged = registration::secret_from_elsewhere(line.expose());
    judged.map_err(|problem| problem.what.into())
}
