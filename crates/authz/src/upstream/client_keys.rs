//! Clients' public keys: as they are registered, or from where a client says they are (RFC 7591 section 2, `jwks_uri`).
//!
//! A set is fetched when a key is needed that is not in memory, never more than once at a time for a client, and never
//! again at once, whether that failed or not: a stranger who makes up names of keys costs one call in ten seconds, and
//! nobody who uses a key that is known waits for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use model::time::Timestamp;
use serde_json::Value;

use crate::app::App;
use crate::crypto::jwk::{self, VerifyAlg};
use crate::store::clients::Client;

/// A set is asked for again after this long: a key that its owner has withdrawn lives no longer.
const FRESH: Duration = Duration::from_secs(600);
/// A set that cannot be fetched any more counts this long.
const STALE: Duration = Duration::from_secs(3_600);
/// And a client's server is left alone this long after a call.
const AGAIN_AFTER: Duration = Duration::from_secs(10);
/// So many clients' sets are remembered.
const MAX_SETS: usize = 1_000;

/// The sets in memory, by client.
#[derive(Default)]
pub struct ClientKeys(Mutex<HashMap<String, Arc<Place>>>);

/// Where a client's keys are, and what was there.
struct Place {
    uri: String,
    found: RwLock<Option<Found>>,
    /// When the last call was; held while there is one.
    called_at: tokio::sync::Mutex<Option<Timestamp>>,
}

#[derive(Clone)]
struct Found {
    keys: Arc<Vec<Value>>,
    at: Timestamp,
}

impl Found {
    fn key(&self, alg: VerifyAlg, kid: Option<&str>, now: Timestamp, lasts: Duration) -> Option<Value> {
        if now.since(self.at) >= lasts {
            return None;
        }
        jwk::key_for(&self.keys, alg, kid).cloned()
    }
}

impl ClientKeys {
    /// The key of a client that a JWT with this header can have been signed with.
    pub async fn find(&self, app: &App, client: &Client, alg: VerifyAlg, kid: Option<&str>) -> Option<Value> {
        if let Some(set) = &client.metadata.jwks {
            return jwk::key_for(set.get("keys")?.as_array()?, alg, kid).cloned();
        }
        let place = self.place(client, client.metadata.jwks_uri.as_deref()?, app.now());
        if let Some(key) = place.found().and_then(|found| found.key(alg, kid, app.now(), FRESH)) {
            return Some(key);
        }
        // On its own, so that it comes to its end also when whoever asked has hung up.
        let (calling, called) = (app.clone(), place.clone());
        let call = tokio::spawn(async move { called.refresh(&calling).await });
        if call.await.is_err() {
            return None;
        }
        place.found().and_then(|found| found.key(alg, kid, app.now(), STALE))
    }

    fn place(&self, client: &Client, uri: &str, now: Timestamp) -> Arc<Place> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = places.get(client.id.as_str()).filter(|place| place.uri == uri) {
            return place.clone();
        }
        if places.len() >= MAX_SETS {
            places.retain(|_, place| place.found().is_some_and(|found| now.since(found.at) < FRESH));
        }
        if places.len() >= MAX_SETS {
            places.clear();
        }
        let place = Arc::new(Place {
            uri: uri.to_owned(),
            found: RwLock::default(),
            called_at: tokio::sync::Mutex::default(),
        });
        places.insert(client.id.as_str().to_owned(), place.clone());
        place
    }
}

impl Place {
    fn found(&self) -> Option<Found> {
        self.found.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fetches the set, unless somebody just has.
    async fn refresh(&self, app: &App) {
        let mut called_at = self.called_at.lock().await;
        let now = app.now();
        if called_at.is_some_and(|at| now.since(at) < AGAIN_AFTER) {
            return;
        }
        *called_at = Some(now);
        match app.fetch.get_json(&self.uri).await {
            Ok(set) => {
                let found = Found { keys: Arc::new(jwk::usable(&set)), at: now };
                *self.found.write().unwrap_or_else(PoisonError::into_inner) = Some(found);
            }
            Err(why) => tracing::info!(%why, "a client's keys cannot be read"),
        }
    }
}
