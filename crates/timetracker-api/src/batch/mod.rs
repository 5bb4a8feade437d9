//! `/api/batch/`: up to 500 changes in one request, in their order, in one transaction that takes the workspace's turn once.
//!
//! Each operation is answered by itself, with the status and the body that it would have got alone, so that one bad entry
//! does not keep the others; or with `"atomic": true` all of them are done, or none. One that takes too long is undone and
//! says so: it holds a writer of the database meanwhile.

mod answer;
pub mod described;
pub mod operation;
mod store;
pub mod turns;

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::web::ThinData;

use crate::App;
use crate::auth::Caller;
use crate::auth::allowed::Allowed;
use crate::auth::scopes::Scope;
use crate::retries::{self, Retry};
use crate::tracks;
use crate::wire::error::ApiError;
use crate::wire::sent::Large;
use crate::wire::{metadata, prefer, shape};
use answer::Form;
use operation::Batch;

/// Who may do some of it.
pub const NEEDS: &[Scope] = &[Scope::TracksWrite, Scope::ActivitiesWrite, Scope::ProjectsWrite];
/// How many operations cost as much of the caller's quota as a request.
const COST_OF_ONE: usize = 50;
/// The most operations of a batch.
pub const MOST: usize = 500;

/// How a batch is done.
#[derive(Clone, Copy, Debug)]
struct Terms {
    /// How long it may take from its first operation on; the first one is done in any case.
    within: Duration,
    /// How it is answered.
    form: Form,
}

/// `POST`. With `Prefer: return=minimal` it is answered without the rows.
///
/// # Errors
/// 400 for what is no batch, 429 for one that is too large for what is left of the quota, 403 in the place of an operation that the token does not allow; 409 with what is wrong when it was
/// to be done as a whole. 413 and 503 when there is too much to answer, or it takes too long: then nothing was done.
pub async fn post(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    request: HttpRequest,
    Large(sent): Large,
) -> Result<HttpResponse, ApiError> {
    let form = Form { is_brief: prefer::is_minimal(request.headers()), with_rate: caller.sees_rates() };
    let retry = Retry::read(&request, &sent)?;
    let retry = retry.map(|retry| retry.shown(form.with_rate).told(form.is_brief));
    let batch = Batch::read(sent, tracks::policy(request.query_string())?)?;
    spend(&app, &caller, &batch)?;
    let terms = Terms { within: app.batch_within(), form };
    let turn = app.turns().batch(caller.workspace).await?;
    let done = retries::in_turn(&app, caller.caller(), retry, move |conn, caller, stamp| {
        // Kept until it is done, though nobody may wait for the answer any more.
        let _turn = turn;
        store::run(conn, caller, batch, terms, stamp)
    });
    let mut response = done.await?.response(&app);
    if form.is_brief {
        response.headers_mut().insert(prefer::APPLIED, prefer::MINIMAL);
    }
    Ok(response)
}

/// Takes of the caller's quota what a batch costs beyond a request.
fn spend(app: &App, caller: &Caller, batch: &Batch) -> Result<(), ApiError> {
    let Some(limit) = app.limit() else { return Ok(()) };
    let more = i64::try_from(batch.operations.len() / COST_OF_ONE).unwrap_or(i64::MAX);
    let spent = caller.meter.asked.spend_many(more, limit.quota, app.clock().steady());
    spent.map_err(ApiError::Throttled)
}

/// `OPTIONS`: what may be sent.
pub async fn options(caller: Allowed) -> HttpResponse {
    let may_write = NEEDS.iter().any(|scope| caller.may(*scope));
    let action = may_write.then(|| ("POST", shape::metadata(described::BATCH.fields.iter().copied())));
    metadata::response("Batch", "Many changes at once.", action)
}
