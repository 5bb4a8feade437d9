//! `/o/userinfo/`: OpenID Connect Core section 5.3. What a person is, for whoever holds an access token with `openid`.
//!
//! The token is in the header (RFC 6750 section 2.1) or in a form (section 2.2), never in the address. One that is bound to
//! a key is in the header, with a proof beside it (RFC 9449 section 7.1). What was revoked is refused at once, as
//! introspection does.

use std::fmt;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentType};
use actix_web::{Error, FromRequest, HttpRequest, HttpResponse, ResponseError, web};
use futures_util::future::LocalBoxFuture;
use model::db::DbError;
use model::dpop::{ALGS, Thumbprint, Wrong};
use model::id::UserId;
use serde_json::{Map, Value, json};

use super::access_token::{self, Scheme};
use super::dpop::{Refused, Sent};
use super::error::{Code, OAuthError};
use super::params::Params;
use super::provider_bearer;
use crate::app::App;
use crate::profile::{self, ClaimSet};
use crate::store::clients::Client;
use crate::{edge, id_token, signatures};

/// An access token as it was presented.
pub struct Presented(Result<Token, Refusal>);

struct Token {
    text: String,
    scheme: Scheme,
    proof: Sent,
}

/// Why nothing is told (RFC 6750 section 3.1).
#[derive(Debug)]
pub enum Refusal {
    /// There is no token.
    NoToken,
    /// It is there twice, or cannot be read.
    Malformed(Scheme, OAuthError),
    /// It does not open, has ended or was revoked.
    Invalid(Scheme),
    /// It is bound to a key that was not proven, or a key was proven and it is bound to none.
    Unbound,
    /// What should prove the key does not.
    Proof(Wrong),
    /// It is good for something else.
    Insufficient(Scheme),
    /// It cannot be judged right now.
    Failed(OAuthError),
}

impl FromRequest for Presented {
    type Error = Refusal;
    type Future = LocalBoxFuture<'static, Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move { Ok(Self(presented(&request, &mut payload).await)) })
    }
}

async fn presented(request: &HttpRequest, payload: &mut Payload) -> Result<Token, Refusal> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let (first, second) = (headers.next(), headers.next());
    let named = first.and_then(access_token::in_header);
    let malformed = |error| Refusal::Malformed(named.map_or(Scheme::Bearer, |(scheme, _)| scheme), error);
    let in_form = if edge::is_form(request) {
        let params = Params::from_body(request, payload).await.map_err(malformed)?;
        params.get("access_token").map(str::to_owned)
    } else {
        None
    };
    match (first, second, in_form) {
        (None, None, Some(text)) => Ok(Token { text, scheme: Scheme::Bearer, proof: Sent::default() }),
        (Some(_), None, None) => {
            let (scheme, text) = named.ok_or(Refusal::NoToken)?;
            Ok(Token { text: text.to_owned(), scheme, proof: Sent::with(request) })
        }
        (None, None, None) => Err(Refusal::NoToken),
        _ => {
            let sentence = "A token is sent in one place only.";
            Err(malformed(OAuthError::new(Code::InvalidRequest, sentence)))
        }
    }
}

/// Tells.
///
/// # Errors
/// As RFC 6750 section 3.1 says; 503 when it cannot be judged.
pub async fn answer(
    app: web::Data<App>,
    presented: Presented,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let presented = presented.0?;
    if presented.scheme == Scheme::Bearer {
        let address = edge::client_address(&request, &app.config.trusted_proxies);
        if let Some(user) = provider_bearer::person(&app, &presented.text, &edge::network(address)).await? {
            return of_a_providers(&app, user.id).await;
        }
    }
    Ok(told_of(&app, presented).await?)
}

/// Whoever has a provider's token knows from there who it is; here they get its name and number.
async fn of_a_providers(app: &App, user: UserId) -> Result<HttpResponse, Error> {
    let claims = ClaimSet::of_scopes(&["profile"].into_iter().collect());
    let known = profile::told(app, user, claims).await.map_err(Refusal::from)?;
    let mut told = Map::new();
    told.insert("sub".to_owned(), user.to_string().into());
    told.extend(known.unwrap_or_default());
    Ok(HttpResponse::Ok().json(told))
}

async fn told_of(app: &App, presented: Token) -> Result<HttpResponse, Refusal> {
    if !app.feed.is_current() {
        let sentence = "The server cannot judge tokens right now. Try again shortly.";
        return Err(Refusal::Failed(OAuthError::new(Code::TemporarilyUnavailable, sentence).retry_after(1)));
    }
    let mut buffer = Vec::new();
    let token = access_token::open(app, &presented.text, app.now(), &mut buffer);
    let invalid = || Refusal::Invalid(presented.scheme);
    let token = token.filter(|token| !app.feed.is_revoked(token)).ok_or_else(invalid)?;
    presented.belongs_to_its_sender(app, token.key).await?;
    let (Some(id), Some(asked)) = (token.user, token.userinfo) else {
        return Err(Refusal::Insufficient(presented.scheme));
    };
    let client = app.clients.find(token.client).await?.ok_or_else(invalid)?;
    let asked = ClaimSet::of_scopes(&token.scopes.split(' ').collect()).union(asked);
    let known = profile::told(app, id, asked).await?.ok_or_else(invalid)?;
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), id_token::subject(app, &client, id).into());
    claims.extend(known);
    told(app, &client, claims).await
}

