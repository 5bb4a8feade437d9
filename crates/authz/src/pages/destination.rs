//! Where a person goes on to after signing in: one of a closed set, never an address somebody sent.

use crate::config::Issuer;

/// The destinations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// The front page.
    Home,
    /// The authorization endpoint with this query, which it judges from scratch.
    Authorize(String),
}

const AUTHORIZE: &str = "/o/authorize/?";

impl Destination {
    /// Reads the `next` of a form or link; what is not a destination is the front page.
    pub(crate) fn parse(next: Option<&str>) -> Self {
        let query = next.and_then(|next| next.strip_prefix(AUTHORIZE));
        match query.filter(|query| query.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#')) {
            Some(query) => Self::Authorize(query.to_owned()),
            None => Self::Home,
        }
    }

    /// What is written into forms and links; `None` for the front page.
    pub(crate) fn next(&self) -> Option<String> {
        match self {
            Self::Home => None,
            Self::Authorize(query) => Some(format!("{AUTHORIZE}{query}")),
        }
    }

    /// The address to go to.
    pub(crate) fn url(&self, issuer: &Issuer) -> String {
        format!("{}{}", issuer.base(), self.next().as_deref().unwrap_or("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R103
    #[test]
    fn only_the_authorization_endpoint_is_a_destination() {
        let right = "/o/authorize/?client_id=a&state=%0A";
        assert_eq!(Destination::parse(Some(right)).next().as_deref(), Some(right));
        for wrong in [
            "//evil.example",
            "/\\evil.example",
            "/%09/evil.example",
            "/\tevil",
            "https:evil.example",
            "javascript:alert(1)",
            "%2f%2fevil.example",
            "https://evil.example/o/authorize/?",
            "/o/authorize/",
            "//evil.example/o/authorize/?a",
            "/o/authorize/?a\r\nX: y",
            "/o/authorize/?a#b",
            "/o/authorize/?é",
            "",
        ] {
            assert_eq!(Destination::parse(Some(wrong)), Destination::Home, "{wrong}");
        }
        assert_eq!(Destination::parse(None), Destination::Home);
    }
}
