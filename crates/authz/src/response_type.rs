//! Response types (OAuth 2.0 Multiple Response Type Encoding Practices): what the authorization endpoint itself hands
//! out. All but `code` only to clients an administrator has marked.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A set of what is handed out; never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ResponseType {
    /// An authorization code.
    pub code: bool,
    /// An ID token.
    pub id_token: bool,
    /// An access token.
    pub token: bool,
}

/// There is no such response type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSuchType;

impl fmt::Display for NoSuchType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no such response type")
    }
}

impl std::error::Error for NoSuchType {}

impl ResponseType {
    /// What everybody may ask for.
    pub const CODE: Self = Self { code: true, id_token: false, token: false };

    /// All there are.
    pub fn all() -> impl Iterator<Item = Self> {
        let of = |code, id_token, token| Self { code, id_token, token };
        [
            Self::CODE,
            of(true, true, false),
            of(true, false, true),
            of(true, true, true),
            of(false, true, false),
            of(false, true, true),
            of(false, false, true),
        ]
        .into_iter()
    }

    /// Whether something is handed out that must not stand in an address that servers see.
    pub fn is_front_channel(self) -> bool {
        self.id_token || self.token
    }
}

/// The words in any order, each once.
impl FromStr for ResponseType {
    type Err = NoSuchType;

    fn from_str(text: &str) -> Result<Self, NoSuchType> {
        let mut found = Self { code: false, id_token: false, token: false };
        for word in text.split(' ') {
            let place = match word {
                "code" => &mut found.code,
                "id_token" => &mut found.id_token,
                "token" => &mut found.token,
                _ => return Err(NoSuchType),
            };
            if std::mem::replace(place, true) {
                return Err(NoSuchType);
            }
        }
        Ok(found)
    }
}

impl fmt::Display for ResponseType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [(self.code, "code"), (self.id_token, "id_token"), (self.token, "token")];
        let words: Vec<&str> = words.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
        f.write_str(&words.join(" "))
    }
}

impl From<ResponseType> for String {
    fn from(this: ResponseType) -> Self {
        this.to_string()
    }
}

impl TryFrom<String> for ResponseType {
    type Error = NoSuchType;

    fn try_from(text: String) -> Result<Self, NoSuchType> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R14
    #[test]
    fn a_response_type_is_a_set_of_words() {
        let all: Vec<String> = ResponseType::all().map(|each| each.to_string()).collect();
        assert_eq!(
            all,
            [
                "code",
                "code id_token",
                "code token",
                "code id_token token",
                "id_token",
                "id_token token",
                "token"
            ]
        );
        for each in ResponseType::all() {
            assert_eq!(each.to_string().parse(), Ok(each));
        }
        assert_eq!("token id_token code".parse::<ResponseType>().unwrap().to_string(), "code id_token token");
        for wrong in ["", " ", "code code", "CODE", "none", "code  token", "code token ", "code none"] {
            assert_eq!(wrong.parse::<ResponseType>(), Err(NoSuchType), "{wrong}");
        }
    }
}
