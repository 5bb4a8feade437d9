//! Sealed tokens: claims inside authenticated encryption, so that issuing one writes nothing and judging one
//! reads nothing.
//!
//! `<prefix>` and base64url of `key id (4) | nonce (12) | AES-256-GCM-SIV ciphertext and tag`. GCM-SIV
//! (RFC 8452) because nonces are drawn at random by processes that do not know of each other: a repeated one
//! costs only the secrecy of whether two tokens are equal. The prefix is authenticated with the body, so that
//! one kind never opens as another. Why not PASETO v4.local: docs/decisions/0004-sealed-tokens.md.

use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use model::id::{GrantId, SessionId, TokenId, UserId};
use model::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::master::MasterKey;
use super::random;
use crate::profile::ClaimSet;

const KEY_ID_LEN: usize = 4;
const HEADER_LEN: usize = KEY_ID_LEN + NONCE_LEN;
/// No token of ours is longer; a longer text is refused before any work.
pub const MAX_TOKEN_LEN: usize = 4096;

/// A kind of token: its claims, and the prefix by which people and secret scanners know it.
pub trait Kind<'a>: Serialize + Deserialize<'a> {
    /// What the text begins with.
    const PREFIX: &'static str;
    /// When it ends by itself.
    fn expires_at(&self) -> Timestamp;
}

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessToken<'a> {
    /// Its own id (`jti`).
    pub id: TokenId,
    /// The grant it came from; none for a token a client got for itself.
    pub grant: Option<GrantId>,
    /// The person; none for a token a client got for itself.
    pub user: Option<UserId>,
    /// The person's name; empty without a person.
    pub username: &'a str,
    /// The client it was issued to.
    pub client: &'a str,
    /// Space-separated scope tokens.
    pub scopes: &'a str,
    /// Whom it is for; space-separated.
    pub audiences: &'a str,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When the person last proved who they are.
    pub authenticated_at: Option<Timestamp>,
    /// Which claims were asked for beside those of its scopes; none when it does not open UserInfo.
    pub userinfo: Option<ClaimSet>,
}

/// What this server itself reads in a JWT access token: all of it, under a prefix of its own, so that it is no access
/// token by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InJwt<'a>(#[serde(borrow)] pub AccessToken<'a>);

/// What is known of an authentication when an ID token may come of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenId {
    /// The session; none when no browser took part.
    pub sid: Option<SessionId>,
    /// The claims asked for in the ID token.
    pub id_token: ClaimSet,
    /// The claims asked for at UserInfo, beside those of the scopes.
    pub userinfo: ClaimSet,
}

/// What a refresh token says. Whether it is the live one is known to the grant alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshToken<'a> {
    /// The grant it belongs to.
    pub grant: GrantId,
    /// The client it was issued to.
    pub client: &'a str,
    /// The person's name, for the next access token.
    pub username: &'a str,
    /// What the grant is for; space-separated.
    pub scopes: &'a str,
    /// Whom its tokens may be for; space-separated.
    pub audiences: &'a str,
    /// Counts up with each rotation of the grant.
    pub generation: i64,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends unless it is used before.
    pub expires_at: Timestamp,
    /// What ID tokens of the grant say.
    pub openid: OpenId,
}

/// What an authorization code says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code<'a> {
    /// The id of the grant it will buy: its single use.
    pub grant: GrantId,
    /// Who allowed it.
    pub user: UserId,
    /// Their name.
    pub username: &'a str,
    /// The client it was issued to.
    pub client: &'a str,
    /// Where it was sent.
    pub redirect_uri: &'a str,
    /// What was allowed; space-separated.
    pub scopes: &'a str,
    /// Whom tokens may be for; space-separated.
    pub audiences: &'a str,
    /// SHA-256 of the verifier (RFC 7636 section 4.2, S256); none from a client that is excused from it.
    pub challenge: Option<[u8; 32]>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When the person last proved who they are.
    pub authenticated_at: Timestamp,
    /// What the ID token repeats, to tie it to the request.
    pub nonce: Option<&'a str>,
    /// What ID tokens of the grant say.
    pub openid: OpenId,
}

