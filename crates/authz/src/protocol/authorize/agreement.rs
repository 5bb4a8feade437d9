//! Whether a person need be asked: what they agreed to before, and for which clients that counts.

use model::db::DbError;
use model::secret::sha256;

use super::decide::Known;
use super::request::Request;
use crate::app::App;
use crate::id_token;
use crate::pages::browser::SignedIn;
use crate::profile::ClaimSet;
use crate::store::consents::{self, Consent};

/// Who is signed in, as far as the request is concerned.
pub(super) async fn known(app: &App, request: &Request, signed_in: &SignedIn) -> Result<Known, DbError> {
    let subject = || id_token::subject(app, &request.client, signed_in.user.id);
    Ok(Known {
        authenticated_at: signed_in.session.authenticated_at,
        is_meant: request.asked.about.as_ref().is_none_or(|about| *about == subject()),
        has_agreed: has_agreed(app, request, signed_in).await?,
    })
}

async fn has_agreed(app: &App, request: &Request, signed_in: &SignedIn) -> Result<bool, DbError> {
    if !is_certain(app, request) {
        return Ok(false);
    }
    if request.client.metadata.is_first_party {
        return Ok(true);
    }
    let (user, client) = (signed_in.user.id, request.client.id.clone());
    let known = app.db.read(move |conn| consents::find(conn, user, client.as_str())).await?;
    Ok(known.is_some_and(|known| known.covers(&asked(request))))
}

/// What is remembered when they agree, if it will ever count.
pub(super) fn to_remember(app: &App, request: &Request) -> Option<Consent> {
    is_certain(app, request).then(|| asked(request))
}

/// Whether the answer reaches this client and nobody else: it has a secret, or an address that is its own. Any
/// application on a device can answer at a loopback address or to a private scheme and say that it is this client, and
/// whoever stands beside a person can read our own code page; there people are asked every time (RFC 8252 section 8.6).
/// So they are where nobody has checked who is behind the client.
fn is_certain(app: &App, request: &Request) -> bool {
    if request.client.metadata.is_self_registered {
        return false;
    }
    request.client.is_confidential || is_an_address_of_its_own(request.to.uri(), app.config.issuer.base())
}

fn is_an_address_of_its_own(uri: &str, ours: &str) -> bool {
    uri.starts_with("https://") && uri.strip_prefix(ours).is_none_or(|rest| !rest.starts_with('/'))
}

fn asked(request: &Request) -> Consent {
    let audiences = request.asked.permission.audiences.split(' ').filter(|audience| !audience.is_empty());
    Consent {
        scopes: request.asked.permission.scopes.clone(),
        audiences: audiences.collect(),
        claims: claims(request),
        redirect_uris: sha256(request.client.redirect_uris.as_bytes()).to_vec(),
    }
}

/// What may be told beside what the scopes stand for.
pub(super) fn claims(request: &Request) -> ClaimSet {
    let claims = &request.asked.claims;
    let of_scopes = ClaimSet::of_scopes(&request.asked.permission.scopes);
    claims.id_token.union(claims.userinfo).without(of_scopes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_https_address_that_is_not_ours_is_the_clients_own() {
        for (uri, expected) in [
            ("https://c.example/cb", true),
            ("https://id.example.evil.example/o/code/", true),
            ("https://id.example/o/code/", false),
            ("http://localhost/cb", false),
            ("http://127.0.0.1/cb", false),
            ("com.example.app:/cb", false),
        ] {
            assert_eq!(is_an_address_of_its_own(uri, "https://id.example"), expected, "{uri}");
        }
    }
}
