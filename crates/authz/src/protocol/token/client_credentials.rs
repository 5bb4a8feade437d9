//! The client credentials grant: RFC 6749 section 4.4. No person, no refresh token, nothing written.

use model::dpop::Thumbprint;

use super::issue::{self, Answer};
use crate::app::App;
use crate::protocol::client_auth::ClientRequest;
use crate::protocol::error::{Code, OAuthError};
use crate::protocol::permission::Permission;
use crate::scopes;

/// Issues a token in which the client speaks for itself.
pub(super) async fn issue(
    app: &App,
    request: &ClientRequest,
    key: Option<Thumbprint>,
) -> Result<Answer, OAuthError> {
    let ClientRequest { client, params, .. } = request;
    if !client.is_confidential {
        return Err(OAuthError::new(
            Code::UnauthorizedClient,
            "Only a confidential client may speak for itself.",
        ));
    }
    let given = Permission::asked_for_itself(app, client, params)?;
    if given.scopes.iter().any(scopes::is_about_a_person) {
        return Err(OAuthError::new(Code::InvalidScope, "This is about a person, and there is none."));
    }
    issue::access(app, client, None, given, key, app.now()).await
}
