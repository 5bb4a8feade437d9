//! `authz key …`

use clap::Subcommand;
use serde_json::json;

use super::{Outcome, Report};
use crate::app::App;
use crate::audit::{Origin, What};
use crate::crypto::master::MasterKey;
use crate::signatures;
use crate::store::{audit_events, sealing_keys};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Print a new master key, for AUTHZ_SECRET_KEY.
    Generate,
    /// Begin new keys, for sealing and for signing; what the old ones made stays valid. No restart is needed.
    Rotate,
}

/// Needs no settings: it is what one does first.
pub(super) fn generate() -> Outcome {
    let key = MasterKey::generate()?;
    Ok(Report { json: json!({"secret_key": key}), text: key })
}

pub(super) async fn run(app: &App, origin: &Origin, command: &Command) -> Outcome {
    match command {
        Command::Generate => generate(),
        Command::Rotate => {
            let now = app.now();
            let event = What::KeyRotated.event(origin, now);
            let rotated = app.db.write(move |conn| {
                audit_events::insert(conn, &[event])?;
                sealing_keys::insert(conn, now)
            });
            let usable_from = rotated.await?;
            let signs_from = signatures::rotate(app).await?;
            Ok(Report {
                text: format!(
                    "The new sealing key is used from {usable_from}; the old ones still open.\n\
                     The new signing keys are published and sign from {signs_from}."
                ),
                json: json!({"usable_from": usable_from.to_string(), "signs_from": signs_from.to_string()}),
            })
        }
    }
}
