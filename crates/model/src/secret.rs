//! Values that must not be printed, and the digest by which secrets are kept.

use std::fmt;

use aws_lc_rs::digest;

/// A value whose `Debug` says nothing. It has no `Display`, so that it cannot slip into a message.
#[derive(Clone)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, named so that each use can be found and judged.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// SHA-256 of a secret with at least 128 random bits: what is stored or used as a key in its place.
/// Such a secret needs no slow hash (OWASP ASVS 6.5.2).
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "[secret]");
    }
}
