//! Parameters of a request, in a query or a form body: RFC 6749 section 3.1 and 3.2.

use actix_web::HttpRequest;
use std::borrow::Cow;

use actix_web::dev::Payload;

use super::error::{Code, OAuthError};
use crate::edge::{self, BodyError};

/// The only parameters that may be sent more than once (RFC 8707 section 2, RFC 8693 section 2.1).
const REPEATABLE: [&str; 2] = ["resource", "audience"];

/// No honest request has more. Each is compared with all others, so there must be an end to it.
const MAX_PARAMS: usize = 100;

/// Decoded parameters, each at most once.
#[derive(Clone, Debug, Default)]
pub struct Params(Vec<(String, String)>);

/// Why a text is not a list of parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamsError {
    /// One is there twice.
    Repeated,
    /// NUL, or not UTF-8.
    Malformed,
    /// More than anybody needs.
    TooMany,
}

impl ParamsError {
    /// A sentence for people and clients alike.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Repeated => "A parameter is there more than once.",
            Self::Malformed => "A parameter is not valid UTF-8 text.",
            Self::TooMany => "There are too many parameters.",
        }
    }
}

impl From<ParamsError> for OAuthError {
    fn from(error: ParamsError) -> Self {
        Self::new(Code::InvalidRequest, error.sentence())
    }
}

impl Params {
    /// Parses `application/x-www-form-urlencoded` text.
    ///
    /// # Errors
    /// When a parameter is repeated, or has NUL or bytes that are not UTF-8, or when there are too many.
    pub fn parse(text: &[u8]) -> Result<Self, ParamsError> {
        let text = std::str::from_utf8(text).map_err(|_| ParamsError::Malformed)?;
        let mut pairs: Vec<(String, String)> = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decoded(name)?, decoded(value)?);
            if pairs.iter().any(|(known, _)| *known == name) && !REPEATABLE.contains(&name.as_ref()) {
                return Err(ParamsError::Repeated);
            }
            if pairs.len() == MAX_PARAMS {
                return Err(ParamsError::TooMany);
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(pairs))
    }

    /// Parameters that did not come as such a text, under the same rules.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn of(pairs: Vec<(String, String)>) -> Result<Self, ParamsError> {
        if pairs.len() > MAX_PARAMS {
            return Err(ParamsError::TooMany);
        }
        for (place, (name, value)) in pairs.iter().enumerate() {
            if name.contains('\0') || value.contains('\0') {
                return Err(ParamsError::Malformed);
            }
            let before = pairs.iter().take(place);
            if !REPEATABLE.contains(&name.as_str()) && before.into_iter().any(|(known, _)| known == name) {
                return Err(ParamsError::Repeated);
            }
        }
        Ok(Self(pairs))
    }

    /// All but some.
    #[must_use]
    pub fn without(&self, names: &[&str]) -> Self {
        Self(self.0.iter().filter(|(name, _)| !names.contains(&name.as_str())).cloned().collect())
    }

    /// These, but where others have the same name the others.
    #[must_use]
    pub fn superseded_by(mut self, others: Self) -> Self {
        self.0.retain(|(name, _)| !others.0.iter().any(|(other, _)| other == name));
        self.0.extend(others.0);
        self
    }

    /// All of them, empty ones too.
    #[cfg(test)]
    pub(crate) fn pairs(&self) -> impl Iterator<Item = &(String, String)> {
        self.0.iter()
    }

    /// Reads the body of a request as a form.
    ///
    /// # Errors
    /// When there is a query, when the body is not a form, too large, too slow or malformed.
    pub async fn from_body(request: &HttpRequest, payload: &mut Payload) -> Result<Self, OAuthError> {
        if !request.query_string().is_empty() {
            return Err(OAuthError::new(Code::InvalidRequest, "URL query parameters are not allowed"));
        }
        if !edge::is_form(request) {
            let sentence = "The body must be application/x-www-form-urlencoded.";
            return Err(OAuthError::new(Code::UnsupportedMediaType, sentence));
        }
        let body = edge::read_body(request, payload).await.map_err(|error| match error {
            BodyError::TooLarge => OAuthError::new(Code::TooLarge, "The body is too large."),
            BodyError::TooSlow => OAuthError::new(Code::TooSlow, "The body did not arrive in time."),
            BodyError::Broken => OAuthError::new(Code::InvalidRequest, "The body did not arrive whole."),
        })?;
        Ok(Self::parse(&body)?)
    }

    /// The value of a parameter. One without a value counts as absent (RFC 6749 section 3.1).
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// The values of a parameter that may be there more than once.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = move |(known, value): &&(String, String)| known == name && !value.is_empty();
        self.0.iter().filter(named).map(|(_, value)| value.as_str())
    }

    /// Those whose name `keep` keeps, as a query.
    pub fn to_query(&self, keep: impl Fn(&str) -> bool) -> String {
        let kept = self.0.iter().filter(|(name, _)| keep(name));
        form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish()
    }

    /// The value of a parameter that must be there.
    ///
    /// # Errors
    /// `invalid_request` with `sentence` when it is not.
    pub fn required(&self, name: &str, sentence: &'static str) -> Result<&str, OAuthError> {
        self.get(name).ok_or(OAuthError::new(Code::InvalidRequest, sentence))
    }
}

/// `+` is a space and `%XX` a byte; most parts have neither. NUL is in no honest parameter.
pub(super) fn decoded(part: &str) -> Result<Cow<'_, str>, ParamsError> {
    if memchr::memchr3(b'%', b'+', 0, part.as_bytes()).is_none() {
        return Ok(Cow::Borrowed(part));
    }
    let spaced = part.replace('+', " ");
    match percent_encoding::percent_decode_str(&spaced).decode_utf8() {
        Ok(text) if !text.contains('\0') => Ok(Cow::Owned(text.into_owned())),
        _ => Err(ParamsError::Malformed),
    }
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_there_once_decoded_and_not_empty() {
        let params = Params::parse(b"a=1&b=x+y%21&c=&%64=4&e").unwrap();
        assert_eq!(params.get("a"), Some("1"));
        assert_eq!(params.get("b"), Some("x y!"));
        assert_eq!(params.get("c"), None);
        assert_eq!(params.get("d"), Some("4"));
        assert_eq!(params.get("e"), None);
        assert_eq!(params.get("f"), None);
    }

    /// R12, R150
    #[test]
    fn repeats_nul_and_bytes_that_are_not_text_are_refused() {
        for (text, expected) in [
            ("a=1&a=1", ParamsError::Repeated),
            ("a=1&%61=2", ParamsError::Repeated),
            ("a=&a=", ParamsError::Repeated),
            ("a=%00", ParamsError::Malformed),
            ("a=%ff", ParamsError::Malformed),
            ("%c0%80=1", ParamsError::Malformed),
        ] {
            assert_eq!(Params::parse(text.as_bytes()).unwrap_err(), expected, "{text}");
        }
        assert!(Params::parse(b"resource=a&resource=b&audience=c&audience=c").is_ok());
    }
}
