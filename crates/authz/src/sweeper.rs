//! Removes what has ended, a few rows at a time, beside everything else that goes on.

use std::time::Duration;

use model::db::DbError;
use model::id::{ClientId, GrantId};
use tokio::time::Instant;

use crate::app::App;
use crate::audit::{Origin, What};
use crate::store;
use crate::store::revocations::LONGEST_ACCESS;

/// How often it begins a round.
const EVERY: Duration = Duration::from_secs(60);
/// Rows looked at in one transaction, so that no writer waits long.
const ROWS: i64 = 1_000;
/// Clients removed in one transaction.
const CLIENTS: i64 = 50;
/// And how many such transactions follow each other.
const AT_ONCE: usize = 100;
/// How often a session's clients are looked at that should have ended, and was prolonged.
const SESSIONS_LOOKED_AT_EVERY: Duration = Duration::from_secs(86_400);
/// A device code is remembered this long after its end, so that its device is told so.
const DEVICE_CODES_KEPT: Duration = Duration::from_secs(600);
/// A personal key is remembered this long after its end, so that whoever has it is told so.
const KEYS_KEPT: Duration = Duration::from_secs(30 * 86_400);
/// An ended grant is remembered this long, so that a replay is still recognised as one.
const GRANTS_KEPT: Duration = Duration::from_secs(86_400);

/// Removes what has ended, a few rows at a time, going round and round.
pub(crate) async fn run(app: App) {
    // Not at once: a start has other things to do.
    let mut ticks = tokio::time::interval_at(Instant::now() + EVERY, EVERY);
    let mut round = Round::default();
    loop {
        ticks.tick().await;
        let longest_idle = match longest_idle(&app).await {
            Ok(longest) => longest,
            Err(error) => {
                tracing::warn!(%error, "what has ended could not be removed; it is tried again");
                continue;
            }
        };
        for _ in 0..AT_ONCE {
            match once(&app, round, longest_idle).await {
                Ok(next) => round = next,
                Err(error) => {
                    tracing::warn!(%error, "what has ended could not be removed; it is tried again");
                    break;
                }
            }
            if round.is_over() {
                break;
            }
        }
    }
}

/// How far the sweeper has come.
#[derive(Clone, Copy, Default)]
pub struct Round {
    grant: Option<GrantId>,
    revocation: Option<i64>,
    more: bool,
}

impl Round {
    fn is_over(self) -> bool {
        self.grant.is_none() && self.revocation.is_none() && !self.more
    }
}

/// A grant that any client may still renew is not swept away.
async fn longest_idle(app: &App) -> Result<Duration, DbError> {
    let longest = app.db.read(store::clients::longest_idle).await?;
    Ok(longest.map_or(Duration::ZERO, Duration::from_secs))
}

fn is_full(swept: usize) -> bool {
    i64::try_from(swept).is_ok_and(|count| count == ROWS)
}

/// Removes what has ended, so many rows of each kind. Rows that people or clients end as well are locked in the order in
/// which those lock them, and before the first revocation, as they do: from there to the commit everybody else who ends
/// something waits. Revocations and keys come last, because whoever changes those waits for that first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn once(app: &App, round: Round, longest_idle: Duration) -> Result<Round, DbError> {
    let now = app.now();
    let before = now.minus(GRANTS_KEPT);
    let idle = before.minus(app.config.lifetimes.refresh_idle.max(LONGEST_ACCESS).max(longest_idle));
    let audit_before = now.minus(app.config.audit_kept);
    let devices_before = now.minus(DEVICE_CODES_KEPT);
    let decisions_before = now.minus(store::decisions::KEPT);
    let keys_before = now.minus(KEYS_KEPT);
    let used_ids_before = now.minus(store::used_ids::KEPT);
    app.feed.sweep(now);
    app.db
        .write(move |conn| {
            store::attempts::sweep(conn, now, ROWS)?;
            store::audit_events::sweep(conn, audit_before, ROWS)?;
            store::registration_tokens::sweep(conn, now, ROWS)?;
            let devices = store::device_codes::sweep(conn, devices_before, ROWS)?;
            let decisions = store::decisions::sweep(conn, decisions_before, ROWS)?;
            let used_ids = store::used_ids::sweep(conn, used_ids_before, ROWS)?;
            let grant = store::grants::sweep(conn, round.grant, before, idle, ROWS)?;
            store::browser_access::sweep(conn, now, CLIENTS)?;
            store::personal_keys::sweep(conn, keys_before, ROWS)?;
            store::mail_links::sweep(conn, now, ROWS)?;
            store::outgoing_mail::sweep(conn, now, ROWS)?;
            store::sessions::sweep(conn, now, ROWS)?;
            store::session_clients::sweep(conn, now, now.plus(SESSIONS_LOOKED_AT_EVERY), ROWS)?;
            let expired = store::registrations::sweep(conn, now, CLIENTS)?.into_iter();
            let expired =
                expired.map(|id| What::ClientExpired.of_client(&ClientId(id), &Origin::Ourselves, now));
            store::audit_events::insert(conn, &expired.collect::<Vec<_>>())?;
            let revocation = store::revocations::sweep(conn, round.revocation, now, ROWS)?;
            store::signing_keys::sweep(conn, now)?;
            Ok(Round { revocation, grant, more: is_full(devices) || is_full(decisions) || is_full(used_ids) })
        })
        .await
}
