//! Who is asking, and may they: `Authorization: Bearer`, `DPoP` with a proof, or `Token` with a person's own key → [`Caller`].
//!
//! * [`bearer`]: the token of a request, refused when malformed without asking anybody.
//! * [`cache`]: what the authorization server said a moment ago, keyed by the token's SHA-256.
//! * [`introspect`]: the one place that asks it (RFC 7662), through `oauth2`. [`connections`]: over which ones.
//! * [`code_grant`]: how a browser that signs in at our pages gets a token (RFC 6749 section 4.1).
//! * [`judge`]: what its answer means here. [`people`]: the person it speaks of.
//! * [`meter`]: how much a client may ask on a person's behalf.
//! * [`calls`]: how many of its endpoint's at once; [`breaker`]: none for a moment when they have failed again and again.
//! * [`proofs`]: that whoever presents a token holds the key it is bound to (RFC 9449), with [`signature`].
//! * [`scopes`]: what a token lets its client do. [`allowed`]: the extractor by which a handler receives the caller.
//!
//! The answer to "could not ask" is 503: never "let it pass", and never a 401 that signs people out.

pub mod allowed;
pub mod bearer;
pub mod breaker;
pub mod cache;
pub mod calls;
pub mod code_grant;
pub mod connections;
pub mod introspect;
pub mod judge;
pub mod meter;
pub mod people;
pub mod proofs;
pub mod scopes;
pub mod signature;

use std::borrow::Cow;
use std::sync::Arc;

use model::db::Db;
use model::dpop::Thumbprint;
use model::scope::ScopeSet;
use model::time::{Clock, Timestamp};

use crate::config::Config;
use crate::id::{PersonId, WorkspaceId};
use crate::wire::challenge::{Rejected, Scheme};
use crate::wire::error::ApiError;
use cache::{Answer, Answers, Verdict};
use introspect::Introspector;
use judge::{Expected, Judgement};
use meter::{Meter, Meters};
use proofs::{Proofs, Sent};
use scopes::{Scope, Scopes};

/// The person a request acts for, and what the client may do for them.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The person, as this service knows them.
    pub person: PersonId,
    /// Where their activities are.
    pub workspace: WorkspaceId,
    /// The client that acts for them.
    pub client: String,
    /// What the token's `scope` says.
    pub granted: ScopeSet,
    /// What it allows here.
    pub scopes: Scopes,
    /// The key it is bound to.
    pub key: Option<Thumbprint>,
    /// How it has to be presented.
    pub scheme: Scheme,
    /// What the client has asked on the person's behalf.
    pub meter: Arc<Meter>,
}

impl Caller {
    /// Whether the token allows this: for what an answer shows to some and not to others.
    pub const fn may(&self, scope: Scope) -> bool {
        self.scopes.contain(scope)
    }

    /// Whether the client may see tracks, or those that it changes, which are all.
    pub const fn sees_tracks(&self) -> bool {
        self.may(Scope::TracksRead) || self.may(Scope::TracksWrite)
    }

    /// Whether the client may see what time costs.
    pub const fn sees_rates(&self) -> bool {
        self.may(Scope::RatesRead)
    }

    /// Whether the client may say what time costs.
    pub const fn sets_rates(&self) -> bool {
        self.may(Scope::RatesWrite)
    }

    /// Whether somebody may do the same for the same person.
    fn is_as(&self, other: &Self) -> bool {
        let who = |caller: &Self| (caller.person, caller.workspace, caller.scopes, caller.key);
        who(self) == who(other) && self.client == other.client
    }
}

/// Turns tokens into callers.
pub struct Gate {
    answers: Answers,
    introspector: Introspector,
    expected: Expected,
    proofs: Proofs,
    meters: Meters,
    db: Db,
    clock: Clock,
}

