//! How many calls go out at once: few to one host, and so many in all. A client chooses whom we call for it, and a server
//! of its choosing that never answers keeps its own places and nobody else's.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use url::Url;

/// The most calls at once.
const AT_ONCE: usize = 32;
/// And the most to one host.
const TO_ONE_HOST: usize = 4;

/// The places of all calls, and of those to each host that is being called.
pub(super) struct Places {
    all: Semaphore,
    hosts: Mutex<HashMap<String, Weak<Semaphore>>>,
}

/// A call may be made for as long as this is kept.
pub(super) struct Place<'a> {
    _of_its_host: OwnedSemaphorePermit,
    _of_all: SemaphorePermit<'a>,
}

impl Places {
    pub(super) fn new() -> Self {
        Self { all: Semaphore::new(AT_ONCE), hosts: Mutex::default() }
    }

    /// A place for a call to there, in turn. Whoever waits for a host's place holds none of all.
    ///
    /// # Errors
    /// None: the semaphores are never closed.
    pub(super) async fn take(&self, url: &Url) -> Result<Place<'_>, AcquireError> {
        let of_its_host = self.host(url).acquire_owned().await?;
        Ok(Place { _of_its_host: of_its_host, _of_all: self.all.acquire().await? })
    }

    /// A host's places are known as long as somebody has or awaits one.
    fn host(&self, url: &Url) -> Arc<Semaphore> {
        let name = url.host_str().unwrap_or_default().trim_end_matches('.');
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = hosts.get(name).and_then(Weak::upgrade) {
            return known;
        }
        hosts.retain(|_, places| places.strong_count() > 0);
        let places = Arc::new(Semaphore::new(TO_ONE_HOST));
        hosts.insert(name.to_owned(), Arc::downgrade(&places));
        places
    }
}