impl Token {
    /// A token is theirs who have it, or theirs who hold its key, and never the one in place of the other (R76).
    async fn belongs_to_its_sender(&self, app: &App, key: Option<Thumbprint>) -> Result<(), Refusal> {
        match (self.scheme, key) {
            (Scheme::Bearer, None) => Ok(()),
            (Scheme::Dpop, Some(key)) => match self.proof.key(app, Some(&self.text)).await? {
                Some(held) if held == key => Ok(()),
                Some(_) => Err(Refusal::Unbound),
                None => Err(Refusal::Proof(Wrong::Missing)),
            },
            _ => Err(Refusal::Unbound),
        }
    }
}

/// As JSON, or signed for a client that registered for it (section 5.3.2).
async fn told(app: &App, client: &Client, mut claims: Map<String, Value>) -> Result<HttpResponse, Refusal> {
    let mut response = HttpResponse::Ok();
    let Some(alg) = client.metadata.userinfo_signed_response_alg else { return Ok(response.json(claims)) };
    claims.insert("iss".to_owned(), app.config.issuer.as_str().into());
    claims.insert("aud".to_owned(), client.id.as_str().into());
    let signed = signatures::sign(app, alg, "JWT", &claims).await;
    let signed = signed.map_err(|failed| Refusal::Failed(failed.into()))?;
    Ok(response.content_type("application/jwt").body(signed))
}

impl From<DbError> for Refusal {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Wrong(wrong) => Self::Proof(wrong),
            Refused::Failed(error) => error.into(),
        }
    }
}

/// For the log.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(_, error) | Self::Failed(error) => error.fmt(f),
            other => write!(f, "{other:?}"),
        }
    }
}

impl std::error::Error for Refusal {}

impl Refusal {
    /// Status, code and sentence; no code when no token was sent.
    fn told(&self) -> (StatusCode, Option<&'static str>, &'static str) {
        match self {
            Self::NoToken => (StatusCode::UNAUTHORIZED, None, "There is no access token."),
            Self::Malformed(_, error) | Self::Failed(error) => {
                (error.status_code(), Some(error.code().as_str()), error.description())
            }
            Self::Unbound => (
                StatusCode::UNAUTHORIZED,
                Some("invalid_token"),
                "The token is bound to a key, and it is not that key that was proven, or it is bound to none.",
            ),
            Self::Proof(wrong) => (StatusCode::UNAUTHORIZED, Some("invalid_dpop_proof"), wrong.sentence()),
            Self::Invalid(_) => (
                StatusCode::UNAUTHORIZED,
                Some("invalid_token"),
                "The token is unknown, has ended or was revoked.",
            ),
            Self::Insufficient(_) => (
                StatusCode::FORBIDDEN,
                Some("insufficient_scope"),
                "The token is not for asking who somebody is.",
            ),
        }
    }
}

impl Refusal {
    /// The schemes in which whoever asks is to come back: the one they came in, and both if they came in none.
    const fn schemes(&self) -> &'static [Scheme] {
        match self {
            Self::NoToken => &[Scheme::Bearer, Scheme::Dpop],
            Self::Malformed(Scheme::Bearer, _)
            | Self::Invalid(Scheme::Bearer)
            | Self::Insufficient(Scheme::Bearer) => &[Scheme::Bearer],
            Self::Malformed(..)
            | Self::Invalid(_)
            | Self::Insufficient(_)
            | Self::Unbound
            | Self::Proof(_) => &[Scheme::Dpop],
            Self::Failed(_) => &[],
        }
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        self.told().0
    }

    fn error_response(&self) -> HttpResponse {
        let (status, code, sentence) = self.told();
        let mut response = HttpResponse::build(status);
        if let Self::Failed(_) = self {
            response.insert_header((header::RETRY_AFTER, 1));
        }
        for scheme in self.schemes() {
            let mut challenge = match scheme {
                Scheme::Bearer => r#"Bearer realm="authz""#.to_owned(),
                Scheme::Dpop => format!(r#"DPoP realm="authz", algs="{ALGS}""#),
            };
            if let Some(code) = code {
                challenge = format!(r#"{challenge}, error="{code}", error_description="{sentence}""#);
            }
            if let Self::Insufficient(_) = self {
                challenge.push_str(r#", scope="openid""#);
            }
            response.append_header((header::WWW_AUTHENTICATE, challenge));
        }
        let Some(code) = code else { return response.insert_header(ContentType::plaintext()).finish() };
        response.json(json!({"error": code, "error_description": sentence}))
    }
}
