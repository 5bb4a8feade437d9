//! Private keys at rest: AES-256-GCM-SIV (RFC 8452) under a key derived from the master key, so that a copy of the
//! database signs nothing.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::master::MasterKey;
use super::random;

/// Wraps and unwraps for one purpose.
pub struct Wrapper(Option<LessSafeKey>);

impl Wrapper {
    /// The wrapper of one purpose.
    pub fn new(master: &MasterKey, label: &str) -> Self {
        Self(UnboundKey::new(&AES_256_GCM_SIV, &master.derive(label)).ok().map(LessSafeKey::new))
    }

    /// Nonce, ciphertext and tag. What is `bound` has to be said again to unwrap it. `None` without randomness.
    pub fn wrap(&self, plain: &[u8], bound: &str) -> Option<Vec<u8>> {
        let nonce = random::bytes::<NONCE_LEN>().ok()?;
        let mut body = plain.to_vec();
        let aad = Aad::from(bound.as_bytes());
        let key = self.0.as_ref()?;
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut body).ok()?;
        Some([nonce.as_slice(), &body].concat())
    }

    /// What was wrapped; `None` when it was not wrapped with this master key, for this purpose and this `bound`.
    pub fn unwrap(&self, wrapped: &[u8], bound: &str) -> Option<Vec<u8>> {
        let (nonce, body) = wrapped.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut body = body.to_vec();
        let plain = self.0.as_ref()?.open_in_place(nonce, Aad::from(bound.as_bytes()), &mut body).ok()?.len();
        body.truncate(plain);
        Some(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R73
    #[test]
    fn what_is_wrapped_is_unwrapped_by_the_same_key_and_name_only() {
        let master: MasterKey = MasterKey::generate().unwrap().parse().unwrap();
        let keeper = Wrapper::new(&master, "a");
        let wrapped = keeper.wrap(b"private", "name").unwrap();
        assert_eq!(keeper.unwrap(&wrapped, "name").as_deref(), Some(b"private".as_slice()));
        assert_eq!(keeper.unwrap(&wrapped, "another"), None);
        assert_eq!(Wrapper::new(&master, "b").unwrap(&wrapped, "name"), None);
        assert_eq!(keeper.unwrap(&wrapped[1..], "name"), None);
        assert_eq!(keeper.unwrap(b"", "name"), None);
        assert!(!wrapped.windows(7).any(|window| window == b"private"));
        assert_ne!(wrapped, keeper.wrap(b"private", "name").unwrap());
    }
}
