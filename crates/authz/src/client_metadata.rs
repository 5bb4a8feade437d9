//! What a client's registration says beyond the columns of its row: the members of RFC 7591 section 2 and OpenID
//! Connect Dynamic Client Registration section 2, and a few of ours that only an administrator sets.
//!
//! Kept as JSON. A member that is absent has its default, so a new member needs no migration.

use std::time::Duration;

use model::alg::Alg;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::config::Lifetimes;
use crate::crypto::signing::SigningAlg;
use crate::response_type::ResponseType;

/// The metadata.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are members of a document, each with a name of its own"
)]
pub struct ClientMetadata {
    /// A person is asked to sign in again when they did so longer ago than this, unless the request says otherwise;
    /// seconds.
    pub default_max_age: Option<u64>,
    /// What its ID tokens are signed with.
    pub id_token_signed_response_alg: SigningAlg,
    /// What UserInfo is signed with for it; without, it is plain JSON.
    pub userinfo_signed_response_alg: Option<SigningAlg>,
    /// Whether it knows people by the same names as other clients do.
    pub subject_type: SubjectType,
    /// Whose host is its sector when people's names are pairwise; without it, the redirect URIs' one host is.
    pub sector_identifier_uri: Option<String>,
    /// What the authorization endpoint may hand out to it.
    pub response_types: Vec<ResponseType>,
    /// Ours, for an administrator: a code is bought with the verifier of RFC 7636 only. A confidential client may be
    /// excused; when it sends a challenge all the same, that counts.
    pub require_pkce: bool,
    /// How it proves who it is; without, a client that has a secret may send it in the header or in the form.
    pub token_endpoint_auth_method: Option<AuthMethod>,
    /// What it signs that with, when it proves it by a key; without, any of those there are.
    pub token_endpoint_auth_signing_alg: Option<Alg>,
    /// What it signs its requests with; without, any of those there are.
    pub request_object_signing_alg: Option<RequestAlg>,
    /// Whether all of its requests are signed: others are not taken (RFC 9101 section 10.5).
    pub require_signed_request_object: bool,
    /// Where it keeps requests (OpenID Connect Core section 6.2): no other address is ever asked for one.
    pub request_uris: Vec<String>,
    /// Its public keys (RFC 7517), or
    pub jwks: Option<Value>,
    /// where they are.
    pub jwks_uri: Option<String>,
    /// Whether it is given only tokens that are bound to a key it holds (RFC 9449 section 5.2).
    pub dpop_bound_access_tokens: bool,
    /// Whether its ID tokens say when the person signed in; they do in any case.
    pub require_auth_time: bool,
    /// How to reach whoever is responsible.
    pub contacts: Vec<String>,
    /// Its home page.
    pub client_uri: Option<String>,
    /// Its picture. Never fetched here.
    pub logo_uri: Option<String>,
    /// What it does with what it learns.
    pub policy_uri: Option<String>,
    /// Its terms of service.
    pub tos_uri: Option<String>,
    /// Where another site may ask it to begin a sign-in (OpenID Connect Core section 4). Told to nobody here.
    pub initiate_login_uri: Option<String>,
    /// Where people may be sent once they have signed out (OpenID Connect RP-Initiated Logout section 3.1).
    pub post_logout_redirect_uris: Vec<String>,
    /// Where it is told that a session has ended (OpenID Connect Back-Channel Logout section 2.2).
    pub backchannel_logout_uri: Option<String>,
    /// Whether it wants to be told which one; it always is.
    pub backchannel_logout_session_required: bool,
    /// What browsers load when a session ends (OpenID Connect Front-Channel Logout section 2).
    pub frontchannel_logout_uri: Option<String>,
    /// Whether it wants to be told which one.
    pub frontchannel_logout_session_required: bool,
    /// Ours, for an administrator: the response types that the client may register for itself; without any, what it has
    /// is not its to say.
    pub registrable_response_types: Vec<ResponseType>,
    /// Ours: it has registered itself, and nobody has vouched for it.
    pub is_self_registered: bool,
    /// Ours: its registration is the document at the address that is its id.
    pub is_from_document: bool,
    /// Ours, for an administrator: the client belongs to whoever runs this server, and people are not asked whether
    /// they allow it.
    pub is_first_party: bool,
    /// Ours, for an administrator: what its access tokens look like.
    pub access_token_format: AccessTokenFormat,
    /// Ours: what those that are JWTs are signed with.
    pub access_token_signed_response_alg: SigningAlg,
    /// Ours, for an administrator: how long its access tokens last; seconds, at most a day.
    pub access_token_ttl_seconds: Option<u64>,
    /// Ours, for an administrator: how long its grants last, however often they are renewed; seconds.
    pub refresh_token_ttl_seconds: Option<u64>,
    /// Ours, for an administrator: how long its refresh tokens last when they are not used; seconds.
    pub refresh_token_idle_seconds: Option<u64>,
    /// Ours: the origins of a public client's pages, which may call the endpoints it uses from a browser.
    pub allowed_origins: Vec<String>,
}

