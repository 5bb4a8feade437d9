//! What others' servers have said, for a while. Each is asked by one call at a time, and never again at once, whether that
//! failed or not: a stranger who makes us ask costs one call in so many seconds, and nobody waits for somebody else's
//! server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use model::time::Timestamp;

use crate::app::App;

/// So many answers of a kind are remembered.
const MOST: usize = 1_000;

/// What was said, by whom was asked for what.
pub(super) struct Kept<T> {
    asked: Mutex<HashMap<String, Arc<Asked<T>>>>,
    /// An answer that is older goes first when there are too many.
    fresh: Duration,
}

/// Somebody who is asked, and what they said last.
pub(super) struct Asked<T> {
    said: RwLock<Option<Said<T>>>,
    /// When the last call was; held while there is one.
    called_at: tokio::sync::Mutex<Option<Timestamp>>,
}

struct Said<T> {
    what: Arc<T>,
    at: Timestamp,
}

impl<T> Kept<T> {
    /// Nothing yet.
    pub(super) fn new(fresh: Duration) -> Self {
        Self { asked: Mutex::default(), fresh }
    }

    /// Who was asked under that name.
    pub(super) fn known(&self, name: &str) -> Option<Arc<Asked<T>>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Who is asked under that name, and what they said.
    pub(super) fn of(&self, name: &str, now: Timestamp) -> Arc<Asked<T>> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = asked.get(name) {
            return known.clone();
        }
        if asked.len() >= MOST {
            asked.retain(|_, each| each.said(now, self.fresh).is_some());
        }
        if asked.len() >= MOST {
            asked.clear();
        }
        let new = Arc::new(Asked { said: RwLock::default(), called_at: tokio::sync::Mutex::default() });
        asked.insert(name.to_owned(), new.clone());
        new
    }
}

impl<T> Asked<T> {
    /// What was said last, if that `lasts` until now.
    pub(super) fn said(&self, now: Timestamp, lasts: Duration) -> Option<Arc<T>> {
        let said = self.said.read().unwrap_or_else(PoisonError::into_inner);
        said.as_ref().filter(|said| now.since(said.at) < lasts).map(|said| said.what.clone())
    }
}

impl<T: Send + Sync + 'static> Asked<T> {
    /// Asks, unless somebody has within `again_after`. On its own, so that it comes to its end also when whoever wanted to
    /// know has hung up.
    pub(super) async fn ask<F>(
        self: &Arc<Self>,
        app: &App,
        again_after: Duration,
        ask: impl FnOnce(App) -> F + Send + 'static,
    ) where
        F: Future<Output = Option<T>> + Send,
    {
        let (app, asked) = (app.clone(), self.clone());
        let asking = tokio::spawn(async move {
            let mut called_at = asked.called_at.lock().await;
            let now = app.now();
            if called_at.is_some_and(|at| now.since(at) < again_after) {
                return;
            }
            *called_at = Some(now);
            if let Some(what) = ask(app).await {
                let said = Said { what: Arc::new(what), at: now };
                *asked.said.write().unwrap_or_else(PoisonError::into_inner) = Some(said);
            }
        });
        // Whoever has panicked has said nothing.
        let _ = asking.await;
    }
}
