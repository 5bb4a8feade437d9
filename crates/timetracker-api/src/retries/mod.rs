//! Requests that may be sent again: with an `Idempotency-Key` the second one gets the answer of the first, for a day. The
//! answer is kept by the transaction that does the work, so that there is never one without the other.

mod store;

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use model::db::Conn;
use model::secret::sha256;

use crate::App;
use crate::auth::Caller;
use crate::changes::{self, Stamp};
use crate::wire::error::{ApiError, Verdict};
use crate::wire::reply::Reply;
use crate::wire::sent::Sent;

/// How long an answer is kept.
const KEPT: Duration = Duration::from_secs(24 * 3_600);
/// The longest key, in bytes.
const LONGEST: usize = 255;
const NAME: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A request that may be sent again.
#[derive(Clone, Debug)]
pub struct Retry {
    method: String,
    path: String,
    key: String,
    fingerprint: [u8; 32],
}

impl Retry {
    /// The same for a form of ours, which carries a key with it: for what it asks, and what it says about that.
    ///
    /// # Errors
    /// 400 for a key that is none.
    pub fn of_form(path: &str, asks: &str, key: &str, said: &[u8]) -> Result<Self, ApiError> {
        let (method, path, key) = (asks.to_owned(), path.to_owned(), checked(key)?.to_owned());
        Ok(Self { method, path, key, fingerprint: sha256(said) })
    }

    /// Reads `Idempotency-Key`: a string of RFC 8941 section 3.3.3, or without the quotes.
    ///
    /// # Errors
    /// 400 for a key that is none.
    pub fn read(request: &HttpRequest, sent: &Sent) -> Result<Option<Self>, ApiError> {
        let Some(value) = request.headers().get(&NAME) else { return Ok(None) };
        let text = value.to_str().unwrap_or_default().trim();
        let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        let key = checked(quoted.unwrap_or(text))?;
        let said = [request.query_string().as_bytes(), b"\n", &sent.canonical()].concat();
        Ok(Some(Self {
            method: request.method().as_str().to_owned(),
            path: request.path().to_owned(),
            key: key.to_owned(),
            fingerprint: sha256(&said),
        }))
    }

    /// The same from a client that is shown all of the answer, or not all of it: what one was told is not told the other.
    #[must_use]
    pub fn shown(self, whole: bool) -> Self {
        if whole { self } else { Self { fingerprint: sha256(&self.fingerprint), ..self } }
    }

    /// The same from a client that would like the answer in brief, or not.
    #[must_use]
    pub fn told(self, briefly: bool) -> Self {
        let said = || [self.fingerprint.as_slice(), b"return=minimal"].concat();
        if briefly { Self { fingerprint: sha256(&said()), ..self } } else { self }
    }
}

fn checked(key: &str) -> Result<&str, ApiError> {
    let is_plain = key.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\');
    if key.is_empty() || key.len() > LONGEST || !is_plain {
        return Err(ApiError::Malformed(
            "The Idempotency-Key must be a string of at most 255 characters.".into(),
        ));
    }
    Ok(key)
}

/// Whether this is the answer to an earlier request.
pub fn is_replay(answer: &HttpResponse) -> bool {
    answer.headers().contains_key(REPLAYED)
}

/// What was done, now or when it was sent before.
#[derive(Debug)]
pub struct Done {
    reply: Reply,
    /// The transaction that did it just now.
    seq: Option<i64>,
}

impl Done {
    /// Answered in another way than it was kept.
    #[must_use]
    pub fn map(self, change: impl FnOnce(Reply) -> Reply) -> Self {
        Self { reply: change(self.reply), ..self }
    }

    /// As it is sent.
    pub fn response(self, app: &App) -> HttpResponse {
        let mut response = self.reply.response(app);
        if self.seq.is_none() {
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

/// Does a person's change: in one transaction, in its turn, and once. Whoever waits for it is woken.
///
/// # Errors
/// As `work`; 422 for a key that was used for something else, 503 when its turn does not come.
pub async fn once(
    app: &App,
    caller: Arc<Caller>,
    retry: Option<Retry>,
    work: impl FnOnce(&mut Conn, &Caller, Stamp) -> Verdict<Reply> + Send + 'static,
) -> Result<HttpResponse, ApiError> {
    Ok(done(app, caller, retry, work).await?.response(app))
}

/// As [`once`], for an answer that is more than what is kept.
///
/// # Errors
/// As [`once`].
pub async fn done(
    app: &App,
    caller: Arc<Caller>,
    retry: Option<Retry>,
    work: impl FnOnce(&mut Conn, &Caller, Stamp) -> Verdict<Reply> + Send + 'static,
) -> Result<Done, ApiError> {
    app.turns().single(caller.workspace).await?;
    in_turn(app, caller, retry, work).await
}

/// As [`done`], for who has the turn already.
///
/// # Errors
/// As [`once`].
pub async fn in_turn(
    app: &App,
    caller: Arc<Caller>,
    retry: Option<Retry>,
    work: impl FnOnce(&mut Conn, &Caller, Stamp) -> Verdict<Reply> + Send + 'static,
) -> Result<Done, ApiError> {
    let (clock, workspace) = (app.clock().clone(), caller.workspace);
    let done = app.db().write(move |conn| {
        let stamp = changes::begin(conn, caller.workspace, &clock)?;
        let new = |reply| Done { reply, seq: Some(stamp.seq) };
        let Some(retry) = &retry else { return Ok(work(conn, &caller, stamp)?.map(new)) };
        match store::find(conn, &caller, retry, stamp.at.minus(KEPT))? {
            Some((fingerprint, reply)) if fingerprint == retry.fingerprint => {
                Ok(Ok(Done { reply, seq: None }))
            }
            Some(_) => Ok(Err(ApiError::KeyReused)),
            None => {
                let done = work(conn, &caller, stamp)?;
                if let Ok(reply) = &done
                    && reply.is_kept
                {
                    store::keep(conn, &caller, retry, reply, stamp.at, KEPT)?;
                }
                Ok(done.map(new))
            }
        }
    });
    let done = done.await??;
    if let Some(seq) = done.seq {
        app.live().moved(workspace, seq);
    }
    Ok(done)
}
