//! What a client's registration says beyond the columns of its row: the members of RFC 7591 section 2 and OpenID
//! Connect Dynamic Client Registration section 2, and a few of ours that only an administrator sets.
//!
//! Kept as JSON. A member that is absent has its default, so a new member needs no migration.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::crypto::signing::SigningAlg;
use crate::response_type::ResponseType;

/// The metadata.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
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
    /// Ours, for an administrator: the client belongs to whoever runs this server, and people are not asked whether
    /// they allow it.
    pub is_first_party: bool,
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
            is_first_party: false,
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

/// Why metadata cannot be taken: a sentence.
pub type Invalid = String;

impl ClientMetadata {
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
