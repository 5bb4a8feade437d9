//! `/time/sign-in/` and `/time/callback/`: to the authorization server and back (RFC 6749 section 4.1, RFC 9700 section 2.1).
//!
//! A browser that leaves has a secret in a cookie. The `state` it takes along is sealed with it and says where it goes on
//! afterwards; the PKCE verifier is made of both. So nothing is kept here of somebody who may never come back, and what comes
//! back is good in the browser that left, and nowhere else.

mod attempt;

use actix_web::http::StatusCode;
use actix_web::web::ThinData;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use attempt::{Attempt, Next};

use super::error::{Kind, PageError};
use super::frame::Frame;
use super::secret::BrowserSecret;
use super::sessions::{self, Visitor, cookie};
use super::{HOME, page, see_other};
use crate::App;
use crate::auth::code_grant::{CodeGrant, Refused};
use crate::wire::challenge::Scheme;
use crate::wire::error::ApiError;
use crate::wire::query::Parameters;

/// Where the authorization server sends browsers back to.
pub const CALLBACK: &str = "/time/callback/";

#[derive(Template)]
#[template(path = "pages/sign_in/nowhere.html")]
struct Nowhere {
    frame: Frame,
}

/// `GET /time/sign-in/?next=…`: sends the browser to the authorization server.
///
/// # Errors
/// 500 without randomness.
pub async fn get(ThinData(app): ThinData<App>, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let Some(client) = app.sign_in() else {
        return page(StatusCode::NOT_FOUND, &Nowhere { frame: Frame::nobody(&app) });
    };
    let query = Parameters::parse(request.query_string()).unwrap_or_default();
    let next = Next::read(query.get("next"));
    if let Ok(Visitor::SignedIn(_)) = sessions::visitor(&app, &request).await {
        return Ok(see_other(&app.url(next.as_str())));
    }
    // Two tabs may be on their way at once.
    let secret = cookie::Kind::Attempt.read(&app, &request).or_else(BrowserSecret::new);
    let secret = secret.ok_or_else(|| PageError::internal("there is no randomness"))?;
    let attempt = Attempt { began_at: app.clock().now(), next };
    let state = attempt.seal(&secret).ok_or_else(|| PageError::internal("there is no randomness"))?;
    let url = client.authorization_url(&state, &attempt::verifier(&secret, &state));
    with_cookies(see_other(&url), &[cookie::Kind::Attempt.given(&app, &secret)])
}

/// `GET /time/callback/`: the browser comes back, with a code or an error.
///
/// # Errors
/// A page for everything that can be wrong.
pub async fn callback(ThinData(app): ThinData<App>, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let Some(client) = app.sign_in() else {
        return page(StatusCode::NOT_FOUND, &Nowhere { frame: Frame::nobody(&app) });
    };
    let strange = PageError::new(Kind::StrangeSignIn);
    let Ok(query) = Parameters::parse(request.query_string()) else { return Err(strange) };
    if ["code", "state", "iss", "error"].iter().any(|name| query.all(name).count() > 1) {
        return Err(strange);
    }
    let state = query.get("state").unwrap_or_default();
    let secret = cookie::Kind::Attempt.read(&app, &request);
    let attempt = secret.as_ref().and_then(|secret| Attempt::open(secret, state, app.clock().now()));
    let (Some(secret), Some(attempt)) = (secret, attempt) else {
        // Sent twice, or gone back to: whoever is signed in has nothing to finish.
        let is_signed_in = matches!(sessions::visitor(&app, &request).await, Ok(Visitor::SignedIn(_)));
        return if is_signed_in { Ok(see_other(&app.url(HOME))) } else { Err(strange) };
    };
    // Mix-up (RFC 9207 section 2.4): ours always says who it is.
    if query.get("iss") != Some(app.issuer()) {
        return Err(PageError::new(Kind::StrangeIssuer));
    }
    match (query.get("code"), query.get("error")) {
        (Some(code), None) => {
            let verifier = attempt::verifier(&secret, state);
            let session = finish(&app, client, &request, code, &verifier).await?;
            let cookies = [session, cookie::Kind::Attempt.taken(&app)];
            with_cookies(see_other(&app.url(attempt.next.as_str())), &cookies)
        }
        (None, Some("access_denied")) => Err(PageError::new(Kind::Refused)),
        (None, Some("temporarily_unavailable" | "server_error")) => Err(PageError::new(Kind::Unreachable)),
        _ => Err(PageError::new(Kind::SignInFailed)),
    }
}

/// Redeems the code, looks who it is for, and signs them in. The cookie of their session.
async fn finish(
    app: &App,
    client: &CodeGrant,
    request: &HttpRequest,
    code: &str,
    verifier: &str,
) -> Result<actix_web::cookie::Cookie<'static>, PageError> {
    let asked_at = app.clock().now();
    let tokens = match client.redeem(code, verifier).await {
        Ok(tokens) => tokens,
        Err(Refused::Grant) => return Err(PageError::new(Kind::StaleCode)),
        Err(Refused::Unanswered(error)) => return Err(PageError::because(Kind::Unreachable, error)),
    };
    let caller = match app.gate().admit(Scheme::Bearer, tokens.access.expose(), None).await {
        Ok(caller) => caller,
        Err(ApiError::Unavailable(cause)) => return Err(PageError::because(Kind::Unreachable, cause)),
        Err(error) => return Err(PageError::because(Kind::UselessToken, error)),
    };
    Ok(sessions::begin(app, request, caller.person, tokens, asked_at).await?)
}

fn with_cookies(
    mut response: HttpResponse,
    cookies: &[actix_web::cookie::Cookie<'static>],
) -> Result<HttpResponse, PageError> {
    for cookie in cookies {
        response.add_cookie(cookie).map_err(|error| PageError::internal(error.to_string()))?;
    }
    Ok(response)
}
