//! The token of a request (RFC 6750 section 2.1, RFC 9449 section 7.1): the `Authorization` header and nothing else. Beside the
//! schemes of OAuth there is `Token`, for a person's own key, as Django REST Framework has it, and `Basic` and a provider's token where
//! those are allowed.

use actix_web::http::header::{self, HeaderMap};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::wire::challenge::{Rejected, Scheme};
use crate::wire::error::ApiError;

/// The longest token; ours are a few hundred bytes.
const LONGEST: usize = 4_096;
/// How long a person's own key is.
const KEY_LENGTH: usize = 40;

/// What is taken besides tokens and keys of the authorization server, which has to allow it as well.
#[derive(Clone, Copy, Debug, Default)]
pub struct Allowed {
    /// A person's name and password (RFC 7617).
    pub basic: bool,
    /// `Bearer`, the name of a provider, and its token, as `django-rest-framework-social-oauth2` has it.
    pub from_providers: bool,
}

/// Finds the token and checks its form, so that nobody is asked about rubbish. A token in the query is not
/// looked at, and one there beside the header is a fault (RFC 6750 section 2: one method per request). A provider's comes with the
/// provider's name, as that is asked about.
///
/// # Errors
/// 401 when there is none or it is malformed, 400 when there are two.
pub fn token<'a>(
    headers: &'a HeaderMap,
    query: &str,
    allowed: Allowed,
) -> Result<(Scheme, &'a str), ApiError> {
    let mut said = headers.get_all(header::AUTHORIZATION);
    let missing = ApiError::Unauthenticated(Scheme::Bearer, Rejected::Missing);
    let Some(value) = said.next() else { return Err(missing) };
    let in_query = || query.split('&').any(|part| part.split('=').next() == Some("access_token"));
    if said.next().is_some() || (!query.is_empty() && in_query()) {
        return Err(ApiError::TwoTokens(scheme(headers)));
    }
    let (scheme, token) = parts(value.as_bytes()).ok_or(missing)?;
    match scheme {
        Scheme::Token => return key(token).map(|key| (scheme, key)),
        Scheme::Basic if allowed.basic => return password(token).map(|password| (scheme, password)),
        Scheme::Basic => return Err(ApiError::Unauthenticated(Scheme::Bearer, Rejected::Missing)),
        Scheme::Bearer | Scheme::Dpop => {}
    }
    let token = token.trim_ascii();
    if scheme == Scheme::Bearer && allowed.from_providers && token.contains(&b' ') {
        return provided(token).map(|token| (scheme, token));
    }
    let token = std::str::from_utf8(token).ok().filter(|token| is_well_formed(token));
    token.map(|token| (scheme, token)).ok_or(ApiError::Unauthenticated(scheme, Rejected::Invalid))
}

/// The scheme that a request is answered in: that of its first token.
pub fn scheme(headers: &HeaderMap) -> Scheme {
    let value = headers.get(header::AUTHORIZATION);
    value.and_then(|value| parts(value.as_bytes())).map_or(Scheme::Bearer, |(scheme, _)| scheme)
}

/// What stands before the first blank, if it is a scheme that is known here, and what stands behind it.
fn parts(value: &[u8]) -> Option<(Scheme, &[u8])> {
    let at = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
    let (name, rest) = value.split_at_checked(at)?;
    let scheme = if name.eq_ignore_ascii_case(b"bearer") {
        Scheme::Bearer
    } else if name.eq_ignore_ascii_case(b"dpop") {
        Scheme::Dpop
    } else if name.eq_ignore_ascii_case(b"token") {
        Scheme::Token
    } else if name.eq_ignore_ascii_case(b"basic") {
        Scheme::Basic
    } else {
        return None;
    };
    Some((scheme, rest))
}

/// A key, in the framework's words about what is none. Nobody is asked about what cannot be one.
fn key(said: &[u8]) -> Result<&str, ApiError> {
    let refused = |why| ApiError::Unauthenticated(Scheme::Token, why);
    let said = said.trim_ascii();
    if said.is_empty() {
        return Err(refused(Rejected::Header("Invalid token header. No credentials provided.")));
    }
    if said.iter().any(u8::is_ascii_whitespace) {
        let sentence = "Invalid token header. Token string should not contain spaces.";
        return Err(refused(Rejected::Header(sentence)));
    }
    let text = std::str::from_utf8(said).ok().filter(|text| text.is_ascii());
    let sentence = "Invalid token header. Token string should not contain invalid characters.";
    let text = text.ok_or_else(|| refused(Rejected::Header(sentence)))?;
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_key = text.len() == KEY_LENGTH && text.bytes().all(is_digit);
    if is_key { Ok(text) } else { Err(refused(Rejected::Invalid)) }
}

