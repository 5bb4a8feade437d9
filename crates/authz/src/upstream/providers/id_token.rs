//! A provider's ID token: OpenID Connect Core section 3.1.3.7. Signed by one of its keys, and never by a secret or by
//! nobody.

use model::time::Timestamp;

use super::{Provider, ProviderError};
use crate::config::providers::Kind;
use crate::crypto::claims::{Claims, WrongClaim};
use crate::crypto::jwt::Unverified;

/// The claims of an ID token that is the provider's, made for us and still good; with the `nonce`, if one is expected.
pub(super) async fn verified(
    provider: &Provider<'_>,
    text: &str,
    nonce: Option<&str>,
) -> Result<Claims, ProviderError> {
    let Kind::OpenId { issuer } = &provider.settings.kind else {
        return Err(ProviderError::NotForUs("it is no OpenID provider's"));
    };
    let unverified = Unverified::read(text).ok_or(ProviderError::NotForUs("it is no signed ID token"))?;
    let key = provider.key(unverified.alg, unverified.kid.as_deref()).await?;
    let key = key.ok_or(ProviderError::NotForUs("it is signed by nobody known"))?;
    let claims = unverified.signed_with(&key).ok_or(ProviderError::NotForUs("its signature is wrong"))?;
    let claims = Claims::from(claims);
    let judged = judge(provider, &claims, issuer, nonce);
    judged.map_err(|WrongClaim(name)| ProviderError::NotForUs(name))?;
    Ok(claims)
}

/// When the person signed in there, if it says so (OpenID Connect Core section 2).
pub(super) fn auth_time(claims: &Claims) -> Result<Option<Timestamp>, ProviderError> {
    claims.instant("auth_time").map_err(|WrongClaim(name)| ProviderError::NotForUs(name))
}

fn judge(
    provider: &Provider<'_>,
    claims: &Claims,
    issuer: &str,
    nonce: Option<&str>,
) -> Result<(), WrongClaim> {
    let ours = provider.settings.client_id.as_str();
    let must = |is: bool, name| if is { Ok(()) } else { Err(WrongClaim(name)) };
    must(claims.text("iss")? == Some(issuer), "iss")?;
    let audiences = claims.audiences()?;
    must(audiences.contains(&ours), "aud")?;
    let party = claims.text("azp")?;
    must(party.map_or(audiences.len() == 1, |party| party == ours), "azp")?;
    must(claims.instant("iat")?.is_some(), "iat")?;
    must(claims.in_time(provider.app.now())?.is_some(), "exp")?;
    if let Some(nonce) = nonce {
        must(claims.text("nonce")? == Some(nonce), "nonce")?;
    }
    must(claims.text("sub")?.is_some(), "sub")
}
