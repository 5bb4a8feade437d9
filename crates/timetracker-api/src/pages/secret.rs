//! A browser's secret, and what is made of it: the name by which it is known here, the key under which its tokens are kept, the
//! proof that a form was shown in it. HKDF-SHA-256 (RFC 5869), one label each, so that none tells another.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{constant_time, hkdf, hmac, rand};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use model::secret::sha256;

/// 256 random bits that a browser keeps in a cookie.
#[derive(Clone)]
pub struct BrowserSecret {
    text: String,
    root: hkdf::Prk,
}

impl BrowserSecret {
    /// A new one. `None` when the operating system has no randomness to give.
    pub fn new() -> Option<Self> {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes).ok()?;
        Some(Self::of(&bytes))
    }

    /// The one in a cookie; `None` for what cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(Self::of(&<[u8; 32]>::try_from(bytes).ok()?))
    }

    fn of(bytes: &[u8; 32]) -> Self {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"timetracker pages").extract(bytes);
        Self { text: BASE64_URL_SAFE_NO_PAD.encode(bytes), root }
    }

    /// As it is in the cookie.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it is known by: a copy of the table does not tell the secret.
    pub fn id(&self) -> Vec<u8> {
        sha256(self.text.as_bytes()).to_vec()
    }

    fn key(&self, label: &str) -> [u8; 32] {
        let mut key = [0; 32];
        let info = [label.as_bytes()];
        if let Ok(okm) = self.root.expand(&info, hkdf::HKDF_SHA256) {
            // Cannot fail: the length asked for is the one the algorithm gives.
            let _ = okm.fill(&mut key);
        }
        key
    }

    fn sealer(&self, purpose: &str) -> Option<LessSafeKey> {
        UnboundKey::new(&AES_256_GCM_SIV, &self.key(purpose)).ok().map(LessSafeKey::new)
    }

    /// Nonce, ciphertext and tag (AES-256-GCM-SIV, RFC 8452). `None` without randomness.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Option<Vec<u8>> {
        let nonce = model::random::public::<NONCE_LEN>()?;
        let mut body = plain.to_vec();
        let key = self.sealer(purpose)?;
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut body).ok()?;
        Some([nonce.as_slice(), &body].concat())
    }

    /// What was sealed; `None` when it was not sealed with this secret for this purpose.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut body = body.to_vec();
        let plain = self.sealer(purpose)?.open_in_place(nonce, Aad::empty(), &mut body).ok()?.len();
        body.truncate(plain);
        Some(body)
    }

    /// A text of 43 letters that only this secret makes of `said` (HMAC-SHA-256).
    pub fn tag(&self, purpose: &str, said: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.key(purpose));
        BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&key, said.as_bytes()))
    }

    /// What each form that is shown in this browser carries.
    pub fn csrf_token(&self) -> String {
        self.tag("form", "")
    }

    /// Whether a form was shown in this browser, compared in constant time.
    pub fn has_shown(&self, token: &str) -> bool {
        constant_time::verify_slices_are_equal(self.csrf_token().as_bytes(), token.as_bytes()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_secret_seals_no_other_opens_and_neither_does_another_purpose() {
        let [ada, bob] = [(); 2].map(|()| BrowserSecret::new().unwrap());
        let sealed = ada.seal("tokens", b"private").unwrap();
        assert_eq!(ada.open("tokens", &sealed).as_deref(), Some(b"private".as_slice()));
        assert_eq!(ada.open("state", &sealed), None);
        assert_eq!(bob.open("tokens", &sealed), None);
        assert_eq!(ada.open("tokens", &sealed[1..]), None);
        assert_eq!(ada.open("tokens", b""), None);
        assert!(!sealed.windows(7).any(|window| window == b"private"));
        let again = BrowserSecret::parse(ada.text()).unwrap();
        assert_eq!(again.open("tokens", &sealed).as_deref(), Some(b"private".as_slice()));
        assert_eq!(again.id(), ada.id());
        assert_ne!(bob.id(), ada.id());
        assert!(ada.has_shown(&again.csrf_token()));
        assert!(!ada.has_shown(&bob.csrf_token()) && !ada.has_shown(""));
    }

    #[test]
    fn only_256_bits_in_base64url_are_a_secret() {
        for text in ["", "short", &"A".repeat(42), &"A".repeat(44), &"=".repeat(43), &"é".repeat(43)] {
            assert!(BrowserSecret::parse(text).is_none(), "{text}");
        }
        assert!(BrowserSecret::parse(&"A".repeat(43)).is_some());
    }
}
