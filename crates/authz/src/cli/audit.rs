//! `authz audit`

use clap::Args;
use model::time::Timestamp;
use serde_json::{Value, json};

use super::{Outcome, Report};
use crate::app::App;
use crate::sign_in::username_key;
use crate::store::audit_events::{self, AuditEvent};
use crate::store::users;

#[derive(Args)]
pub(super) struct Wanted {
    /// Only about the person of this name.
    #[arg(long)]
    user: Option<String>,
    /// Only about the client of this id.
    #[arg(long)]
    client: Option<String>,
    /// Only events of this name, such as `sign_in_refused`.
    #[arg(long)]
    event: Option<String>,
    /// Only since this instant (RFC 3339, such as 2026-11-23T00:00:00Z).
    #[arg(long)]
    since: Option<Timestamp>,
    /// The newest so many.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

pub(super) async fn run(app: &App, wanted: Wanted) -> Outcome {
    let Wanted { user, client, event, since, limit } = wanted;
    let events = app.db.read(move |conn| {
        let user = match user.as_deref() {
            None => None,
            Some(name) => match users::find(conn, &username_key(name))? {
                None => return Ok(None),
                Some(user) => Some(user.id),
            },
        };
        let wanted = audit_events::Wanted { user, client, event, since, limit: limit.into() };
        audit_events::newest(conn, &wanted).map(Some)
    });
    let events = events.await?.ok_or("there is no such person")?;
    Ok(Report {
        text: events.iter().map(line).collect::<Vec<_>>().join("\n"),
        json: events.iter().map(described).collect(),
    })
}

fn line(event: &AuditEvent) -> String {
    let person = event.user_id.map(|user| format!("  person {user}"));
    let client = event.client_id.as_ref().map(|client| format!("  client {client}"));
    let detail =
        Some(&event.detail).filter(|detail| !detail.is_empty()).map(|detail| format!("  ({detail})"));
    let times = (event.times > 1).then(|| format!("  {} times", event.times));
    let [person, client, detail, times] = [person, client, detail, times].map(Option::unwrap_or_default);
    format!("{}  {:22}{person}{client}  from {}{detail}{times}", event.at, event.event, event.origin)
}

fn described(event: &AuditEvent) -> Value {
    json!({
        "at": event.at.to_string(),
        "event": event.event,
        "user_id": event.user_id,
        "client_id": event.client_id,
        "origin": event.origin,
        "detail": event.detail,
        "times": event.times,
    })
}
