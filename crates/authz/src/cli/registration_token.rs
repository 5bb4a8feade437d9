//! `authz client registration-token …`

use std::time::Duration;

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Outcome, Report};
use crate::app::App;
use crate::audit::Origin;
use crate::response_type::ResponseType;
use crate::self_registration;
use crate::store::json::Json;
use crate::store::registration_tokens::{self, Allowance, RegistrationToken};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make an initial access token, with which somebody may register clients; it is shown once.
    Create {
        /// Whom it is for.
        #[arg(long, default_value = "")]
        note: String,
        /// How many clients may be registered with it.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        uses: u32,
        /// In how many days it ends.
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: u32,
        /// A response type that clients registered with it may register beside code, such as "code id_token". Repeat for
        /// several.
        #[arg(long = "response-type")]
        response_types: Vec<ResponseType>,
        /// Excuse clients registered with it from PKCE, if they have a secret.
        #[arg(long)]
        without_pkce: bool,
    },
    /// Show the tokens there are; none of them can be used from what is shown.
    List,
    /// Remove a token. Clients that were registered with it stay.
    Delete {
        /// The id of the token, as the list shows it.
        id: String,
    },
}

pub(super) async fn run(app: &App, origin: &Origin, command: Command) -> Outcome {
    match command {
        Command::Create { note, uses, days, response_types, without_pkce } => {
            let ttl = Duration::from_secs(u64::from(days) * 86_400);
            let allows = Json::new(Allowance { response_types, without_pkce })?;
            let (row, token) = self_registration::create_token(app, origin, note, uses, ttl, allows).await?;
            let mut json = described(&row);
            if let Some(members) = json.as_object_mut() {
                members.insert("token".to_owned(), token.expose().as_str().into());
            }
            let token = token.expose();
            Ok(Report {
                text: format!("{}\ntoken  {token}\n\nThe token is shown this once. Keep it.", line(&row)),
                json,
            })
        }
        Command::List => {
            let all = app.db.read(registration_tokens::all).await?;
            Ok(Report {
                text: all.iter().map(line).collect::<Vec<_>>().join("\n"),
                json: all.iter().map(described).collect(),
            })
        }
        Command::Delete { id } => {
            if !self_registration::delete_token(app, origin, &id).await? {
                return Err("there is no such token".into());
            }
            Ok(Report { text: format!("Deleted {id}."), json: json!({"id": id, "deleted": true}) })
        }
    }
}

fn line(row: &RegistrationToken) -> String {
    let types: Vec<String> = row.allows.response_types.iter().map(ToString::to_string).collect();
    let types =
        if types.is_empty() { String::new() } else { format!(", response types {}", types.join(", ")) };
    let pkce = if row.allows.without_pkce { ", without PKCE" } else { "" };
    format!("{}  {} uses left, until {}{types}{pkce}  {}", row.id, row.uses_left, row.ends_at, row.note)
}

fn described(row: &RegistrationToken) -> Value {
    json!({
        "id": row.id,
        "note": row.note,
        "uses_left": row.uses_left,
        "created_at": row.created_at.to_string(),
        "ends_at": row.ends_at.to_string(),
        "response_types": row.allows.response_types,
        "without_pkce": row.allows.without_pkce,
    })
}
