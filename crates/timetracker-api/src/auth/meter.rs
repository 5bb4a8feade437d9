//! How much a client may ask on a person's behalf. A full quota may be used at once and grows back evenly, so that whoever has
//! used it up waits for a moment and not for the hour.
//!
//! Counted in memory, by each process for itself, from its start. A meter is found when a token is asked about and then
//! travels with the caller: a request costs one exchange of a number.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use model::time::Timestamp;

use super::cache::Recent;
use crate::id::PersonId;

/// The time in which a whole quota grows back.
pub const WINDOW: Duration = Duration::from_secs(3_600);
/// The most meters kept, about 200 bytes each. The one that was looked for longest ago is forgotten first.
const MOST: u64 = 50_000;

/// How many requests a quota has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota(i64);

impl Quota {
    /// So many in [`WINDOW`]; none is no limit.
    pub fn new(requests: u32) -> Option<Self> {
        (requests > 0).then_some(Self(i64::from(requests)))
    }

    /// How many.
    pub const fn requests(self) -> i64 {
        self.0
    }

    /// The microseconds in which one grows back.
    fn each(self) -> i64 {
        (window() / self.0).max(1)
    }
}

fn window() -> i64 {
    i64::try_from(WINDOW.as_micros()).unwrap_or(i64::MAX)
}

/// What is left of a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// How many requests.
    pub requests: i64,
    /// The seconds until it is whole, rounded up.
    pub whole_in: u64,
}

/// Counts one client's requests on one person's behalf: it is the instant at which the quota will be whole again.
#[derive(Debug, Default)]
pub struct Meter(AtomicI64);

impl Meter {
    /// Takes one of the quota.
    ///
    /// # Errors
    /// The seconds until there is one to take, rounded up.
    pub fn spend(&self, quota: Quota, now: Timestamp) -> Result<(), u64> {
        let now = now.micros();
        let mut verdict = Ok(());
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |whole_at| {
            let before = running(whole_at, now);
            let after = before + quota.each();
            let lacking = after - now - window();
            verdict = if lacking <= 0 { Ok(()) } else { Err(seconds(lacking)) };
            if lacking <= 0 { Some(after) } else { (before != whole_at).then_some(before) }
        });
        verdict
    }

    /// Puts it back.
    pub fn give_back(&self, quota: Quota) {
        self.0.fetch_sub(quota.each(), Ordering::Relaxed);
    }

    /// What is left.
    pub fn left(&self, quota: Quota, now: Timestamp) -> Left {
        let missing = running(self.0.load(Ordering::Relaxed), now.micros()) - now.micros();
        Left { requests: (window() - missing) / quota.each(), whole_in: seconds(missing) }
    }
}

/// A quota is whole at the earliest now, and at the latest a window from now, even if the clock was set back (F10).
fn running(whole_at: i64, now: i64) -> i64 {
    whole_at.clamp(now, now + window())
}

fn seconds(micros: i64) -> u64 {
    u64::try_from(micros).unwrap_or(0).div_ceil(1_000_000)
}

/// The meters of those who were there of late.
pub struct Meters(Recent<(PersonId, String), Arc<Meter>>);

impl Default for Meters {
    /// One that nobody asks for in a whole window would be full by then, as a new one is.
    fn default() -> Self {
        Self(Recent::new(MOST, WINDOW))
    }
}

impl Meters {
    /// The meter of a client and a person, whichever of their tokens is presented.
    pub async fn of(&self, person: PersonId, client: &str) -> Arc<Meter> {
        self.0.get((person, client.to_owned()), Arc::default).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: Quota = Quota(10);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(1_800_000_000 + seconds)
    }

    fn spent(meter: &Meter, times: usize, now: Timestamp) -> usize {
        (0..times).filter(|_| meter.spend(TEN, now).is_ok()).count()
    }

    #[test]
    fn a_quota_is_used_at_once_and_grows_back_evenly() {
        let meter = Meter::default();
        assert_eq!(meter.left(TEN, at(0)), Left { requests: 10, whole_in: 0 });
        assert_eq!(spent(&meter, 3, at(0)), 3);
        assert_eq!(meter.left(TEN, at(0)), Left { requests: 7, whole_in: 1_080 });
        assert_eq!(spent(&meter, 20, at(0)), 7);
        assert_eq!(meter.spend(TEN, at(0)), Err(360));
        assert_eq!(meter.spend(TEN, at(359)), Err(1));
        assert_eq!(meter.left(TEN, at(359)), Left { requests: 0, whole_in: 3_241 });
        assert_eq!(spent(&meter, 20, at(360)), 1);
        // However long nobody asks, it is never more than whole.
        assert_eq!(spent(&meter, 20, at(1_000_000)), 10);
        meter.give_back(TEN);
        assert_eq!(spent(&meter, 20, at(1_000_000)), 1);
    }

    /// F10.
    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out_for_longer_than_a_window() {
        let meter = Meter::default();
        assert_eq!(spent(&meter, 10, at(86_400)), 10);
        assert_eq!(meter.left(TEN, at(0)), Left { requests: 0, whole_in: 3_600 });
        assert_eq!(meter.spend(TEN, at(0)), Err(360));
        assert_eq!(spent(&meter, 20, at(360)), 1);
    }

    #[test]
    fn any_quota_has_at_least_a_microsecond_for_each() {
        assert_eq!(Quota::new(0), None);
        let most = Quota::new(u32::MAX).unwrap();
        assert_eq!(most.each(), 1);
        assert!(Meter::default().spend(most, at(0)).is_ok());
    }

    #[tokio::test]
    async fn a_client_has_one_meter_for_a_person() {
        let meters = Meters::default();
        let first = meters.of(PersonId(1), "web").await;
        assert!(Arc::ptr_eq(&first, &meters.of(PersonId(1), "web").await));
        assert!(!Arc::ptr_eq(&first, &meters.of(PersonId(2), "web").await));
        assert!(!Arc::ptr_eq(&first, &meters.of(PersonId(1), "phone").await));
    }
}
