//! Calls to the authorization server: so many at once, each within a time, and none for a moment when they have failed again and
//! again. Each of its endpoints that is called has its own: that one is broken does not close the way to the other.

use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::time::{timeout, timeout_at};

use super::breaker::Breaker;
use super::connections::AskError;

/// The calls to one endpoint.
pub struct Calls {
    places: Semaphore,
    breaker: Breaker,
    within: Duration,
}

impl Calls {
    /// At most `at_once`, each of which has to be over `within` so long.
    pub fn new(at_once: usize, within: Duration) -> Self {
        Self { places: Semaphore::new(at_once), breaker: Breaker::default(), within }
    }

    /// Makes one, `behind` others of its kind. The time to wait for a free place counts, and is half of all at most, so that
    /// whoever gets one has time to be answered.
    ///
    /// # Errors
    /// See [`AskError`].
    pub async fn make<T>(
        &self,
        behind: Option<&Semaphore>,
        call: impl Future<Output = Result<T, AskError>>,
    ) -> Result<T, AskError> {
        let until = tokio::time::Instant::now() + self.within;
        // Neither is ever closed.
        let places = async {
            let own = if let Some(behind) = behind { behind.acquire().await.ok() } else { None };
            (own, self.places.acquire().await.ok())
        };
        // Who waits in vain for a place has not found out that the other side is ill.
        let _place = timeout(self.within / 2, places).await.map_err(|_elapsed| AskError::Crowded)?;
        if !self.breaker.admits(Instant::now()) {
            return Err(AskError::Open);
        }
        let outcome = timeout_at(until, call).await.unwrap_or(Err(AskError::TooSlow));
        match &outcome {
            // A server that says why it will not is well, "too many unknown tokens" included: whoever has it refuse must not close
            // the way for everybody else.
            Ok(_) | Err(AskError::TooMany | AskError::Declined(_)) => self.breaker.succeeded(),
            Err(_) => self.breaker.failed(Instant::now()),
        }
        outcome
    }
}
