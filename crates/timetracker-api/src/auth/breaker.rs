//! A circuit breaker: after several failures in a row the authorization server is left alone for a moment, and
//! then one question at a time tries whether it is back. Pure; the caller says what time it is.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Failures in a row that open it.
const FAILURES: u32 = 5;
/// How long it stays open, and how far apart the trials are.
const PAUSE: Duration = Duration::from_secs(1);

/// Counts failures.
#[derive(Debug, Default)]
pub struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// Nobody asks before this.
    until: Option<Instant>,
}

impl Breaker {
    /// Whether one may ask now. While it is open, one caller per pause may.
    pub fn admits(&self, now: Instant) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match state.until {
            None => true,
            Some(until) if now < until => false,
            Some(_) => {
                state.until = Some(now + PAUSE);
                true
            }
        }
    }

    /// The other side answered.
    pub fn succeeded(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }

    /// It did not, or not in a way to be understood.
    pub fn failed(&self, now: Instant) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.failures = state.failures.saturating_add(1);
        if state.failures >= FAILURES {
            state.until = Some(now + PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R163.
    #[test]
    fn it_opens_after_five_failures_and_one_at_a_time_tries_again() {
        let (breaker, start) = (Breaker::default(), Instant::now());
        for _ in 0..4 {
            breaker.failed(start);
        }
        assert!(breaker.admits(start));
        breaker.failed(start);
        assert!(!breaker.admits(start));
        assert!(!breaker.admits(start + PAUSE / 2));
        assert!(breaker.admits(start + PAUSE));
        assert!(!breaker.admits(start + PAUSE));
        breaker.failed(start + PAUSE);
        assert!(!breaker.admits(start + PAUSE));
        assert!(breaker.admits(start + PAUSE * 2));
        breaker.succeeded();
        assert!(breaker.admits(start + PAUSE * 2));
        assert!(breaker.admits(start + PAUSE * 2));
    }

    #[test]
    fn a_success_forgets_the_failures_before_it() {
        let (breaker, start) = (Breaker::default(), Instant::now());
        for _ in 0..20 {
            breaker.failed(start);
            breaker.succeeded();
        }
        assert!(breaker.admits(start));
    }
}
