//! Scope sets: RFC 6749 section 3.3. `scope = scope-token *( SP scope-token )`, order without meaning.

use std::fmt;
use std::str::FromStr;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Text;

/// The most tokens one parameter may carry; more is an error before any work is done.
pub const MAX_SCOPES: usize = 64;

/// A set of scope tokens, kept in sorted order and written with single spaces.
///
/// The text is kept whole: it is copied into tokens and answers far more often than it is taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct ScopeSet(String);

/// Why a text is not a scope set. The text itself is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeError {
    /// Empty, or two spaces in a row, or a space at an end.
    EmptyToken,
    /// A character outside `%x21 / %x23-5B / %x5D-7E`.
    Character,
    /// More than [`MAX_SCOPES`] tokens.
    TooMany,
}

impl fmt::Display for ScopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EmptyToken => "scope tokens are separated by single spaces",
            Self::Character => "a scope token has a character that is not allowed",
            Self::TooMany => "too many scope tokens",
        })
    }
}

impl std::error::Error for ScopeError {}

impl ScopeSet {
    /// The set as the wire writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is no token at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tokens, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|token| !token.is_empty())
    }

    /// Whether `token` is one of them.
    pub fn contains(&self, token: &str) -> bool {
        self.iter().any(|each| each == token)
    }

    /// Whether every token of this set is in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self == other || self.iter().all(|token| other.contains(token))
    }

    /// The tokens of both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.iter().chain(other.iter()).collect()
    }
}

impl<'a> FromIterator<&'a str> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = &'a str>>(tokens: I) -> Self {
        let mut tokens: Vec<&str> = tokens.into_iter().collect();
        tokens.sort_unstable();
        tokens.dedup();
        Self(tokens.join(" "))
    }
}

impl FromStr for ScopeSet {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        if text.bytes().filter(|byte| *byte == b' ').count() >= MAX_SCOPES {
            return Err(ScopeError::TooMany);
        }
        for token in text.split(' ') {
            if token.is_empty() {
                return Err(ScopeError::EmptyToken);
            }
            if !token.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E)) {
                return Err(ScopeError::Character);
            }
        }
        Ok(text.split(' ').collect())
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<DB: Backend> ToSql<Text, DB> for ScopeSet
where
    String: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.to_sql(out)
    }
}

impl<DB: Backend> FromSql<Text, DB> for ScopeSet
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        String::from_sql(bytes).map(Self)
    }
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parsing_follows_the_grammar_of_rfc_6749() {
        for (text, expected) in [
            ("read", Ok("read")),
            ("write read", Ok("read write")),
            ("read read", Ok("read")),
            ("tracks:read https://x.example/a", Ok("https://x.example/a tracks:read")),
            ("", Err(ScopeError::EmptyToken)),
            (" read", Err(ScopeError::EmptyToken)),
            ("read  write", Err(ScopeError::EmptyToken)),
            ("re\"ad", Err(ScopeError::Character)),
            ("re\\ad", Err(ScopeError::Character)),
            ("lés", Err(ScopeError::Character)),
            ("a\nb", Err(ScopeError::Character)),
        ] {
            assert_eq!(text.parse::<ScopeSet>().as_ref().map(ScopeSet::as_str), expected.as_ref().copied());
        }
    }

    #[test]
    fn more_than_sixty_four_tokens_are_refused() {
        let tokens: Vec<String> = (0..=MAX_SCOPES).map(|number| format!("s{number}")).collect();
        assert_eq!(tokens.join(" ").parse::<ScopeSet>(), Err(ScopeError::TooMany));
        assert!(tokens[1..].join(" ").parse::<ScopeSet>().is_ok());
    }

    #[test]
    fn subsets_ignore_order() {
        let both: ScopeSet = "write read".parse().unwrap();
        assert!("read".parse::<ScopeSet>().unwrap().is_subset(&both));
        assert!(!both.is_subset(&"read".parse().unwrap()));
        assert!(ScopeSet::default().is_subset(&both));
        assert!(!both.contains("rea"));
    }
}
