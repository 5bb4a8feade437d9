//! Sealed tokens: claims inside authenticated encryption, so that issuing one writes nothing and judging one
//! reads nothing.
//!
//! `<prefix>` and base64url of `key id (4) | nonce (12) | AES-256-GCM-SIV ciphertext and tag`. GCM-SIV
//! (RFC 8452) because nonces are drawn at random by processes that do not know of each other: a repeated one
//! costs only the secrecy of whether two tokens are equal. The prefix is authenticated with the body, so that
//! one kind never opens as another. Behind the claims of what is bound to a key stand the 32 bytes of its thumbprint;
//! behind all others nothing. Why not PASETO v4.local: docs/decisions/0004-sealed-tokens.md.

mod claims;

use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use model::dpop::Thumbprint;
use model::random;
use model::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::master::MasterKey;
pub use claims::{AccessToken, Code, InJwt, OpenId, RefreshToken};

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
    /// The nonce of a kind that is sealed alike each time the same is said; all others draw one.
    fn nonce(&self) -> Option<[u8; NONCE_LEN]> {
        None
    }
    /// The key it is bound to.
    fn key(&self) -> Option<Thumbprint>;
    /// The same, bound to this key.
    #[must_use]
    fn bound_to(self, key: Option<Thumbprint>) -> Self;
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
        let nonce = claims.nonce().or_else(random::public).ok_or(SealError)?;
        let mut body = Vec::with_capacity(256);
        body.extend_from_slice(&id.to_be_bytes());
        body.extend_from_slice(&nonce);
        let mut body = postcard::to_extend(claims, body).map_err(|_| SealError)?;
        if let Some(key) = claims.key() {
            body.extend_from_slice(&key.0);
        }
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
        let key = match rest {
            [] => None,
            rest => Some(Thumbprint(rest.try_into().ok()?)),
        };
        (now < claims.expires_at()).then(|| claims.bound_to(key))
    }
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use model::id::{GrantId, UserId};

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
            key: None,
        }
    }

    /// Sealed by another program from what decision 4 says, before anything could be bound to a key.
    #[test]
    fn what_was_sealed_by_an_older_release_opens_and_is_bound_to_nothing() {
        let sealer = Sealer::new(Arc::new("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8".parse().unwrap()));
        sealer.replace_keys(vec![SealingKey { id: 1, usable_from: at(0) }]);
        let access = "tta_AAAAAQABAgMEBQYHCAkKC5aWIvmcPv5uZ44EIwWDBcj0q-AO5WEYX8r26agPxOuzTQUF1RBM689AVdKAbklo5GS_lFUvWD6Il\
            wEYeIlfK1BABjkdF60jUzzi5W7Z_45OanXZ2FyO8tugpOCwoyDsIkHw-zs";
        let mut buffer = Vec::new();
        let opened: AccessToken = sealer.open(access, at(19), &mut buffer).unwrap();
        assert_eq!((opened.user, opened.client, opened.key), (Some(UserId(7)), "web", None));
        assert_eq!(sealer.seal(&opened, at(10)).unwrap().len(), access.len());
        let in_jwt = "ttj_AAAAAQABAgMEBQYHCAkKC4rJhD35Rzqyt405-vYWjqd-bysa_61J4TQ7SZc9dPtfMPgcrSP9XNIOJ64lO_bwCgVX_tMka5uJF\
            0Gd2-uS3OC9rbINvsXAyr1pkIMIsVguVgf_SVHBUyY39VQ5XMM0ZNKpeaQ";
        let mut buffer = Vec::new();
        assert_eq!(sealer.open::<InJwt>(in_jwt, at(19), &mut buffer), Some(InJwt(opened)));
        let refresh = "ttr_AAAAAQABAgMEBQYHCAkKCxc3jShcbmvoKEWZXOXrqI1jP4eCnfyxZSDvfZh3qBpGwICDIhVt5BsWq-1Tj5NoD06Ou3GbnoKK\
            FNCGjJVTEybVDsaxRds";
        let mut buffer = Vec::new();
        let opened: RefreshToken = sealer.open(refresh, at(19), &mut buffer).unwrap();
        assert_eq!((opened.generation, opened.client, opened.key), (1, "web", None));
        let code = "ttc_AAAAAQABAgMEBQYHCAkKC3O1oi9AAVBtKLmnIzVSjpBBpRVQE3s7qEpsBlxNfE6mXwcIultZqT2Jd4OHW6LOhlJCg_Ljak5GKWQMK4\
            XMNxSgrHiiJOXTm2ybUfkccDlWaS7r8Lv1oInJvolwCAEWiHsps02x5NI9Bqq7zK7BJBUV5XAbrDB9vxze0AX67z7klSIAIO3ucNc";
        let mut buffer = Vec::new();
        let opened: Code = sealer.open(code, at(19), &mut buffer).unwrap();
        assert_eq!((opened.nonce, opened.challenge, opened.key), (Some("n"), Some([7; 32]), None));
    }

    #[test]
    fn what_is_bound_stays_bound_to_that_key() {
        let (sealer, key) = (sealer(), Some(Thumbprint([7; 32])));
        let text = sealer.seal(&RefreshToken { key, ..refresh() }, at(10)).unwrap();
        let mut buffer = Vec::new();
        let opened: RefreshToken = sealer.open(&text, at(19), &mut buffer).unwrap();
        assert_eq!(opened, RefreshToken { grant: opened.grant, key, ..refresh() });
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

    /// C7: whoever is told twice what was decided once is told the same.
    #[test]
    fn a_code_is_sealed_alike_each_time_and_no_two_codes_are() {
        let sealer = sealer();
        let code = Code {
            grant: GrantId::new(at(10)),
            user: UserId(7),
            username: "ada",
            client: "web",
            redirect_uri: "https://client.example/cb",
            scopes: "read",
            audiences: "timetracker",
            challenge: Some([7; 32]),
            issued_at: at(10),
            expires_at: at(20),
            authenticated_at: at(9),
            nonce: None,
            openid: OpenId::default(),
            key: None,
        };
        let written = |code: &Code| sealer.seal(code, at(10)).unwrap();
        assert_eq!(written(&code), written(&code));
        let others: Vec<String> =
            (0..1_000).map(|_| written(&Code { grant: GrantId::new(at(10)), ..code.clone() })).collect();
        let nonces: HashSet<&str> = others.iter().map(|text| &text[10..26]).collect();
        assert_eq!(nonces.len(), 1_000);
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
