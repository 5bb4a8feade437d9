//! A browser on its way: what the `state` says to us and to nobody else. Pure.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use model::time::Timestamp;

use crate::pages::secret::BrowserSecret;
use crate::pages::sessions::cookie::ATTEMPT;
use crate::pages::{HOME, address};

const STATE: &str = "state";

/// The longest address to go on to: with everything around it a `state` stays well below two thousand letters.
const LONGEST: usize = 1_000;

/// Where somebody goes on to afterwards: a page of ours, and never an address somebody sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next(String);

impl Next {
    /// Reads the `next` of a link; what is no page of ours is the front page.
    pub fn read(said: Option<&str>) -> Self {
        let ours = said.filter(|said| said.len() <= LONGEST).and_then(address::of_ours);
        Self(ours.unwrap_or_else(|| HOME.to_owned()))
    }

    /// The path and query.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Somebody on their way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When they left.
    pub began_at: Timestamp,
    /// Where they go on to.
    pub next: Next,
}

impl Attempt {
    /// The `state`. `None` without randomness.
    pub fn seal(&self, secret: &BrowserSecret) -> Option<String> {
        let plain = [self.began_at.micros().to_be_bytes().as_slice(), self.next.0.as_bytes()].concat();
        Some(BASE64_URL_SAFE_NO_PAD.encode(secret.seal(STATE, &plain)?))
    }

    /// What a `state` says that this browser left with; `None` for any other, and after an hour.
    pub fn open(secret: &BrowserSecret, state: &str, now: Timestamp) -> Option<Self> {
        let plain = secret.open(STATE, &BASE64_URL_SAFE_NO_PAD.decode(state).ok()?)?;
        let (began_at, next) = plain.split_first_chunk()?;
        let began_at = Timestamp::from_micros(i64::from_be_bytes(*began_at));
        let next = Next::read(std::str::from_utf8(next).ok());
        (now < began_at.plus(ATTEMPT)).then_some(Self { began_at, next })
    }
}

/// The PKCE verifier that belongs to a `state` (RFC 7636 section 4.1).
pub fn verifier(secret: &BrowserSecret, state: &str) -> String {
    secret.tag("verifier", state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_good_in_the_browser_that_left_with_it_for_an_hour() {
        let [ada, bob] = [(); 2].map(|()| BrowserSecret::new().unwrap());
        let at = Timestamp::from_unix_seconds;
        let attempt = Attempt { began_at: at(100), next: Next::read(Some("/api/tracks/?page=2")) };
        let state = attempt.seal(&ada).unwrap();
        assert_eq!(Attempt::open(&ada, &state, at(100)), Some(attempt.clone()));
        assert_eq!(Attempt::open(&ada, &state, at(3_699)), Some(attempt.clone()));
        assert_eq!(Attempt::open(&ada, &state, at(3_700)), None);
        assert_eq!(Attempt::open(&bob, &state, at(100)), None);
        assert_eq!(Attempt::open(&ada, "", at(100)), None);
        assert_eq!(Attempt::open(&ada, "not base64!", at(100)), None);
        let other = attempt.seal(&ada).unwrap();
        assert_ne!(other, state);
        assert_ne!(verifier(&ada, &other), verifier(&ada, &state));
        assert_ne!(verifier(&bob, &state), verifier(&ada, &state));
        assert_eq!(verifier(&ada, &state).len(), 43);
    }

    /// R103: which addresses are pages of ours, [`address`] has.
    #[test]
    fn nobody_is_sent_on_to_another_site() {
        let ours = "/api/tracks/?search=a%20b&page=2";
        assert_eq!(Next::read(Some(ours)).as_str(), ours);
        assert_eq!(Next::read(Some("/api/?access_token=t&page=2")).as_str(), "/api/?page=2");
        let long = format!("/api/?{}", "a".repeat(1_000));
        for other in
            ["//evil.example/api/", "/api/../o/logout/", "/api/%2e%2e/", "/api/\\x", "/o/logout/", &long]
        {
            assert_eq!(Next::read(Some(other)).as_str(), HOME, "{other}");
        }
        assert_eq!(Next::read(None).as_str(), HOME);
    }
}
