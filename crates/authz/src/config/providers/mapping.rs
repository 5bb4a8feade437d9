//! Where a person's properties are in what a provider answers.

use std::str::FromStr;

use serde_json::Value;

/// The member of each property; a dot leads into an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// What names the person there, and never changes.
    pub subject: String,
    /// What they call themselves there; may change.
    pub username: Option<String>,
    /// An e-mail address.
    pub email: Option<String>,
    /// Whether the provider has made sure of it: only `true` says so.
    pub email_verified: Option<String>,
    /// The whole name.
    pub name: Option<String>,
    /// First names.
    pub given_name: Option<String>,
    /// Last names.
    pub family_name: Option<String>,
}

pub(super) const EXPECTED: &str = "expected pairs such as subject=id username=login, separated by spaces, of subject, username, \
     email, email_verified, name, given_name, family_name";

impl Default for Mapping {
    /// Only who it is.
    fn default() -> Self {
        Self {
            subject: "id".to_owned(),
            username: None,
            email: None,
            email_verified: None,
            name: None,
            given_name: None,
            family_name: None,
        }
    }
}

impl Mapping {
    /// The standard claims (OpenID Connect Core section 5.1).
    pub(super) fn openid() -> Self {
        let claim = |name: &str| Some(name.to_owned());
        Self {
            subject: "sub".to_owned(),
            username: claim("preferred_username"),
            email: claim("email"),
            email_verified: claim("email_verified"),
            name: claim("name"),
            given_name: claim("given_name"),
            family_name: claim("family_name"),
        }
    }

    /// This one, except for what is said.
    pub(super) fn changed_by(mut self, said: &str) -> Result<Self, ()> {
        for pair in said.split_whitespace() {
            let (property, member) = pair.split_once('=').ok_or(())?;
            let place = match property {
                "subject" if member.is_empty() => return Err(()),
                "subject" => {
                    member.clone_into(&mut self.subject);
                    continue;
                }
                "username" => &mut self.username,
                "email" => &mut self.email,
                "email_verified" => &mut self.email_verified,
                "name" => &mut self.name,
                "given_name" => &mut self.given_name,
                "family_name" => &mut self.family_name,
                _ => return Err(()),
            };
            *place = Some(member.to_owned()).filter(|member| !member.is_empty());
        }
        Ok(self)
    }
}

impl FromStr for Mapping {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::default().changed_by(text)
    }
}

/// The member of that path.
pub fn member<'a>(answer: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(answer, |value, name| value.get(name))
}
