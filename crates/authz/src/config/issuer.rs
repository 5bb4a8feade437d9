//! Who this server says it is.

use std::fmt;
use std::str::FromStr;

use url::Url;

/// The issuer identifier (RFC 8414 section 2): an https URL that ends in `/o`, where the endpoints are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    url: String,
    base: String,
    origin: String,
    is_https: bool,
}

impl Issuer {
    /// The identifier, byte for byte as it was configured.
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// The URL under which everything is served, without a trailing slash: the issuer without its `/o`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Scheme, host and port, as browsers write them in `Origin`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether browsers reach us over TLS.
    pub fn is_https(&self) -> bool {
        self.is_https
    }
}

/// The text is not a usable issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssuerError;

impl fmt::Display for IssuerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED_ISSUER)
    }
}

impl std::error::Error for IssuerError {}

pub(super) const EXPECTED_ISSUER: &str =
    "an https URL with the path /o (http only for a loopback host), such as https://id.example.com/o";

impl FromStr for Issuer {
    type Err = IssuerError;

    fn from_str(text: &str) -> Result<Self, IssuerError> {
        let url = Url::parse(text).map_err(|_| IssuerError)?;
        let is_https = url.scheme() == "https";
        let may_be_plain = url.scheme() == "http" && is_loopback(&url);
        let plain_parts = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        // The pages link from the root, so there is nothing between the host and the endpoints.
        let Some(base) = text.strip_suffix("/o") else { return Err(IssuerError) };
        if !(is_https || may_be_plain) || !plain_parts || url.path() != "/o" {
            return Err(IssuerError);
        }
        let origin = url.origin().ascii_serialization();
        Ok(Self { url: text.to_owned(), base: base.to_owned(), origin, is_https })
    }
}

/// Whether a URL leads to this very machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_https_or_loopback_and_ends_where_the_endpoints_are() {
        for right in ["https://id.example.com/o", "http://localhost:8000/o", "http://127.0.0.1/o"] {
            assert!(right.parse::<Issuer>().is_ok(), "{right}");
        }
        for wrong in [
            "http://id.example.com/o",
            "https://x",
            "https://x/o/",
            "https://x/auth/o",
            "https://x/o?a",
            "https://u@x/o",
            "ftp://x/o",
        ] {
            assert!(wrong.parse::<Issuer>().is_err(), "{wrong}");
        }
        let issuer: Issuer = "https://x.example/o".parse().unwrap();
        assert_eq!((issuer.base(), issuer.origin()), ("https://x.example", "https://x.example"));
    }
}
