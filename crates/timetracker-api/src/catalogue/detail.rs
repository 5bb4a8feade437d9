//! `/api/activities/{id}/` and the others' items. Another workspace's item is not there, exactly as one that never was
//! (R158).

use actix_web::web::{Path, ThinData};
use actix_web::{HttpRequest, HttpResponse};

use super::form::Draft;
use super::{Collection, store};
use crate::App;
use crate::auth::allowed::Allowed;
use crate::id::ItemId;
use crate::retries::{self, Retry};
use crate::wire::conditional::Conditions;
use crate::wire::error::ApiError;
use crate::wire::fields::Extent;
use crate::wire::path;
use crate::wire::reply::Reply;
use crate::wire::sent::Sent;

fn key<C: Collection>(segment: &str) -> Result<ItemId, ApiError> {
    path::key(segment, C::KIND.label()).map(ItemId)
}

/// `GET`.
///
/// # Errors
/// 404.
pub async fn get<C: Collection>(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (id, workspace) = (key::<C>(&id)?, caller.workspace);
    let found = app.db().read(move |conn| store::find(conn, workspace, C::KIND, id)).await?;
    let found = found.ok_or(ApiError::NoSuch(C::KIND.label()))?;
    let with_rate = caller.sees_rates();
    Ok(super::tagged(C::KIND, with_rate, super::reply(C::KIND, &found, with_rate).response(&app)))
}

/// `PUT`: required fields must be there, those left out keep their value; and `PATCH`: any subset.
///
/// # Errors
/// 404, 412, or 400 with everything that is wrong; 403 and 409 of a tag whose tracks cannot be changed with it.
pub async fn change<C: Collection>(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    id: Path<String>,
    request: HttpRequest,
    sent: Sent,
) -> Result<HttpResponse, ApiError> {
    let (id, conditions) = (key::<C>(&id)?, Conditions::read(&request));
    let with_rate = caller.sees_rates();
    let retry = Retry::read(&request, &sent)?.map(|retry| retry.shown(with_rate));
    let draft = Draft::read(C::KIND, &sent, Extent::of(request.method()), caller.sets_rates());
    let changed = retries::once(&app, caller.caller(), retry, move |conn, caller, stamp| {
        let changed = store::update(conn, caller, C::KIND, id, draft, &conditions, stamp)?;
        Ok(changed.map(|item| super::reply(C::KIND, &item, with_rate)))
    });
    Ok(super::tagged(C::KIND, with_rate, changed.await?))
}

/// `DELETE`.
///
/// # Errors
/// 404, 412, and as [`change`] of a tag.
pub async fn delete<C: Collection>(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (id, conditions) = (key::<C>(&id)?, Conditions::read(&request));
    let retry = Retry::read(&request, &Sent::default())?;
    retries::once(&app, caller.caller(), retry, move |conn, caller, stamp| {
        Ok(store::delete(conn, caller, C::KIND, id, &conditions, stamp)?.map(|()| Reply::nothing()))
    })
    .await
}

/// `OPTIONS`: what may be sent, if it is there.
///
/// # Errors
/// 404 for an id that can be none.
pub async fn options<C: Collection>(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (id, workspace) = (key::<C>(&id)?, caller.workspace);
    let found = app.db().read(move |conn| store::find(conn, workspace, C::KIND, id)).await?;
    let may_write = found.is_some() && super::list::may_write::<C>(&caller);
    Ok(C::KIND.options("Instance", may_write.then_some("PUT"), caller.sees_rates()))
}
