//! Proofs that whoever presents a token holds the key it is bound to (RFC 9449 section 7). A proof is good once in this
//! process, and that is remembered in memory: a write per request would cost more than the request. Why that is
//! enough: docs/decisions/0016-dpop.md.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, HeaderName};
use model::dpop::{self, MAX_AGE, MAX_AHEAD, Proof, Request, Thumbprint, Wrong};
use model::secret::sha256;
use model::time::Timestamp;

use super::signature;
use crate::wire::challenge::{Rejected, Scheme};
use crate::wire::error::ApiError;

const HEADER: HeaderName = HeaderName::from_static(dpop::HEADER);

/// The longest a proof may be good for, from the first second on in which it is.
const LASTS: Duration = Duration::from_secs((MAX_AGE + MAX_AHEAD + 1).unsigned_abs());
/// The most that are remembered at once: about 20 MB. It takes 7,000 requests a second to get there.
const MOST: usize = 500_000;

/// A request that says of a token that its key is held.
pub struct Sent<'a> {
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its method.
    pub method: &'a Method,
    /// Its URL as clients know it.
    pub url: &'a str,
}

/// The proofs that were used.
#[derive(Default)]
pub struct Proofs(Mutex<Used>);

impl Proofs {
    /// Judges the proof in a request that presents `token`, and uses it up.
    ///
    /// # Errors
    /// 401 when it does not prove that `key` is held, 503 when too many proofs have to be remembered already.
    pub fn use_up(
        &self,
        sent: &Sent<'_>,
        token: &str,
        key: Thumbprint,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let refused = |why| ApiError::Unauthenticated(Scheme::Dpop, why);
        let wrong = |wrong| refused(Rejected::Proof(wrong));
        let mut headers = sent.headers.get_all(HEADER);
        let text = headers.next().ok_or(wrong(Wrong::Missing))?;
        if headers.next().is_some() {
            return Err(wrong(Wrong::Several));
        }
        let text = text.to_str().map_err(|_| wrong(Wrong::Malformed))?;
        let request = Request { method: sent.method.as_str(), url: sent.url, token: Some(token) };
        let proof = dpop::check(text, &request, now, signature::is_signed).map_err(wrong)?;
        if proof.key != key {
            return Err(refused(Rejected::Unbound));
        }
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(&proof, now, MOST) {
            Inserted::Yes => Ok(()),
            Inserted::WasThere => Err(wrong(Wrong::Used)),
            Inserted::NoRoom => Err(ApiError::Unavailable("too many proofs have to be remembered".into())),
        }
    }
}

/// Digests of ids, in two sets: what is in the older one was used at least [`LASTS`] ago when the set is dropped.
#[derive(Default)]
struct Used {
    newer: HashSet<u128>,
    older: HashSet<u128>,
    since: Option<Timestamp>,
}

#[derive(Debug, PartialEq, Eq)]
enum Inserted {
    Yes,
    WasThere,
    NoRoom,
}

impl Used {
    fn insert(&mut self, proof: &Proof, now: Timestamp, most: usize) -> Inserted {
        if self.since.is_none_or(|since| since.plus(LASTS) <= now) {
            let is_long_ago = self.since.is_none_or(|since| since.plus(2 * LASTS) <= now);
            self.older = std::mem::take(&mut self.newer);
            if is_long_ago {
                self.older = HashSet::new();
            }
            self.since = Some(now);
        }
        let digest = digest(proof);
        if self.older.contains(&digest) || self.newer.contains(&digest) {
            Inserted::WasThere
        } else if self.newer.len() >= most {
            Inserted::NoRoom
        } else {
            self.newer.insert(digest);
            Inserted::Yes
        }
    }
}

/// An id is its key's own.
fn digest(proof: &Proof) -> u128 {
    let digest = sha256(&[proof.key.0.as_slice(), proof.id.as_bytes()].concat());
    digest.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(key: u8, id: &str) -> Proof {
        Proof { key: Thumbprint([key; 32]), id: id.to_owned(), ends_at: Timestamp::from_unix_seconds(0) }
    }

    /// R75: for as long as a proof could be accepted, from whichever moment on.
    #[test]
    fn an_id_is_remembered_for_as_long_as_its_proof_may_be_good() {
        let lasts = i64::try_from(LASTS.as_secs()).unwrap();
        for used_at in [0, 1, lasts - 1, lasts, lasts + 1, 5 * lasts] {
            let mut used = Used::default();
            let mut insert = |id, at| used.insert(&proof(1, id), Timestamp::from_unix_seconds(at), 9);
            assert_eq!(insert("first", 0), Inserted::Yes);
            assert_eq!(insert("1", used_at), Inserted::Yes);
            for after in 0..lasts {
                assert_eq!(insert("1", used_at + after), Inserted::WasThere, "{used_at} {after}");
            }
            assert_eq!(insert("1", used_at + 3 * lasts), Inserted::Yes);
        }
    }

    #[test]
    fn an_id_is_its_keys_own() {
        let (mut used, now) = (Used::default(), Timestamp::from_unix_seconds(0));
        for each in [proof(1, "1"), proof(2, "1"), proof(1, "2")] {
            assert_eq!(used.insert(&each, now, 9), Inserted::Yes);
        }
    }

    /// What cannot be remembered is not let in, and there is room again.
    #[test]
    fn nothing_is_forgotten_to_make_room() {
        let mut used = Used::default();
        let mut insert = |id: &str, at| used.insert(&proof(1, id), Timestamp::from_unix_seconds(at), 2);
        assert_eq!([insert("1", 0), insert("2", 0)], [Inserted::Yes, Inserted::Yes]);
        assert_eq!([insert("3", 0), insert("1", 0)], [Inserted::NoRoom, Inserted::WasThere]);
        assert_eq!([insert("3", 71), insert("1", 71)], [Inserted::Yes, Inserted::WasThere]);
    }
}
