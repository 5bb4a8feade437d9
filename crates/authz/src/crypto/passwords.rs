//! People's passwords: bcrypt over HMAC-SHA-256 with a pepper, on threads of their own.
//!
//! bcrypt alone ignores what follows the 72nd byte and cycles over NULs; the pre-hash makes every byte count.
//! A hash takes a fifth of a second on purpose, so it is computed on a few threads behind a short queue: when
//! the queue is full sign-in says "busy" and everything else does not notice.

use std::fmt;
use std::sync::Arc;

use crossbeam_channel::Sender;
use model::secret::Secret;
use tokio::sync::oneshot;

use super::master::{MacKey, MasterKey};

/// How many may wait for a hash: at two hashes a second, half a minute.
const QUEUE: usize = 64;

/// bcrypt knows no lower cost.
const CHEAPEST: u32 = 4;

/// What is stored for a person without a password, as Django does: no hash, and compared with as if there were no such
/// person.
pub const UNUSABLE: &str = "!";

/// The pool. Clones share it.
#[derive(Clone, Debug)]
pub struct Passwords {
    pepper: MacKey,
    cost: u32,
    /// What an unknown user's password is compared with, so that they cost what a known one costs.
    decoy: Arc<str>,
    queue: Sender<Box<dyn FnOnce() + Send>>,
}

/// Too many are waiting, or the pool has ended: try again shortly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many people are signing in")
    }
}

impl std::error::Error for Busy {}

/// What a comparison found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not the password (or no such person, or a damaged hash).
    Wrong,
    /// The password; when the stored hash is of a lower cost than today's, the hash to store instead.
    Right {
        /// A hash of today's cost.
        rehashed: Option<String>,
    },
}

impl Passwords {
    /// Starts `threads` threads. `cost` is bcrypt's: each step doubles the time.
    ///
    /// # Errors
    /// When the cost is outside 4..=31 or a thread cannot be started.
    pub fn new(
        master: &MasterKey,
        cost: u32,
        threads: usize,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let pepper = master.mac_key("password pepper");
        let (queue, waiting) = crossbeam_channel::bounded::<Box<dyn FnOnce() + Send>>(QUEUE);
        for number in 0..threads.max(1) {
            let waiting = waiting.clone();
            std::thread::Builder::new()
                .name(format!("password-{number}"))
                .spawn(move || waiting.into_iter().for_each(|work| work()))?;
        }
        let decoy = decoy(cost).into();
        Ok(Self { pepper, cost, decoy, queue })
    }

    /// The hash to store for a new password.
    ///
    /// # Errors
    /// [`Busy`] when too many are waiting.
    pub async fn hash(&self, password: Secret<String>) -> Result<String, Busy> {
        let (pepper, cost) = (self.pepper.clone(), self.cost);
        self.run(move || hash(&pepper, cost, password.expose())).await?.map_err(|_| Busy)
    }

