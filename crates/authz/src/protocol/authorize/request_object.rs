//! Requests as a JWT: OpenID Connect Core section 6, RFC 9101. By value only what the client has signed: what nobody has
//! signed says no more than the query does. By reference ([`source`]) only where the installation allows it.
//!
//! The address people come back to after they have signed in is the request itself, and clients let their objects end
//! within a minute. So the address then says when the object first came, with a tag of ours over it: the object is judged
//! as of then, and whoever has signed in since has met a demand to sign in, which nobody can take out of the object.

mod source;

use std::net::IpAddr;

use model::time::Timestamp;
use serde_json::{Map, Value};

use self::source::{Object, SEEN, Source, carried_on};
use crate::app::App;
use crate::client_metadata::RequestAlg;
use crate::config::RequestUris;
use crate::crypto::claims::{Claims, WrongClaim};
use crate::crypto::jwt::{Unsigned, Unverified};
use crate::people;
use crate::protocol::error::{Code, OAuthError};
use crate::protocol::params::Params;
use crate::store::clients::Client;

/// Its `typ`, when it has one: any JWT, or this kind of one (RFC 9101 section 10.8).
const TYPES: [&str; 2] = ["jwt", "oauth-authz-req+jwt"];
/// What is said of the JWT and not of the request (RFC 9101 section 4).
const ABOUT_THE_JWT: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];

/// A request whose object was opened.
pub(super) struct Opened {
    /// What it asks: what was signed, and of what stands beside it what still counts.
    pub(super) params: Params,
    /// When it first came here, if that was before.
    pub(super) seen_at: Option<Timestamp>,
    /// The object, when it came, and what the address has to say of that from now on.
    object: Object,
}

/// What of a request is for the pages before it is judged again.
const SHOWN: [&str; 2] = ["display", "login_hint"];