impl<'a> Kind<'a> for AccessToken<'a> {
    const PREFIX: &'static str = "tta_";
    fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

impl<'a> Kind<'a> for InJwt<'a> {
    const PREFIX: &'static str = "ttj_";
    fn expires_at(&self) -> Timestamp {
        self.0.expires_at
    }
}

impl<'a> Kind<'a> for RefreshToken<'a> {
    const PREFIX: &'static str = "ttr_";
    fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

impl<'a> Kind<'a> for Code<'a> {
    const PREFIX: &'static str = "ttc_";
    fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

/// A key's number, and from when it may be used to seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealingKey {
    /// Its number, readable in each token sealed with it.
    pub id: u32,
    /// From when it may be used to seal.
    pub usable_from: Timestamp,
}

/// Seals and opens. Several keys are valid at once; the newest usable one seals.
pub struct Sealer {
    master: Arc<MasterKey>,
    keys: RwLock<Keys>,
}

/// Newest first. They are few: walking along them is quicker than any index.
type Keys = Vec<(SealingKey, LessSafeKey)>;

/// A token could not be sealed: no key, or no randomness.
#[derive(Clone, Copy, Debug)]
pub struct SealError;

impl std::fmt::Display for SealError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no token can be sealed: no usable key or no randomness")
    }
}

impl std::error::Error for SealError {}

impl Sealer {
    /// A sealer without keys; [`Sealer::replace_keys`] brings them.
    pub fn new(master: Arc<MasterKey>) -> Self {
        Self { master, keys: RwLock::default() }
    }

    /// Takes exactly these keys from now on.
    pub fn replace_keys(&self, mut keys: Vec<SealingKey>) {
        keys.sort_by_key(|key| std::cmp::Reverse((key.usable_from, key.id)));
        let keys = keys.into_iter().filter_map(|key| Some((key, self.derive(key.id)?))).collect();
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    fn derive(&self, id: u32) -> Option<LessSafeKey> {
        let bytes = self.master.derive(&format!("sealing key {id}"));
        UnboundKey::new(&AES_256_GCM_SIV, &bytes).ok().map(LessSafeKey::new)
    }

    /// The token's text.
    ///
    /// # Errors
    /// When there is no usable key or no randomness.
    pub fn seal<'a, K: Kind<'a>>(&self, claims: &K, now: Timestamp) -> Result<String, SealError> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        // A clock set back to before the first key was made is no reason to seal nothing.
        let usable = keys.iter().find(|(key, _)| key.usable_from <= now).or(keys.last());
        let (SealingKey { id, .. }, key) = usable.ok_or(SealError)?;
        let nonce = random::bytes::<NONCE_LEN>().map_err(|_| SealError)?;
        let mut body = Vec::with_capacity(256);
        body.extend_from_slice(&id.to_be_bytes());
        body.extend_from_slice(&nonce);
        let mut body = postcard::to_extend(claims, body).map_err(|_| SealError)?;
        let (_, plain) = body.split_at_mut(HEADER_LEN);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = key
            .seal_in_place_separate_tag(nonce, Aad::from(K::PREFIX.as_bytes()), plain)
            .map_err(|_| SealError)?;
        body.extend_from_slice(tag.as_ref());
        let mut text = String::with_capacity(K::PREFIX.len() + body.len() * 4 / 3 + 3);
        text.push_str(K::PREFIX);
        BASE64_URL_SAFE_NO_PAD.encode_string(&body, &mut text);
        // What would not open again is not handed out.
        if text.len() > MAX_TOKEN_LEN { Err(SealError) } else { Ok(text) }
    }

