//! Secrets made here: 256 bits from the operating system, base64url.

use std::fmt;

use aws_lc_rs::rand;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// The operating system has no randomness to give: nothing can be issued.
#[derive(Clone, Copy, Debug)]
pub struct NoRandomness;

impl fmt::Display for NoRandomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the operating system has no randomness to give")
    }
}

impl std::error::Error for NoRandomness {}

/// Random bytes.
///
/// # Errors
/// When there are none to be had.
pub fn bytes<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// `prefix` and 43 characters of base64url: 256 random bits.
///
/// # Errors
/// When there are none to be had.
pub fn secret(prefix: &str) -> Result<String, NoRandomness> {
    let mut text = String::with_capacity(prefix.len() + 43);
    text.push_str(prefix);
    BASE64_URL_SAFE_NO_PAD.encode_string(bytes::<32>()?, &mut text);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// R27
    #[test]
    fn a_thousand_secrets_are_unique_and_long() {
        let secrets: HashSet<String> = (0..1000).map(|_| secret("tts_").unwrap()).collect();
        assert_eq!(secrets.len(), 1000);
        assert!(secrets.iter().all(|secret| secret.len() == 47));
    }
}
