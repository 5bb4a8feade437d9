//! What a client's metadata about tokens, keys and origins must be, by itself and to the rest of its registration.

use std::time::Duration;

use url::Url;

use crate::client_metadata::{AccessTokenFormat, AuthMethod, ClientMetadata, Invalid, SubjectType};
use crate::config;
use crate::crypto::jwk;
use crate::store::clients::Client;
use crate::store::revocations::LONGEST_ACCESS;

/// No grant lasts longer: whoever wants one for good wants a key, and a revocation that is forgotten helps nobody.
const LONGEST_GRANT: Duration = Duration::from_secs(10 * 366 * 86_400);
/// Each is looked at with each request that a page sends.
const MAX_ORIGINS: usize = 50;

/// Judges.
///
/// # Errors
/// A sentence about the first thing that is wrong.
pub fn check(client: &Client) -> Result<(), Invalid> {
    let metadata = &client.metadata;
    lasts("access_token_ttl_seconds", metadata.access_token_ttl_seconds, LONGEST_ACCESS)?;
    lasts("refresh_token_ttl_seconds", metadata.refresh_token_ttl_seconds, LONGEST_GRANT)?;
    lasts("refresh_token_idle_seconds", metadata.refresh_token_idle_seconds, LONGEST_GRANT)?;
    if metadata.access_token_format == AccessTokenFormat::Jwt {
        // Whoever takes a JWT for an ID token looks at its audience.
        if client.audiences.split(' ').any(|audience| audience == client.id.as_str()) {
            return Err("a client's JWT access tokens are not for itself: name another audience".to_owned());
        }
        // A JWT says at the resource server what it says to the client, which may not know whom it means elsewhere.
        if metadata.subject_type == SubjectType::Pairwise {
            return Err("JWT access tokens and pairwise subjects exclude each other".to_owned());
        }
    }
    keys(metadata)?;
    if metadata.allowed_origins.is_empty() {
        return Ok(());
    }
    if client.is_confidential {
        return Err("only a public client has allowed_origins: a page cannot keep a secret".to_owned());
    }
    if metadata.allowed_origins.len() > MAX_ORIGINS {
        return Err(format!("at most {MAX_ORIGINS} allowed_origins"));
    }
    match metadata.allowed_origins.iter().find(|origin| !is_origin(origin)) {
        Some(wrong) => Err(format!(
            "an allowed origin is https://host or https://host:port (http for loopback hosts only), as browsers write it: {wrong}"
        )),
        None => Ok(()),
    }
}

/// RFC 7591 section 2: by value or by address, and there where something is signed.
fn keys(metadata: &ClientMetadata) -> Result<(), Invalid> {
    if metadata.jwks.is_some() && metadata.jwks_uri.is_some() {
        return Err("jwks and jwks_uri exclude each other".to_owned());
    }
    if let Some(set) = &metadata.jwks {
        jwk::check_set(set).map_err(|wrong| format!("jwks {wrong}"))?;
    }
    let by_key = metadata.token_endpoint_auth_method == Some(AuthMethod::PrivateKeyJwt);
    if by_key && !metadata.has_keys() {
        return Err("private_key_jwt needs keys: a jwks, or a jwks_uri".to_owned());
    }
    if metadata.require_signed_request_object && !metadata.has_keys() {
        return Err("signed requests need keys: a jwks, or a jwks_uri".to_owned());
    }
    Ok(())
}

fn lasts(name: &str, seconds: Option<u64>, longest: Duration) -> Result<(), Invalid> {
    match seconds {
        Some(seconds) if seconds == 0 || seconds > longest.as_secs() => {
            Err(format!("{name} is from 1 to {}", longest.as_secs()))
        }
        _ => Ok(()),
    }
}

/// Whether it is an origin letter for letter as a browser sends it (RFC 6454 section 6.1): no path, no slash at its end,
/// no default port, the host in lower case and punycode.
fn is_origin(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && config::is_loopback(&url));
    // A star is good in a host for the URL standard; no browser is at one, and whoever writes it means something else.
    is_safe && !text.contains('*') && url.origin().ascii_serialization() == text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R52
    #[test]
    fn an_origin_is_what_a_browser_sends_and_comes_over_tls_or_from_this_machine() {
        for right in [
            "https://spa.example",
            "https://spa.example:8443",
            "https://xn--bcher-kva.example",
            "https://[2001:db8::1]",
            "http://localhost:5173",
            "http://127.0.0.1:3000",
            "http://[::1]:3000",
        ] {
            assert!(is_origin(right), "{right}");
        }
        for wrong in [
            "",
            "*",
            "null",
            "spa.example",
            "https://",
            "https://*.example",
            "https://spa.example/",
            "https://spa.example/app",
            "https://spa.example?x",
            "https://spa.example#x",
            "https://spa.example:443",
            "https://SPA.example",
            "https://bücher.example",
            "https://ada@spa.example",
            " https://spa.example",
            "http://spa.example",
            "http://localhost.example",
            "http://10.0.0.1",
            "ftp://spa.example",
            "file:///x",
            "javascript:alert(1)",
            "data:,x",
        ] {
            assert!(!is_origin(wrong), "{wrong}");
        }
    }
}
