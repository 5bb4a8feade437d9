//! Redirect URIs: compared byte for byte with what is registered (RFC 9700 section 2.1). The one exception is
//! the port of a loopback address (RFC 8252 section 7.3), which an application gets from its operating system.

use std::fmt;

use url::Url;

/// The longest URI that is registered: a code carries it.
const MAX_LEN: usize = 1024;

const LOOPBACKS: [&str; 2] = ["http://127.0.0.1", "http://[::1]"];

/// Whether `presented` is the registered URI.
pub fn matches(registered: &str, presented: &str) -> bool {
    registered == presented || matches_loopback(registered, presented).is_some_and(|matches| matches)
}

fn matches_loopback(registered: &str, presented: &str) -> Option<bool> {
    let host = LOOPBACKS.into_iter().find(|host| registered.starts_with(host))?;
    let registered = without_port(registered.strip_prefix(host)?)?;
    let presented = without_port(presented.strip_prefix(host)?)?;
    Some(registered == presented)
}

/// What follows an optional port: the path, or nothing. `None` when something else follows the host.
fn without_port(rest: &str) -> Option<&str> {
    let rest = match rest.strip_prefix(':') {
        Some(port) => {
            let digits = port.bytes().take_while(u8::is_ascii_digit).count();
            let (number, rest) = port.split_at_checked(digits)?;
            number.parse::<u16>().ok().filter(|_| !number.starts_with('0'))?;
            rest
        }
        None => rest,
    };
    (rest.is_empty() || rest.starts_with('/') || rest.starts_with('?')).then_some(rest)
}

/// Why a URI may not be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsafe {
    /// Not an absolute URI, one with white space or control characters, or an endless one.
    NotAbsolute,
    /// It has a fragment, and answers would be attached to it.
    Fragment,
    /// It has a user name or a password.
    UserInfo,
    /// It has a `*`: nothing is ever matched by pattern.
    Wildcard,
    /// Neither https, nor http to a loopback address, nor a private-use scheme with a dot.
    Scheme,
    /// Its host is not written as a browser reads it, or has characters that no name has.
    Host,
}

impl fmt::Display for Unsafe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAbsolute => "a redirect URI is absolute, has no white space and at most 1024 characters",
            Self::Fragment => "a redirect URI has no fragment",
            Self::UserInfo => "a redirect URI has no user name or password",
            Self::Wildcard => "a redirect URI has no wildcard",
            Self::Scheme => {
                "a redirect URI is https, http to 127.0.0.1, [::1] or localhost, or of a private scheme with a dot"
            }
            Self::Host => {
                "the host of a redirect URI is a name of letters, digits, hyphens and dots, or an address written in full"
            }
        })
    }
}

impl std::error::Error for Unsafe {}

/// Judges a URI that somebody wants to register.
///
/// # Errors
/// Why it may not be.
pub fn check(uri: &str) -> Result<(), Unsafe> {
    if uri.len() > MAX_LEN
        || !uri.bytes().all(|byte| byte.is_ascii_graphic())
        || uri.contains(['"', '<', '>', '\\', '^', '`', '{', '|', '}'])
    {
        return Err(Unsafe::NotAbsolute);
    }
    let url = Url::parse(uri).map_err(|_| Unsafe::NotAbsolute)?;
    if uri.contains('#') {
        return Err(Unsafe::Fragment);
    }
    if uri.contains('*') {
        return Err(Unsafe::Wildcard);
    }
    if !url.username().is_empty() || url.password().is_some() || authority(uri).contains('@') {
        return Err(Unsafe::UserInfo);
    }
    match url.scheme() {
        "https" if uri.starts_with("https://") => plain_host(uri, &url),
        "http" if uri.starts_with("http://") && is_loopback(&url) => plain_host(uri, &url),
        scheme if scheme.contains('.') && uri.starts_with(scheme) => Ok(()),
        _ => Err(Unsafe::Scheme),
    }
}

/// Judges another address of a client's: a page of its, or where it is told something. As for a redirect URI, but only
/// https, or http to a loopback address.
///
/// # Errors
/// Why it may not be.
pub fn check_page(uri: &str) -> Result<(), Unsafe> {
    check(uri)?;
    let is_web = uri.starts_with("https://") || uri.starts_with("http://");
    if is_web { Ok(()) } else { Err(Unsafe::Scheme) }
}

fn authority(uri: &str) -> &str {
    uri.split_once("://").map_or("", |(_, rest)| rest).split(['/', '?']).next().unwrap_or("")
}

/// Browsers repair what they read: `https:///x` leads to x, `127.1` to 127.0.0.1, and `;` stays in a name. Others read
/// it otherwise, and a policy for the host would end at the semicolon.
fn plain_host(uri: &str, url: &Url) -> Result<(), Unsafe> {
    let host = url.host_str().unwrap_or_default();
    let (written, port) = authority(uri).split_at_checked(host.len()).ok_or(Unsafe::Host)?;
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._[:]".contains(&byte);
    let is_alike = !host.is_empty() && written.eq_ignore_ascii_case(host) && host.bytes().all(is_plain);
    let ends_there = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
    if is_alike && ends_there { Ok(()) } else { Err(Unsafe::Host) }
}

fn is_loopback(url: &Url) -> bool {
    matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"))
}

/// Where a person would be sent, in words: host and unusual port, or the private scheme.
pub fn destination(uri: &str) -> String {
    match Url::parse(uri) {
        Ok(url) if url.has_host() && matches!(url.scheme(), "http" | "https") => {
            let host = url.host_str().unwrap_or_default();
            url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
        }
        Ok(url) => format!("the application that opens {}: addresses", url.scheme()),
        Err(_) => String::new(),
    }
}

