//! What a request takes of its caller's quota, and how the caller is told what is left
//! (draft-ietf-httpapi-ratelimit-headers-10). What the client had already costs nothing, within bounds of its own: it is work
//! nevertheless.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::Bytes;

use crate::auth::meter::{Meter, Quota, WINDOW};

const LEFT: HeaderName = HeaderName::from_static("ratelimit");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What every caller is told.
#[derive(Clone, Debug)]
pub struct Limit {
    /// How much each client may ask on behalf of each person.
    pub quota: Quota,
    policy: HeaderValue,
}

impl Limit {
    /// This quota.
    pub fn of(quota: Quota) -> Self {
        let policy = format!(r#""default";q={};w={}"#, quota.requests(), WINDOW.as_secs());
        Self { quota, policy: HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("")) }
    }
}

/// What a request took.
#[derive(Debug)]
pub struct Allowance {
    meter: Arc<Meter>,
    took: bool,
    at: Duration,
    /// The seconds until there is something to take; `None` when there was.
    pub retry_after: Option<u64>,
}

impl Allowance {
    /// Takes one, unless the request is free, `now` by the steady clock.
    pub fn take(meter: &Arc<Meter>, limit: &Limit, is_free: bool, now: Duration) -> Self {
        let spent = if is_free { Ok(()) } else { meter.asked.spend(limit.quota, now) };
        Self { meter: meter.clone(), took: !is_free && spent.is_ok(), at: now, retry_after: spent.err() }
    }

    /// Puts back what cost nothing, as long as there is not too much of that.
    pub fn give_back(&self, limit: &Limit) {
        if self.took && self.meter.free.spend(limit.quota.of_free(), self.at).is_ok() {
            self.meter.asked.give_back(limit.quota);
        }
    }

    /// Says what is left.
    pub fn tell(&self, response: &mut HttpResponse, limit: &Limit) {
        let left = self.meter.asked.left(limit.quota, self.at);
        let mut field = Vec::with_capacity(40);
        // Writing to memory does not fail.
        let _ = write!(field, r#""default";r={};t={}"#, left.requests, left.more_in);
        let headers = response.headers_mut();
        if let Ok(field) = HeaderValue::from_maybe_shared(Bytes::from(field)) {
            headers.insert(LEFT, field);
        }
        headers.insert(POLICY, limit.policy.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cost_nothing_is_given_back_ten_times_as_often_as_there_is_a_quota() {
        let (limit, meter) = (Limit::of(Quota::new(10).unwrap()), Arc::default());
        let ask = || Allowance::take(&meter, &limit, false, Duration::from_secs(1));
        for _ in 0..100 {
            ask().give_back(&limit);
        }
        assert_eq!(meter.asked.left(limit.quota, Duration::from_secs(1)).requests, 10);
        for left in (0..10).rev() {
            ask().give_back(&limit);
            assert_eq!(meter.asked.left(limit.quota, Duration::from_secs(1)).requests, left);
        }
        assert_eq!(ask().retry_after, Some(360));
    }
}