/// A name and a password as they are encoded, which is judged before anybody is asked.
fn password(said: &[u8]) -> Result<&str, ApiError> {
    let refused = |sentence| Err(ApiError::Unauthenticated(Scheme::Basic, Rejected::Header(sentence)));
    let said = said.trim_ascii();
    if said.is_empty() {
        return refused("Invalid basic header. No credentials provided.");
    }
    if said.iter().any(u8::is_ascii_whitespace) {
        return refused("Invalid basic header. Credentials string should not contain spaces.");
    }
    let decoded = BASE64_STANDARD.decode(said).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let is_pair = decoded.is_some_and(|text| text.contains(':'));
    match std::str::from_utf8(said) {
        Ok(text) if is_pair && text.len() <= LONGEST => Ok(text),
        _ => refused("Invalid basic header. Credentials not correctly base64 encoded."),
    }
}

/// A provider's name and its token. What other servers' tokens look like is theirs to say; nothing in them is blank.
fn provided(said: &[u8]) -> Result<&str, ApiError> {
    let refused = |why| ApiError::Unauthenticated(Scheme::Bearer, why);
    if said.iter().filter(|byte| byte.is_ascii_whitespace()).count() > 1 {
        let sentence = "Invalid token header. Token string should not contain spaces.";
        return Err(refused(Rejected::Header(sentence)));
    }
    // What providers are called: or a name and a password could come this way.
    let is_name = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(byte);
    let mut parts = said.splitn(2, |byte| *byte == b' ');
    let is_named = parts.next().is_some_and(|name| name.iter().all(is_name));
    let is_token = parts.next().is_some_and(|token| token.iter().all(u8::is_ascii_graphic));
    let is_meant = said.len() <= LONGEST && is_named && is_token;
    let text = std::str::from_utf8(said).ok().filter(|_| is_meant);
    text.ok_or_else(|| refused(Rejected::Invalid))
}

