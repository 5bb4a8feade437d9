//! Request ids: what ties a person's reference number, a response header and a log line together.

use std::fmt;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::rand;

/// 64 bits that no other request of this process has, and none of another process is likely to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(u64);

static NEXT: LazyLock<AtomicU64> = LazyLock::new(|| {
    let mut seed = [0; 8];
    // Without randomness the ids of two processes coincide, which harms nobody.
    let _ = rand::fill(&mut seed);
    AtomicU64::new(u64::from_ne_bytes(seed))
});

impl RequestId {
    /// The next id: a counter from a random start, spread over all bits (SplitMix64).
    #[expect(clippy::new_without_default, reason = "each is another")]
    pub fn new() -> Self {
        let mut bits = NEXT.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Self(bits ^ (bits >> 31))
    }

    /// 16 hexadecimal digits, without allocating.
    pub fn hex(self) -> [u8; 16] {
        let mut digits = [0; 16];
        for (place, digit) in digits.iter_mut().enumerate() {
            let nibble = (self.0 >> (60 - 4 * place)) & 0xF;
            *digit = b"0123456789abcdef".get(usize::try_from(nibble).unwrap_or(0)).copied().unwrap_or(b'0');
        }
        digits
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_and_both_forms_agree() {
        let (first, second) = (RequestId::new(), RequestId::new());
        assert_ne!(first, second);
        assert_eq!(first.to_string().as_bytes(), first.hex());
    }
}
