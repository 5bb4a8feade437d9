//! `/api/batch/`: up to 500 changes in one request, in their order, in one transaction that takes the workspace's turn once.
//!
//! Each operation is answered by itself, with the status and the body that it would have got alone, so that one bad entry
//! does not keep the others; or with `"atomic": true` all of them are done, or none.

pub mod operation;
mod store;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::ResponseError;
use actix_web::web::ThinData;

use crate::App;
use crate::auth::allowed::Allowed;
use crate::auth::scopes::Scope;
use crate::retries::{self, Retry};
use crate::tracks;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::wire::sent::Large;
use crate::wire::{json, metadata};
use operation::Batch;

/// Who may do some of it.
pub const NEEDS: &[Scope] = &[Scope::TracksWrite, Scope::ActivitiesWrite, Scope::ProjectsWrite];
/// The most operations of a batch.
pub const MOST: usize = 500;

const FIELDS: &str = r#"{"atomic":{"type":"boolean","required":false,"read_only":false,"label":"Atomic"},"operations":{"type":"list","required":true,"read_only":false,"label":"Operations","child":{"type":"nested object","required":true,"read_only":false,"children":{"op":{"type":"choice","required":true,"read_only":false,"label":"Op","choices":[{"value":"create","display_name":"Create"},{"value":"update","display_name":"Update"},{"value":"upsert","display_name":"Upsert"},{"value":"delete","display_name":"Delete"}]},"type":{"type":"choice","required":false,"read_only":false,"label":"Type","choices":[{"value":"track","display_name":"Track"},{"value":"activity","display_name":"Activity"},{"value":"project","display_name":"Project"},{"value":"client","display_name":"Client"},{"value":"tag","display_name":"Tag"}]},"id":{"type":"integer","required":false,"read_only":false,"label":"ID"},"uid":{"type":"field","required":false,"read_only":false,"label":"Uid"},"data":{"type":"field","required":false,"read_only":false,"label":"Data"},"if_version":{"type":"integer","required":false,"read_only":false,"label":"If version","min_value":1},"overlap":{"type":"choice","required":false,"read_only":false,"label":"Overlap","choices":[{"value":"allow","display_name":"Allow"},{"value":"reject","display_name":"Reject"},{"value":"trim","display_name":"Trim"}]}}}}}"#;

/// What became of one operation.
type Outcome = Result<Reply, ApiError>;

/// `POST`.
///
/// # Errors
/// 400 for what is no batch, 403 in the place of an operation that the token does not allow; 409 with what is wrong when it was to be done as a whole.
pub async fn post(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    request: HttpRequest,
    Large(sent): Large,
) -> Result<HttpResponse, ApiError> {
    let retry = Retry::read(&request, &sent)?.map(|retry| retry.shown(caller.sees_rates()));
    let batch = Batch::read(sent, tracks::policy(request.query_string())?)?;
    retries::once(&app, caller.caller(), retry, move |conn, caller, stamp| {
        let is_atomic = batch.is_atomic;
        let outcomes = store::run(conn, caller, batch, stamp)?;
        Ok(if is_atomic { whole(outcomes) } else { Ok(each(&outcomes)) })
    })
    .await
}

/// The answer to a batch that was to be done as a whole.
fn whole(outcomes: Vec<Outcome>) -> Result<Reply, ApiError> {
    if outcomes.iter().all(Result::is_ok) {
        return Ok(each(&outcomes));
    }
    let failed =
        outcomes.into_iter().enumerate().filter_map(|(index, outcome)| Some((index, outcome.err()?)));
    Err(ApiError::NotDone(failed.collect()))
}

/// The answer to each.
fn each(outcomes: &[Outcome]) -> Reply {
    let mut body = Vec::with_capacity(32 + outcomes.len() * 512);
    body.extend_from_slice(b"{\"results\":");
    json::list(&mut body, outcomes, write);
    body.push(b'}');
    Reply::plain(body)
}

fn write(out: &mut Vec<u8>, outcome: &Outcome) {
    out.extend_from_slice(b"{\"status\":");
    match outcome {
        Ok(reply) => {
            json::number(out, i64::from(reply.status.as_u16()));
            if let Some(version) = reply.version {
                out.extend_from_slice(b",\"version\":");
                json::number(out, version);
            }
            if !reply.body.is_empty() {
                out.extend_from_slice(b",\"body\":");
                out.extend_from_slice(&reply.body);
            }
        }
        Err(error) => {
            json::number(out, i64::from(error.status_code().as_u16()));
            out.extend_from_slice(b",\"body\":");
            out.extend_from_slice(&error.body());
        }
    }
    out.push(b'}');
}

/// `OPTIONS`: what may be sent.
pub async fn options(caller: Allowed) -> HttpResponse {
    let may_write = NEEDS.iter().any(|scope| caller.may(*scope));
    metadata::response("Batch", "Many changes at once.", may_write.then_some(("POST", FIELDS)))
}
