//! `/o/register/`: clients that register themselves (RFC 7591), and what becomes of that (RFC 7592). Closed unless an
//! administrator opens it.

mod answer;
pub mod manage;
mod refusal;
mod sent;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::app::App;
use crate::audit::Origin;
use crate::client_metadata::ClientMetadata;
use crate::config::WhoMayRegister;
use crate::edge;
use crate::self_registration::{self, Allowed, NotRegistered};
use crate::store::registration_tokens::{self, Allowance};

use refusal::Refusal;
use sent::Token;

pub(crate) use sent::Sent;

/// Registers a client.
///
/// # Errors
/// As RFC 7591 section 3.2.2 says.
pub async fn post(
    app: web::Data<App>,
    http: HttpRequest,
    token: Token,
    sent: Result<Sent, Refusal>,
) -> Result<HttpResponse, Refusal> {
    let allowed = match (app.config.outside.registration, token.0) {
        (WhoMayRegister::Nobody, _) => return Err(Refusal::Closed),
        (WhoMayRegister::TokenHolders, None) => return Err(Refusal::NoToken),
        (WhoMayRegister::TokenHolders | WhoMayRegister::Everybody, Some(hash)) => Allowed::ByToken(hash),
        (WhoMayRegister::Everybody, None) => Allowed::LikeEverybody,
    };
    let allowance = match allowed {
        Allowed::ByToken(hash) => {
            let now = app.now();
            let found = app.db.read(move |conn| registration_tokens::allowance(conn, &hash, now)).await?;
            (*found.ok_or(Refusal::InvalidToken)?).clone()
        }
        Allowed::LikeEverybody => Allowance::default(),
    };
    let before = ClientMetadata {
        require_pkce: !allowance.without_pkce,
        registrable_response_types: allowance.response_types,
        ..ClientMetadata::default()
    };
    let mut wanted = sent?.judged(&app, &before)?;
    wanted.metadata.is_self_registered = matches!(allowed, Allowed::LikeEverybody);
    let address = edge::client_address(&http, &app.config.trusted_proxies);
    sent::has_its_sector(&app, &wanted, address).await?;
    let made = self_registration::register(&app, &Origin::Address(address), address, wanted, allowed).await;
    let made = made.map_err(|refused| match refused {
        NotRegistered::Wait(seconds) => Refusal::Wait(seconds),
        NotRegistered::InvalidToken => Refusal::InvalidToken,
        NotRegistered::Refused(refused) => refused.into(),
    })?;
    let secret = made.registered.secret.as_ref().map(|secret| secret.expose().as_str());
    Ok(answer::answer(&app, StatusCode::CREATED, &made.registered.client, secret, made.token.expose()))
}
