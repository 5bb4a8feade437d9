//! Whether a page of ours sent a request that comes with the cookie of a session: the rules and the sentences of Django's
//! `CsrfViewMiddleware`, which scripts written for it know. Pure.
//!
//! The cookie `csrftoken` holds a random text that scripts of this site may read; what changes something repeats it in a
//! header or a form. It is no secret that matters alone: a page elsewhere could neither read nor send the cookie, and one that
//! planted its own is known by the origin that its browser names.

use std::fmt;

use crate::random;

/// The cookie.
pub const COOKIE: &str = "csrftoken";
/// The field of a form that repeats it.
pub const FIELD: &str = "csrfmiddlewaretoken";
/// The header that does.
pub const HEADER: &str = "x-csrftoken";
/// How long a browser keeps it, in seconds: a year, as Django's.
pub const KEPT: i64 = 31_449_600;

/// The letters of a token.
const ALPHABET: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const LENGTH: usize = 32;

/// A new token. `None` when the operating system has no randomness to give.
pub fn token() -> Option<String> {
    let bytes = random::secret::<LENGTH>()?;
    // 62 is no divisor of 256; that some letters are a little likelier costs less than two of 190 bits.
    let letter = |byte: &u8| ALPHABET.get(usize::from(*byte) % ALPHABET.len()).copied().map(char::from);
    Some(bytes.iter().filter_map(letter).collect())
}

/// Whether a text can be a token of the cookie.
pub fn is_token(text: &str) -> bool {
    text.len() == LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// What of a request says where it comes from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sent<'a> {
    /// `Origin`.
    pub origin: Option<&'a str>,
    /// `Referer`.
    pub referer: Option<&'a str>,
    /// `Sec-Fetch-Site`.
    pub site: Option<&'a str>,
    /// The cookie.
    pub cookie: Option<&'a str>,
    /// The header that repeats it.
    pub header: Option<&'a str>,
    /// The field that repeats it.
    pub field: Option<&'a str>,
}

/// Where a token stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the header.
    Header,
    /// In the form.
    Form,
}

/// Why a request is refused. What it says is what Django says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It comes from elsewhere.
    Origin(String),
    /// Over TLS without a word about where it comes from.
    NoReferer,
    /// It comes from a page elsewhere.
    Referer(String),
    /// There is no cookie.
    NoCookie,
    /// Nothing repeats it.
    Missing,
    /// What does is too long or too short.
    Length(Place),
    /// It has letters that no token has.
    Letters(Place),
    /// It is another one.
    Incorrect(Place),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "the 'X-Csrftoken' HTTP header",
            Self::Form => "POST",
        })
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Origin(origin) => {
                write!(f, "Origin checking failed - {origin} does not match any trusted origins.")
            }
            Self::NoReferer => f.write_str("Referer checking failed - no Referer."),
            Self::Referer(page) => {
                write!(f, "Referer checking failed - {page} does not match any trusted origins.")
            }
            Self::NoCookie => f.write_str("CSRF cookie not set."),
            Self::Missing => f.write_str("CSRF token missing."),
            Self::Length(place) => write!(f, "CSRF token from {place} has incorrect length."),
            Self::Letters(place) => write!(f, "CSRF token from {place} has invalid characters."),
            Self::Incorrect(place) => write!(f, "CSRF token from {place} incorrect."),
        }
    }
}

/// Judges what would change something. `own` is the origin of the pages, as browsers write it.
///
/// # Errors
/// See [`Refused`].
pub fn judge(sent: &Sent<'_>, own: &str) -> Result<(), Refused> {
    comes_from(sent, own)?;
    let cookie = sent.cookie.filter(|cookie| is_token(cookie)).ok_or(Refused::NoCookie)?;
    let in_form = sent.field.filter(|field| !field.is_empty()).map(|field| (field, Place::Form));
    let (said, place) =
        in_form.or(sent.header.map(|header| (header, Place::Header))).ok_or(Refused::Missing)?;
    if said.len() != LENGTH && said.len() != 2 * LENGTH {
        return Err(Refused::Length(place));
    }
    if !said.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Refused::Letters(place));
    }
    let said = if said.len() == LENGTH { said.to_owned() } else { unmasked(said) };
    let differs = said.bytes().zip(cookie.bytes()).fold(0, |differs, (said, kept)| differs | (said ^ kept));
    if said.len() == cookie.len() && differs == 0 { Ok(()) } else { Err(Refused::Incorrect(place)) }
}

