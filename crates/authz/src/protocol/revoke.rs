//! `POST /o/revoke_token/`: RFC 7009. Ends the caller's own token, and with it the grant it came from.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use diesel::QueryResult;
use model::db::Conn;
use model::id::{GrantId, TokenId};
use model::time::Timestamp;

use super::access_token;
use super::client_auth::ClientRequest;
use super::error::OAuthError;
use crate::app::App;
use crate::audit::{Origin, What};
use crate::crypto::seal::RefreshToken;
use crate::store::audit_events::{self, AuditEvent};
use crate::store::revocations::NewRevocation;
use crate::store::{grants, revocations};

/// Revokes. A token that is unknown, has ended or is another client's changes nothing and is answered alike
/// (section 2.2). `token_type_hint` is not needed: a token says what it is.
///
/// # Errors
/// `invalid_client`, `invalid_request`; 503 when the revocation could not be stored or is not yet in force here.
pub async fn post(app: web::Data<App>, request: ClientRequest) -> Result<HttpResponse, OAuthError> {
    end(&app, &request).await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).finish())
}

/// Ends the token that a client has sent, if it is its own.
///
/// # Errors
/// As [`post`].
pub(super) async fn end(app: &App, request: &ClientRequest) -> Result<(), OAuthError> {
    let text = request.params.required("token", "Missing token parameter.")?;
    let now = app.now();
    let mut buffer = Vec::new();
    let revoked = if let Some(token) = app.sealer.open::<RefreshToken>(text, now, &mut buffer) {
        (token.client == request.client.id.as_str()).then_some(Revoked::Grant(token.grant))
    } else {
        let token = access_token::open(app, text, now, &mut buffer);
        token.filter(|token| token.client == request.client.id.as_str()).map(|token| match token.grant {
            Some(grant) => Revoked::Grant(grant),
            None => Revoked::Token(token.id, token.expires_at),
        })
    };
    if let Some(revoked) = revoked {
        let event = What::Revoked.of_client(&request.client.id, &Origin::Address(request.address), now);
        app.db.write(move |conn| revoked.store(conn, now, event)).await?;
    }
    app.feed.catch_up().await?;
    Ok(())
}

/// What ends.
enum Revoked {
    /// A person's permission, and everything issued from it.
    Grant(GrantId),
    /// A token of the client's own, which would end at that instant.
    Token(TokenId, Timestamp),
}

impl Revoked {
    fn store(&self, conn: &mut Conn, now: Timestamp, event: AuditEvent) -> QueryResult<()> {
        let (user_id, detail) = match *self {
            Self::Grant(grant) => match grants::revoke(conn, grant, now)? {
                None => return Ok(()),
                user => (user, grant.to_string()),
            },
            Self::Token(token, ends_at) => {
                revocations::insert(conn, &NewRevocation::token(token, ends_at))?;
                (None, token.to_string())
            }
        };
        audit_events::insert(conn, &[AuditEvent { user_id, detail, ..event }])
    }
}
