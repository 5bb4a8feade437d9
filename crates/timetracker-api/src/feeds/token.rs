//! The secret in a feed's address: 256 random bits behind `ttf_`. Whoever has it has the feed, so only its SHA-256 is kept.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::random;
use model::secret::{Secret, sha256};

const PREFIX: &str = "ttf_";
const BYTES: usize = 32;

/// What is kept of a token.
pub type Hash = [u8; 32];

/// A fresh one; `None` when the operating system has no randomness to give.
pub fn fresh() -> Option<(Secret<String>, Hash)> {
    let token = [PREFIX, &URL_SAFE_NO_PAD.encode(random::secret::<BYTES>()?)].concat();
    let hash = sha256(token.as_bytes());
    Some((Secret::new(token), hash))
}

/// What would be kept of a text, if it can be a token at all.
pub fn hash(text: &str) -> Option<Hash> {
    let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
    (bytes.len() == BYTES).then(|| sha256(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R27
    #[test]
    fn every_token_is_another_and_known_by_its_hash() {
        let (first, kept) = fresh().unwrap();
        assert_ne!(first.expose(), fresh().unwrap().0.expose());
        assert_eq!(first.expose().len(), 4 + 43);
        assert_eq!(hash(first.expose()), Some(kept));
        for text in ["", "ttf_", "ttf_abc", &first.expose()[4..], &format!("{}A", first.expose()), "tta_x"] {
            assert_eq!(hash(text), None, "{text}");
        }
    }
}
