//! Proofs that whoever sends a request holds a key (DPoP, RFC 9449): what one says, and whether it is about this request.
//!
//! Both services judge by these rules. Whether the key has signed, each asks its own front door to jsonwebtoken; that no
//! proof is good twice is theirs to see to as well, where they remember such things.

mod key;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::Url;

pub use key::{PublicKey, Thumbprint};

use crate::alg::Alg;
use crate::secret::sha256;
use crate::time::Timestamp;

/// The request header with the proof.
pub const HEADER: &str = "dpop";
/// The names of the algorithms (RFC 7518, RFC 8037, RFC 9864), all of them asymmetric, as challenges list them.
pub const ALGS: &str = "ES256 Ed25519 EdDSA PS256 RS256";
/// How old a proof may be, in seconds: time for a slow network, and for a clock that is behind.
pub const MAX_AGE: i64 = 60;
/// How far ahead the clock of whoever made it may be, in seconds.
pub const MAX_AHEAD: i64 = 10;

/// The type in its header (section 4.2).
const TYP: &str = "dpop+jwt";
/// No honest proof is longer; a longer one is refused before anything is decoded.
const MAX_LEN: usize = 8 * 1024;

/// The request that a proof must be about.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Its method.
    pub method: &'a str,
    /// Its URL as clients know it: from our settings, never from its own headers.
    pub url: &'a str,
    /// The access token it presents; none when it asks for one.
    pub token: Option<&'a str>,
}

/// A proof in which everything holds but that it was not used before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The key that is held.
    pub key: Thumbprint,
    /// Its own id, unique for the key.
    pub id: String,
    /// From when on it would be too old: so long its id has to be remembered.
    pub ends_at: Timestamp,
}

/// What a key is said to have signed (RFC 7515 section 5.2).
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// How.
    pub alg: Alg,
    /// With which key.
    pub key: &'a PublicKey,
    /// Header and claims as they were sent.
    pub message: &'a str,
    /// The signature, in base64url.
    pub signature: &'a str,
}

/// Why a proof proves nothing (section 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// There is none.
    Missing,
    /// There is more than one.
    Several,
    /// It is not a JWT of its type, or lacks something.
    Malformed,
    /// Its algorithm is none of ours.
    Algorithm,
    /// Its key is not a public one for that algorithm.
    Key,
    /// It is about another method or URL.
    Elsewhere,
    /// It is too old, or not yet made.
    Time,
    /// It is about another access token, or about none.
    Token,
    /// Its key has not signed it.
    Signature,
    /// It was used before.
    Used,
}

impl Wrong {
    /// A sentence for whoever writes the client.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Missing => "There is no DPoP proof.",
            Self::Several => "There is more than one DPoP proof.",
            Self::Malformed => "The DPoP proof is not a dpop+jwt with jti, htm, htu and iat.",
            Self::Algorithm => "The DPoP proof has an algorithm that is not taken.",
            Self::Key => "The DPoP proof has no public key for its algorithm.",
            Self::Elsewhere => "The DPoP proof is about another method or URL.",
            Self::Time => "The DPoP proof was not made just now.",
            Self::Token => "The DPoP proof is not about this access token.",
            Self::Signature => "The DPoP proof is not signed by its key.",
            Self::Used => "The DPoP proof was used before.",
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}

impl std::error::Error for Wrong {}

/// What is read of a header. Nothing else in it means anything here, `kid` and `jku` least of all.
#[derive(Deserialize)]
struct Header {
    typ: String,
    alg: String,
    jwk: Map<String, Value>,
    #[serde(default)]
    crit: Option<Value>,
}

/// What is read of the claims. A time of another kind than a whole number is an error, and not no time (R66).
#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: i64,
    #[serde(default)]
    ath: Option<String>,
}

/// Judges a proof (section 4.3); `is_signed` is asked last, because it costs the most.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(
    text: &str,
    request: &Request<'_>,
    now: Timestamp,
    is_signed: impl FnOnce(&Signed<'_>) -> bool,
) -> Result<Proof, Wrong> {
    if text.len() > MAX_LEN {
        return Err(Wrong::Malformed);
    }
    let (message, signature) = text.rsplit_once('.').ok_or(Wrong::Malformed)?;
    let (header, claims) = message.split_once('.').ok_or(Wrong::Malformed)?;
    let (header, claims): (Header, Claims) = (decoded(header)?, decoded(claims)?);
    // No extension is known here, so none can be understood (R65).
    if header.typ != TYP || header.crit.is_some() || claims.jti.is_empty() {
        return Err(Wrong::Malformed);
    }
    let alg = Alg::named(&header.alg).ok_or(Wrong::Algorithm)?;
    let key = PublicKey::parse(alg, &header.jwk).ok_or(Wrong::Key)?;
    if claims.htm != request.method || !is_same(&claims.htu, request.url) {
        return Err(Wrong::Elsewhere);
    }
    let age = now.unix_seconds().checked_sub(claims.iat).ok_or(Wrong::Time)?;
    if !(-MAX_AHEAD..=MAX_AGE).contains(&age) {
        return Err(Wrong::Time);
    }
    if request.token.is_some_and(|token| claims.ath != Some(hash(token))) {
        return Err(Wrong::Token);
    }
    if !is_signed(&Signed { alg, key: &key, message, signature }) {
        return Err(Wrong::Signature);
    }
    let lasts = Duration::from_secs(MAX_AGE.unsigned_abs() + 1);
    let ends_at = Timestamp::from_unix_seconds(claims.iat).plus(lasts);
    Ok(Proof { key: key.thumbprint(), id: claims.jti, ends_at })
}

/// How a proof names the token it goes with: `ath` (section 4.2).
pub fn hash(token: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(sha256(token.as_bytes()))
}

fn decoded<T: DeserializeOwned>(part: &str) -> Result<T, Wrong> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| Wrong::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Wrong::Malformed)
}

/// Whether a proof names this URL, whatever is behind a `?` or `#` in either (section 4.3, check 9).
fn is_same(named: &str, url: &str) -> bool {
    let bare = |url: &str| {
        let mut url = Url::parse(url).ok()?;
        url.set_query(None);
        url.set_fragment(None);
        Some(url)
    };
    bare(named).is_some_and(|named| Some(named) == bare(url))
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
