//! The `claims` parameter: OpenID Connect Core section 5.5.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::id_token::ACR;
use crate::profile::ClaimSet;
use crate::protocol::error::{Code, OAuthError};

/// No honest request for claims is longer.
const MAX_LEN: usize = 4 * 1024;

/// What is asked for beside what the scopes stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Claims {
    /// In the ID token.
    pub(super) id_token: ClaimSet,
    /// At UserInfo.
    pub(super) userinfo: ClaimSet,
    /// The person must be this one.
    pub(super) sub: Option<String>,
}

/// How a claim is asked for. Whether a voluntary one has one of the values makes no difference: what is true is told.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wish {
    essential: bool,
    value: Option<Value>,
    values: Option<Vec<Value>>,
}

impl Wish {
    fn allows(&self, offered: &str) -> bool {
        self.value.as_ref().is_none_or(|value| value == offered)
            && self.values.as_ref().is_none_or(|values| values.iter().any(|value| value == offered))
    }
}

impl Claims {
    /// Reads the parameter. Claims that there are not are left out.
    ///
    /// # Errors
    /// `invalid_request` when it is not what the specification says; `unmet_authentication_requirements` when an
    /// essential way of signing in is not to be had.
    pub(super) fn parse(text: Option<&str>) -> Result<Self, OAuthError> {
        let Some(text) = text else { return Ok(Self::default()) };
        if text.len() > MAX_LEN {
            return Err(malformed());
        }
        let asked: Map<String, Value> = serde_json::from_str(text).map_err(|_| malformed())?;
        let mut claims = Self::default();
        for (member, is_id_token) in [("id_token", true), ("userinfo", false)] {
            for (name, wish) in object(asked.get(member))? {
                let wish =
                    serde_json::from_value(Value::Object(object(Some(&wish))?)).map_err(|_| malformed())?;
                claims.add(&name, &wish, is_id_token)?;
            }
        }
        Ok(claims)
    }

    fn add(&mut self, name: &str, wish: &Wish, is_id_token: bool) -> Result<(), OAuthError> {
        match name {
            "sub" => {
                let sub =
                    wish.value.as_ref().map(|value| value.as_str().map(str::to_owned).ok_or_else(malformed));
                let sub = sub.transpose()?;
                if self.sub.is_some() && sub.is_some() && self.sub != sub {
                    return Err(malformed());
                }
                self.sub = sub.or(self.sub.take());
            }
            // Where UserInfo would tell it, it is a claim like any other, and one that is not to be had is left out
            // (section 5.5.1.1 is about ID tokens).
            "acr" if is_id_token && wish.essential && !wish.allows(ACR) => {
                let sentence = "Nobody can sign in here in that way.";
                return Err(OAuthError::new(Code::UnmetAuthenticationRequirements, sentence));
            }
            name if is_id_token => self.id_token.insert(name),
            name => self.userinfo.insert(name),
        }
        Ok(())
    }
}

/// An object; absent and `null` are an empty one.
fn object(value: Option<&Value>) -> Result<Map<String, Value>, OAuthError> {
    match value {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(object)) => Ok(object.clone()),
        Some(_) => Err(malformed()),
    }
}

fn malformed() -> OAuthError {
    OAuthError::new(Code::InvalidRequest, "The claims parameter is malformed.")
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> ClaimSet {
        let mut set = ClaimSet::default();
        for name in names {
            set.insert(name);
        }
        set
    }

    #[test]
    fn what_is_asked_for_is_read_and_what_there_is_not_is_left_out() {
        let text = r#"{"userinfo":{"given_name":{"essential":true},"http://x/y":null,"email":null},
            "id_token":{"name":{"value":"Ada"},"acr":{"values":["1","2"],"essential":true},
            "sub":{"value":"7"},"auth_time":{"essential":true}},"else":7}"#;
        let expected = Claims {
            id_token: set(&["name"]),
            userinfo: set(&["given_name", "email"]),
            sub: Some("7".to_owned()),
        };
        assert_eq!(Claims::parse(Some(text)).unwrap(), expected);
        assert_eq!(Claims::parse(None).unwrap(), Claims::default());
        assert_eq!(Claims::parse(Some("{}")).unwrap(), Claims::default());
        for wish in [
            r#"{"id_token":{"acr":{"values":["9"]}}}"#,
            r#"{"id_token":{"acr":{"value":"9"}}}"#,
            r#"{"id_token":{"acr":{"essential":true}}}"#,
            r#"{"userinfo":{"acr":{"essential":true,"values":["9"]}}}"#,
        ] {
            assert_eq!(Claims::parse(Some(wish)).unwrap(), Claims::default(), "{wish}");
        }
    }

    #[test]
    fn what_is_malformed_or_cannot_be_met_is_an_error() {
        let long = format!("{{\"x\":\"{}\"}}", "x".repeat(MAX_LEN));
        for wrong in [
            "",
            "[]",
            "x",
            r#"{"id_token":[]}"#,
            r#"{"id_token":{"name":7}}"#,
            &long,
            r#"{"id_token":{"sub":{"value":7}}}"#,
            r#"{"id_token":{"sub":{"value":"7"}},"userinfo":{"sub":{"value":"8"}}}"#,
        ] {
            let error = Claims::parse(Some(wrong)).unwrap_err();
            assert_eq!(error.code(), Code::InvalidRequest, "{wrong}");
        }
        for unmet in [
            r#"{"id_token":{"acr":{"essential":true,"value":"9"}}}"#,
            r#"{"id_token":{"acr":{"essential":true,"values":["9","8"]}}}"#,
            r#"{"id_token":{"acr":{"essential":true,"values":[]}}}"#,
        ] {
            let error = Claims::parse(Some(unmet)).unwrap_err();
            assert_eq!(error.code(), Code::UnmetAuthenticationRequirements, "{unmet}");
        }
    }
}
