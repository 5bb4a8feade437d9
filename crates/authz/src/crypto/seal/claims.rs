//! What each kind of sealed token says.

use model::dpop::Thumbprint;
use model::id::{GrantId, SessionId, TokenId, UserId};
use model::secret::sha256;
use model::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Kind, NONCE_LEN};
use crate::profile::ClaimSet;

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
    /// The key that whoever presents it must hold (RFC 9449 section 6).
    #[serde(skip)]
    pub key: Option<Thumbprint>,
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
    /// The key its last access token was bound to: never again one that is bound to none (RFC 9449 section 5).
    #[serde(skip)]
    pub key: Option<Thumbprint>,
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
    /// The key that whoever redeems it must hold (RFC 9449 section 10).
    #[serde(skip)]
    pub key: Option<Thumbprint>,
}

macro_rules! kinds {
    ($($kind:ident $prefix:literal $([$inner:tt])? $({ $($more:item)* })?;)*) => {$(
        impl<'a> Kind<'a> for $kind<'a> {
            const PREFIX: &'static str = $prefix;
            fn expires_at(&self) -> Timestamp {
                self$(.$inner)?.expires_at
            }
            fn key(&self) -> Option<Thumbprint> {
                self$(.$inner)?.key
            }
            fn bound_to(mut self, key: Option<Thumbprint>) -> Self {
                self$(.$inner)?.key = key;
                self
            }
            $($($more)*)?
        }
    )*};
}

kinds! {
    AccessToken "tta_";
    InJwt "ttj_" [0];
    RefreshToken "ttr_";
    Code "ttc_" {
        /// Of the grant's id, which is as random and is in no other code: a decision that is told twice gives one code. With
        /// GCM-SIV a nonce that is there twice tells no more than whether two texts are equal.
        fn nonce(&self) -> Option<[u8; NONCE_LEN]> {
            sha256(self.grant.0.as_bytes()).first_chunk().copied()
        }
    };
}
