//! `/api/activities/{id}/`. Another workspace's activity is not there, exactly as one that never was (R158).

use actix_web::web::{Path, ThinData};
use actix_web::{HttpRequest, HttpResponse};

use super::form::Draft;
use super::{KIND, store};
use crate::App;
use crate::auth::allowed::Allowed;
use crate::id::ActivityId;
use crate::retries::{self, Retry};
use crate::wire::conditional::Conditions;
use crate::wire::error::ApiError;
use crate::wire::fields::Extent;
use crate::wire::path;
use crate::wire::reply::Reply;
use crate::wire::sent::Sent;

const ABSENT: ApiError = ApiError::NoSuch(KIND);

/// `GET`.
///
/// # Errors
/// 404.
pub async fn get(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (id, workspace) = (ActivityId(path::key(&id, KIND)?), caller.workspace);
    let found = app.db().read(move |conn| store::find(conn, workspace, id)).await?;
    found.map(|activity| super::reply(&activity).response(&app)).ok_or(ABSENT)
}

/// `PUT`: required fields must be there, those left out keep their value.
///
/// # Errors
/// 404, or 400 with everything that is wrong.
pub async fn put(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    id: Path<String>,
    request: HttpRequest,
    sent: Sent,
) -> Result<HttpResponse, ApiError> {
    update(&caller, &app, (&id, &request), &sent, Extent::Whole).await
}

/// `PATCH`: any subset.
///
/// # Errors
/// As [`put`].
pub async fn patch(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    id: Path<String>,
    request: HttpRequest,
    sent: Sent,
) -> Result<HttpResponse, ApiError> {
    update(&caller, &app, (&id, &request), &sent, Extent::Part).await
}

async fn update(
    caller: &Allowed,
    app: &App,
    (id, request): (&str, &HttpRequest),
    sent: &Sent,
    extent: Extent,
) -> Result<HttpResponse, ApiError> {
    let (id, conditions) = (ActivityId(path::key(id, KIND)?), Conditions::read(request));
    let draft = Draft::read(sent, extent);
    retries::once(app, caller.caller(), Retry::read(request, sent)?, move |conn, caller, stamp| {
        let changed = store::update(conn, caller.workspace, id, draft, &conditions, stamp)?;
        Ok(changed.map(|activity| super::reply(&activity)))
    })
    .await
}

/// `DELETE`.
///
/// # Errors
/// 404, and 412.
pub async fn delete(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (id, conditions) = (ActivityId(path::key(&id, KIND)?), Conditions::read(&request));
    let retry = Retry::read(&request, &Sent::default())?;
    retries::once(&app, caller.caller(), retry, move |conn, caller, stamp| {
        Ok(store::delete(conn, caller.workspace, id, &conditions, stamp)?.map(|()| Reply::nothing()))
    })
    .await
}

/// `OPTIONS`: what may be sent, if the activity is there.
///
/// # Errors
/// 404 for an id that can be none.
pub async fn options(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (id, workspace) = (ActivityId(path::key(&id, KIND)?), caller.workspace);
    let found = app.db().read(move |conn| store::find(conn, workspace, id)).await?;
    let may_write = found.is_some() && super::list::may_write(&caller);
    Ok(super::description("Activity Instance", "PUT", may_write))
}