    /// Compares `password` with a stored hash; without one (no such person) it takes as long and says no.
    ///
    /// # Errors
    /// [`Busy`] when too many are waiting.
    pub async fn verify(&self, stored: Option<String>, password: Secret<String>) -> Result<Verdict, Busy> {
        let (pepper, cost, decoy) = (self.pepper.clone(), self.cost, self.decoy.clone());
        let stored = stored.filter(|stored| stored != UNUSABLE);
        self.run(move || {
            let known = stored.is_some();
            let stored = stored.as_deref().unwrap_or(&decoy);
            // A damaged hash is an error here: nobody's password.
            let right = bcrypt::verify(prehash(&pepper, password.expose()), stored).unwrap_or(false);
            if !(known && right) {
                make_up_for(cost_of(stored), cost, &pepper, password.expose());
                return Verdict::Wrong;
            }
            let rehashed =
                (cost_of(stored) < cost).then(|| hash(&pepper, cost, password.expose()).ok()).flatten();
            Verdict::Right { rehashed }
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let (answer, answered) = oneshot::channel();
        let task = Box::new(move || {
            // Whoever stopped waiting does not get a hash computed for them.
            if !answer.is_closed() {
                let _ = answer.send(work());
            }
        });
        self.queue.try_send(task).map_err(|_| Busy)?;
        answered.await.map_err(|_| Busy)
    }
}

/// A comparison of cost `spent` was no match. After the cost was raised, that was quicker than with nobody's decoy, and
/// would tell that there is such a person. Each step costs twice the one before: one of every step in between is the
/// difference.
fn make_up_for(spent: u32, cost: u32, pepper: &MacKey, password: &str) {
    for step in in_between(spent, cost) {
        // Nobody's password: what counts is the time.
        let _ = bcrypt::verify(prehash(pepper, password), &decoy(step));
    }
}

/// The costs whose comparisons, one of each, make up for it.
fn in_between(spent: u32, cost: u32) -> std::ops::Range<u32> {
    spent.max(CHEAPEST)..cost
}

/// 43 characters without NUL, whatever the password: within bcrypt's 72 bytes, and all of it counts.
fn prehash(pepper: &MacKey, password: &str) -> String {
    pepper.tag(&[password])
}

/// A hash of today's cost that no password has: compared with in place of an unknown person's. Written rather
/// than computed, because a computed one would delay the start by a sign-in's worth of time.
fn decoy(cost: u32) -> String {
    format!("$2b${cost:02}${}", ".".repeat(53))
}

fn hash(pepper: &MacKey, cost: u32, password: &str) -> Result<String, bcrypt::BcryptError> {
    bcrypt::hash(prehash(pepper, password), cost)
}

/// `$2b$12$…`: 12. A hash that cannot be read counts as the cheapest.
fn cost_of(stored: &str) -> u32 {
    stored.split('$').nth(2).and_then(|cost| cost.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(cost: u32) -> Passwords {
        let master = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8".parse().unwrap();
        Passwords::new(&master, cost, 2).unwrap()
    }

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    /// R114
    #[tokio::test]
    async fn every_byte_of_a_password_counts() {
        let pool = pool(4);
        let long = "é".repeat(72);
        for (set, given) in [
            (long.clone(), format!("{long}x")),
            ("a".into(), "a\0a".into()),
            ("🔑".repeat(64), "🔑".repeat(63)),
        ] {
            let stored = pool.hash(secret(&set)).await.unwrap();
            assert_eq!(pool.verify(Some(stored.clone()), secret(&given)).await, Ok(Verdict::Wrong));
            assert_eq!(pool.verify(Some(stored), secret(&set)).await, Ok(Verdict::Right { rehashed: None }));
        }
    }

    /// R115, section 2 no. 52 of the dossier (RUSTSEC-2026-0199)
    #[tokio::test]
    async fn a_damaged_hash_is_nobodys_password_and_a_cheap_one_is_renewed() {
        let cheap = pool(4).hash(secret("correct horse")).await.unwrap();
        for damaged in ["", "$2b$", "é", "$2b$04$", &cheap[..30]] {
            assert_eq!(pool(4).verify(Some(damaged.into()), secret("x")).await, Ok(Verdict::Wrong));
        }
        let Ok(Verdict::Right { rehashed: Some(renewed) }) =
            pool(5).verify(Some(cheap), secret("correct horse")).await
        else {
            panic!("a cheaper hash is renewed")
        };
        assert!(renewed.starts_with("$2b$05$"));
    }

    /// R116, in rounds, of which each cost has twice as many as the one before: whatever the hash cost, no match costs what
    /// nobody costs. `just bench-sign-in` measures the time.
    #[test]
    fn a_hash_from_before_the_cost_was_raised_takes_as_long_as_nobodys() {
        let rounds = |cost: u32| 1_u64 << cost;
        for cost in CHEAPEST..=14 {
            for spent in CHEAPEST..=cost {
                let all = rounds(spent) + in_between(spent, cost).map(rounds).sum::<u64>();
                assert_eq!(all, rounds(cost), "{spent} of {cost}");
            }
            // One that cannot be read was compared with nothing.
            let all = in_between(0, cost).map(rounds).sum::<u64>();
            assert_eq!(all, rounds(cost) - rounds(CHEAPEST), "none of {cost}");
        }
        assert_eq!(cost_of("$2b$05$whatever"), 5);
        assert_eq!(cost_of("damaged"), 0);
    }

    #[tokio::test]
    async fn a_hash_of_a_lower_cost_or_one_that_cannot_be_read_is_no_match_for_a_wrong_password() {
        let old = pool(4).hash(secret("correct horse")).await.unwrap();
        for stored in [old, String::new()] {
            assert_eq!(pool(6).verify(Some(stored), secret("wrong horse")).await, Ok(Verdict::Wrong));
        }
    }

    /// R116: it is the decoy that is compared with, so that it takes as long, and never as a hash to be renewed.
    #[tokio::test]
    async fn whoever_has_no_password_has_none_that_could_be_guessed() {
        for given in ["", "!", "x", UNUSABLE] {
            assert_eq!(pool(5).verify(Some(UNUSABLE.into()), secret(given)).await, Ok(Verdict::Wrong));
        }
    }

    #[tokio::test]
    async fn nobody_has_the_decoys_password_and_comparing_with_it_is_a_real_comparison() {
        assert!(matches!(bcrypt::verify("x", &decoy(4)), Ok(false)));
        assert_eq!(pool(4).verify(None, secret("x")).await, Ok(Verdict::Wrong));
    }
}