/// Whether the browser says that a page of this very site sent it; what says nothing of that may be no browser.
///
/// # Errors
/// When it says otherwise, and over TLS when it says nothing.
fn comes_from(sent: &Sent<'_>, own: &str) -> Result<(), Refused> {
    // Our pages name no origin (`Referrer-Policy`), but their browsers say that it is this one.
    if sent.site == Some("same-origin") {
        return Ok(());
    }
    if let Some(origin) = sent.origin {
        let is_own = origin == own && sent.site.is_none();
        return if is_own { Ok(()) } else { Err(Refused::Origin(origin.to_owned())) };
    }
    if let Some(site) = sent.site {
        return Err(Refused::Origin(site.to_owned()));
    }
    if !own.starts_with("https:") {
        return Ok(());
    }
    let page = sent.referer.ok_or(Refused::NoReferer)?;
    let is_own = page.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if is_own { Ok(()) } else { Err(Refused::Referer(page.to_owned())) }
}

/// The text that was masked with one as long, which stands before it.
fn unmasked(text: &str) -> String {
    let place = |byte: u8| ALPHABET.iter().position(|letter| *letter == byte).unwrap_or_default();
    let (mask, masked) = text.split_at_checked(LENGTH).unwrap_or_default();
    let letter = |(mask, masked): (u8, u8)| {
        let at = (place(masked) + ALPHABET.len() - place(mask)) % ALPHABET.len();
        ALPHABET.get(at).copied().map(char::from)
    };
    mask.bytes().zip(masked.bytes()).filter_map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://time.example";
    const KEPT: &str = "abcdefghijklmnopqrstuvwxyzABCDEF";

    /// R129, R130
    #[test]
    fn only_who_can_read_the_cookie_and_is_this_site_may_change_something() {
        let good = Sent { origin: Some(OWN), cookie: Some(KEPT), header: Some(KEPT), ..Sent::default() };
        let other = "b".repeat(32);
        let masked = format!("{}{KEPT}", "a".repeat(32));
        let mask = format!("{}{}", "b".repeat(32), "bcdefghijklmnopqrstuvwxyzABCDEFG");
        for (sent, expected) in [
            (good, ""),
            (Sent { header: None, field: Some(KEPT), ..good }, ""),
            (Sent { header: Some(&masked), ..good }, ""),
            (Sent { header: Some(&mask), ..good }, ""),
            (Sent { origin: None, site: Some("same-origin"), ..good }, ""),
            (Sent { origin: Some("null"), site: Some("same-origin"), ..good }, ""),
            (Sent { origin: None, referer: Some("https://time.example/api/"), ..good }, ""),
            (Sent { origin: None, ..good }, "Referer checking failed - no Referer."),
            (
                Sent { origin: None, referer: Some("https://time.example.evil/"), ..good },
                "Referer checking failed - https://time.example.evil/ does not match any trusted origins.",
            ),
            (
                Sent { origin: Some("https://evil.example"), ..good },
                "Origin checking failed - https://evil.example does not match any trusted origins.",
            ),
            (
                Sent { site: Some("same-site"), ..good },
                "Origin checking failed - https://time.example does not match any trusted origins.",
            ),
            (
                Sent { origin: None, site: Some("none"), ..good },
                "Origin checking failed - none does not match any trusted origins.",
            ),
            (Sent { cookie: None, ..good }, "CSRF cookie not set."),
            (Sent { cookie: Some("short"), ..good }, "CSRF cookie not set."),
            (Sent { header: None, ..good }, "CSRF token missing."),
            (Sent { header: None, field: Some(""), ..good }, "CSRF token missing."),
            (
                Sent { header: Some("short"), ..good },
                "CSRF token from the 'X-Csrftoken' HTTP header has incorrect length.",
            ),
            (Sent { field: Some("short"), ..good }, "CSRF token from POST has incorrect length."),
            (
                Sent { header: Some("abcdefghijklmnopqrstuvwxyzABCDE!"), ..good },
                "CSRF token from the 'X-Csrftoken' HTTP header has invalid characters.",
            ),
            (
                Sent { header: Some(&other), ..good },
                "CSRF token from the 'X-Csrftoken' HTTP header incorrect.",
            ),
            (Sent { field: Some(&other), ..good }, "CSRF token from POST incorrect."),
        ] {
            let said = judge(&sent, OWN).err().map(|refused| refused.to_string()).unwrap_or_default();
            assert_eq!(said, expected, "{sent:?}");
        }
        let plain = Sent { cookie: Some(KEPT), header: Some(KEPT), ..Sent::default() };
        assert_eq!(judge(&plain, "http://localhost:8000"), Ok(()));
    }

    #[test]
    fn a_token_has_letters_and_digits_and_is_never_the_same() {
        let (one, other) = (token().unwrap(), token().unwrap());
        assert!(is_token(&one) && one != other, "{one}");
    }
}
