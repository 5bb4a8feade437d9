//! Random numbers. Those that anybody may see, in ids and nonces, are drawn many at a time, because a draw costs the same for
//! ten bytes and for hundreds. Secrets are drawn one by one, so that none lies in memory before it is needed.

use std::cell::RefCell;

use aws_lc_rs::rand;

/// How many bytes are drawn at once.
const SIZE: usize = 512;

struct Drawn {
    bytes: [u8; SIZE],
    used: usize,
}

thread_local! {
    static DRAWN: RefCell<Drawn> = const { RefCell::new(Drawn { bytes: [0; SIZE], used: SIZE }) };
}

/// Random bytes for a secret. `None` when the operating system has no randomness to give.
pub fn secret<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).ok()?;
    Some(bytes)
}

/// Random bytes that need not be secret. `None` when the operating system has no randomness to give.
pub fn public<const N: usize>() -> Option<[u8; N]> {
    DRAWN.with_borrow_mut(|drawn| {
        if drawn.used + N > SIZE {
            rand::fill(&mut drawn.bytes).ok()?;
            drawn.used = 0;
        }
        let bytes = *drawn.bytes.get(drawn.used..)?.first_chunk()?;
        drawn.used += N;
        Some(bytes)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// R27
    #[test]
    fn what_is_drawn_on_any_thread_is_never_drawn_again() {
        let draw = || (0..1_000).map(|_| public::<10>().unwrap()).collect::<Vec<_>>();
        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(draw)).collect();
        let all: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 4_000);
    }
}