impl Opened {
    /// The query as it goes on from now on: with the object, and with what that says to the sign-in page, which sees the
    /// address and opens nothing. What stood there of that counts no more.
    pub(super) fn on_its_way(&self, query: &str) -> String {
        let query = carried_on(query, &self.object);
        let is_shown = |pair: &str| {
            form_urlencoded::parse(pair.as_bytes()).any(|(name, _)| SHOWN.contains(&name.as_ref()))
        };
        let kept = query.split('&').filter(|pair| !is_shown(pair)).collect::<Vec<_>>().join("&");
        let mut query = form_urlencoded::Serializer::for_suffix(kept, 0);
        for name in SHOWN {
            // As long as somebody's name can be, at most: the address grows by no more.
            if let Some(value) = self.params.get(name).filter(|value| people::username(value).is_ok()) {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }
}

/// Opens the object of a request, if it has one, for somebody who was sent here from `address`.
///
/// # Errors
/// `request_not_supported` for clients without keys, `invalid_request_object`; `invalid_request` when there is none and
/// the client has said that there always is; those of [`Object::of`].
pub(super) async fn open(
    app: &App,
    client: &Client,
    outside: &Params,
    address: IpAddr,
) -> Result<Option<Opened>, OAuthError> {
    let Some(object) = Object::of(app, client, outside, address).await? else {
        if client.metadata.require_signed_request_object {
            let sentence = "The client has said that all of its requests are signed.";
            return Err(OAuthError::new(Code::InvalidRequest, sentence));
        }
        return Ok(None);
    };
    let claims = vouched_for(app, client, &object, address).await?;
    judge_jwt(&claims, client.id.as_str(), app.config.issuer.as_str(), object.came_at)?;
    let beside = match object.source {
        Source::Query => outside.clone(),
        Source::ItsAddress => outside.without(&["request_uri"]),
    };
    let params = counting(&beside, parameters(claims.all())?, client.id.as_str())?;
    Ok(Some(Opened { params, seen_at: object.seen_at, object }))
}

/// What the object says, if the client has signed it; or if it need not have, because it came from where nobody else can
/// put one.
async fn vouched_for(
    app: &App,
    client: &Client,
    object: &Object,
    address: IpAddr,
) -> Result<Claims, OAuthError> {
    let is_of_kind = |typ: &Option<String>| typ.as_deref().is_none_or(|typ| TYPES.contains(&typ));
    if app.config.outside.request_uris == RequestUris::Any
        && let Some(jwt) = Unsigned::read(&object.text)
    {
        if object.source == Source::Query {
            let sentence = "What is not signed is taken by its request_uri only.";
            return Err(OAuthError::new(Code::RequestNotSupported, sentence));
        }
        return if may_be_unsigned(app, client) && is_of_kind(&jwt.typ) {
            Ok(jwt.claims.into())
        } else {
            Err(OTHERWISE)
        };
    }
    if !client.metadata.has_keys() {
        let sentence = "Request objects are taken from clients with registered keys.";
        return Err(OAuthError::new(Code::RequestNotSupported, sentence));
    }
    let jwt = Unverified::read(&object.text).filter(|jwt| is_of_kind(&jwt.typ)).ok_or(invalid(
        "The request is not a JWT of at most 8 kB that is signed with RS256, PS256, ES256 or EdDSA.",
    ))?;
    let alg = client.metadata.request_object_signing_alg;
    if alg.is_some_and(|alg| alg != RequestAlg::Signed(jwt.alg)) {
        return Err(OTHERWISE);
    }
    let key = app.client_keys.find(app, client, jwt.alg, jwt.kid.as_deref(), address).await?;
    let signed = key.and_then(|key| jwt.signed_with(&key)).map(Claims::from);
    signed.ok_or(invalid("No key of the client has signed the request."))
}

/// Whether what comes from an address of the client's need not be signed: it has said so, or has said nothing, which
/// stands for every algorithm there is (OpenID Connect Dynamic Client Registration section 2).
fn may_be_unsigned(app: &App, client: &Client) -> bool {
    let metadata = &client.metadata;
    app.config.outside.request_uris == RequestUris::Any
        && !metadata.require_signed_request_object
        && !matches!(metadata.request_object_signing_alg, Some(RequestAlg::Signed(_)))
}

const OTHERWISE: OAuthError =
    invalid("The request is not signed with what the client has registered for that.");

const fn invalid(sentence: &'static str) -> OAuthError {
    OAuthError::new(Code::InvalidRequestObject, sentence)
}

/// What is said of the JWT need not be said, but holds.
fn judge_jwt(claims: &Claims, client: &str, issuer: &str, at: Timestamp) -> Result<(), OAuthError> {
    let judged = || {
        if claims.text("iss")?.is_some_and(|iss| iss != client) {
            return Err(WrongClaim("iss"));
        }
        // A client that signs about itself proves who it is, and asks for nothing (RFC 9101 section 10.8).
        if claims.text("sub")? == Some(client) {
            return Err(WrongClaim("sub"));
        }
        let audiences = claims.audiences()?;
        if !audiences.is_empty() && !audiences.contains(&issuer) {
            return Err(WrongClaim("aud"));
        }
        claims.in_time(at).map(drop)
    };
    judged().map_err(|WrongClaim(name)| {
        invalid(match name {
            "iss" => "The iss of the request is not the client.",
            "sub" => "The sub of the request is the client.",
            "aud" => "The aud of the request is not this server.",
            "exp" => "The request has ended, or its exp is not a number of seconds.",
            "nbf" => "The request does not count yet, or its nbf is not a number of seconds.",
            _ => "The iat of the request is in the future, or not a number of seconds.",
        })
    })
}

/// What was signed, as parameters: a number in its digits, an object as its JSON text, a list as a parameter that is there
/// several times.
fn parameters(signed: &Map<String, Value>) -> Result<Params, OAuthError> {
    let malformed = || invalid("A parameter in the request has a value of a kind that it cannot have.");
    let mut pairs = Vec::new();
    for (name, value) in signed.iter().filter(|(name, _)| !ABOUT_THE_JWT.contains(&name.as_str())) {
        match value {
            Value::String(text) => pairs.push((name.clone(), text.clone())),
            Value::Number(number) if number.is_u64() => pairs.push((name.clone(), number.to_string())),
            Value::Object(_) => pairs.push((name.clone(), value.to_string())),
            Value::Array(several) if !several.is_empty() => {
                for each in several {
                    pairs.push((name.clone(), each.as_str().ok_or_else(malformed)?.to_owned()));
                }
            }
            _ => return Err(malformed()),
        }
    }
    Params::of(pairs).map_err(|_| malformed())
}

/// For OpenID the parameters beside the object count where the object does not have them, and some must be there (OpenID
/// Connect Core section 6.1); otherwise only the object counts (RFC 9101 section 6.3).
fn counting(outside: &Params, signed: Params, client: &str) -> Result<Params, OAuthError> {
    if signed.get("client_id").is_some_and(|id| id != client) {
        return Err(invalid("The request and the query name different clients."));
    }
    if ["request", "request_uri"].iter().any(|name| signed.get(name).is_some()) {
        return Err(invalid("There is no request in a request."));
    }
    let is_openid = outside.get("scope").is_some_and(|scope| scope.split(' ').any(|each| each == "openid"));
    let beside = outside.get("response_type");
    let inside = signed.get("response_type");
    if is_openid && beside.is_none() {
        return Err(OAuthError::new(Code::InvalidRequest, "Missing response_type parameter."));
    }
    if beside.is_some() && inside.is_some() && beside != inside {
        return Err(invalid("The request and the query have different response types."));
    }
    Ok(if is_openid { outside.without(&["request", SEEN]).superseded_by(signed) } else { signed })
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ISSUER: &str = "https://id.example/o";

    fn counted(query: &str, signed: &Value) -> Result<String, (Code, &'static str)> {
        let outside = Params::parse(query.as_bytes()).unwrap();
        let counted = parameters(signed.as_object().unwrap())
            .and_then(|signed| counting(&outside, signed, "web"))
            .map_err(|error| (error.code(), error.description()))?;
        Ok(form_urlencoded::Serializer::new(String::new()).extend_pairs(counted.pairs()).finish())
    }

    #[test]
    fn for_openid_what_is_signed_counts_before_what_stands_beside_it() {
        let openid = "client_id=web&response_type=code&scope=openid&state=a&nonce=b&request=x&request_seen=y";
        for (signed, expected) in [
            (json!({}), "client_id=web&response_type=code&scope=openid&state=a&nonce=b"),
            (
                json!({"iss": "web", "nonce": "n", "max_age": 7, "claims": {"id_token": {"sub": null}}, "state": ""}),
                "client_id=web&response_type=code&scope=openid&nonce=n&max_age=7&claims=%7B%22id_token%22%3A%7B%22sub%22%3Anull%7D%7D&state=",
            ),
            (
                json!({"client_id": "web", "response_type": "code", "resource": ["a", "b"]}),
                "scope=openid&state=a&nonce=b&client_id=web&response_type=code&resource=a&resource=b",
            ),
        ] {
            assert_eq!(counted(openid, &signed).as_deref(), Ok(expected), "{signed}");
        }
    }

    #[test]
    fn otherwise_only_what_is_signed_counts() {
        let plain = "client_id=web&response_type=code&scope=read&state=a&redirect_uri=b&request=x";
        let signed = json!({"client_id": "web", "response_type": "code", "state": "c", "aud": ISSUER});
        assert_eq!(counted(plain, &signed).as_deref(), Ok("client_id=web&response_type=code&state=c"));
    }

    /// R66, R17
    #[test]
    fn what_makes_no_sense_is_refused() {
        let openid = "client_id=web&response_type=code&scope=openid";
        for signed in [
            json!({"client_id": "other"}),
            json!({"client_id": 7}),
            json!({"response_type": "token"}),
            json!({"request": "a.b.c"}),
            json!({"request_uri": "urn:x"}),
            json!({"request_uri": ["urn:x"]}),
            json!({"max_age": 1.5}),
            json!({"max_age": -1}),
            json!({"prompt": true}),
            json!({"prompt": null}),
            json!({"prompt": []}),
            json!({"prompt": ["login", "consent"]}),
            json!({"resource": ["a", 7]}),
            json!({"state": "a\u{0}"}),
        ] {
            let error = counted(openid, &signed).unwrap_err();
            assert_eq!(error.0, Code::InvalidRequestObject, "{signed}: {error:?}");
        }
        let without = counted("client_id=web&scope=openid", &json!({"response_type": "code"})).unwrap_err();
        assert_eq!(without.0, Code::InvalidRequest);
    }

    #[test]
    fn what_is_said_of_the_jwt_holds() {
        let judged = |claims: Value| {
            let claims = Claims::from(claims.as_object().unwrap().clone());
            judge_jwt(&claims, "web", ISSUER, Timestamp::from_unix_seconds(1_000)).is_ok()
        };
        for right in [
            json!({}),
            json!({"iss": "web", "aud": ISSUER, "exp": 1_060, "nbf": 1_000, "iat": 1_000, "jti": "1"}),
            json!({"aud": [ISSUER, "https://else.example"]}),
            json!({"sub": "ada"}),
            json!({"exp": 99_999}),
        ] {
            assert!(judged(right.clone()), "{right}");
        }
        for wrong in [
            json!({"iss": "other"}),
            json!({"iss": ["web"]}),
            json!({"sub": "web"}),
            json!({"aud": "https://else.example"}),
            json!({"aud": []}),
            json!({"aud": 7}),
            json!({"exp": 970}),
            json!({"exp": "1060"}),
            json!({"exp": null}),
            json!({"nbf": 1_031}),
            json!({"iat": 1_031}),
        ] {
            assert!(!judged(wrong.clone()), "{wrong}");
        }
    }
}
