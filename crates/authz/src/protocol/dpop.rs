//! Proofs that whoever asks holds a key (RFC 9449), as they come with a request: judged by [`model::dpop`], and good once
//! for all processes. A request without one costs a look for the header.

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpRequest};
use model::db::DbError;
use model::dpop::{self, Proof, Request, Thumbprint, Wrong};

use super::error::{Code, OAuthError};
use crate::app::App;
use crate::crypto::jwt;
use crate::store::used_ids::{self, Kind};

const HEADER: HeaderName = HeaderName::from_static(dpop::HEADER);

/// The proof that came with a request, not judged yet; none, as most of the time.
#[derive(Default)]
pub struct Sent(Option<Header>);

struct Header {
    text: HeaderValue,
    /// Whether there is no other (section 4.3, check 1).
    is_alone: bool,
    method: Method,
    path: String,
}

impl FromRequest for Sent {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Ok(Self::with(request)))
    }
}

/// Why nobody is known to hold a key.
#[derive(Debug)]
pub(super) enum Refused {
    /// The proof proves nothing.
    Wrong(Wrong),
    /// Whether it was used before cannot be said.
    Failed(DbError),
}

impl From<Wrong> for Refused {
    fn from(wrong: Wrong) -> Self {
        Self::Wrong(wrong)
    }
}

impl From<DbError> for Refused {
    fn from(error: DbError) -> Self {
        Self::Failed(error)
    }
}

impl From<Refused> for OAuthError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Wrong(wrong) => Self::new(Code::InvalidDpopProof, wrong.sentence()),
            Refused::Failed(error) => error.into(),
        }
    }
}

impl Sent {
    /// What came with this request.
    pub(super) fn with(request: &HttpRequest) -> Self {
        let mut headers = request.headers().get_all(HEADER);
        Self(headers.next().map(|text| Header {
            text: text.clone(),
            is_alone: headers.next().is_none(),
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
        }))
    }

    /// The key that whoever sent the request holds, and none when they said nothing of one. The proof is used up, and that
    /// is a write; with `token` it must be about this token.
    pub(super) async fn key(&self, app: &App, token: Option<&str>) -> Result<Option<Thumbprint>, Refused> {
        let Some(sent) = &self.0 else { return Ok(None) };
        if !sent.is_alone {
            return Err(Wrong::Several.into());
        }
        let text = sent.text.to_str().map_err(|_| Wrong::Malformed)?;
        let url = [app.config.issuer.base(), &sent.path].concat();
        let request = Request { method: sent.method.as_str(), url: &url, token };
        let Proof { key, id, ends_at } = dpop::check(text, &request, app.now(), jwt::is_signed)?;
        let holder = key.to_string();
        let claim = move |conn: &mut _| used_ids::claim(conn, Kind::DpopProof, &holder, &id, ends_at);
        if app.db.write(claim).await? { Ok(Some(key)) } else { Err(Wrong::Used.into()) }
    }
}
