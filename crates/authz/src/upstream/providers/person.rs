//! Who somebody is at a provider.

use model::time::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{Provider, ProviderError};
use crate::config::providers::{Kind, Mapping, USERNAME, member};

/// What a provider says of somebody, as far as it can be believed to be a text of that kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderPerson {
    /// What names them there for good.
    pub subject: String,
    /// What they call themselves there.
    pub username: Option<String>,
    /// An e-mail address.
    pub email: Option<String>,
    /// Whether the provider says that it is theirs.
    pub email_verified: bool,
    /// The whole name.
    pub name: Option<String>,
    /// First names.
    pub given_name: Option<String>,
    /// Last names.
    pub family_name: Option<String>,
    /// When they proved there who they are, if it says so and nobody has just asked for it.
    pub authenticated_at: Option<Timestamp>,
}

impl ProviderPerson {
    /// Reads what it answered.
    pub(super) fn read(mapping: &Mapping, answer: &Value) -> Result<Self, ProviderError> {
        let subject = member(answer, &mapping.subject).and_then(subject);
        let of = |path: &Option<String>| path.as_ref().and_then(|path| member(answer, path));
        let text = |path: &Option<String>| {
            of(path).and_then(Value::as_str).filter(|text| is_shown(text)).map(str::to_owned)
        };
        Ok(Self {
            subject: subject.ok_or(ProviderError::Unreadable("it says not who it is"))?,
            username: text(&mapping.username),
            email: text(&mapping.email).filter(|email| is_email(email)),
            email_verified: of(&mapping.email_verified) == Some(&Value::Bool(true)),
            name: text(&mapping.name),
            given_name: text(&mapping.given_name),
            family_name: text(&mapping.family_name),
            authenticated_at: None,
        })
    }

    /// By what a person knows which of theirs it is.
    pub fn shown_name(&self) -> &str {
        let names = [&self.username, &self.email, &self.name];
        names.into_iter().flatten().next().unwrap_or(&self.subject)
    }
}

/// At most 255 characters, as OpenID Connect Core section 2 has it; others count their people.
fn subject(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_u64() => number.to_string(),
        _ => return None,
    };
    let is_subject =
        (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    is_subject.then_some(text)
}

fn is_shown(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= 500 && !text.chars().any(char::is_control)
}

fn is_email(text: &str) -> bool {
    let parts = text.rsplit_once('@');
    parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
        && text.len() <= 254
        && !text.contains(char::is_whitespace)
}

impl Provider<'_> {
    /// Whose access token it is.
    pub(super) async fn profile(
        &self,
        access_token: &str,
        username: Option<&str>,
    ) -> Result<ProviderPerson, ProviderError> {
        let url = match &self.settings.kind {
            Kind::OAuth { profile_url, .. } => filled(profile_url, username)?,
            Kind::OpenId { .. } => {
                let url = self.metadata().await?.userinfo_endpoint.clone();
                url.ok_or(ProviderError::Unreadable("its metadata name no userinfo endpoint"))?
            }
        };
        let answer = self.get_with(&url, access_token).await?;
        ProviderPerson::read(&self.settings.mapping, &answer)
    }
}

/// The address of a profile. A name is one segment of it, and leads nowhere else.
fn filled(url: &str, username: Option<&str>) -> Result<String, ProviderError> {
    if !url.contains(USERNAME) {
        return Ok(url.to_owned());
    }
    let is_name = |name: &&str| (1..=150).contains(&name.len()) && !matches!(*name, "." | "..");
    let username = username.filter(is_name).ok_or(ProviderError::NoUsername)?;
    Ok(url.replace(USERNAME, &utf8_percent_encode(username, NON_ALPHANUMERIC).to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(answer: &Value) -> Result<ProviderPerson, ProviderError> {
        let mapping =
            "subject=data.id username=login email=mail email_verified=sure name=name".parse().unwrap();
        ProviderPerson::read(&mapping, answer)
    }

    #[test]
    fn who_somebody_is_stands_where_the_operator_says() {
        let answer = json!({"data": {"id": 17}, "login": "ada", "mail": "a@b.c", "sure": true, "name": 1});
        let person = read(&answer).unwrap();
        assert_eq!((person.subject.as_str(), person.username.as_deref()), ("17", Some("ada")));
        assert_eq!(
            (person.email.as_deref(), person.email_verified, person.name),
            (Some("a@b.c"), true, None)
        );
        for (sure, mail) in [(json!("true"), "a@b.c"), (json!(1), "a@b.c"), (json!(null), "a@b.c")] {
            let person = read(&json!({"data": {"id": "x"}, "mail": mail, "sure": sure})).unwrap();
            assert!(!person.email_verified);
        }
        for mail in ["a", "@b", "a@", "a b@c", "a@b\n"] {
            assert_eq!(read(&json!({"data": {"id": "x"}, "mail": mail})).unwrap().email, None, "{mail:?}");
        }
    }

    #[test]
    fn whoever_is_not_named_is_nobody() {
        let long = "x".repeat(256);
        for id in [
            json!(null),
            json!(""),
            json!(1.5),
            json!(-1),
            json!(true),
            json!({}),
            json!("a\nb"),
            json!(long),
        ] {
            assert!(read(&json!({"data": {"id": id}})).is_err(), "{id}");
        }
        assert!(read(&json!([])).is_err());
    }

    #[test]
    fn a_name_in_an_address_is_one_segment_of_it() {
        let of = |name| filled("https://a.example/by/{username}/", name);
        assert_eq!(of(Some("a/../b?c#d")).unwrap(), "https://a.example/by/a%2F%2E%2E%2Fb%3Fc%23d/");
        for name in [None, Some(""), Some("."), Some(".."), Some(&*"x".repeat(151))] {
            assert!(matches!(of(name), Err(ProviderError::NoUsername)), "{name:?}");
        }
    }
}
