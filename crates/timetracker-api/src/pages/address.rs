//! Addresses of ours that a page carries on, in a link or through a sign-in: what may stand there, and what never does. Pure.

use percent_encoding::percent_decode_str;

use super::HOME;

/// Path and query of a page of ours, below the public address, and never a token; `None` for what is none.
pub fn of_ours(said: &str) -> Option<String> {
    let (path, query) = said.split_once('?').unwrap_or((said, ""));
    let is_ours = path == "/api" || path.starts_with("/api/") || path.starts_with(HOME);
    let is_plain = said.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#'));
    if !is_ours || !is_plain || !is_straight(path) {
        return None;
    }
    Some(joined(path, &without_token(query)))
}

/// Where the forms of a page lead, and where one comes back to: the page itself, as far as that may stand in a link.
pub fn here(path: &str, query: &str) -> String {
    let whole = of_ours(&joined(path, query));
    whole.or_else(|| of_ours(path)).unwrap_or_else(|| "/api/".to_owned())
}

fn joined(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// Whether a path leads where it seems to, also when a browser or a gateway has tidied it up: no dots, nothing empty but its end.
fn is_straight(path: &str) -> bool {
    let meant: Vec<u8> = percent_decode_str(path.trim_end_matches('/')).collect();
    let is_fine = |segment: &[u8]| {
        !matches!(segment, b"" | b"." | b"..")
            && !segment.iter().any(|byte| *byte == b'\\' || byte.is_ascii_control())
    };
    !path.ends_with("//") && meant.split(|byte| *byte == b'/').skip(1).all(is_fine)
}

/// A query without a token, however its name is written.
fn without_token(query: &str) -> String {
    let is_token = |part: &&str| {
        let name = part.split('=').next().unwrap_or_default();
        percent_decode_str(name).eq(b"access_token".iter().copied())
    };
    query.split('&').filter(|part| !is_token(part)).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R103: nothing that a browser would take for another place.
    #[test]
    fn only_what_leads_where_it_seems_to_is_an_address_of_ours() {
        for ours in [
            "/api/",
            "/api",
            "/api/tracks/1/",
            "/api/tracks/%31/",
            "/api/tracks/?search=a%20b&next=//evil.example/..",
            "/time/",
            "/api/tracks/1..2",
        ] {
            assert_eq!(of_ours(ours).as_deref(), Some(ours));
        }
        for other in [
            "",
            "/",
            "//evil.example/api/",
            "https://evil.example/api/",
            "/apix",
            "/\\evil.example",
            "/api/\\x",
            "/api/%5cx",
            "api/",
            "/api/ x",
            "/api/\r\nset-cookie: a=b",
            "/api/%0d%0ax",
            "/api/#x",
            "/o/logout/",
            "javascript:alert(1)",
            "/time",
            "/api/../o/logout/",
            "/api/..",
            "/api/%2e%2e/o/logout/",
            "/api/.%2E/o/logout/",
            "/api/./tracks/",
            "/api//evil.example/",
            "/api/%2fevil.example/",
            "/api//",
            "/time//",
        ] {
            assert_eq!(of_ours(other), None, "{other}");
        }
    }

    /// R170
    #[test]
    fn no_address_carries_a_token() {
        for (path, query, expected) in [
            ("/api/tracks/", "page=2&access_token=t", "/api/tracks/?page=2"),
            ("/api/tracks/", "access%5Ftoken=t&%61ccess_token=u&a=b", "/api/tracks/?a=b"),
            ("/api/tracks/", "access_token", "/api/tracks/"),
            ("/api/tracks/", "not_access_token=1", "/api/tracks/?not_access_token=1"),
            ("/api/tracks/", "", "/api/tracks/"),
            ("/api/tracks/", "search=\"é\"", "/api/tracks/"),
            ("/api/../x/", "a=b", "/api/"),
        ] {
            assert_eq!(here(path, query), expected, "{path}?{query}");
        }
    }
}
