//! `/api/activities/{id}/`. Another workspace's activity is not there, exactly as one that never was (R158).

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Path, ThinData};

use super::form::Draft;
use super::{KIND, store};
use crate::App;
use crate::auth::Caller;
use crate::auth::allowed::{Allowed, Read, Write};
use crate::id::ActivityId;
use crate::wire::error::ApiError;
use crate::wire::fields::Extent;
use crate::wire::path;
use crate::wire::sent::Sent;

const ABSENT: ApiError = ApiError::NoSuch(KIND);

/// `GET`.
///
/// # Errors
/// 404.
pub async fn get(
    caller: Allowed<Read>,
    ThinData(app): ThinData<App>,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (id, workspace) = (ActivityId(path::key(&id, KIND)?), caller.workspace);
    let found = app.db().read(move |conn| store::find(conn, workspace, id)).await?;
    found.map(|activity| super::response(StatusCode::OK, &activity)).ok_or(ABSENT)
}

/// `PUT`: required fields must be there, those left out keep their value.
///
/// # Errors
/// 404, or 400 with everything that is wrong.
pub async fn put(
    caller: Allowed<Write>,
    ThinData(app): ThinData<App>,
    id: Path<String>,
    sent: Sent,
) -> Result<HttpResponse, ApiError> {
    change(&caller, &app, &id, sent, Extent::Whole).await
}

/// `PATCH`: any subset.
///
/// # Errors
/// As [`put`].
pub async fn patch(
    caller: Allowed<Write>,
    ThinData(app): ThinData<App>,
    id: Path<String>,
    sent: Sent,
) -> Result<HttpResponse, ApiError> {
    change(&caller, &app, &id, sent, Extent::Part).await
}

async fn change(
    caller: &Caller,
    app: &App,
    id: &str,
    sent: Sent,
    extent: Extent,
) -> Result<HttpResponse, ApiError> {
    let (id, workspace) = (ActivityId(path::key(id, KIND)?), caller.workspace);
    let (draft, clock) = (Draft::read(&sent, extent), app.clock().clone());
    let changed = app
        .db()
        .write(move |conn| match draft {
            Ok(draft) => store::update(conn, workspace, id, draft, &clock).map(|found| found.ok_or(ABSENT)),
            // What is not there is not judged: the answer must not differ from that about a stranger's.
            Err(problems) => Ok(Err(store::find(conn, workspace, id)?.map_or(ABSENT, |_| problems))),
        })
        .await??;
    Ok(super::response(StatusCode::OK, &changed))
}

/// `DELETE`.
///
/// # Errors
/// 404.
pub async fn delete(
    caller: Allowed<Write>,
    ThinData(app): ThinData<App>,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (id, workspace) = (ActivityId(path::key(&id, KIND)?), caller.workspace);
    let clock = app.clock().clone();
    let deleted = app.db().write(move |conn| store::delete(conn, workspace, id, &clock)).await?;
    if deleted { Ok(HttpResponse::NoContent().finish()) } else { Err(ABSENT) }
}

/// `OPTIONS`: what may be sent, if the activity is there.
///
/// # Errors
/// 404 for an id that can be none.
pub async fn options(
    caller: Allowed<Read>,
    ThinData(app): ThinData<App>,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (id, workspace) = (ActivityId(path::key(&id, KIND)?), caller.workspace);
    let found = app.db().read(move |conn| store::find(conn, workspace, id)).await?;
    let may_write = found.is_some() && super::list::may_write(&caller);
    Ok(super::description("Activity Instance", "PUT", may_write))
}
