//! The clients in memory: read from the database once, forgotten when the feed says that one has changed.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use model::db::{Db, DbError};

use crate::store::clients::{self, Client};

/// The cache. It holds existing clients only, so it is as large as their number.
pub struct Clients {
    db: Db,
    known: RwLock<HashMap<String, Arc<Client>>>,
    /// The origins of all clients' pages, once somebody has asked.
    origins: RwLock<Option<HashSet<String>>>,
    /// Counts what was forgotten: a row read before and stored after a change would stay stale.
    forgotten: AtomicU64,
}

impl Clients {
    /// An empty cache.
    pub fn new(db: Db) -> Self {
        Self { db, known: RwLock::default(), origins: RwLock::default(), forgotten: AtomicU64::new(0) }
    }

    /// The client of that id. One that is switched off is as if it were not there, wherever somebody asks.
    ///
    /// # Errors
    /// When it is not in memory and the database cannot be read.
    pub async fn find(&self, id: &str) -> Result<Option<Arc<Client>>, DbError> {
        if let Some(client) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(id) {
            return Ok(Some(client.clone()));
        }
        let forgotten = self.forgotten.load(Ordering::Acquire);
        let key = id.to_owned();
        let found = self.db.read(move |conn| clients::find(conn, &key)).await?;
        let found = found.filter(|client| client.disabled_at.is_none()).map(Arc::new);
        if let Some(client) = &found {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            if self.forgotten.load(Ordering::Acquire) == forgotten {
                known.insert(id.to_owned(), client.clone());
            }
        }
        Ok(found)
    }

    /// Whether pages of this origin belong to any client: what can be said before one has said which it is.
    ///
    /// # Errors
    /// When the origins are not in memory and the database cannot be read.
    pub async fn has_origin(&self, origin: &str) -> Result<bool, DbError> {
        if let Some(origins) = &*self.origins.read().unwrap_or_else(PoisonError::into_inner) {
            return Ok(origins.contains(origin));
        }
        let forgotten = self.forgotten.load(Ordering::Acquire);
        let origins: HashSet<String> = self.db.read(clients::origins).await?.into_iter().collect();
        let found = origins.contains(origin);
        let mut kept = self.origins.write().unwrap_or_else(PoisonError::into_inner);
        if self.forgotten.load(Ordering::Acquire) == forgotten {
            *kept = Some(origins);
        }
        Ok(found)
    }

    /// Forgets a client that has changed.
    pub(crate) fn forget(&self, id: &str) {
        self.change(|known| drop(known.remove(id)));
    }

    /// Forgets all of them, when nobody can say any more which have changed.
    pub(crate) fn forget_all(&self) {
        self.change(HashMap::clear);
    }

    fn change(&self, forget: impl FnOnce(&mut HashMap<String, Arc<Client>>)) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let mut origins = self.origins.write().unwrap_or_else(PoisonError::into_inner);
        self.forgotten.fetch_add(1, Ordering::AcqRel);
        forget(&mut known);
        *origins = None;
    }
}
