//! `POST /o/device-authorization/`: RFC 8628 section 3.1. A device that has no browser asks here, shows its person a
//! short code, and then polls the token endpoint.

use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use diesel::result::DatabaseErrorKind::ForeignKeyViolation;
use diesel::result::Error::DatabaseError;
use model::db::DbError;
use model::secret::sha256;
use model::time::Timestamp;
use serde::Serialize;

use super::client_auth::ClientRequest;
use super::error::{Code, OAuthError};
use super::grant_types::GrantType;
use super::permission::Permission;
use crate::app::App;
use crate::crypto::random;
use crate::edge;
use crate::store::attempts::{self, Budget};
use crate::store::device_codes::{self, DeviceCode};
use crate::user_code::UserCode;

/// What a device code begins with, for secret scanners.
const PREFIX: &str = "ttd_";
/// How long people have. Longer than this a code is worth guessing.
const LIFETIME: Duration = Duration::from_secs(600);
/// How long a device waits between two questions, until it is told to slow down.
const INTERVAL: Duration = Duration::from_secs(5);
/// How many codes there may be for one client, so that nobody fills the database or makes guessing easy.
const FOR_A_CLIENT: Budget = Budget { limit: 10_000, window: LIFETIME };
/// And for one network at a client that proves nothing.
const FOR_A_NETWORK: Budget = Budget { limit: 100, window: LIFETIME };

/// The answer of section 3.2.
#[derive(Serialize)]
struct Answer {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: String,
    /// Seconds.
    expires_in: u64,
    /// Seconds.
    interval: u64,
}

/// Begins.
///
/// # Errors
/// As at the token endpoint (RFC 6749 section 5.2); 429 when there are too many codes already.
pub async fn post(app: web::Data<App>, request: ClientRequest) -> Result<HttpResponse, OAuthError> {
    let client = &request.client;
    if !client.may_use(GrantType::DeviceCode.as_str()) {
        return Err(OAuthError::new(Code::UnauthorizedClient, "The client may not use device codes."));
    }
    let permission = Permission::asked(&app, client, &request.params)?;
    let device_code = random::secret(PREFIX)?;
    let user_code = UserCode::random()?;
    let now = app.now();
    let row = DeviceCode {
        id: sha256(device_code.as_bytes()).to_vec(),
        user_code: user_code.tag(&app.user_code_key),
        client_id: client.id.as_str().to_owned(),
        scopes: permission.scopes,
        audiences: permission.audiences,
        created_at: now,
        ends_at: now.plus(LIFETIME),
        poll_from: now,
        poll_every: device_codes::micros(INTERVAL),
        user_id: None,
        decided_at: None,
        authenticated_at: None,
        grant_id: None,
        redeemed_at: None,
        sid: None,
    };
    store(&app, row, budgets(&app, &request), now).await?;
    let verification_uri = format!("{}/device/", app.config.issuer.as_str());
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::PRAGMA, "no-cache"))
        .json(Answer {
            device_code,
            verification_uri_complete: format!("{verification_uri}?user_code={user_code}"),
            user_code: user_code.to_string(),
            verification_uri,
            expires_in: LIFETIME.as_secs(),
            interval: INTERVAL.as_secs(),
        }))
}

/// A stranger who only knows a public client's id is stopped before they use up what all of its devices have.
fn budgets(app: &App, request: &ClientRequest) -> Vec<(String, Budget)> {
    let id = request.client.id.as_str();
    let network = edge::network(request.address);
    let for_network = (app.form_key.tag(&["device codes", id, &network]), FOR_A_NETWORK);
    let for_client = (app.form_key.tag(&["device codes", id]), FOR_A_CLIENT);
    if request.client.is_confidential { vec![for_client] } else { vec![for_network, for_client] }
}

async fn store(
    app: &App,
    row: DeviceCode,
    budgets: Vec<(String, Budget)>,
    now: Timestamp,
) -> Result<(), OAuthError> {
    let stored = app.db.write(move |conn| {
        for (key, budget) in &budgets {
            if let Err(wait) = attempts::spend(conn, key, *budget, now)? {
                return Ok(Err(wait));
            }
        }
        device_codes::insert(conn, &row).map(Ok)
    });
    match stored.await {
        Ok(Ok(true)) => Ok(()),
        // One in thousands of millions.
        Ok(Ok(false)) => Err(OAuthError::new(Code::TemporarilyUnavailable, "Try again.").retry_after(1)),
        Ok(Err(wait)) => {
            let sentence = "There are too many device codes that nobody has used yet. Try again later.";
            Err(OAuthError::new(Code::TooManyRequests, sentence).retry_after(wait.as_secs().max(1)))
        }
        Err(DbError::Query(DatabaseError(ForeignKeyViolation, _))) => {
            Err(OAuthError::new(Code::InvalidClient, "The client did not prove who it is."))
        }
        Err(error) => Err(error.into()),
    }
}
