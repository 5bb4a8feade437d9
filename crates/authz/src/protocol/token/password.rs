//! The password grant: RFC 6749 section 4.3, for clients an administrator has given it. The tutorials this server
//! replaces use it; new clients should not (RFC 9700 section 2.4).

use model::dpop::Thumbprint;
use model::id::GrantId;
use model::secret::Secret;

use super::issue::{self, Answer, Holder};
use crate::app::App;
use crate::crypto::seal::OpenId;
use crate::protocol::client_auth::ClientRequest;
use crate::protocol::error::{Code, OAuthError};
use crate::protocol::permission::Permission;
use crate::sign_in::{self, Attempt, SignIn};

/// Checks a person's password and issues for them.
pub(super) async fn issue(
    app: &App,
    request: &ClientRequest,
    key: Option<Thumbprint>,
) -> Result<Answer, OAuthError> {
    let ClientRequest { client, params, address } = request;
    let username = params.required("username", "Request is missing username parameter.")?;
    let password = params.required("password", "Request is missing password parameter.")?;
    let whole = Permission::asked(app, client, params)?;
    issue::ready(app, client, &whole).await?;
    let attempt = Attempt { address: *address, keepsakes: "", is_relayed: false };
    let (user, since) = match sign_in::check(app, attempt, username, Secret::new(password.to_owned())).await?
    {
        SignIn::Welcome(user, since) => (user, since),
        SignIn::Wrong => return Err(OAuthError::new(Code::InvalidGrant, "Invalid credentials given.")),
        SignIn::Wait(seconds) => {
            let sentence = "Too many failed attempts. Try again later.";
            return Err(OAuthError::new(Code::TooManyRequests, sentence).retry_after(seconds));
        }
    };
    let now = app.now();
    let grant = issue::new_grant(app, GrantId::new(now), user.id, client, whole.scopes.clone(), since, now);
    match issue::claim(app, &grant, since).await? {
        Ok(()) => {
            let (username, openid) = (user.username.as_str(), OpenId::default());
            let holder = Holder { grant: &grant, username, whole: &whole, openid, nonce: None, key };
            issue::pair(app, client, &holder, whole.clone(), now).await
        }
        Err(_) => Err(OAuthError::new(Code::InvalidGrant, "Invalid credentials given.")),
    }
}
