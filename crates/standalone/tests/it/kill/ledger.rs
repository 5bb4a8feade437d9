//! What was acknowledged, and what was cut off.

use std::fmt;

use serde_json::Value;

use crate::support::Tokens;

/// One actor's.
#[derive(Default)]
pub struct Ledger {
    /// Tracks as the API said they were made.
    pub tracks: Vec<Value>,
    /// What happened in the current round.
    pub grants: Vec<Grant>,
    /// Tokens without a person, of the current round.
    pub credentials: Vec<Credential>,
    /// Live grants of earlier rounds, their newest tokens.
    pub survivors: Vec<Tokens>,
    /// Tokens of earlier rounds that must never work again.
    pub dead: Vec<Tokens>,
    /// The same of tokens without a person.
    pub dead_credentials: Vec<String>,
    /// What must not be.
    pub wrong: Vec<String>,
    /// Requests that were cut off.
    pub unknown: usize,
    /// Answers that came too late to judge by: the overlap of refresh tokens had passed.
    pub unjudged: usize,
    /// Everything acknowledged.
    pub acknowledged: Acknowledged,
}

#[derive(Clone, Copy, Default)]
pub struct Acknowledged {
    pub exchanges: usize,
    pub refreshes: usize,
    pub revocations: usize,
    pub tracks: usize,
    pub credentials: usize,
}

/// One code, and what it bought.
pub struct Grant {
    pub code: String,
    pub verifier: String,
    /// The newest acknowledged tokens; `None` while none were.
    pub newest: Option<Tokens>,
    /// Acknowledged before those.
    pub older: Vec<Tokens>,
    /// What was last asked for without an answer.
    pub cut_off: Option<CutOff>,
    pub revoked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutOff {
    Exchange,
    Refresh,
    Revocation,
}

/// A token of the client credentials grant.
pub struct Credential {
    pub token: String,
    pub cut_off: bool,
    pub revoked: bool,
}

/// Everybody's, counted.
#[derive(Default)]
pub struct Tally {
    acknowledged: Acknowledged,
    unknown: usize,
    unjudged: usize,
}

impl Ledger {
    /// Notes what must not be.
    pub fn wrong(&mut self, what: impl Into<String>) {
        self.wrong.push(what.into());
    }
}

impl Tally {
    pub fn count(&mut self, ledger: &Ledger) {
        let (sum, more) = (&mut self.acknowledged, &ledger.acknowledged);
        sum.exchanges += more.exchanges;
        sum.refreshes += more.refreshes;
        sum.revocations += more.revocations;
        sum.tracks += more.tracks;
        sum.credentials += more.credentials;
        self.unknown += ledger.unknown;
        self.unjudged += ledger.unjudged;
    }

    /// Whether there was anything to judge.
    pub fn judged(&self) -> bool {
        let Acknowledged { exchanges, refreshes, revocations, tracks, credentials } = self.acknowledged;
        [exchanges, refreshes, revocations, tracks, credentials].iter().all(|count| *count > 0)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Acknowledged { exchanges, refreshes, revocations, tracks, credentials } = self.acknowledged;
        write!(
            f,
            "{exchanges} exchanges, {refreshes} refreshes, {revocations} revocations, {tracks} tracks and \
             {credentials} client tokens acknowledged, {} requests cut off, {} answers too late to judge",
            self.unknown, self.unjudged
        )
    }
}
