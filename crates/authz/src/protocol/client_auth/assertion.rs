//! A client that proves who it is by a JWT: RFC 7523 sections 2.2 and 3, OpenID Connect Core section 9
//! (`private_key_jwt`). What it says is judged before anything is written; then its id is used up.

use std::net::IpAddr;
use std::time::Duration;

use model::time::Timestamp;

use crate::app::App;
use crate::client_metadata::AuthMethod;
use crate::config::Issuer;
use crate::crypto::claims::{Claims, LEEWAY, WrongClaim};
use crate::crypto::jwt::Unverified;
use crate::protocol::error::OAuthError;
use crate::registration::{is_client_address, is_client_id};
use crate::store::clients::Client;
use crate::store::used_ids::{self, Kind};

/// What `client_assertion_type` says.
pub(super) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Its `typ`, when it has one: any JWT, or this kind of one.
const TYPES: [&str; 2] = ["jwt", "client-authentication+jwt"];
/// How far ahead it may end, and how long ago it may have been made.
const LONGEST: Duration = Duration::from_secs(300);
/// No honest id is longer.
const MAX_ID: usize = 256;

/// Of whom an assertion says that it is, before anybody believes it. Nobody is asked for who cannot be: PostgreSQL takes no
/// text with NUL in it, and JSON can say one.
pub(super) fn claimed_client(text: &str) -> Option<String> {
    Unverified::read(text)?.claim("sub").filter(|id| is_client_id(id) || is_client_address(id))
}

/// Whether the client has made this assertion for this server, and nobody has used it before. `path` is where it came, from
/// `address`.
///
/// # Errors
/// When the database cannot be asked, or too many servers were for that network.
pub(super) async fn is_good(
    app: &App,
    client: &Client,
    text: &str,
    path: &str,
    address: IpAddr,
) -> Result<bool, OAuthError> {
    let metadata = &client.metadata;
    if metadata.token_endpoint_auth_method != Some(AuthMethod::PrivateKeyJwt) {
        return Ok(false);
    }
    let Some(jwt) = Unverified::read(text).filter(|jwt| is_an_assertion(jwt)) else { return Ok(false) };
    if metadata.token_endpoint_auth_signing_alg.is_some_and(|alg| alg != jwt.alg) {
        return Ok(false);
    }
    let key = app.client_keys.find(app, client, jwt.alg, jwt.kid.as_deref(), address).await?;
    let Some(claims) = key.and_then(|key| jwt.signed_with(&key)).map(Claims::from) else { return Ok(false) };
    match judge(&claims, client.id.as_str(), &audiences(&app.config.issuer, path), app.now()) {
        Ok(once) => {
            let client = client.id.as_str().to_owned();
            let used = app.db.write(move |conn| {
                used_ids::claim(conn, Kind::ClientAssertion, &client, &once.id, once.ends_at)
            });
            Ok(used.await?)
        }
        Err(WrongClaim(name)) => {
            // Whoever has the key is told by their own log what to mend; nobody else comes this far.
            tracing::info!(client = client.id.as_str(), claim = name, "a client's assertion is not good");
            Ok(false)
        }
    }
}

/// This server, or as OpenID Connect Core section 9 has it the token endpoint, or the endpoint that was called. Nobody else
/// has these addresses.
fn audiences(issuer: &Issuer, path: &str) -> [String; 3] {
    let here = format!("{}{}/", issuer.base(), path.trim_end_matches('/'));
    [issuer.as_str().to_owned(), format!("{}/token/", issuer.as_str()), here]
}

/// R67: what is another kind of JWT is none of this kind.
fn is_an_assertion(jwt: &Unverified) -> bool {
    jwt.typ.as_deref().is_none_or(|typ| TYPES.contains(&typ))
}

/// What may be used once, and how long that must be remembered.
#[derive(Debug, PartialEq, Eq)]
struct Once {
    id: String,
    ends_at: Timestamp,
}

