//! Clients' public keys: as they are registered, or from where a client says they are (RFC 7591 section 2, `jwks_uri`).
//!
//! A set is fetched when a key is needed that is not in memory, so nobody who uses a key that is known waits for it.

use std::net::IpAddr;
use std::time::Duration;

use model::alg::Alg;
use serde_json::Value;

use super::chosen::{Chosen, TooMany};
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
#[derive(Default)]
pub struct ClientKeys(Kept<Vec<Value>>);

impl ClientKeys {
    /// The key of a client that a JWT with this header can have been signed with, for whoever is at `address`.
    ///
    /// # Errors
    /// When it is not in memory, and too many were called for that network.
    pub async fn find(
        &self,
        app: &App,
        client: &Client,
        alg: Alg,
        kid: Option<&str>,
        address: IpAddr,
    ) -> Result<Option<Value>, TooMany> {
        if let Some(set) = &client.metadata.jwks {
            let keys = set.get("keys").and_then(Value::as_array);
            return Ok(keys.and_then(|keys| jwk::key_for(keys, alg, kid)).cloned());
        }
        let Some(uri) = client.metadata.jwks_uri.as_deref() else { return Ok(None) };
        let asked = self.0.of(&format!("{} {uri}", client.id));
        let key = |lasts| {
            let keys = asked.said(app.now(), lasts)?;
            jwk::key_for(&keys, alg, kid).cloned()
        };
        if let Some(key) = key(FRESH) {
            return Ok(Some(key));
        }
        let (uri, chosen) = (uri.to_owned(), Chosen::by(&client.metadata));
        let ask = move |app: App| async move { read(&app, &uri, chosen).await };
        let was_asked = asked.ask(app, chosen, address, AGAIN_AFTER, ask).await;
        key(STALE).map_or_else(|| was_asked.map(|()| None), |key| Ok(Some(key)))
    }
}

async fn read(app: &App, uri: &str, chosen: Chosen) -> Option<Vec<Value>> {
    let set = app.fetch.get_json(uri, chosen).await;
    let set = set.inspect_err(|why| tracing::info!(%why, "a client's keys cannot be read"));
    Some(jwk::usable(&set.ok()?))
}
