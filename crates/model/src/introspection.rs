//! The introspection answer of RFC 7662 section 2.2 as `authz` writes it. `timetracker-api` reads it with the `oauth2`
//! crate, as any resource server would; the end-to-end tests hold the two together.

use serde::{Deserialize, Serialize};

use crate::dpop::Thumbprint;

/// What an authorization server says about a token. A token that is not active says nothing else:
/// the wire form is exactly `{"active":false}`. The one exception is a personal key, of which whoever has it is told why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Introspection<'a> {
    /// Unknown, malformed, expired, revoked, of another kind, or not meant for the caller.
    Inactive,
    /// A personal key that was good and is not any more; why, as [`EXPIRED`] or [`USER_INACTIVE`].
    Ended(&'static str),
    /// A live access token.
    Active(ActiveToken<'a>),
}

/// Its time is over.
pub const EXPIRED: &str = "expired";
/// Its person may not act any more.
pub const USER_INACTIVE: &str = "user_inactive";
/// What personal keys are called as a type of token: the scheme that they are presented in.
pub const TOKEN: &str = "Token";
/// The same of a name and a password.
pub const BASIC: &str = "Basic";

/// The members of an active answer. Instants are whole seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActiveToken<'a> {
    /// Space-separated scope tokens (RFC 6749 section 3.3).
    pub scope: &'a str,
    /// The client the token was issued to; absent for what a person uses without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<&'a str>,
    /// The person, for people to read; absent for a token a client got for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<&'a str>,
    /// `Bearer`, or `DPoP` when it is bound to a key (RFC 9449 section 6.2); [`TOKEN`] or [`BASIC`].
    pub token_type: &'a str,
    /// When it ends.
    pub exp: i64,
    /// When it was issued.
    pub iat: i64,
    /// When it begins to be valid.
    pub nbf: i64,
    /// The person's id in decimal, or the client's id for a token a client got for itself.
    pub sub: &'a str,
    /// The resource servers it is meant for.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub aud: Vec<&'a str>,
    /// The issuer (RFC 8414 section 2).
    pub iss: &'a str,
    /// The token's own id.
    pub jti: &'a str,
    /// The key it is bound to; absent when whoever has it may use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
}

/// How whoever presents a token proves that it is theirs (RFC 7800 section 3.1).
/// In another way as well is not known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// By holding the key with this thumbprint (RFC 9449 section 6.1).
    pub jkt: Thumbprint,
}

impl Serialize for Introspection<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Wire<'a> {
            active: bool,
            #[serde(skip_serializing_if = "Option::is_none")]
            inactive_reason: Option<&'static str>,
            #[serde(flatten)]
            token: Option<&'a ActiveToken<'a>>,
        }
        let (token, inactive_reason) = match self {
            Self::Inactive => (None, None),
            Self::Ended(why) => (None, Some(*why)),
            Self::Active(token) => (Some(token), None),
        };
        Wire { active: token.is_some(), inactive_reason, token }.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inactive_token_says_nothing_else() {
        assert_eq!(serde_json::to_string(&Introspection::Inactive).unwrap(), r#"{"active":false}"#);
    }

    #[test]
    fn a_personal_key_that_has_ended_says_why() {
        let said = serde_json::to_string(&Introspection::Ended(EXPIRED)).unwrap();
        assert_eq!(said, r#"{"active":false,"inactive_reason":"expired"}"#);
    }

    #[test]
    fn an_active_token_says_what_rfc_7662_names() {
        let token = ActiveToken {
            scope: "read",
            client_id: Some("web"),
            username: None,
            token_type: "Bearer",
            exp: 20,
            iat: 10,
            nbf: 10,
            sub: "web",
            aud: vec!["timetracker"],
            iss: "http://localhost:8000/o",
            jti: "1",
            cnf: None,
        };
        let answer = Introspection::Active(token.clone());
        assert_eq!(
            serde_json::to_string(&answer).unwrap(),
            r#"{"active":true,"scope":"read","client_id":"web","token_type":"Bearer","exp":20,"iat":10,"nbf":10,"sub":"web","aud":["timetracker"],"iss":"http://localhost:8000/o","jti":"1"}"#
        );
        let cnf = Some(Confirmation { jkt: Thumbprint([0; 32]) });
        let bound = serde_json::to_string(&Introspection::Active(ActiveToken { cnf, ..token })).unwrap();
        assert!(
            bound.ends_with(r#""jti":"1","cnf":{"jkt":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}"#),
            "{bound}"
        );
    }
}
