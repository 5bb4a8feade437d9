//! What is granted of what was asked for: RFC 6749 section 3.3, the same at every endpoint and grant.

use model::scope::ScopeSet;

use super::error::{Code, OAuthError};
use crate::app::App;
use crate::store::clients::Client;

/// What is granted when `asked` of what `allowed` covers: all of it when nothing in particular was asked for
/// (RFC 6749 section 3.3).
///
/// # Errors
/// `invalid_scope` when more was asked for.
pub(crate) fn granted(asked: Option<&str>, allowed: &ScopeSet) -> Result<ScopeSet, OAuthError> {
    let Some(asked) = asked else { return Ok(allowed.clone()) };
    let asked: ScopeSet =
        asked.parse().map_err(|_| OAuthError::new(Code::InvalidScope, "The scope is malformed."))?;
    if asked.is_subset(allowed) {
        Ok(asked)
    } else {
        Err(OAuthError::new(Code::InvalidScope, "More was asked for than may be given."))
    }
}

/// What the client may ask for of what there is.
pub(crate) fn allowed(app: &App, client: &Client) -> ScopeSet {
    client.scopes.iter().filter(|scope| app.config.scopes.iter().any(|(name, _)| name == scope)).collect()
}
