//! Headers of answers.

use serde_json::{Value, json};

/// A header of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// The tag of what is in it.
    ETag,
    /// The same, where some forms of an answer have none.
    SomeETag,
    /// Where what was made is.
    Location,
    /// Where other pages are, or what describes it.
    Link,
    /// That the answer was given before.
    Replayed,
    /// That it was done as the client would like.
    Applied,
    /// By what name it is found in the log.
    RequestId,
    /// What is left of the quota.
    RateLimit,
    /// What the quota is.
    RateLimitPolicy,
    /// When to send it again.
    RetryAfter,
    /// How to come in.
    Challenge,
}

/// Those of every answer for which a token is asked.
pub const OF_ALL: [Header; 3] = [Header::RequestId, Header::RateLimit, Header::RateLimitPolicy];

impl Header {
    /// All that are referred to.
    pub const ALL: [Self; 10] = [
        Self::ETag,
        Self::Location,
        Self::Link,
        Self::Replayed,
        Self::Applied,
        Self::RequestId,
        Self::RateLimit,
        Self::RateLimitPolicy,
        Self::RetryAfter,
        Self::Challenge,
    ];

    /// Its name, on the wire and in the document.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ETag | Self::SomeETag => "ETag",
            Self::Location => "Location",
            Self::Link => "Link",
            Self::Replayed => "Idempotency-Replayed",
            Self::Applied => "Preference-Applied",
            Self::RequestId => "X-Request-ID",
            Self::RateLimit => "RateLimit",
            Self::RateLimitPolicy => "RateLimit-Policy",
            Self::RetryAfter => "Retry-After",
            Self::Challenge => "WWW-Authenticate",
        }
    }

    const fn help(self) -> &'static str {
        match self {
            Self::ETag | Self::SomeETag => "The tag of what is in it, for `If-None-Match` and `If-Match`.",
            Self::Location => "Where it is.",
            Self::Link => {
                "Of a list the `first`, `prev`, `next` and `last` page, as far as they are known; of the root what describes it (RFC 8288)."
            }
            Self::Replayed => "`true` where an `Idempotency-Key` got its first answer again.",
            Self::Applied => "What of `Prefer` was done (RFC 7240).",
            Self::RequestId => "By which name the request is found in the log.",
            Self::RateLimit => {
                "What is left of the quota (`r`), and in how many seconds there is one more (`t`)."
            }
            Self::RateLimitPolicy => "The quota (`q`) of a window of so many seconds (`w`).",
            Self::RetryAfter => "In how many seconds to send it again.",
            Self::Challenge => {
                "How to come in, and where the metadata of this API is (RFC 6750, 9449, 9728)."
            }
        }
    }

    const fn sample(self) -> &'static str {
        match self {
            Self::ETag | Self::SomeETag => r#""1""#,
            Self::Location => "https://time.example.com/api/tracks/1/",
            Self::Link => r#"<https://time.example.com/api/tracks/>; rel="first""#,
            Self::Replayed => "true",
            Self::Applied => "handling=strict",
            Self::RequestId => "9f86d081884c7d65",
            Self::RateLimit => r#""default";r=5990;t=1"#,
            Self::RateLimitPolicy => r#""default";q=6000;w=3600"#,
            Self::RetryAfter => "1",
            Self::Challenge => r#"Bearer realm="api""#,
        }
    }

    /// Whether it is always there where it is documented. A quota may be switched off; a link may be too long.
    const fn is_always(self) -> bool {
        matches!(self, Self::ETag | Self::Location | Self::RequestId | Self::RetryAfter | Self::Challenge)
    }

    /// As it is referred to.
    pub fn reference(self) -> (String, Value) {
        let said = match self {
            Self::SomeETag => self.said(),
            _ => json!({"$ref": format!("#/components/headers/{}", self.name())}),
        };
        (self.name().to_owned(), said)
    }

    /// As it stands in the document.
    pub fn said(self) -> Value {
        json!({
            "description": self.help(),
            "required": self.is_always(),
            "schema": {"type": "string"},
            "example": self.sample(),
        })
    }
}
