//! What a request takes of its caller's quota, and how the caller is told what is left
//! (draft-ietf-httpapi-ratelimit-headers-10). What the client had already, and a stream that it keeps open instead of asking
//! again and again, cost nothing.

use std::io::Write;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use model::time::Timestamp;

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
    at: Timestamp,
    /// The seconds until there is something to take; `None` when there was.
    pub retry_after: Option<u64>,
}

impl Allowance {
    /// Takes one, unless the request is free.
    pub fn take(meter: &Arc<Meter>, limit: &Limit, is_free: bool, now: Timestamp) -> Self {
        let spent = if is_free { Ok(()) } else { meter.spend(limit.quota, now) };
        Self { meter: meter.clone(), took: !is_free && spent.is_ok(), at: now, retry_after: spent.err() }
    }

    /// Says what is left, after what cost nothing was put back.
    pub fn tell(&self, response: &mut HttpResponse, limit: &Limit) {
        if self.took && is_free(response) {
            self.meter.give_back(limit.quota);
        }
        let left = self.meter.left(limit.quota, self.at);
        let whole_in = self.retry_after.unwrap_or(left.whole_in);
        let mut field = Vec::with_capacity(40);
        // Writing to memory does not fail.
        let _ = write!(field, r#""default";r={};t={whole_in}"#, left.requests);
        let headers = response.headers_mut();
        if let Ok(field) = HeaderValue::from_maybe_shared(Bytes::from(field)) {
            headers.insert(LEFT, field);
        }
        headers.insert(POLICY, limit.policy.clone());
    }
}

fn is_free(response: &HttpResponse) -> bool {
    let media = response.headers().get(header::CONTENT_TYPE);
    response.status() == StatusCode::NOT_MODIFIED
        || media.is_some_and(|media| media.as_bytes().starts_with(b"text/event-stream"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(mut response: HttpResponse) -> String {
        let (limit, meter) = (Limit::of(Quota::new(10).unwrap()), Arc::default());
        let now = Timestamp::from_unix_seconds(1_800_000_000);
        Allowance::take(&meter, &limit, false, now).tell(&mut response, &limit);
        response.headers().get(LEFT).unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn a_stream_and_what_the_client_has_already_cost_nothing() {
        let whole = r#""default";r=10;t=0"#;
        assert_eq!(told(HttpResponse::NotModified().finish()), whole);
        for media in ["text/event-stream", "text/event-stream; charset=utf-8"] {
            assert_eq!(told(HttpResponse::Ok().content_type(media).finish()), whole);
        }
        for response in
            [HttpResponse::Ok().finish(), HttpResponse::NotFound().content_type("text/plain").finish()]
        {
            assert_eq!(told(response), r#""default";r=9;t=360"#);
        }
    }
}
