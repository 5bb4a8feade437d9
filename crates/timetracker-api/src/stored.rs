//! Answers that are stored, and given again as long as nothing was committed in the workspace since (what RFC 9111 calls validation; the validator
//! is the number of the last change). Who polls costs one small question. What is asked for once only is not stored.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::{HttpRequest, HttpResponse};
use model::db::Conn;

use crate::auth::Caller;
use crate::auth::scopes::Scopes;
use crate::id::PersonId;
use crate::recent::Weighed;
use crate::wire::error::{ApiError, Verdict};
use crate::wire::listing::Written;
use crate::wire::prefer;
use crate::{App, changes};

/// Bytes that are stored of all people together.
const MOST: u64 = 32 * 1024 * 1024;
/// The longest request target, in bytes, whose answer is stored.
const LONGEST: usize = 1_024;

/// All that an answer depends on, besides what the database has of the workspace.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Asked {
    person: PersonId,
    scopes: Scopes,
    is_strict: bool,
    target: Box<str>,
}

impl Asked {
    /// Nothing for a target that is too long.
    fn of(caller: &Caller, request: &HttpRequest) -> Option<Self> {
        let target = request.uri().path_and_query()?.as_str();
        if target.len() > LONGEST {
            return None;
        }
        let is_strict = prefer::is_strict(request.headers());
        Some(Self { person: caller.person, scopes: caller.scopes, is_strict, target: target.into() })
    }
}

/// What was answered.
struct Answer {
    /// The last change in the workspace that is known to be in it.
    as_of: i64,
    written: Written,
}

impl Answer {
    /// Bytes that it and what it was asked by have elsewhere.
    fn weight(asked: &Asked, answer: &Self) -> usize {
        asked.target.len() + answer.written.weight()
    }
}

/// So many hashes of what was asked for are remembered, each in its place.
const PLACES: u64 = 1 << 16;

/// What was asked for of late. It costs no more than a look at it: most of what is asked for once is never asked for again. Of two that share a
/// place the last one is known.
struct Seen {
    hashes: Box<[AtomicU64]>,
    hasher: RandomState,
}

impl Default for Seen {
    fn default() -> Self {
        Self { hashes: (0..PLACES).map(|_| AtomicU64::default()).collect(), hasher: RandomState::new() }
    }
}

impl Seen {
    /// Whether it was asked for before; from now on it was.
    fn again(&self, asked: &Asked) -> bool {
        let hash = self.hasher.hash_one(asked);
        let place = usize::try_from(hash % PLACES).ok().and_then(|place| self.hashes.get(place));
        place.is_some_and(|place| place.swap(hash, Ordering::Relaxed) == hash)
    }
}

/// What was answered of late.
pub struct Stored {
    answers: Weighed<Asked, Answer>,
    seen: Seen,
}

impl Default for Stored {
    fn default() -> Self {
        Self { answers: Weighed::new(MOST, Answer::weight), seen: Seen::default() }
    }
}

/// Answers a request for something that depends on nothing but the workspace, the caller's scopes, the request's target and whether it is to be
/// read strictly. Not for what says how late it is.
///
/// # Errors
/// As `read`, and when the database cannot.
pub async fn answer<F>(
    app: &App,
    caller: &Caller,
    request: &HttpRequest,
    read: F,
) -> Result<HttpResponse, ApiError>
where
    F: FnOnce(&mut Conn) -> Verdict<Written> + Send + 'static,
{
    let asked = Asked::of(caller, request);
    let stored = match &asked {
        Some(asked) => app.stored().answers.get(asked).await,
        None => None,
    };
    let Some(asked) = asked.filter(|asked| stored.is_some() || app.stored().seen.again(asked)) else {
        return Ok(app.db().read(read).await??.response());
    };
    let workspace = caller.workspace;
    let find = move |conn: &mut Conn| {
        // First: what is read after it has this change, and perhaps one of which the number is not known yet.
        let as_of = changes::store::last(conn, workspace)?;
        match stored.filter(|answer| answer.as_of == as_of) {
            Some(answer) => Ok(Ok((answer, false))),
            None => Ok(read(conn)?.map(|written| {
                let written = written.without_room();
                (Arc::new(Answer { as_of, written }), true)
            })),
        }
    };
    let (answer, is_new) = app.db().read(find).await??;
    if is_new {
        app.stored().answers.put(asked, answer.clone()).await;
    }
    Ok(answer.written.clone().response())
}