/// The CSP source that lets a form's redirect reach the URI.
pub fn csp_source(uri: &str) -> String {
    match Url::parse(uri) {
        // A host source has no IPv6 literals, so [::1] is allowed by its scheme.
        Ok(url)
            if matches!(url.scheme(), "http" | "https")
                && !matches!(url.host(), Some(url::Host::Ipv6(_))) =>
        {
            url.origin().ascii_serialization()
        }
        Ok(url) => format!("{}:", url.scheme()),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    /// R1
    #[test]
    fn everything_but_the_registered_bytes_is_refused() {
        let registered = "https://c.example/cb";
        assert!(matches(registered, registered));
        for other in [
            "https://c.example/CB",
            "https://c.example/cb/",
            "https://c.example/cb?x=1",
            "https://c.example/cb;p=1",
            "https://c.example/cb#f",
            "https://c.example/cb#",
            "https://u@c.example/cb",
            "https://u@v@c.example/cb",
            "https://c.example:443/cb",
            "https://C.EXAMPLE/cb",
            "http://c.example/cb",
            "https://c.example/%63b",
            "https://c.example/x/../cb",
            "https://c.example/cb/..;/e",
            "https://c.example/cb%2f..%2fe",
            "https://c.example/cb%252f..%252fe",
            "https://c.example/cb%0d%0aX",
            "https://c.example.evil.com/cb",
            "https://c.example./cb",
            "https://xn--c-example/cb",
            "https://\u{212A}.example/cb",
            "",
            " https://c.example/cb",
        ] {
            assert!(!matches(registered, other), "{other}");
        }
    }

    /// R4
    #[test]
    fn a_loopback_address_may_have_any_port_and_nothing_else() {
        for registered in ["http://127.0.0.1/cb", "http://127.0.0.1:8080/cb"] {
            for right in ["http://127.0.0.1:51234/cb", "http://127.0.0.1/cb", "http://127.0.0.1:1/cb"] {
                assert!(matches(registered, right), "{right}");
            }
            for wrong in [
                "http://127.0.0.1:51234/cb?x=1",
                "http://127.0.0.1:51234/other",
                "http://127.0.0.1.evil.com/cb",
                "http://127.0.0.1:80@evil.com/cb",
                "http://127.1:51234/cb",
                "http://localhost:51234/cb",
                "http://[::1]:51234/cb",
                "https://127.0.0.1/cb",
                "http://127.0.0.1:/cb",
                "http://127.0.0.1:99999/cb",
                "http://127.0.0.1:080/cb",
                "http://127.0.0.1:51234",
                "http://u@127.0.0.1/cb",
            ] {
                assert!(!matches(registered, wrong), "{wrong}");
            }
        }
        assert!(matches("http://[::1]/cb", "http://[::1]:9/cb"));
        assert!(!matches("http://localhost:3000/cb", "http://localhost:3001/cb"));
    }

    /// R3, section 2 no. 10 of the dossier (CVE-2026-9086, CVE-2024-21637)
    #[test]
    fn only_safe_uris_can_be_registered() {
        for right in [
            "https://c.example/cb",
            "https://c.example/cb?a=1",
            "http://127.0.0.1/cb",
            "http://[::1]:9/cb",
            "http://localhost:3000/cb",
            "com.example.app:/cb",
        ] {
            assert_eq!(check(right), Ok(()), "{right}");
        }
        for (wrong, why) in [
            ("", Unsafe::NotAbsolute),
            ("/cb", Unsafe::NotAbsolute),
            ("c.example/cb", Unsafe::NotAbsolute),
            ("https://c.example/cb\n", Unsafe::NotAbsolute),
            ("https://c.example/c b", Unsafe::NotAbsolute),
            ("https://c.example/\u{202e}cb", Unsafe::NotAbsolute),
            ("https://c.example\\@evil/", Unsafe::NotAbsolute),
            ("https://", Unsafe::NotAbsolute),
            ("https://c.example/cb#", Unsafe::Fragment),
            ("https://c.example/cb#f", Unsafe::Fragment),
            ("https://u@c.example/cb", Unsafe::UserInfo),
            ("https://u:p@c.example/cb", Unsafe::UserInfo),
            ("https://@c.example/cb", Unsafe::UserInfo),
            ("https://*.example/cb", Unsafe::Wildcard),
            ("https://c.example/*", Unsafe::Wildcard),
            ("https:///c.example/cb", Unsafe::Host),
            ("https://%63.example/cb", Unsafe::Host),
            ("https://c.example:/cb", Unsafe::Host),
            ("https://c.example;sandbox/cb", Unsafe::Host),
            ("https://c.example,x/cb", Unsafe::Host),
            ("https://0x7f.1/cb", Unsafe::Host),
            ("http://127.1/cb", Unsafe::Host),
            ("http://c.example/cb", Unsafe::Scheme),
            ("http://127.0.0.1.evil.com/cb", Unsafe::Scheme),
            ("HTTPS:c.example/cb", Unsafe::Scheme),
            ("javascript:alert(1)", Unsafe::Scheme),
            ("JavaScript:alert(1)", Unsafe::Scheme),
            ("data:text/html,x", Unsafe::Scheme),
            ("vbscript:x", Unsafe::Scheme),
            ("file:///etc/passwd", Unsafe::Scheme),
            ("blob:https://c.example/x", Unsafe::Scheme),
            ("about:blank", Unsafe::Scheme),
            ("myapp:/cb", Unsafe::Scheme),
        ] {
            assert_eq!(check(wrong), Err(why), "{wrong}");
        }
    }
}
