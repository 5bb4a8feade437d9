//! What others' servers have said, for a while. Each is asked by one call at a time, and never again at once, whether that
//! failed or not: a stranger who makes us ask costs one call in so many seconds, and nobody waits for somebody else's
//! server.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use model::time::Timestamp;

use super::chosen::{Chosen, TooMany};
use crate::app::App;

/// So many answers of a kind are remembered.
const MOST: usize = 1_000;

/// What was said, by whom was asked for what.
pub(super) struct Kept<T> {
    asked: Mutex<HashMap<String, Arc<Asked<T>>>>,
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

impl<T> Default for Kept<T> {
    /// Nothing yet.
    fn default() -> Self {
        Self { asked: Mutex::default() }
    }
}

impl<T> Kept<T> {
    /// Who was asked under that name.
    pub(super) fn known(&self, name: &str) -> Option<Arc<Asked<T>>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Who is asked under that name, and what they said. When there are too many, whoever was called for longest ago goes: a
    /// stranger who makes up names has each of them called, and takes the place of nobody who is asked for more often.
    pub(super) fn of(&self, name: &str) -> Arc<Asked<T>> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = asked.get(name) {
            return known.clone();
        }
        if asked.len() >= MOST {
            let oldest = asked.iter().min_by_key(|(_, each)| each.called()).map(|(name, _)| name.clone());
            oldest.map(|name| asked.remove(&name));
        }
        let new = Arc::new(Asked { said: RwLock::default(), called_at: tokio::sync::Mutex::default() });
        asked.insert(name.to_owned(), new.clone());
        new
    }
}

/// When somebody was called last, the longest ago first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Called {
    Never,
    At(Timestamp),
    Now,
}

impl<T> Asked<T> {
    /// What was said last, if that `lasts` until now.
    pub(super) fn said(&self, now: Timestamp, lasts: Duration) -> Option<Arc<T>> {
        let said = self.said.read().unwrap_or_else(PoisonError::into_inner);
        said.as_ref().filter(|said| now.since(said.at) < lasts).map(|said| said.what.clone())
    }

    fn called(&self) -> Called {
        let Ok(called_at) = self.called_at.try_lock() else { return Called::Now };
        called_at.map_or(Called::Never, Called::At)
    }
}

impl<T: Send + Sync + 'static> Asked<T> {
    /// Asks, unless somebody has within `again_after`, for whoever is at `address`. On its own, so that it comes to
    /// its end also when whoever wanted to know has hung up.
    ///
    /// # Errors
    /// When too many were called for that network; then nobody is, and others may have it called.
    pub(super) async fn ask<F>(
        self: &Arc<Self>,
        app: &App,
        chosen: Chosen,
        address: IpAddr,
        again_after: Duration,
        ask: impl FnOnce(App) -> F + Send + 'static,
    ) -> Result<(), TooMany>
    where
        F: Future<Output = Option<T>> + Send,
    {
        let (app, asked) = (app.clone(), self.clone());
        let asking = tokio::spawn(async move {
            let mut called_at = asked.called_at.lock().await;
            let now = app.now();
            if called_at.is_some_and(|at| now.since(at) < again_after) {
                return Ok(());
            }
            chosen.count(&app, address)?;
            *called_at = Some(now);
            if let Some(what) = ask(app).await {
                let said = Said { what: Arc::new(what), at: now };
                *asked.said.write().unwrap_or_else(PoisonError::into_inner) = Some(said);
            }
            Ok(())
        });
        // Whoever has panicked has said nothing.
        asking.await.unwrap_or(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called_at(kept: &Kept<()>, name: &str, at: i64) {
        *kept.of(name).called_at.try_lock().unwrap() = Some(Timestamp::from_unix_seconds(at));
    }

    /// R112: whoever fills the memory with names of their own drives out nobody who was called for lately.
    #[test]
    fn whoever_was_called_for_longest_ago_makes_room() {
        let kept = Kept::default();
        for number in 0..MOST {
            called_at(&kept, &number.to_string(), i64::try_from(number).unwrap());
        }
        called_at(&kept, "0", 5_000);
        let second = kept.known("1").unwrap();
        let in_call = second.called_at.try_lock().unwrap();
        called_at(&kept, "a", 5_001);
        let is_known = |name: &str| kept.known(name).is_some();
        assert_eq!(["0", "1", "2", "3", "999", "a"].map(is_known), [true, true, false, true, true, true]);
        drop(in_call);
        called_at(&kept, "b", 5_002);
        assert_eq!(["0", "1", "3", "a", "b"].map(is_known), [true, false, true, true, true]);
        // One that nobody was called for goes before all others.
        kept.of("c");
        kept.of("d");
        assert_eq!(["3", "4", "c", "d"].map(is_known), [false, true, false, true]);
        assert_eq!(kept.asked.lock().unwrap().len(), MOST);
    }
}
