//! The scopes that are there without being configured: those of OpenID Connect Core sections 5.4 and 11, and `groups`.
//! They are about a person, and are given only to whoever names them.

/// Their names, with what people are told they mean.
pub const STANDARD: [(&str, &str); 7] = [
    ("openid", "Know that it is you, by a number of yours"),
    ("profile", "See your name and the rest of your profile"),
    ("email", "See your email address"),
    ("address", "See your postal address"),
    ("phone", "See your phone number"),
    ("groups", "See which groups you are in"),
    ("offline_access", "Keep its access while you are away"),
];

/// Whether a scope means nothing without a person.
pub fn is_about_a_person(scope: &str) -> bool {
    STANDARD.iter().any(|(name, _)| *name == scope)
}

/// Lets a client ask about tokens by an access token of its own, as by its secret. For whom an administrator has named it,
/// never for a person.
pub const INTROSPECTION: &str = "introspection";
