//! What was of use of late, in memory: capped, and the one longest unused goes first.

use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use moka::policy::EvictionPolicy;

/// What was of use of late: so many at most, of which the one longest unused is forgotten first.
pub struct Recent<K, V>(Cache<K, V>);

impl<K: Hash + Eq + Send + Sync + 'static, V: Clone + Send + Sync + 'static> Recent<K, V> {
    /// Nothing yet; what nobody asks for in `idle` is forgotten as well.
    pub fn new(most: u64, idle: Duration) -> Self {
        let kept = Cache::builder().max_capacity(most).time_to_idle(idle);
        Self(kept.eviction_policy(EvictionPolicy::lru()).build())
    }

    /// Whether something is kept by that name, which is of use by that.
    pub async fn has(&self, name: &K) -> bool {
        self.0.get(name).await.is_some()
    }

    /// What is kept by that name, made if it is not there: one for all who ask at once.
    pub async fn get(&self, name: K, make: impl FnOnce() -> V) -> V {
        self.0.get_with(name, async { make() }).await
    }
}

/// Bytes that moka has beside what it keeps, about.
const NODE: usize = 256;

/// How long [`Weighed`] keeps anything, at most.
pub const LIFETIME: Duration = Duration::from_secs(600);

/// What was read of late and is compared with the number of the last change before it is used: so many bytes at most, of which what was longest unused
/// is forgotten first. A database that is restored while this runs may count to that number again, or past it, and so everything ends after a while.
pub struct Weighed<K, V>(Cache<K, Arc<V>>);

impl<K: Hash + Eq + Send + Sync + 'static, V: Send + Sync + 'static> Weighed<K, V> {
    /// Nothing yet. `weigh` says what it has elsewhere, in bytes.
    pub fn new(most: u64, weigh: fn(&K, &V) -> usize) -> Self {
        let weigher = move |name: &K, value: &Arc<V>| {
            u32::try_from(NODE + size_of::<(K, V)>() + weigh(name, value)).unwrap_or(u32::MAX)
        };
        let kept = Cache::builder().max_capacity(most).weigher(weigher).time_to_live(LIFETIME);
        Self(kept.eviction_policy(EvictionPolicy::lru()).build())
    }

    /// What is kept by that name.
    pub async fn get(&self, name: &K) -> Option<Arc<V>> {
        self.0.get(name).await
    }

    /// Keeps it by that name, instead of what was.
    pub async fn put(&self, name: K, value: Arc<V>) {
        self.0.insert(name, value).await;
    }
}
