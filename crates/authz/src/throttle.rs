//! A count per key and minute, in memory: for guesses that cannot succeed anyway and must only not be free.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use model::time::Timestamp;

const WINDOW: Duration = Duration::from_secs(60);
/// How many keys are remembered.
const MAX_KEYS: usize = 10_000;
/// No honest key is longer. Strangers choose them, so longer ones must not cost more; they share a count.
const MAX_KEY: usize = 256;

/// Allows each key a number of failures a minute.
pub struct Throttle {
    per_minute: u32,
    windows: Mutex<HashMap<String, Window>>,
}

#[derive(Clone, Copy)]
struct Window {
    since: Timestamp,
    failures: u32,
}

impl Throttle {
    /// `per_minute` failures are allowed; 0 for any number.
    pub fn new(per_minute: u32) -> Self {
        Self { per_minute, windows: Mutex::default() }
    }

    /// Counts a failure of `key`, and says how long it must wait if that was one too many.
    pub fn failed(&self, key: &str, now: Timestamp) -> Option<Duration> {
        if self.per_minute == 0 {
            return None;
        }
        let key = cut(key);
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= MAX_KEYS && !windows.contains_key(key) {
            windows.retain(|_, window| now.since(window.since) < WINDOW);
            // Still full: those who must wait go on waiting, the others begin anew.
            if windows.len() >= MAX_KEYS {
                windows.retain(|_, window| window.failures >= self.per_minute);
            }
            if windows.len() >= MAX_KEYS {
                return Some(WINDOW);
            }
        }
        let fresh = Window { since: now, failures: 0 };
        let window = windows.entry(key.to_owned()).or_insert(fresh);
        if now.since(window.since) >= WINDOW {
            *window = fresh;
        }
        window.failures = window.failures.saturating_add(1);
        let elapsed = now.since(window.since);
        (window.failures > self.per_minute).then(|| WINDOW.saturating_sub(elapsed))
    }
}

fn cut(key: &str) -> &str {
    key.split_at_checked(key.floor_char_boundary(MAX_KEY)).map_or(key, |(head, _)| head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_key_costs_no_more_than_a_long_one() {
        let throttle = Throttle::new(1);
        let at = Timestamp::from_unix_seconds(0);
        let endless = |end: &str| format!("{}{end}", "é".repeat(10_000));
        assert_eq!(throttle.failed(&endless("a"), at), None);
        assert!(throttle.failed(&endless("b"), at).is_some());
        assert!(throttle.windows.lock().unwrap().keys().all(|key| key.len() <= MAX_KEY));
    }

    #[test]
    fn a_key_waits_out_its_minute_and_other_keys_do_not_notice() {
        let throttle = Throttle::new(2);
        let at = Timestamp::from_unix_seconds;
        assert_eq!(throttle.failed("a", at(0)), None);
        assert_eq!(throttle.failed("a", at(1)), None);
        assert_eq!(throttle.failed("a", at(2)), Some(Duration::from_secs(58)));
        assert_eq!(throttle.failed("a", at(10)), Some(Duration::from_secs(50)));
        assert_eq!(throttle.failed("b", at(10)), None);
        assert_eq!(throttle.failed("a", at(60)), None);
    }
}