/// What an access token looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessTokenFormat {
    /// Sealed: only this server can read it.
    #[default]
    Opaque,
    /// A signed JWT (RFC 9068), which a resource server can judge without asking.
    Jwt,
}

impl Default for ClientMetadata {
    fn default() -> Self {
        Self {
            default_max_age: None,
            id_token_signed_response_alg: SigningAlg::default(),
            userinfo_signed_response_alg: None,
            subject_type: SubjectType::default(),
            sector_identifier_uri: None,
            response_types: vec![ResponseType::CODE],
            require_pkce: true,
            registrable_response_types: Vec::new(),
            is_first_party: false,
            access_token_format: AccessTokenFormat::default(),
            access_token_signed_response_alg: SigningAlg::default(),
            access_token_ttl_seconds: None,
            refresh_token_ttl_seconds: None,
            refresh_token_idle_seconds: None,
            allowed_origins: Vec::new(),
            token_endpoint_auth_method: None,
            token_endpoint_auth_signing_alg: None,
            request_object_signing_alg: None,
            require_signed_request_object: false,
            request_uris: Vec::new(),
            jwks: None,
            jwks_uri: None,
            dpop_bound_access_tokens: false,
            require_auth_time: false,
            contacts: Vec::new(),
            client_uri: None,
            logo_uri: None,
            policy_uri: None,
            tos_uri: None,
            initiate_login_uri: None,
            post_logout_redirect_uris: Vec::new(),
            backchannel_logout_uri: None,
            backchannel_logout_session_required: false,
            frontchannel_logout_uri: None,
            frontchannel_logout_session_required: false,
            is_self_registered: false,
            is_from_document: false,
        }
    }
}

/// How a client knows people (OpenID Connect Core section 8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectType {
    /// By the same name as every other.
    #[default]
    Public,
    /// By a name that clients of other sectors cannot compare with theirs.
    Pairwise,
}

/// What a client's requests are signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "requests are signed with RS256, PS256, ES256, EdDSA or none")]
pub enum RequestAlg {
    /// One of those there are.
    Signed(Alg),
    /// Nothing.
    Unsigned(Nothing),
}

/// `none`, as others call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Nothing {
    /// Its name on the wire.
    #[serde(rename = "none")]
    Nothing,
}

/// How a client proves who it is at the token endpoint (OpenID Connect Core section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// By its secret in the header.
    ClientSecretBasic,
    /// By its secret in the form.
    ClientSecretPost,
    /// By a JWT that one of its registered keys has signed. It has no secret.
    PrivateKeyJwt,
    /// Not at all: it has no secret.
    None,
}

/// Why metadata cannot be taken: a sentence.
pub type Invalid = String;