/// Every claim is required but `nbf` and `iat`.
fn judge(claims: &Claims, client: &str, audiences: &[String], now: Timestamp) -> Result<Once, WrongClaim> {
    for name in ["iss", "sub"] {
        if claims.text(name)? != Some(client) {
            return Err(WrongClaim(name));
        }
    }
    let meant = claims.audiences()?;
    let is_us = |audience: &&str| audiences.iter().any(|each| each == audience);
    if meant.is_empty() || !meant.iter().all(is_us) {
        return Err(WrongClaim("aud"));
    }
    let ends_at = claims.in_time(now)?.ok_or(WrongClaim("exp"))?;
    if ends_at > now.plus(LONGEST).plus(LEEWAY).plus(LEEWAY) {
        return Err(WrongClaim("exp"));
    }
    if claims.instant("iat")?.is_some_and(|made_at| made_at < now.minus(LONGEST).minus(LEEWAY)) {
        return Err(WrongClaim("iat"));
    }
    let id = claims.text("jti")?.filter(|id| id.len() <= MAX_ID).ok_or(WrongClaim("jti"))?;
    Ok(Once { id: id.to_owned(), ends_at })
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 10_000;

    fn judged(claims: &Value) -> Result<Once, WrongClaim> {
        let audiences = ["https://id.example/o", "https://id.example/o/token/"].map(str::to_owned);
        let claims = Claims::from(claims.as_object().unwrap().clone());
        judge(&claims, "web", &audiences, Timestamp::from_unix_seconds(NOW))
    }

    fn honest() -> Value {
        json!({"iss": "web", "sub": "web", "aud": "https://id.example/o", "exp": NOW + 60, "jti": "1"})
    }

    /// R44, R66
    #[test]
    fn each_claim_must_be_there_and_right() {
        let once = Once { id: "1".into(), ends_at: Timestamp::from_unix_seconds(NOW + 90) };
        assert_eq!(judged(&honest()).unwrap(), once);
        for (name, right) in [
            ("aud", json!("https://id.example/o/token/")),
            ("aud", json!(["https://id.example/o"])),
            ("aud", json!(["https://id.example/o", "https://id.example/o/token/"])),
            ("exp", json!(NOW + 330)),
            ("exp", json!(NOW - 29)),
            ("iat", json!(NOW + 30)),
            ("iat", json!(NOW - 330)),
            ("nbf", json!(NOW + 30)),
            ("jti", json!("j".repeat(256))),
        ] {
            let mut claims = honest();
            claims[name] = right.clone();
            assert!(judged(&claims).is_ok(), "{name}: {right}");
        }
        for (name, wrong) in [
            ("iss", json!("other")),
            ("iss", json!(["web"])),
            ("iss", json!("")),
            ("sub", json!("other")),
            ("sub", json!(7)),
            ("aud", json!("https://id.example/o/")),
            ("aud", json!("https://evil.example/o")),
            ("aud", json!(["https://id.example/o", "https://evil.example/o"])),
            ("aud", json!([])),
            ("aud", json!([7])),
            ("aud", json!({"a": 1})),
            ("exp", json!(NOW - 30)),
            ("exp", json!(NOW + 331)),
            ("exp", json!(NOW.to_string())),
            ("exp", json!(10_060.0)),
            ("exp", json!(1e300)),
            ("exp", json!(u64::MAX)),
            ("exp", json!(-1)),
            ("iat", json!(NOW + 31)),
            ("iat", json!(NOW - 331)),
            ("iat", json!("now")),
            ("nbf", json!(NOW + 31)),
            ("nbf", json!("now")),
            ("jti", json!("")),
            ("jti", json!(1)),
            ("jti", json!("j".repeat(257))),
        ] {
            let mut claims = honest();
            claims[name] = wrong.clone();
            assert_eq!(judged(&claims), Err(WrongClaim(name)), "{name}: {wrong}");
        }
        for name in ["iss", "sub", "aud", "exp", "jti"] {
            let mut claims = honest();
            claims.as_object_mut().unwrap().remove(name);
            assert_eq!(judged(&claims), Err(WrongClaim(name)));
            claims[name] = Value::Null;
            assert_eq!(judged(&claims), Err(WrongClaim(name)), "{name}: null");
        }
    }
}
