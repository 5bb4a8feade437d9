//! The token of a request (RFC 6750 section 2.1, RFC 9449 section 7.1): the `Authorization` header and nothing else.

use actix_web::http::header::{self, HeaderMap};

use crate::wire::challenge::{Rejected, Scheme};
use crate::wire::error::ApiError;

/// The longest token; ours are a few hundred bytes.
const LONGEST: usize = 4_096;

/// Finds the token and checks its form, so that nobody is asked about rubbish. A token in the query is not
/// looked at, and one there beside the header is a fault (RFC 6750 section 2: one method per request).
///
/// # Errors
/// 401 when there is none or it is malformed, 400 when there are two.
pub fn token<'a>(headers: &'a HeaderMap, query: &str) -> Result<(Scheme, &'a str), ApiError> {
    let mut said = headers.get_all(header::AUTHORIZATION);
    let missing = ApiError::Unauthenticated(Scheme::Bearer, Rejected::Missing);
    let Some(value) = said.next() else { return Err(missing) };
    let in_query = || query.split('&').any(|part| part.split('=').next() == Some("access_token"));
    if said.next().is_some() || (!query.is_empty() && in_query()) {
        return Err(ApiError::TwoTokens(scheme(headers)));
    }
    let (scheme, token) = parts(value.as_bytes()).ok_or(missing)?;
    let token = std::str::from_utf8(token.trim_ascii()).ok().filter(|token| is_well_formed(token));
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
    } else {
        return None;
    };
    Some((scheme, rest))
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
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        }
        let found = token(&headers, query).map(|(scheme, token)| match scheme {
            Scheme::Bearer => token.to_owned(),
            Scheme::Dpop => format!("{token} and its key"),
        });
        found.map_err(|error| format!("{error:?}"))
    }

    /// R155, R156.
    #[test]
    fn only_a_well_formed_bearer_header_is_a_token() {
        let missing = Err("Unauthenticated(Bearer, Missing)".to_owned());
        let invalid = Err("Unauthenticated(Bearer, Invalid)".to_owned());
        let two = Err("TwoTokens(Bearer)".to_owned());
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
            (vec![b"Basic YWJj", b"Basic YWJj"], "", two.clone()),
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
}
