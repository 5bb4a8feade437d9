//! What the authorization server said a moment ago (R162): keyed by the token's SHA-256, asked once for all who
//! wait for the same token, capped in number.

use std::sync::Arc;
use std::time::{Duration, Instant};

use model::dpop::Thumbprint;
use model::secret::sha256;
use model::time::Timestamp;
use moka::future::Cache;
use moka::policy::Expiry;

use super::Caller;
use crate::recent::Recent;
use crate::wire::challenge::Rejected;

/// How long a refusal is repeated without asking again.
pub const REJECTED_FOR: Duration = Duration::from_secs(2);
/// The most tokens kept: about 300 bytes each.
const MOST: u64 = 50_000;

/// What is known about a token.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It speaks for this caller.
    Caller(Arc<Caller>),
    /// It is good, but speaks for no person; with the key it is bound to.
    Nobody(Option<Thumbprint>),
    /// It is not good here.
    Rejected(Rejected),
    /// Nobody could be asked.
    Unanswered(Arc<str>),
}

/// A verdict, and how long it may be believed.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The verdict.
    pub verdict: Verdict,
    /// It is stale from this instant on.
    pub until: Timestamp,
}

/// How long a token that was good is remembered to have been.
const KNOWN_FOR: Duration = Duration::from_secs(600);

/// The cache.
pub struct Answers {
    kept: Cache<[u8; 32], Answer>,
    /// The tokens that were good of late. It says nothing of what they are now.
    known: Recent<[u8; 32], ()>,
    believed_for: Duration,
}

impl Answers {
    /// An empty cache that believes a good answer for `believed_for`.
    pub fn new(believed_for: Duration) -> Self {
        let longest = believed_for.max(REJECTED_FOR);
        let kept = Cache::builder().max_capacity(MOST).expire_after(Longest(longest)).build();
        Self { kept, known: Recent::new(MOST, KNOWN_FOR), believed_for }
    }

    /// A verdict about a live token: believed from when it was asked for, never beyond the token's end.
    pub fn believed(&self, verdict: Verdict, asked_at: Timestamp, ends_at: Timestamp) -> Answer {
        Answer { verdict, until: asked_at.plus(self.believed_for).min(ends_at) }
    }

    /// The verdict about `token`, from memory or by `ask`, which runs once for all who wait, and is told whether the token was
    /// good a while ago.
    pub async fn get<F>(&self, token: &str, now: Timestamp, ask: impl FnOnce(bool) -> F) -> Verdict
    where
        F: Future<Output = Answer>,
    {
        let digest = sha256(token.as_bytes());
        if let Some(answer) = self.kept.get(&digest).await
            && now < answer.until
        {
            return answer.verdict;
        }
        // Boxed: the hot path above should not carry the room for a question.
        let question = Box::pin(async {
            let answer = ask(self.known.has(&digest).await).await;
            if matches!(answer.verdict, Verdict::Caller(_) | Verdict::Nobody(_)) {
                self.known.get(digest, || ()).await;
            }
            answer
        });
        let entry = self.kept.entry_by_ref(&digest).or_insert_with_if(question, |kept| kept.until <= now);
        entry.await.into_value().verdict
    }
}

/// Bounds an answer's life by this machine's steady clock as well: a wall clock that was set back does not
/// make an answer live longer (F10).
struct Longest(Duration);

impl Expiry<[u8; 32], Answer> for Longest {
    fn expire_after_create(&self, _: &[u8; 32], _: &Answer, _: Instant) -> Option<Duration> {
        Some(self.0)
    }

    fn expire_after_update(
        &self,
        _: &[u8; 32],
        _: &Answer,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R162, C15.
    /// Section 2 no. 23 of the dossier (CVE-2021-32701): the scope is no part of it, and is judged for each request.
    #[test]
    fn an_answer_is_believed_from_the_question_on_and_never_beyond_the_tokens_end() {
        let answers = Answers::new(Duration::from_secs(10));
        let at = Timestamp::from_unix_seconds;
        assert_eq!(answers.believed(Verdict::Nobody(None), at(100), at(1_000)).until, at(110));
        assert_eq!(answers.believed(Verdict::Nobody(None), at(100), at(103)).until, at(103));
    }
}
