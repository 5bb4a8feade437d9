//! Client authentication: RFC 6749 section 2.3. One method per request, always the one the client's type asks for.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::future::LocalBoxFuture;
use model::secret::sha256;
use model::time::Timestamp;

use super::error::{Code, OAuthError};
use super::params::Params;
use crate::app::App;
use crate::audit::{About, What};
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
        Box::pin(async move {
            let Some(app) = request.app_data::<web::Data<App>>() else {
                return Err(OAuthError::new(Code::ServerError, "Something went wrong on our side."));
            };
            let params = Params::from_body(&request, &mut payload).await?;
            let address = edge::client_address(&request, &app.config.trusted_proxies);
            let client = authenticate(app, credentials(&request, &params)?, address).await?;
            Ok(Self { client, params, address })
        })
    }
}

/// What a client presented.
struct Credentials {
    id: String,
    secret: Option<String>,
}

/// A right secret is right whoever else guesses: only failures are counted, and told to wait.
async fn authenticate(app: &App, presented: Credentials, address: IpAddr) -> Result<Arc<Client>, OAuthError> {
    let now = app.now();
    let found = app.clients.find(&presented.id).await?;
    if let Some(client) = &found
        && is_proven(client, presented.secret.as_deref(), now)
    {
        return Ok(client.clone());
    }
    let about = About { client: found.as_ref().map(|client| &client.id), ..About::default() };
    app.audit.note(What::ClientRefused, address, about, now);
    match app.wrong_secrets.failed(&format!("{} {}", edge::network(address), presented.id), now) {
        Some(wait) => Err(too_many(wait.as_secs())),
        None => Err(OAuthError::new(Code::InvalidClient, "The client did not prove who it is.")),
    }
}

fn too_many(seconds: u64) -> OAuthError {
    OAuthError::new(Code::TooManyRequests, "Too many failed attempts. Try again later.")
        .retry_after(seconds.max(1))
}

/// A confidential client by one of its secrets; a public one by having none.
fn is_proven(client: &Client, secret: Option<&str>, now: Timestamp) -> bool {
    let Some(secret) = secret else { return !client.is_confidential };
    let digest = sha256(secret.as_bytes());
    let is = |stored: &Option<Vec<u8>>| stored.as_ref().is_some_and(|stored| equal(stored, &digest));
    let previous_counts = client.previous_secret_until.is_some_and(|until| now < until);
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
        let sentence = "A client authenticates by one method at a time.";
        return Err(OAuthError::new(Code::InvalidRequest, sentence));
    }
    if by_assertion {
        return Err(OAuthError::new(Code::InvalidClient, "Client assertions are not taken."));
    }
    let Some(value) = header else {
        let id =
            params.get("client_id").ok_or(OAuthError::new(Code::InvalidClient, "There is no client_id."))?;
        return Ok(Credentials { id: id.to_owned(), secret: params.get("client_secret").map(str::to_owned) });
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

/// `Basic` base64(`id:secret`), both form-encoded (RFC 6749 section 2.3.1). The scheme has no case.
fn parse_basic(value: &str) -> Option<Credentials> {
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some(Credentials {
        id: form_decoded(id)?,
        secret: Some(form_decoded(secret)?).filter(|secret| !secret.is_empty()),
    })
}

fn form_decoded(text: &str) -> Option<String> {
    let spaces = text.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&spaces).decode_utf8().ok()?;
    (!decoded.contains('\0')).then(|| decoded.into_owned())
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(text: &str) -> Option<(String, Option<String>)> {
        let header = format!("Basic {}", BASE64_STANDARD.encode(text));
        parse_basic(&header).map(|credentials| (credentials.id, credentials.secret))
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
