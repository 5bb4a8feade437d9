//! Links that are sent by mail: how their tokens are made, and where they lead.

use std::time::Duration;

use model::id::UserId;
use model::secret::sha256;
use model::time::Timestamp;

use crate::app::App;
use crate::crypto::random::{self, NoRandomness};
use crate::store::mail_links::{Kind, MailLink};

/// A link for a new password is good for so long.
pub(super) const RESET_KEPT: Duration = Duration::from_secs(1_800);
/// A link that proves an address.
const EMAIL_KEPT: Duration = Duration::from_secs(86_400);

/// A link that is to be sent, but for whom and where to.
pub(crate) struct NewLink {
    kind: Kind,
    seed: String,
    hash: Vec<u8>,
    made_at: Timestamp,
}

impl NewLink {
    /// One that nobody can guess.
    ///
    /// # Errors
    /// When there is no randomness to be had.
    pub(crate) fn new(app: &App, kind: Kind) -> Result<Self, NoRandomness> {
        let seed = random::secret("")?;
        let hash = hash_of(&token(app, kind, &seed));
        Ok(Self { kind, seed, hash, made_at: app.now() })
    }

    /// Of that person, to that address.
    pub(crate) fn of(self, user_id: UserId, address: String) -> MailLink {
        let kept = match self.kind {
            Kind::Reset => RESET_KEPT,
            Kind::Email => EMAIL_KEPT,
        };
        MailLink {
            user_id,
            kind: self.kind.as_str().to_owned(),
            seed: self.seed,
            hash: self.hash,
            address,
            made_at: self.made_at,
            ends_at: self.made_at.plus(kept),
            used_at: None,
        }
    }
}

/// 256 bits that only the holder of the master key can make of the seed: a copy of the table tells no token, and one that is sent
/// again is the same.
pub(super) fn token(app: &App, kind: Kind, seed: &str) -> String {
    app.link_key.tag(&[kind.as_str(), seed])
}

/// What is kept of a token.
pub(crate) fn hash_of(token: &str) -> Vec<u8> {
    sha256(token.as_bytes()).to_vec()
}

/// The path at which a link of that kind is answered.
pub(crate) fn path_of(kind: Kind, token: &str) -> String {
    match kind {
        Kind::Reset => format!("/accounts/password/reset/{token}/"),
        Kind::Email => format!("/accounts/email/{token}/"),
    }
}