    /// Opens a token of kind `K` into `buffer`, which the claims borrow from. `None` when it is of another
    /// kind, not ours, damaged, or has ended: callers cannot tell which, and must not.
    pub fn open<'a, K: Kind<'a>>(&self, text: &str, now: Timestamp, buffer: &'a mut Vec<u8>) -> Option<K> {
        if text.len() > MAX_TOKEN_LEN {
            return None;
        }
        let encoded = text.strip_prefix(K::PREFIX)?;
        buffer.clear();
        BASE64_URL_SAFE_NO_PAD.decode_vec(encoded, buffer).ok()?;
        let (header, body) = buffer.split_at_mut_checked(HEADER_LEN)?;
        let (id, nonce) = header.split_at(KEY_ID_LEN);
        let id = u32::from_be_bytes(id.try_into().ok()?);
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let plain = {
            let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
            let (_, key) = keys.iter().find(|(key, _)| key.id == id)?;
            key.open_in_place(nonce, Aad::from(K::PREFIX.as_bytes()), body).ok()?
        };
        let (claims, rest) = postcard::take_from_bytes::<K>(plain).ok()?;
        (rest.is_empty() && now < claims.expires_at()).then_some(claims)
    }
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer() -> Sealer {
        let sealer = Sealer::new(Arc::new(MasterKey::generate().unwrap().parse().unwrap()));
        sealer.replace_keys(vec![SealingKey { id: 1, usable_from: at(0) }]);
        sealer
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_unix_seconds(second)
    }

    fn refresh() -> RefreshToken<'static> {
        RefreshToken {
            grant: GrantId::new(at(10)),
            client: "web",
            username: "ada",
            scopes: "read",
            audiences: "timetracker",
            generation: 1,
            issued_at: at(10),
            expires_at: at(20),
            openid: OpenId::default(),
        }
    }

    #[test]
    fn what_was_sealed_opens_until_it_ends() {
        let sealer = sealer();
        let text = sealer.seal(&refresh(), at(10)).unwrap();
        let mut buffer = Vec::new();
        let opened: RefreshToken = sealer.open(&text, at(19), &mut buffer).unwrap();
        assert_eq!(opened.generation, 1);
        assert!(sealer.open::<RefreshToken>(&text, at(20), &mut Vec::new()).is_none());
    }

    /// R34: one kind never opens as another, whatever its prefix is changed to.
    #[test]
    fn a_kind_never_opens_as_another() {
        let sealer = sealer();
        let text = sealer.seal(&refresh(), at(10)).unwrap();
        let disguised = text.replacen("ttr_", "tta_", 1);
        assert!(sealer.open::<AccessToken>(&text, at(11), &mut Vec::new()).is_none());
        assert!(sealer.open::<AccessToken>(&disguised, at(11), &mut Vec::new()).is_none());
    }

    #[test]
    fn no_changed_character_goes_unnoticed() {
        let sealer = sealer();
        let text = sealer.seal(&refresh(), at(10)).unwrap();
        for place in 4..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(sealer.open::<RefreshToken>(&changed, at(11), &mut Vec::new()).is_none(), "{place}");
        }
        for wrong in ["", "ttr_", "ttr_AAAA", "ttr_é", &"ttr_A".repeat(5000)] {
            assert!(sealer.open::<RefreshToken>(wrong, at(11), &mut Vec::new()).is_none());
        }
    }

    #[test]
    fn another_master_key_opens_nothing() {
        let text = sealer().seal(&refresh(), at(10)).unwrap();
        assert!(sealer().open::<RefreshToken>(&text, at(11), &mut Vec::new()).is_none());
    }

    #[test]
    fn a_new_key_is_not_used_before_its_time_and_the_old_one_still_opens() {
        let sealer = sealer();
        let old = sealer.seal(&refresh(), at(10)).unwrap();
        sealer.replace_keys(vec![
            SealingKey { id: 1, usable_from: at(0) },
            SealingKey { id: 2, usable_from: at(12) },
        ]);
        let early = sealer.seal(&refresh(), at(11)).unwrap();
        let late = sealer.seal(&refresh(), at(12)).unwrap();
        let key_of = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(&text[4..]).unwrap()[..KEY_ID_LEN].to_vec();
        assert_eq!(
            [&old, &early, &late].map(|text| key_of(text)),
            [[0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 2]]
        );
        for text in [old, early, late] {
            assert!(sealer.open::<RefreshToken>(&text, at(13), &mut Vec::new()).is_some());
        }
    }
}