impl Gate {
    /// Prepares the client side of introspection; nothing is asked yet.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(config: &Config, db: Db, clock: Clock) -> Result<Self, connections::SetupError> {
        Ok(Self {
            answers: Answers::new(config.cache),
            introspector: Introspector::new(config)?,
            expected: Expected { issuer: config.issuer.clone(), audience: config.audience.clone() },
            proofs: Proofs::default(),
            meters: Meters::default(),
            db,
            clock,
        })
    }

    /// The caller a token speaks for. It is theirs who have it, or theirs who prove its key, and never the one in place of
    /// the other (R76).
    ///
    /// # Errors
    /// 401 for a token that is not good here, 403 for one without a person, 503 when it could not be asked.
    pub async fn admit(
        &self,
        scheme: Scheme,
        token: &str,
        proof: Option<&Sent<'_>>,
    ) -> Result<Arc<Caller>, ApiError> {
        let now = self.clock.now();
        let token = &*presented(scheme, token);
        let (caller, key) = match self.answers.get(token, now, |is_known| self.ask(token, is_known)).await {
            // A person's own key is none of a client's tokens, and the other way round.
            Verdict::Caller(caller) if is_other_kind(caller.scheme, scheme) => {
                return Err(ApiError::Unauthenticated(scheme, Rejected::Invalid));
            }
            Verdict::Nobody(_) if matches!(scheme, Scheme::Token | Scheme::Basic) => {
                return Err(ApiError::Unauthenticated(scheme, Rejected::Invalid));
            }
            Verdict::Caller(caller) => {
                let key = caller.key;
                (Ok(caller), key)
            }
            Verdict::Nobody(key) => (Err(ApiError::NoPerson), key),
            Verdict::Rejected(rejected) => {
                return Err(ApiError::Unauthenticated(scheme, rejected));
            }
            Verdict::Unanswered(cause) => return Err(ApiError::Unavailable(cause.to_string().into())),
        };
        match (proof, key) {
            (None, None) => caller,
            (Some(proof), Some(key)) => {
                self.proofs.use_up(proof, token, key, self.clock.now())?;
                caller
            }
            _ => Err(ApiError::Unauthenticated(Scheme::Dpop, Rejected::Unbound)),
        }
    }

    /// Whether the token of somebody who was let in before speaks for them still, as it did then. A key that was proven then
    /// need not be proven again.
    ///
    /// # Errors
    /// 401 when it does not, 503 when it could not be asked.
    pub async fn admit_again(&self, token: &str, caller: &Caller) -> Result<(), ApiError> {
        let (scheme, token) = (caller.scheme, &*presented(caller.scheme, token));
        match self.answers.get(token, self.clock.now(), |is_known| self.ask(token, is_known)).await {
            Verdict::Caller(now) if now.is_as(caller) => Ok(()),
            Verdict::Caller(_) | Verdict::Nobody(_) => {
                Err(ApiError::Unauthenticated(scheme, Rejected::Invalid))
            }
            Verdict::Rejected(rejected) => Err(ApiError::Unauthenticated(scheme, rejected)),
            Verdict::Unanswered(cause) => Err(ApiError::Unavailable(cause.to_string().into())),
        }
    }

    /// Asks, judges, and finds the person. The answer's age counts from before the question (C15).
    async fn ask(&self, token: &str, is_known: bool) -> Answer {
        let asked_at = self.clock.now();
        let reply = match self.introspector.ask(token, is_known).await {
            Ok(reply) => reply,
            Err(error) => return Answer::unanswered(error.to_string()),
        };
        match self.expected.judge(&reply, self.clock.now()) {
            Judgement::Rejected(rejected) => Answer::rejected(rejected, asked_at),
            Judgement::Nobody { ends_at, key } => {
                self.answers.believed(Verdict::Nobody(key), asked_at, ends_at)
            }
            Judgement::Person { subject, username, client, scopes: granted, ends_at, key, scheme } => {
                let known =
                    people::recognize(&self.db, &self.expected.issuer, subject, username, asked_at).await;
                match known {
                    Ok(person) => {
                        let meter = self.meters.of(person.id, &client).await;
                        let caller = Caller {
                            person: person.id,
                            workspace: person.workspace_id,
                            client,
                            scopes: Scopes::of(&granted),
                            granted,
                            key,
                            scheme,
                            meter,
                        };
                        self.answers.believed(Verdict::Caller(Arc::new(caller)), asked_at, ends_at)
                    }
                    Err(error) => Answer::unanswered(error.to_string()),
                }
            }
        }
    }
}

/// What the authorization server is asked about: a password with its word, which no token begins with.
fn presented(scheme: Scheme, token: &str) -> Cow<'_, str> {
    if scheme == Scheme::Basic { Cow::Owned(format!("Basic {token}")) } else { Cow::Borrowed(token) }
}

/// Whether what is good in the one scheme is not in the other. Which of OAuth's two it is, its key decides.
fn is_other_kind(good: Scheme, sent: Scheme) -> bool {
    let of_oauth = |scheme| matches!(scheme, Scheme::Bearer | Scheme::Dpop);
    good != sent && !(of_oauth(good) && of_oauth(sent))
}

impl Answer {
    fn rejected(rejected: Rejected, asked_at: Timestamp) -> Self {
        Self { verdict: Verdict::Rejected(rejected), until: asked_at.plus(cache::REJECTED_FOR) }
    }

    /// Handed to everyone who waits for it, and then forgotten.
    fn unanswered(cause: String) -> Self {
        Self { verdict: Verdict::Unanswered(cause.into()), until: Timestamp::from_micros(i64::MIN) }
    }
}