/// `b64token` of RFC 6750 section 2.1.
fn is_well_formed(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    !body.is_empty()
        && token.len() <= LONGEST
        && body.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/')
        })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn found(values: &[&[u8]], query: &str) -> Result<String, String> {
        found_with(values, query, Allowed::default())
    }

    fn found_with(values: &[&[u8]], query: &str, allowed: Allowed) -> Result<String, String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        }
        let found = token(&headers, query, allowed).map(|(scheme, token)| match scheme {
            Scheme::Bearer => token.to_owned(),
            Scheme::Dpop => format!("{token} and its key"),
            Scheme::Token => format!("key {token}"),
            Scheme::Basic => format!("password {token}"),
        });
        found.map_err(|error| format!("{error:?}"))
    }

    /// R155, R156.
    #[test]
    fn only_a_well_formed_bearer_header_is_a_token() {
        let missing = Err("Unauthenticated(Bearer, Missing)".to_owned());
        let invalid = Err("Unauthenticated(Bearer, Invalid)".to_owned());
        let two = Err("TwoTokens(Bearer)".to_owned());
        let two_basic = Err("TwoTokens(Basic)".to_owned());
        let long = [b"Bearer ".as_slice(), &[b'a'; 4_097]].concat();
        for (values, query, expected) in [
            (vec![], "", missing.clone()),
            (vec![], "access_token=abc", missing.clone()),
            (vec![b"Basic YWJj".as_slice()], "", missing.clone()),
            (vec![b""], "", missing.clone()),
            (vec![b"Bearer abc"], "", Ok("abc".to_owned())),
            (vec![b"bEARER aZ09-._~+/=="], "page=2", Ok("aZ09-._~+/==".to_owned())),
            (vec![b"DPoP abc"], "", Ok("abc and its key".to_owned())),
            (vec![b"dpop abc"], "", Ok("abc and its key".to_owned())),
            (vec![b"DPoP"], "", Err("Unauthenticated(Dpop, Invalid)".to_owned())),
            (vec![b"DPoP abc", b"Bearer abc"], "", Err("TwoTokens(Dpop)".to_owned())),
            (vec![b"Basic YWJj", b"Basic YWJj"], "", two_basic),
            (vec![b"DPoPabc"], "", missing.clone()),
            (vec![b"Bearer"], "", invalid.clone()),
            (vec![b"Bearer "], "", invalid.clone()),
            (vec![b"Bearer =="], "", invalid.clone()),
            (vec![b"Bearer a b"], "", invalid.clone()),
            (vec![b"Bearer a=b"], "", invalid.clone()),
            (vec![b"Bearer a,b"], "", invalid.clone()),
            (vec![b"Bearer \xff"], "", invalid.clone()),
            (vec![&long], "", invalid),
            (vec![b"Bearer abc", b"Bearer abc"], "", two.clone()),
            (vec![b"Bearer abc"], "x=1&access_token=abc", two.clone()),
            (vec![b"Bearer abc"], "access_token", two),
            (vec![b"Bearer abc"], "not_access_token=1", Ok("abc".to_owned())),
        ] {
            assert_eq!(found(&values, query), expected, "{values:?} ?{query}");
        }
    }

    /// R155: in the framework's words.
    #[test]
    fn a_key_is_forty_digits_behind_its_word() {
        let digits = "0123456789abcdef0123456789abcdef01234567";
        let [plain, upper] = [format!("Token {digits}"), format!("tOKEN  {digits} ")].map(String::into_bytes);
        let said = |why: &str| Err(format!("Unauthenticated(Token, {why})"));
        let header = |rest: &str| said(&format!("Header(\"Invalid token header. {rest}\")"));
        for (value, expected) in [
            (plain.as_slice(), Ok(format!("key {digits}"))),
            (&upper, Ok(format!("key {digits}"))),
            (b"Token", header("No credentials provided.")),
            (b"Token ", header("No credentials provided.")),
            (b"Token a b", header("Token string should not contain spaces.")),
            (b"Token \xff", header("Token string should not contain invalid characters.")),
            (b"Token abc", said("Invalid")),
            (format!("Token {}", digits.to_uppercase()).as_bytes(), said("Invalid")),
            (b"Tokens abc", Err("Unauthenticated(Bearer, Missing)".to_owned())),
        ] {
            assert_eq!(found(&[value], ""), expected, "{value:?}");
        }
    }

    #[test]
    fn a_password_counts_where_it_is_allowed() {
        let said =
            |rest: &str| Err(format!("Unauthenticated(Basic, Header(\"Invalid basic header. {rest}\"))"));
        for (value, expected) in [
            (b"Basic YTpi".as_slice(), Ok("password YTpi".to_owned())),
            (b"bASIC YTpi", Ok("password YTpi".to_owned())),
            (b"Basic", said("No credentials provided.")),
            (b"Basic YTpi YTpi", said("Credentials string should not contain spaces.")),
            (b"Basic YWJj", said("Credentials not correctly base64 encoded.")),
            (b"Basic !", said("Credentials not correctly base64 encoded.")),
        ] {
            let allowed = Allowed { basic: true, ..Allowed::default() };
            assert_eq!(found_with(&[value], "", allowed), expected, "{value:?}");
            assert_eq!(found(&[value], ""), Err("Unauthenticated(Bearer, Missing)".to_owned()));
        }
    }

    #[test]
    fn a_providers_token_counts_where_it_is_allowed() {
        let said = |rest: &str| Err(format!("Unauthenticated(Bearer, {rest})"));
        let spaces = said("Header(\"Invalid token header. Token string should not contain spaces.\")");
        let long = [b"Bearer site ".as_slice(), &[b'a'; 4_096]].concat();
        for (value, expected) in [
            (b"Bearer site abc|def%".as_slice(), Ok("site abc|def%".to_owned())),
            (b"bEARER  site abc ", Ok("site abc".to_owned())),
            (b"Bearer site a b", spaces.clone()),
            (b"Bearer site  a", spaces),
            (b"Bearer site \xffa", said("Invalid")),
            (b"Bearer Basic YTpi", said("Invalid")),
            (&long, said("Invalid")),
        ] {
            let allowed = Allowed { from_providers: true, ..Allowed::default() };
            assert_eq!(found_with(&[value], "", allowed), expected, "{value:?}");
            assert_eq!(found(&[value], ""), said("Invalid"));
            assert_eq!(found_with(&[b"Bearer abc"], "", allowed), Ok("abc".to_owned()));
        }
    }
}
