//! How often a calendar is made: one at a time for each address, and so many an hour. What somebody has already costs nothing.
//!
//! Counted in memory, as clients are ([`crate::auth::meter`]). Only addresses that lead somewhere are counted: whoever guesses
//! cannot push out the counts of others.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::auth::meter::{Count, Quota, WINDOW};
use crate::id::FeedId;
use crate::recent::Recent;
use crate::wire::error::ApiError;

/// How many calendars an address gives in an hour, whoever asks for them: one each half minute, or all of them at once.
pub const AN_HOUR: u32 = 120;
/// The most addresses that are counted. The one that was asked for longest ago is forgotten first.
const MOST: u64 = 50_000;

#[derive(Debug, Default)]
struct Place {
    made: Count,
    turn: Arc<Mutex<()>>,
}

/// Who makes which calendar.
pub struct Turns(Recent<FeedId, Arc<Place>>);

impl Default for Turns {
    fn default() -> Self {
        Self(Recent::new(MOST, WINDOW))
    }
}

impl Turns {
    /// Waits until nobody else makes this calendar.
    ///
    /// # Errors
    /// 429 when it was made too often.
    pub async fn take(&self, feed: FeedId, now: Duration) -> Result<OwnedMutexGuard<()>, ApiError> {
        let place = self.0.get(feed, Arc::default).await;
        if let Some(quota) = Quota::new(AN_HOUR) {
            place.made.spend(quota, now).map_err(ApiError::Throttled)?;
        }
        Ok(place.turn.clone().lock_owned().await)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    /// R153.
    #[tokio::test]
    async fn one_calendar_is_made_at_a_time_and_another_meanwhile() {
        let (turns, now) = (Turns::default(), Duration::from_secs(7));
        let first = turns.take(FeedId(1), now).await.unwrap();
        assert!(turns.take(FeedId(1), now).now_or_never().is_none());
        assert!(turns.take(FeedId(2), now).now_or_never().is_some());
        drop(first);
        assert!(turns.take(FeedId(1), now).now_or_never().is_some());
    }
}
