//! The documents at which clients describe themselves (draft-ietf-oauth-client-id-metadata-document): fetched from the
//! address that is the client's id, and kept for as long as they say, within bounds.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use model::time::Timestamp;
use serde_json::{Map, Value};

use super::chosen::{Chosen, TooMany};
use super::kept::{Asked, Kept};
use crate::app::App;
use crate::client_documents;

/// The largest document in bytes (section 8.7).
const LARGEST: usize = 5 * 1024;
/// A document counts at least this long, whatever it says: one person's way through the pages costs one call.
const AT_LEAST: Duration = Duration::from_secs(60);
/// And at most this long, also where it cannot be fetched any more: a key that its owner has withdrawn lives no longer.
const AT_MOST: Duration = Duration::from_secs(3_600);
/// This long when it does not say.
const UNLESS_SAID: Duration = Duration::from_secs(600);
/// A client's server is left alone this long after a call.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// The documents in memory, by address.
#[derive(Default)]
pub struct ClientDocuments(Kept<Document>);

/// What a client says of itself, and when it was read.
pub type Said = (Arc<Map<String, Value>>, Timestamp);

struct Document {
    members: Arc<Map<String, Value>>,
    read_at: Timestamp,
    fresh_until: Timestamp,
}

impl ClientDocuments {
    /// What the client says of itself, if that is in memory.
    pub fn in_memory(&self, id: &str, now: Timestamp) -> Option<Arc<Map<String, Value>>> {
        said(&*self.0.known(id)?, now).map(|document| document.members.clone())
    }

    /// What the client says of itself, for whoever is at `address`; `None` when it could not be fetched or is none
    /// of its own.
    ///
    /// # Errors
    /// When it is not in memory, and too many were called for that network.
    pub async fn find(
        &self,
        app: &App,
        id: &str,
        chosen: Chosen,
        address: IpAddr,
    ) -> Result<Option<Said>, TooMany> {
        let asked = self.0.of(id);
        if let Some(document) = said(&asked, app.now()).filter(|document| app.now() < document.fresh_until) {
            return Ok(Some(document.said()));
        }
        let id = id.to_owned();
        let ask = move |app: App| async move { read(&app, &id, chosen).await };
        let was_asked = asked.ask(app, chosen, address, AGAIN_AFTER, ask).await;
        said(&asked, app.now()).map_or_else(|| was_asked.map(|()| None), |document| Ok(Some(document.said())))
    }
}

fn said(asked: &Asked<Document>, now: Timestamp) -> Option<Arc<Document>> {
    asked.said(now, AT_MOST)
}

impl Document {
    fn said(&self) -> Said {
        (self.members.clone(), self.read_at)
    }
}

/// Nothing is kept that describes no client.
async fn read(app: &App, id: &str, chosen: Chosen) -> Option<Document> {
    let answer = app.fetch.get(id, "application/json", LARGEST, chosen).await;
    let answer =
        answer.inspect_err(|why| tracing::info!(%why, "a client's document cannot be fetched")).ok()?;
    if answer.status != 200 || !answer.is_json() {
        tracing::info!(status = answer.status, "a client's document is not answered with 200 and JSON");
        return None;
    }
    let members: Map<String, Value> = serde_json::from_slice(&answer.body).ok()?;
    client_documents::judged(app, id, &members, None)
        .inspect_err(|why| tracing::info!(%why, "a client's document describes no client"))
        .ok()?;
    let lasts = answer.max_age().unwrap_or(UNLESS_SAID).clamp(AT_LEAST, AT_MOST);
    let read_at = app.now();
    Some(Document { members: Arc::new(members), read_at, fresh_until: read_at.plus(lasts) })
}
