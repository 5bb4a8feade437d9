//! How many calls go out at once: few to one host, and so many in all. A client chooses whom we call for it, and a server
//! of its choosing that never answers keeps its own places and nobody else's. Strangers may choose servers under many
//! names, so all that is called for them has a share of the places, and others always have the rest.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use url::Url;

use super::chosen::Chosen;

/// The places of all calls, and what of them strangers have at most.
pub(super) struct Places {
    all: Share,
    strangers: Share,
}

/// So many places in all, and so many to each host that is being called.
struct Share {
    places: Semaphore,
    to_one_host: usize,
    hosts: Mutex<HashMap<String, Weak<Semaphore>>>,
}

/// A call may be made for as long as this is kept.
pub(super) struct Place<'a> {
    _of_all: Taken<'a>,
    _of_strangers: Option<Taken<'a>>,
}

struct Taken<'a> {
    _of_its_host: OwnedSemaphorePermit,
    _of_all: SemaphorePermit<'a>,
}

impl Places {
    pub(super) fn new() -> Self {
        Self { all: Share::new(32, 4), strangers: Share::new(8, 2) }
    }

    /// A place for a call to there, in turn. Strangers wait among themselves first.
    ///
    /// # Errors
    /// None: the semaphores are never closed.
    pub(super) async fn take(&self, url: &Url, chosen: Chosen) -> Result<Place<'_>, AcquireError> {
        let of_strangers = match chosen {
            Chosen::ByAdministrator => None,
            Chosen::ByStranger => Some(self.strangers.take(url).await?),
        };
        Ok(Place { _of_all: self.all.take(url).await?, _of_strangers: of_strangers })
    }
}

impl Share {
    fn new(places: usize, to_one_host: usize) -> Self {
        Self { places: Semaphore::new(places), to_one_host, hosts: Mutex::default() }
    }

    /// Whoever waits for a host's place holds none of all.
    async fn take(&self, url: &Url) -> Result<Taken<'_>, AcquireError> {
        let of_its_host = self.host(url).acquire_owned().await?;
        Ok(Taken { _of_its_host: of_its_host, _of_all: self.places.acquire().await? })
    }

    /// A host's places are known as long as somebody has or awaits one.
    fn host(&self, url: &Url) -> Arc<Semaphore> {
        let name = url.host_str().unwrap_or_default().trim_end_matches('.');
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = hosts.get(name).and_then(Weak::upgrade) {
            return known;
        }
        hosts.retain(|_, places| places.strong_count() > 0);
        let places = Arc::new(Semaphore::new(self.to_one_host));
        hosts.insert(name.to_owned(), Arc::downgrade(&places));
        places
    }
}
