//! `?wait=`: an answer that comes as soon as there is something to say, and at the latest after so many seconds.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::{HttpMessage, HttpRequest};

use crate::App;
use crate::auth::{Caller, bearer};
use crate::wire::error::ApiError;
use crate::wire::query::Parameters;

/// The longest wait in seconds: shorter than what stands between us and clients has patience for.
const LONGEST: u64 = 25;

/// How much of a request's time it spent waiting, as it was meant to.
#[derive(Clone, Copy, Debug)]
pub struct Waited(pub Duration);

/// Reads `wait`, in seconds.
///
/// # Errors
/// 400 for what is no number from 0 to 25.
pub fn read(query: &Parameters) -> Result<Duration, ApiError> {
    let seconds = query.said("wait").map_or(Ok(0), |text| text.trim().parse::<u64>());
    match seconds {
        Ok(seconds) if seconds <= LONGEST => Ok(Duration::from_secs(seconds)),
        _ => Err(ApiError::field("wait", format!("Ensure this is a whole number from 0 to {LONGEST}."))),
    }
}

/// Looks, and looks again whenever something has changed, until there is news, the time is over, or it is time to go. What
/// `look` answers comes with the last transaction that it could see. Whoever waited is let in once more: the token may
/// have ended meanwhile.
///
/// # Errors
/// As `look`; 429 and 503 when too many wait, 401 and 503 when the token has ended.
pub async fn until<T, F>(
    (app, request, caller): (&App, &HttpRequest, &Arc<Caller>),
    within: Duration,
    mut look: impl FnMut() -> F,
    mut is_news: impl FnMut(&T) -> bool,
) -> Result<T, ApiError>
where
    F: Future<Output = Result<(T, i64), ApiError>>,
{
    if within.is_zero() {
        return look().await.map(|(found, _)| found);
    }
    let mut slot = app.live().wait(caller.person)?;
    let mut follower = app.live().follow(caller.workspace);
    let mut over = std::pin::pin!(tokio::time::sleep(within));
    let mut waited = Duration::ZERO;
    loop {
        let turn = follower.turn();
        let (found, known) = look().await?;
        let has_news = is_news(&found);
        let began = Instant::now();
        let is_over = has_news
            || tokio::select! {
                () = follower.moved(known, turn) => false,
                () = slot.over() => true,
                () = &mut over => true,
            };
        if !has_news {
            waited += began.elapsed();
        }
        if is_over {
            if !waited.is_zero() {
                request.extensions_mut().insert(Waited(waited));
                let (_, token) = bearer::token(request.headers(), request.query_string(), app.allowed())?;
                app.gate().admit_again(token, caller).await?;
            }
            return Ok(found);
        }
    }
}
