//! `authz audit`

use std::collections::BTreeSet;
use std::time::Duration;

use clap::Args;
use model::db::DbError;
use model::id::UserId;
use model::time::Timestamp;
use serde_json::{Value, json};

use super::{Failure, Outcome, Report, say};
use crate::app::App;
use crate::sign_in::username_key;
use crate::store::audit_events::{self, AuditEvent};
use crate::store::users;

/// How often the log is looked at that is followed.
const LOOKS_EVERY: Duration = Duration::from_secs(1);
/// So many numbers are looked at again: on PostgreSQL a lower one may be committed after a higher one.
const LATE: i64 = 1_000;

#[derive(Args)]
pub(super) struct Wanted {
    /// Only about the person of this name.
    #[arg(long)]
    user: Option<String>,
    /// Only about the person of this number: also one who is gone.
    #[arg(long, conflicts_with = "user")]
    user_id: Option<i64>,
    /// Only about the client of this id.
    #[arg(long)]
    client: Option<String>,
    /// Only events of this name, such as `sign_in_refused`.
    #[arg(long)]
    event: Option<String>,
    /// Only since this instant (RFC 3339, such as 2026-11-23T00:00:00Z).
    #[arg(long)]
    since: Option<Timestamp>,
    /// Only before this instant.
    #[arg(long, conflicts_with = "follow")]
    until: Option<Timestamp>,
    /// The newest so many.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Go on with what happens from now on, a line each, until the command is stopped.
    #[arg(long, short)]
    pub(super) follow: bool,
}

pub(super) async fn run(app: &App, wanted: Wanted) -> Outcome {
    let rows = asked(app, wanted).await?;
    let events = read(app, rows).await?;
    Ok(Report {
        text: events.iter().map(|(_, event)| line(event)).collect::<Vec<_>>().join("\n"),
        json: events.iter().map(|(_, event)| described(event)).collect(),
    })
}

/// Says what there is and then what happens, until nobody listens any more. As JSON an object to a line.
pub(super) async fn follow(app: &App, wanted: Wanted, as_json: bool) -> Result<(), Failure> {
    let mut rows = asked(app, wanted).await?;
    let mut said = BTreeSet::new();
    let mut ticks = tokio::time::interval(LOOKS_EVERY);
    loop {
        ticks.tick().await;
        for (number, event) in read(app, rows.clone()).await? {
            if !said.insert(number) {
                continue;
            }
            let text = if as_json { described(&event).to_string() } else { line(&event) };
            if say(&text).is_err() {
                return Ok(());
            }
        }
        if let Some(newest) = said.last() {
            // What was not shown because there was too much of it stays so.
            let first = said.first().map_or(0, |first| first - 1);
            rows.after = first.max(newest - LATE);
            said = said.split_off(&rows.after);
        }
        rows.limit = i64::MAX;
    }
}

async fn asked(app: &App, wanted: Wanted) -> Result<audit_events::Wanted, Failure> {
    let user = match wanted.user.as_deref().map(username_key) {
        None => wanted.user_id.map(UserId),
        Some(key) => {
            let found = app.db.read(move |conn| users::find(conn, &key)).await?;
            Some(found.ok_or("there is no such person")?.id)
        }
    };
    let Wanted { client, event, since, until, limit, .. } = wanted;
    Ok(audit_events::Wanted { user, client, event, since, until, after: 0, limit: limit.into() })
}

async fn read(app: &App, rows: audit_events::Wanted) -> Result<Vec<(i64, AuditEvent)>, DbError> {
    app.db.read(move |conn| audit_events::newest(conn, &rows)).await
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
