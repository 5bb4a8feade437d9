//! `authz key …`

use clap::builder::PossibleValue;
use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::{Outcome, Report};
use crate::app::App;
use crate::audit::Origin;
use crate::crypto::master::MasterKey;
use crate::crypto::seal::SealingKey;
use crate::crypto::signing::{KeptKey, SigningAlg};
use crate::signatures;
use crate::store::{sealing_keys, signing_keys};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Print a new master key, for AUTHZ_SECRET_KEY.
    Generate,
    /// Begin new keys, for sealing and for signing; what the old ones made stays valid. No restart is needed.
    Rotate {
        /// Only the signing key of this algorithm, and no sealing key.
        #[arg(long)]
        alg: Option<SigningAlg>,
    },
    /// Show the signing keys.
    List {
        /// The sealing keys instead, which nobody else ever has.
        #[arg(long)]
        sealing: bool,
    },
    /// Remove a signing key that somebody else may have: nothing it signed verifies any more.
    Remove {
        /// Its id, the `kid` in tokens; one in 64 begins with a hyphen.
        #[arg(allow_hyphen_values = true)]
        kid: String,
    },
}

impl ValueEnum for SigningAlg {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.as_str()))
    }
}

/// Needs no settings: it is what one does first.
pub(super) fn generate() -> Outcome {
    let key = MasterKey::generate()?;
    Ok(Report { json: json!({"secret_key": key}), text: key })
}

pub(super) async fn run(app: &App, origin: &Origin, command: &Command) -> Outcome {
    match command {
        Command::Generate => generate(),
        Command::List { sealing: false } => list(app).await,
        Command::List { sealing: true } => list_sealing(app).await,
        Command::Remove { kid } => {
            if !signatures::remove(app, origin, kid).await? {
                return Err("there is no such signing key".into());
            }
            Ok(Report { text: format!("Removed {kid}."), json: json!({"kid": kid, "removed": true}) })
        }
        Command::Rotate { alg: None } => rotate_all(app, origin).await,
        Command::Rotate { alg: Some(alg) } => rotate_one(app, origin, *alg).await,
    }
}

async fn rotate_all(app: &App, origin: &Origin) -> Outcome {
    let (usable_from, signs_from) = signatures::rotate_all(app, origin).await?;
    Ok(Report {
        text: format!(
            "The new sealing key is used from {usable_from}; the old ones still open.\n\
             The new signing keys are published and sign from {signs_from}."
        ),
        json: json!({"usable_from": usable_from.to_string(), "signs_from": signs_from.to_string()}),
    })
}

async fn rotate_one(app: &App, origin: &Origin, alg: SigningAlg) -> Outcome {
    let (signs_from, alg) = (signatures::rotate_one(app, origin, alg).await?, alg.as_str());
    Ok(Report {
        text: format!("The new {alg} key is published and signs from {signs_from}."),
        json: json!({"alg": alg, "signs_from": signs_from.to_string()}),
    })
}

async fn list(app: &App) -> Outcome {
    let mut keys = app.db.read(signing_keys::all).await?;
    keys.sort_by_key(|key| (key.usable_from, key.alg.as_str()));
    let line = |key: &KeptKey| {
        let until = key.retire_after.map_or_else(String::new, |at| format!("  until {at}"));
        format!("{}  {:5}  from {}{until}", key.kid, key.alg.as_str(), key.usable_from)
    };
    let json = |key: &KeptKey| {
        json!({
            "kid": key.kid,
            "alg": key.alg.as_str(),
            "usable_from": key.usable_from.to_string(),
            "retire_after": key.retire_after.map(|at| at.to_string()),
        })
    };
    Ok(Report {
        text: keys.iter().map(line).collect::<Vec<_>>().join("\n"),
        json: keys.iter().map(json).collect(),
    })
}

async fn list_sealing(app: &App) -> Outcome {
    let mut keys = app.db.read(sealing_keys::all).await?;
    keys.sort_by_key(|key| key.id);
    let line = |key: &SealingKey| format!("{}  from {}", key.id, key.usable_from);
    let json = |key: &SealingKey| json!({"id": key.id, "usable_from": key.usable_from.to_string()});
    Ok(Report {
        text: keys.iter().map(line).collect::<Vec<_>>().join("\n"),
        json: keys.iter().map(json).collect(),
    })
}
