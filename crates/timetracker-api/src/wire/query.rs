//! Query strings and `application/x-www-form-urlencoded` bodies, read strictly: what is not UTF-8 is refused
//! rather than replaced (R150), and more parameters than anybody needs are refused before they are kept.

use percent_encoding::percent_decode_str;

use super::error::ApiError;

/// The most parameters a query or a form may have.
const MOST: usize = 1_000;

/// Parameters in the order they came; a repeated name is kept, the last one counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Takes `text` apart.
    ///
    /// # Errors
    /// [`ApiError::Malformed`] when it is not UTF-8 under its percent signs, or has too many parameters.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        let mut pairs = Vec::new();
        for part in text.split('&').filter(|part| !part.is_empty()) {
            if pairs.len() == MOST {
                return Err(ApiError::Malformed("Too many parameters.".into()));
            }
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            pairs.push((decode(name)?, decode(value)?));
        }
        Ok(Self(pairs))
    }

    /// From pairs already taken apart (multipart).
    pub fn from_pairs(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The last value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(each, _)| each == name).map(|(_, value)| value.as_str())
    }

    /// All values of `name`, in their order.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(each, _)| each == name).map(|(_, value)| value.as_str())
    }

    /// The last value of `name`, if it is not empty.
    pub fn said(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// All of them, in their order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every name, in its order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pairs().map(|(name, _)| name)
    }

    /// The same query but for these, which are as they are given: names in order, and never a token.
    pub fn with(&self, given: &[(&str, String)]) -> String {
        let is_given = |name: &str| given.iter().any(|(each, _)| *each == name);
        self.link(is_given, given.iter().map(|(name, value)| (*name, value.as_str())))
    }

    /// The query of a link to another page: names in order, the place as said, and never a token.
    pub fn with_place(&self, place: Option<(&str, &str)>) -> String {
        self.link(|name| matches!(name, "page" | "cursor"), place)
    }

    fn link<'a>(
        &'a self,
        is_left_out: impl Fn(&str) -> bool,
        given: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> String {
        let kept = self.pairs().filter(|(name, _)| *name != "access_token" && !is_left_out(name));
        let mut pairs: Vec<_> = kept.chain(given).collect();
        pairs.sort_by_key(|(name, _)| *name);
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    }
}

fn decode(text: &str) -> Result<String, ApiError> {
    let spaced = text.replace('+', " ");
    let bytes: Vec<u8> = percent_decode_str(&spaced).collect();
    String::from_utf8(bytes).map_err(|_| ApiError::Malformed("The request is not valid UTF-8.".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_a_repeated_name_counts() {
        let query = Parameters::parse("a=1&b=x+y%26&a=2&c&&=z").unwrap();
        assert_eq!(query.get("a"), Some("2"));
        assert_eq!(query.get("b"), Some("x y&"));
        assert_eq!(query.get("c"), Some(""));
        assert_eq!(query.said("c"), None);
        assert_eq!(query.get("d"), None);
    }

    /// R150, R170.
    #[test]
    fn links_have_sorted_names_and_no_token() {
        let query = Parameters::parse("search=a%20b&page=2&access_token=t&activity=3&cursor=c").unwrap();
        assert_eq!(query.with_place(Some(("page", "3"))), "activity=3&page=3&search=a+b");
        assert_eq!(query.with_place(None), "activity=3&search=a+b");
    }

    /// R150.
    #[test]
    fn what_is_not_utf_8_is_refused() {
        assert!(Parameters::parse("a=%ff").is_err());
        assert!(Parameters::parse("%c3=1").is_err());
        assert_eq!(Parameters::parse("a=%00").unwrap().get("a"), Some("\0"));
    }

    #[test]
    fn more_than_a_thousand_parameters_are_refused() {
        assert!(Parameters::parse(&"a=1&".repeat(1_000)).is_ok());
        assert!(Parameters::parse(&"a=1&".repeat(1_001)).is_err());
    }
}
