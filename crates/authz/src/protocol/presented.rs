//! An access token that somebody presents to this server itself, beside UserInfo: to the endpoints for scripts.

use actix_web::http::header::HeaderValue;
use model::id::UserId;
use model::scope::ScopeSet;
use model::time::Timestamp;

use super::access_token;
use crate::app::App;

/// What it says.
pub(crate) struct Presented {
    /// The person it speaks for; none when its client got it for itself.
    pub(crate) user: Option<UserId>,
    /// What it is for.
    pub(crate) scopes: ScopeSet,
    /// Whether its client belongs to whoever runs this server.
    pub(crate) is_first_party: bool,
    /// When it was issued.
    pub(crate) issued_at: Timestamp,
}

/// Why there is none.
pub(crate) enum Refused {
    /// It is not good, or not here.
    Invalid,
    /// That cannot be said now.
    Unavailable(Box<dyn std::error::Error + Send + Sync>),
}

/// The live token in an `Authorization` header. One that is bound to a key is good at the places that ask for the proof. One
/// that was narrowed to a resource (RFC 8707) is for that alone: whoever it is shown to there must not use it here.
///
/// # Errors
/// See [`Refused`].
pub(crate) async fn bearer(app: &App, value: &HeaderValue) -> Result<Presented, Refused> {
    if !app.feed.is_current() {
        return Err(Refused::Unavailable("the revocation index is too old to vouch by".into()));
    }
    let text = access_token::bearer(value).ok_or(Refused::Invalid)?;
    let mut buffer = Vec::new();
    let token = access_token::open(app, text, app.now(), &mut buffer);
    let token = token.filter(|token| token.key.is_none() && !app.feed.is_revoked(token));
    let token = token.ok_or(Refused::Invalid)?;
    let client = app.clients.find(token.client).await.map_err(|error| Refused::Unavailable(error.into()))?;
    let client = client.ok_or(Refused::Invalid)?;
    let count = |audiences: &str| audiences.split(' ').count();
    if count(token.audiences) != count(&client.audiences) {
        return Err(Refused::Invalid);
    }
    let scopes = token.scopes.split(' ').filter(|scope| !scope.is_empty()).collect();
    let is_first_party = client.metadata.is_first_party || app.config.first_party.is(client.id.as_str());
    Ok(Presented { user: token.user, scopes, is_first_party, issued_at: token.issued_at })
}
