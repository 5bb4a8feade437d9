//! How much a client may ask on a person's behalf. A full quota may be used at once and grows back evenly, so that whoever has
//! used it up waits for a moment and not for the hour.
//!
//! Counted in memory, by each process for itself, from its start. A meter is found when a token is asked about and then
//! travels with the caller: a request costs one exchange of a number.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::id::PersonId;
use crate::recent::Recent;

/// The time in which a whole quota grows back.
pub const WINDOW: Duration = Duration::from_secs(3_600);
/// The most meters kept, about 200 bytes each. The one that was looked for longest ago is forgotten first.
const MOST: u64 = 50_000;

/// How many requests a quota has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota(i64);

impl Quota {
    /// The largest there is. More is no limit.
    pub const MOST: u32 = 1_000_000;
    /// How often more than it may be asked what turns out to cost nothing.
    const FREE: i64 = 10;

    /// So many in [`WINDOW`], [`Self::MOST`] at most; none is no limit.
    pub fn new(requests: u32) -> Option<Self> {
        (requests > 0).then_some(Self(i64::from(requests.min(Self::MOST))))
    }

    /// How many.
    pub const fn requests(self) -> i64 {
        self.0
    }

    /// How much is free besides.
    #[must_use]
    pub const fn of_free(self) -> Self {
        Self(self.0 * Self::FREE)
    }

    /// The nanoseconds in which one grows back.
    fn each(self) -> i64 {
        nanos(WINDOW) / self.0
    }

    /// The nanoseconds in which all of them do: a window, but for what was rounded off.
    fn whole(self) -> i64 {
        self.each() * self.0
    }
}

/// For three centuries.
fn nanos(span: Duration) -> i64 {
    i64::try_from(span.as_nanos()).unwrap_or(i64::MAX)
}

/// What is left of a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// How many requests.
    pub requests: i64,
    /// The seconds until there is one more, rounded up; 0 when none is missing.
    pub more_in: u64,
    /// The seconds until it is whole, rounded up.
    pub whole_in: u64,
}

/// What one client has asked on one person's behalf.
#[derive(Debug, Default)]
pub struct Meter {
    /// What counts.
    pub asked: Count,
    /// What turned out to cost nothing.
    pub free: Count,
}

/// Counts: it is the instant at which the quota will be whole again, in nanoseconds of [`model::time::Clock::steady`].
#[derive(Debug, Default)]
pub struct Count(AtomicI64);

impl Count {
    /// Takes one of the quota.
    ///
    /// # Errors
    /// The seconds until there is one to take, rounded up.
    pub fn spend(&self, quota: Quota, now: Duration) -> Result<(), u64> {
        self.spend_many(1, quota, now)
    }

    /// Takes so many of the quota, but one less than the whole of it at most, which would be more than there can be for a
    /// request that has taken one already.
    ///
    /// # Errors
    /// The seconds until there are as many to take, rounded up.
    pub fn spend_many(&self, times: i64, quota: Quota, now: Duration) -> Result<(), u64> {
        let (now, times) = (nanos(now), times.min((quota.0 - 1).max(1)));
        let mut lacking = 0;
        let spent = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |whole_at| {
            let after = whole_at.max(now) + times * quota.each();
            lacking = after - now - quota.whole();
            (lacking <= 0).then_some(after)
        });
        spent.map(drop).map_err(|_| seconds(lacking))
    }

    /// Puts it back.
    pub fn give_back(&self, quota: Quota) {
        self.0.fetch_sub(quota.each(), Ordering::Relaxed);
    }

    /// What is left.
    pub fn left(&self, quota: Quota, now: Duration) -> Left {
        // Another thread's clock may have been read a moment later.
        let missing = (self.0.load(Ordering::Relaxed) - nanos(now)).clamp(0, quota.whole());
        let requests = (quota.whole() - missing) / quota.each();
        let beyond = missing - (quota.requests() - requests - 1) * quota.each();
        Left { requests, more_in: if missing == 0 { 0 } else { seconds(beyond) }, whole_in: seconds(missing) }
    }
}

fn seconds(nanos: i64) -> u64 {
    u64::try_from(nanos).unwrap_or(0).div_ceil(1_000_000_000)
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

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(1_800_000_000 + seconds)
    }

    fn spent(count: &Count, times: usize, now: Duration) -> usize {
        (0..times).filter(|_| count.spend(TEN, now).is_ok()).count()
    }

    fn left(requests: i64, more_in: u64, whole_in: u64) -> Left {
        Left { requests, more_in, whole_in }
    }

    #[test]
    fn a_quota_is_used_at_once_and_grows_back_evenly() {
        let count = Count::default();
        assert_eq!(count.left(TEN, at(0)), left(10, 0, 0));
        assert_eq!(spent(&count, 3, at(0)), 3);
        assert_eq!(count.left(TEN, at(0)), left(7, 360, 1_080));
        assert_eq!(count.left(TEN, at(100)), left(7, 260, 980));
        assert_eq!(spent(&count, 20, at(0)), 7);
        assert_eq!(count.spend(TEN, at(0)), Err(360));
        assert_eq!(count.spend(TEN, at(359)), Err(1));
        assert_eq!(count.left(TEN, at(359)), left(0, 1, 3_241));
        assert_eq!(spent(&count, 20, at(360)), 1);
        // However long nobody asks, it is never more than whole.
        assert_eq!(spent(&count, 20, at(1_000_000)), 10);
        count.give_back(TEN);
        assert_eq!(spent(&count, 20, at(1_000_000)), 1);
    }

    #[test]
    fn of_any_quota_there_is_never_more_than_the_whole() {
        assert_eq!(Quota::new(0), None);
        assert_eq!(Quota::new(u32::MAX), Quota::new(Quota::MOST));
        for requests in [1, 7, 6_000, 60_001, 70_000, 999_999, 1_000_000] {
            let quota = Quota::new(requests).unwrap();
            for quota in [quota, quota.of_free()] {
                let count = Count::default();
                assert_eq!(count.left(quota, at(0)), left(quota.requests(), 0, 0));
                assert_eq!(count.spend(quota, at(0)), Ok(()));
                let now = count.left(quota, at(0));
                assert_eq!((now.requests, now.more_in), (quota.requests() - 1, now.whole_in), "{requests}");
                assert!(nanos(WINDOW) - quota.whole() < quota.requests(), "{requests}");
            }
        }
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
