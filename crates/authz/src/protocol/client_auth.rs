//! Client authentication: RFC 6749 section 2.3, RFC 7523. One method per request, always the one the client's type asks
//! for.

mod assertion;

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::future::LocalBoxFuture;
use model::secret::sha256;
use model::time::Clock;

use super::error::{Code, OAuthError};
use super::params::{self, Params};
use super::{access_token, cors};
use crate::app::App;
use crate::audit::{About, What};
use crate::client_documents::{self, NotFound};
use crate::client_metadata::AuthMethod;
use crate::crypto::master::equal;
use crate::edge;
use crate::store::clients::Client;

/// A form from a client that has proved who it is, as far as its type lets it.
pub struct ClientRequest {
    /// The client.
    pub client: Arc<Client>,
    /// The form.
    pub(crate) params: Params,
    /// Where it comes from.
    pub(crate) address: IpAddr,
}

impl FromRequest for ClientRequest {
    type Error = OAuthError;
    type Future = LocalBoxFuture<'static, Result<Self, OAuthError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move { Self::by_itself(&request, &mut payload).await })
    }
}

impl ClientRequest {
    /// A form as a client would send it, from a page on which its developer tries that. Judged like any other.
    pub(crate) async fn tried(app: &App, params: Params, address: IpAddr) -> Result<Self, OAuthError> {
        let client = authenticate(app, from_form(&params)?, "", address).await?;
        Ok(Self { client, params, address })
    }

    /// From a client that authenticates by its secret, by a JWT it has signed or, a public one, by its id.
    pub(super) async fn by_itself(request: &HttpRequest, payload: &mut Payload) -> Result<Self, OAuthError> {
        Self::with(request, Params::from_body(request, payload).await?).await
    }

    /// The same, once what it sent is read.
    pub(super) async fn with(request: &HttpRequest, params: Params) -> Result<Self, OAuthError> {
        let app = app_of(request)?;
        let address = edge::client_address(request, &app.config.trusted_proxies);
        let client = authenticate(app, credentials(request, &params)?, request.path(), address).await?;
        cors::note(request, &client);
        Ok(Self { client, params, address })
    }

    /// From a client that authenticates by an access token of its own with this scope (RFC 7662 section 2.1). A
    /// token that speaks for a person is none: who holds it need not be the client. Nor is one that is bound to a key, which
    /// nobody proves here: whoever has a key has a secret as well.
    pub(super) async fn by_token(
        request: &HttpRequest,
        payload: &mut Payload,
        text: &str,
        scope: &str,
    ) -> Result<Self, OAuthError> {
        let app = app_of(request)?;
        let params = Params::from_body(request, payload).await?;
        let twice = request.headers().get_all(header::AUTHORIZATION).nth(1).is_some();
        if twice || ["client_secret", "client_assertion"].iter().any(|name| params.get(name).is_some()) {
            return Err(OAuthError::new(Code::InvalidRequest, ONE_METHOD));
        }
        let address = edge::client_address(request, &app.config.trusted_proxies);
        let (now, mut buffer) = (app.now(), Vec::new());
        let token =
            access_token::open(app, text, now, &mut buffer).filter(|token| !app.feed.is_revoked(token));
        let Some(token) = token.filter(|token| token.user.is_none() && token.key.is_none()) else {
            app.audit.note(What::ClientRefused, address, About::default(), now);
            return match app.wrong_secrets.failed(&format!("{} bearer", edge::network(address)), now) {
                Some(wait) => Err(too_many(wait.as_secs())),
                None => {
                    Err(OAuthError::new(Code::InvalidToken, "The token is not a live one of a client's own."))
                }
            };
        };
        if !token.scopes.split(' ').any(|each| each == scope) {
            return Err(OAuthError::new(Code::InsufficientScope, "The token lacks the scope for this."));
        }
        let found = app.clients.find(token.client).await?.filter(|client| client.is_confidential);
        let client = found.ok_or(OAuthError::new(Code::InvalidToken, "The token's client is gone."))?;
        Ok(Self { client, params, address })
    }
}

const ONE_METHOD: &str = "A client authenticates by one method at a time.";

fn app_of(request: &HttpRequest) -> Result<&web::Data<App>, OAuthError> {
    let app = request.app_data::<web::Data<App>>();
    app.ok_or(OAuthError::new(Code::ServerError, "Something went wrong on our side."))
}

/// What a client presented.
struct Credentials {
    id: String,
    /// A secret, or an assertion.
    proof: Option<String>,
    method: AuthMethod,
}

/// A right secret is right whoever else guesses: only failures are counted, and told to wait.
async fn authenticate(
    app: &App,
    presented: Credentials,
    path: &str,
    address: IpAddr,
) -> Result<Arc<Client>, OAuthError> {
    let found = match app.clients.find(&presented.id).await? {
        Some(client) => client_documents::as_of_now(app, client, address).await.map_err(not_now)?,
        None => None,
    };
    if let Some(client) = &found {
        let proof = presented.proof.as_deref();
        let is_proven = match (presented.method, proof) {
            (AuthMethod::PrivateKeyJwt, Some(text)) => {
                assertion::is_good(app, client, text, path, address).await?
            }
            _ => {
                client.metadata.token_endpoint_auth_method.is_none_or(|method| method == presented.method)
                    && is_proven(client, proof, &app.clock)
            }
        };
        if is_proven {
            return Ok(client.clone());
        }
    }
    let now = app.now();
    let about = About { client: found.as_ref().map(|client| &client.id), ..About::default() };
    app.audit.note(What::ClientRefused, address, about, now);
    match app.wrong_secrets.failed(&format!("{} {}", edge::network(address), presented.id), now) {
        Some(wait) => Err(too_many(wait.as_secs())),
        None => Err(OAuthError::new(Code::InvalidClient, "The client did not prove who it is.")),
    }
}

