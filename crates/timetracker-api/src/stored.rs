//! Answers that are stored, and given again as long as nothing was committed in the workspace since (what RFC 9111 calls validation; the validator
//! is the number of the last change). Who polls costs one small question. What is asked for once only is not stored.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse};
use model::db::Conn;

use crate::auth::Caller;
use crate::auth::cache::Weighed;
use crate::auth::scopes::Scopes;
use crate::id::PersonId;
use crate::wire::error::{ApiError, Verdict};
use crate::wire::listing::Written;
use crate::wire::prefer;
use crate::{App, changes};

/// Bytes that are stored of all people together.
const MOST: u64 = 32 * 1024 * 1024;
/// A database that is restored while this runs may count to the same number again: what is stored ends before somebody wonders.
const LIFETIME: Duration = Duration::from_secs(600);
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
    fn of(caller: &Caller, request: &HttpRequest) -> Option<Self> {
        let target = request.uri().path_and_query()?.as_str();
        let is_strict = prefer::is_strict(request.headers());
        let asked =
            || Self { person: caller.person, scopes: caller.scopes, is_strict, target: target.into() };
        (target.len() <= LONGEST).then(asked)
    }
}

/// What is known of something that was asked for.
enum Known {
    /// That it was.
    Asked,
    /// What was answered, and the last change in the workspace that is known to be in it.
    Answer(i64, Written),
}

impl Known {
    /// Bytes, about.
    fn weight(&self) -> usize {
        let body = if let Self::Answer(_, written) = self { written.weight() } else { 0 };
        size_of::<Asked>() + size_of::<Self>() + LONGEST / 8 + body
    }
}

/// What was asked for of late.
pub struct Stored(Weighed<Asked, Known>);

impl Default for Stored {
    fn default() -> Self {
        Self(Weighed::new(MOST, LIFETIME, Known::weight))
    }
}

/// Answers a request for something that depends on nothing but the workspace, the caller and what `read` was made of: the request's target and
/// preferences. Not for what says how late it is.
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
    let Some(asked) = Asked::of(caller, request) else { return Ok(app.db().read(read).await??.response()) };
    let (known, workspace) = (app.stored().0.get(&asked).await, caller.workspace);
    let find = move |conn: &mut Conn| {
        let Some(known) = known else { return Ok(read(conn)?.map(|answer| (answer, Some(Known::Asked)))) };
        // First: what is read after it has this change, and perhaps one of which the number is not known yet.
        let last = changes::store::last(conn, workspace)?;
        match &*known {
            Known::Answer(as_of, answer) if *as_of == last => Ok(Ok((answer.clone(), None))),
            _ => Ok(read(conn)?.map(|answer| (answer.clone(), Some(Known::Answer(last, answer))))),
        }
    };
    let (answer, known) = app.db().read(find).await??;
    if let Some(known) = known {
        app.stored().0.put(asked, Arc::new(known)).await;
    }
    Ok(answer.response())
}
