//! The person for whom an access token speaks, at endpoints on the wire of Django REST Framework.

use std::net::IpAddr;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use model::id::UserId;
use model::time::Timestamp;

use super::access_token::{self, Scheme};
use super::dpop::Sent;
use super::error::{Code, OAuthError};
use super::provider_bearer;
use super::refused::Refused;
use crate::app::App;
use crate::edge;

/// Who calls.
#[derive(Debug)]
pub struct Caller {
    /// The person.
    pub user: UserId,
    /// The client that speaks for them; none when they came with a provider's token.
    pub client: Option<String>,
    /// When they last proved who they are; none as before.
    pub authenticated_at: Option<Timestamp>,
    /// By what was made for them at this instant: what ends that ends what they ask for.
    pub since: Timestamp,
    /// From where.
    pub address: IpAddr,
}

impl FromRequest for Caller {
    type Error = Refused;
    type Future = LocalBoxFuture<'static, Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { caller(&request).await })
    }
}

/// What they came with counts no more.
pub const INVALID: Refused = Refused::NotGood("The token is unknown, has ended or was revoked.");

async fn caller(request: &HttpRequest) -> Result<Caller, Refused> {
    let missing = OAuthError::new(Code::ServerError, "Something went wrong on our side.");
    let app = request.app_data::<web::Data<App>>().ok_or(Refused::Failed(missing))?;
    let address = edge::client_address(request, &app.config.trusted_proxies);
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let (Some(header), None) = (headers.next(), headers.next()) else { return Err(Refused::Nobody) };
    let (scheme, text) = access_token::in_header(header).ok_or(Refused::Nobody)?;
    let now = app.now();
    if scheme == Scheme::Bearer
        && let Some(user) = provider_bearer::person(app, text, &edge::network(address)).await?
    {
        return Ok(Caller { user: user.id, client: None, authenticated_at: None, since: now, address });
    }
    if !app.feed.is_current() {
        let sentence = "The server cannot judge tokens right now. Try again shortly.";
        return Err(OAuthError::new(Code::TemporarilyUnavailable, sentence).retry_after(1).into());
    }
    let mut buffer = Vec::new();
    let token = access_token::open(app, text, now, &mut buffer);
    let token = token.filter(|token| !app.feed.is_revoked(token)).ok_or(INVALID)?;
    let is_its_holders = match (scheme, token.key) {
        (Scheme::Bearer, None) => true,
        (Scheme::Dpop, Some(key)) => {
            let held = Sent::with(request).key(app, Some(text)).await.map_err(OAuthError::from)?;
            held == Some(key)
        }
        _ => false,
    };
    let client = app.clients.find(token.client).await?.ok_or(INVALID)?;
    // One that was narrowed to a resource (RFC 8707) is for that alone: whoever it is shown to there cannot use it here.
    let count = |audiences: &str| audiences.split(' ').count();
    let is_for_all = count(token.audiences) == count(&client.audiences);
    match token.user.filter(|_| is_its_holders && is_for_all) {
        Some(user) => Ok(Caller {
            user,
            client: Some(token.client.to_owned()),
            authenticated_at: token.authenticated_at,
            since: token.issued_at,
            address,
        }),
        None => Err(INVALID),
    }
}