/// Whether there is such a client cannot be said.
fn not_now(why: NotFound) -> OAuthError {
    match why {
        NotFound::Db(error) => error.into(),
        NotFound::Unknown | NotFound::NoDocument | NotFound::Later => {
            let sentence = "The document of the client cannot be fetched right now.";
            OAuthError::new(Code::TemporarilyUnavailable, sentence).retry_after(60)
        }
    }
}

fn too_many(seconds: u64) -> OAuthError {
    OAuthError::new(Code::TooManyRequests, "Too many failed attempts. Try again later.")
        .retry_after(seconds.max(1))
}

/// A confidential client by one of its secrets; a public one by having none.
fn is_proven(client: &Client, secret: Option<&str>, clock: &Clock) -> bool {
    let Some(secret) = secret else { return !client.is_confidential };
    let digest = sha256(secret.as_bytes());
    let is = |stored: &Option<Vec<u8>>| stored.as_ref().is_some_and(|stored| equal(stored, &digest));
    let previous_counts = client.previous_secret_until.is_some_and(|until| clock.now() < until);
    client.is_confidential
        && (is(&client.secret_hash) || (previous_counts && is(&client.previous_secret_hash)))
}

fn credentials(request: &HttpRequest, params: &Params) -> Result<Credentials, OAuthError> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let (header, second) = (headers.next(), headers.next());
    let [in_form, by_assertion] =
        ["client_secret", "client_assertion"].map(|name| params.get(name).is_some());
    let methods = [header.is_some(), second.is_some(), in_form, by_assertion];
    if methods.into_iter().filter(|used| *used).count() > 1 {
        return Err(OAuthError::new(Code::InvalidRequest, ONE_METHOD));
    }
    let kind = params.get("client_assertion_type");
    if kind.is_some() != by_assertion {
        let sentence = "A client_assertion comes with its client_assertion_type, and the other way round.";
        return Err(OAuthError::new(Code::InvalidClient, sentence));
    }
    if kind.is_some_and(|kind| kind != assertion::TYPE) {
        return Err(OAuthError::new(Code::InvalidClient, "The client_assertion_type is that of a JWT."));
    }
    if let Some(text) = params.get("client_assertion") {
        return from_assertion(params, text);
    }
    let Some(value) = header else {
        return from_form(params);
    };
    let presented = value.to_str().ok().and_then(parse_basic).ok_or(OAuthError::new(
        Code::InvalidClient,
        "The Authorization header is not HTTP Basic with a form-encoded client id and secret.",
    ))?;
    if params.get("client_id").is_some_and(|id| id != presented.id) {
        return Err(OAuthError::new(Code::InvalidRequest, "The header and the form name different clients."));
    }
    Ok(presented)
}

fn from_assertion(params: &Params, text: &str) -> Result<Credentials, OAuthError> {
    let malformed = OAuthError::new(
        Code::InvalidClient,
        "The client_assertion is not a JWT of at most 8 kB that names the client and is signed with RS256, PS256, ES256 or EdDSA.",
    );
    let id = assertion::claimed_client(text).ok_or(malformed)?;
    if params.get("client_id").is_some_and(|named| named != id) {
        return Err(OAuthError::new(
            Code::InvalidClient,
            "The assertion and the form name different clients.",
        ));
    }
    Ok(Credentials { id, proof: Some(text.to_owned()), method: AuthMethod::PrivateKeyJwt })
}

fn from_form(params: &Params) -> Result<Credentials, OAuthError> {
    let id = params.get("client_id").ok_or(OAuthError::new(Code::InvalidClient, "There is no client_id."))?;
    let proof = params.get("client_secret").map(str::to_owned);
    let method = if proof.is_some() { AuthMethod::ClientSecretPost } else { AuthMethod::None };
    Ok(Credentials { id: id.to_owned(), proof, method })
}

/// `Basic` base64(`id:secret`), both form-encoded (RFC 6749 section 2.3.1). The scheme has no case.
fn parse_basic(value: &str) -> Option<Credentials> {
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let proof = Some(form_decoded(secret)?).filter(|secret| !secret.is_empty());
    // A name without a secret proves nothing, wherever it stands.
    let method = if proof.is_some() { AuthMethod::ClientSecretBasic } else { AuthMethod::None };
    Some(Credentials { id: form_decoded(id)?, proof, method })
}

fn form_decoded(text: &str) -> Option<String> {
    params::decoded(text).ok().map(Cow::into_owned)
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(text: &str) -> Option<(String, Option<String>)> {
        let header = format!("Basic {}", BASE64_STANDARD.encode(text));
        parse_basic(&header).map(|credentials| (credentials.id, credentials.proof))
    }

    /// R41
    #[test]
    fn basic_credentials_are_form_decoded() {
        assert_eq!(basic("a%3Ab:c%2Bd+e"), Some(("a:b".into(), Some("c+d e".into()))));
        assert_eq!(basic("é:ü"), Some(("é".into(), Some("ü".into()))));
        assert_eq!(basic("id:"), Some(("id".into(), None)));
        assert_eq!(basic("no colon"), None);
        assert_eq!(basic("a:%ff"), None);
        assert_eq!(basic("a:%00"), None);
        assert!(parse_basic("bAsIc YTpi").is_some());
        assert!(parse_basic("Bearer YTpi").is_none());
        assert!(parse_basic("Basic !").is_none());
        assert!(parse_basic("Basic").is_none());
    }
}
