//! Values that must not be printed, the digest by which secrets are kept, and that memory full of them is not written
//! to a file.

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

/// Keeps this process's memory, which holds keys and passwords, out of core dumps and from debuggers of the same user.
/// As far as the system can: what it refuses is no reason not to serve.
pub fn forbid_memory_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    // The limit does not hold where dumps are piped into a program.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "[secret]");
    }
}