impl ClientMetadata {
    /// How long things last for this client, where they last `generally` so long.
    pub fn lifetimes(&self, generally: Lifetimes) -> Lifetimes {
        let or = |own: Option<u64>, general| own.map_or(general, Duration::from_secs);
        Lifetimes {
            access_token: or(self.access_token_ttl_seconds, generally.access_token),
            refresh: or(self.refresh_token_ttl_seconds, generally.refresh),
            refresh_idle: or(self.refresh_token_idle_seconds, generally.refresh_idle),
            ..generally
        }
    }

    /// Whether it wants to know when a session ends that it was given an ID token in.
    pub fn wants_to_know_of_logouts(&self) -> bool {
        self.backchannel_logout_uri.is_some() || self.frontchannel_logout_uri.is_some()
    }

    /// Whether there are keys with which it can sign anything.
    pub fn has_keys(&self) -> bool {
        self.jwks.is_some() || self.jwks_uri.is_some()
    }

    /// Every address in it that is not a redirect URI, by the name of its member. What is added here is judged wherever
    /// a registration comes from.
    pub fn addresses(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let single = [
            ("sector_identifier_uri", &self.sector_identifier_uri),
            ("jwks_uri", &self.jwks_uri),
            ("client_uri", &self.client_uri),
            ("logo_uri", &self.logo_uri),
            ("policy_uri", &self.policy_uri),
            ("tos_uri", &self.tos_uri),
            ("initiate_login_uri", &self.initiate_login_uri),
            ("backchannel_logout_uri", &self.backchannel_logout_uri),
            ("frontchannel_logout_uri", &self.frontchannel_logout_uri),
        ];
        single.into_iter().filter_map(|(name, uri)| Some((name, uri.as_deref()?)))
    }

    /// What this becomes by a JSON object of changes: `null` brings a member's default back (RFC 7396).
    ///
    /// # Errors
    /// When the changes are no JSON object, or a member is unknown or has a wrong value.
    pub fn changed_by(&self, changes: &str) -> Result<Self, Invalid> {
        let changes: Map<String, Value> =
            serde_json::from_str(changes).map_err(|error| format!("metadata is a JSON object: {error}"))?;
        let members = |metadata: &Self| match serde_json::to_value(metadata) {
            Ok(Value::Object(members)) => Ok(members),
            _ => Err("the metadata has no JSON form".to_owned()),
        };
        let mut members = members(self)?;
        for (name, value) in changes {
            if !members.contains_key(&name) {
                return Err(format!("there is no metadata {name}"));
            }
            members.insert(name, value);
        }
        members.retain(|_, value| !value.is_null());
        serde_json::from_value(Value::Object(members)).map_err(|error| format!("metadata: {error}"))
    }
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_touches_what_it_names_and_null_brings_the_default_back() {
        let changed = ClientMetadata::default().changed_by(r#"{"default_max_age":5}"#).unwrap();
        assert_eq!(changed, ClientMetadata { default_max_age: Some(5), ..ClientMetadata::default() });
        let changed = changed.changed_by(r#"{"is_first_party":true}"#).unwrap();
        assert_eq!(changed.default_max_age, Some(5));
        let changed = changed.changed_by(r#"{"is_first_party":null,"default_max_age":null}"#).unwrap();
        assert_eq!(changed, ClientMetadata::default());
    }

    #[test]
    fn a_member_that_is_unknown_or_has_a_wrong_value_is_refused() {
        for wrong in
            ["", "[]", "7", r#"{"no_such":1}"#, r#"{"default_max_age":-1}"#, r#"{"is_first_party":"yes"}"#]
        {
            assert!(ClientMetadata::default().changed_by(wrong).is_err(), "{wrong}");
        }
    }

    /// A row from before a member was thought of is read as ever.
    #[test]
    fn what_is_not_said_has_its_default() {
        assert_eq!(serde_json::from_str::<ClientMetadata>("{}").unwrap(), ClientMetadata::default());
    }
}
