//! The device code grant: RFC 8628 sections 3.4 and 3.5.

use model::db::Conn;
use model::dpop::Thumbprint;
use model::secret::sha256;

use super::issue::{self, Answer, Holder};
use crate::app::App;
use crate::crypto::seal::OpenId;
use crate::id_token;
use crate::protocol::client_auth::ClientRequest;
use crate::protocol::error::{Code, OAuthError};
use crate::protocol::permission::Permission;
use crate::store::device_codes::{self, Approval, Polled};

/// Says how far the person is, and issues once they have allowed it. What was fetched before is `invalid_grant` and
/// does no harm to what was fetched: the code never was in a browser, so whoever has it is the device, whose answer was
/// lost or who asked twice at once.
pub(super) async fn redeem(
    app: &App,
    request: &ClientRequest,
    key: Option<Thumbprint>,
) -> Result<Answer, OAuthError> {
    let ClientRequest { client, params, .. } = request;
    let text = params.required("device_code", "Missing device_code parameter.")?;
    let (id, asking, now) = (sha256(text.as_bytes()), client.id.as_str().to_owned(), app.now());
    let polled = app.db.write(move |conn| device_codes::poll(conn, &id, &asking, now)).await?;
    let approval = allowed(polled)?;
    // Judged before the code is used up.
    let whole = Permission { scopes: approval.scopes.clone(), audiences: approval.audiences.clone() };
    let given = whole.within(client)?.at(params)?;
    issue::ready(app, client, &whole).await?;
    let Approval { grant, user, authenticated_at, sid, .. } = approval;
    let sid = sid.filter(|_| whole.scopes.contains("openid"));
    let member = sid.and_then(|sid| id_token::member_of_session(app, client, sid, user, now));
    let grant = issue::new_grant(app, grant, user, client, whole.scopes.clone(), authenticated_at, now);
    let row = grant.clone();
    let redeem = move |conn: &mut Conn| device_codes::redeem(conn, &approval, &row, member.as_ref(), now);
    let user = app.db.write(redeem).await?.ok_or_else(unknown)?;
    let (username, openid) = (user.username.as_str(), OpenId { sid, ..OpenId::default() });
    let holder = Holder { grant: &grant, username, whole: &whole, openid, nonce: None, key };
    issue::pair(app, client, &holder, given, now).await
}

fn allowed(polled: Polled) -> Result<Approval, OAuthError> {
    Err(match polled {
        Polled::Allowed(approval) => return Ok(approval),
        Polled::Pending => OAuthError::new(Code::AuthorizationPending, "The person has not decided yet."),
        Polled::TooSoon => {
            OAuthError::new(Code::SlowDown, "Wait five seconds longer between requests from now on.")
        }
        Polled::Refused => OAuthError::new(Code::AccessDenied, "The person refused."),
        Polled::Ended => OAuthError::new(Code::ExpiredToken, "The device code has ended. Begin again."),
        Polled::Unknown => unknown(),
    })
}

fn unknown() -> OAuthError {
    OAuthError::new(
        Code::InvalidGrant,
        "The device code is unknown, was used, or does not belong to this client.",
    )
}
