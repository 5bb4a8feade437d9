//! Clients' public keys: as they are registered, or from where a client says they are (RFC 7591 section 2, `jwks_uri`).
//!
//! A set is fetched when a key is needed that is not in memory, so nobody who uses a key that is known waits for it.

use std::time::Duration;

use model::alg::Alg;
use serde_json::Value;

use super::kept::Kept;
use crate::app::App;
use crate::crypto::jwk;
use crate::store::clients::Client;

/// A set is asked for again after this long: a key that its owner has withdrawn lives no longer.
const FRESH: Duration = Duration::from_secs(600);
/// A set that cannot be fetched any more counts this long.
const STALE: Duration = Duration::from_secs(3_600);
/// And a client's server is left alone this long after a call.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// The sets in memory, by client and address.
pub struct ClientKeys(Kept<Vec<Value>>);

impl Default for ClientKeys {
    fn default() -> Self {
        Self(Kept::new(FRESH))
    }
}

impl ClientKeys {
    /// The key of a client that a JWT with this header can have been signed with.
    pub async fn find(&self, app: &App, client: &Client, alg: Alg, kid: Option<&str>) -> Option<Value> {
        if let Some(set) = &client.metadata.jwks {
            return jwk::key_for(set.get("keys")?.as_array()?, alg, kid).cloned();
        }
        let uri = client.metadata.jwks_uri.as_deref()?;
        let asked = self.0.of(&format!("{} {uri}", client.id), app.now());
        let key = |lasts| {
            let keys = asked.said(app.now(), lasts)?;
            jwk::key_for(&keys, alg, kid).cloned()
        };
        if let Some(key) = key(FRESH) {
            return Some(key);
        }
        let uri = uri.to_owned();
        asked.ask(app, AGAIN_AFTER, |app| async move { read(&app, &uri).await }).await;
        key(STALE)
    }
}

async fn read(app: &App, uri: &str) -> Option<Vec<Value>> {
    let set = app.fetch.get_json(uri).await;
    let set = set.inspect_err(|why| tracing::info!(%why, "a client's keys cannot be read"));
    Some(jwk::usable(&set.ok()?))
}
