//! How a client is told to come back: `WWW-Authenticate` (RFC 9110 section 11.6.1), in the scheme that it came with. Whoever
//! came with none is told of both.

use actix_web::http::header::HeaderValue;
use model::dpop::{ALGS, Wrong};

/// Who may use a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Whoever has it (RFC 6750).
    Bearer,
    /// Whoever holds the key it is bound to (RFC 9449).
    Dpop,
    /// Whoever has it; it is a person's own key (Django REST Framework).
    Token,
    /// Whoever knows the password (RFC 7617).
    Basic,
}

impl Scheme {
    fn challenge(self, why: &str) -> Option<HeaderValue> {
        let challenge = match self {
            // Of the ways in the first one is named, as the framework does.
            Self::Bearer | Self::Token | Self::Basic => format!(r#"Bearer realm="api"{why}"#),
            Self::Dpop => format!(r#"DPoP realm="api",algs="{ALGS}"{why}"#),
        };
        HeaderValue::from_str(&challenge).ok()
    }

    /// The request may not say so much in two ways (RFC 6750 section 3.1).
    pub(super) fn malformed(self, description: &str) -> Option<HeaderValue> {
        self.challenge(&format!(r#",error="invalid_request",error_description="{description}""#))
    }

    /// The token is good for something else.
    pub(super) fn insufficient(self, scope: &str) -> Option<HeaderValue> {
        self.challenge(&format!(r#",error="insufficient_scope",scope="{scope}""#))
    }
}

/// Why a token does not let a request in (RFC 6750 section 3.1, RFC 9449 section 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// There is none: the challenge says nothing more.
    Missing,
    /// Malformed, unknown, revoked, or of another issuer or kind.
    Invalid,
    /// Its time is over.
    Expired,
    /// Meant for another resource server.
    Elsewhere,
    /// Bound to a key that was not proven, or a key was proven and it is bound to none.
    Unbound,
    /// What should prove its key does not.
    Proof(Wrong),
    /// Its person may not act.
    Disabled,
    /// The header is not what its scheme wants: the sentence.
    Header(&'static str),
}

impl Rejected {
    /// Code and sentence; none when no token was sent.
    const fn told(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Missing | Self::Header(_) => None,
            Self::Invalid | Self::Disabled => Some(("invalid_token", "The access token is invalid.")),
            Self::Expired => Some(("invalid_token", "The access token has expired.")),
            Self::Elsewhere => Some(("invalid_token", "The access token is not valid for this resource.")),
            Self::Unbound => {
                Some(("invalid_token", "The access token is bound to a key that was not proven, or to none."))
            }
            Self::Proof(wrong) => Some(("invalid_dpop_proof", wrong.sentence())),
        }
    }

    /// The sentence of the body, as the framework's ways in have it: of a token that is not good it says no more than of none.
    pub(super) const fn sentence(self, scheme: Scheme) -> &'static str {
        match (scheme, self) {
            (_, Self::Header(sentence)) => sentence,
            (Scheme::Basic, _) => "Invalid username/password.",
            (Scheme::Token, Self::Expired) => "Token has expired",
            (Scheme::Token, Self::Disabled) => "User inactive or deleted.",
            (Scheme::Token, _) => "Invalid token.",
            _ => "Authentication credentials were not provided.",
        }
    }

    /// A challenge in that scheme; where there is no token, one in each, Bearer first. What is no token of OAuth has no code.
    pub(super) fn challenges(self, scheme: Scheme) -> impl Iterator<Item = HeaderValue> {
        let challenges = match self.told() {
            _ if matches!(scheme, Scheme::Token | Scheme::Basic) => [scheme.challenge(""), None],
            None => [Scheme::Bearer.challenge(""), Scheme::Dpop.challenge("")],
            Some((error, description)) => {
                let why = format!(r#",error="{error}",error_description="{description}""#);
                [scheme.challenge(&why), None]
            }
        };
        challenges.into_iter().flatten()
    }
}
