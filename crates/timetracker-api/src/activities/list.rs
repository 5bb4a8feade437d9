//! `/api/activities/`.

use actix_web::web::ThinData;
use actix_web::{HttpRequest, HttpResponse};

use super::form::Draft;
use super::store::{self, Filter, Key};
use crate::App;
use crate::auth::Caller;
use crate::auth::allowed::Allowed;
use crate::auth::scopes::Scope;
use crate::retries::{self, Retry};
use crate::wire::error::ApiError;
use crate::wire::fields::Extent;
use crate::wire::paging::Wanted;
use crate::wire::query::Parameters;
use crate::wire::sent::Sent;
use crate::wire::{filters, json};

/// `GET`: a page of them, by id ascending unless `ordering` says otherwise.
///
/// # Errors
/// 400 for a filter that makes no sense, 404 for a page that is not there.
pub async fn get(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = Parameters::parse(request.query_string())?;
    let by = filters::ordering(&query, |name| match name {
        "id" => Some(Key::Id),
        "name" => Some(Key::Name),
        _ => None,
    });
    let filter = Filter { search: filters::search(&query)?, by };
    let (wanted, workspace) = (Wanted::read(&query)?, caller.workspace);
    let (place, rows) = app.db().read(move |conn| store::page(conn, workspace, &filter, wanted)).await??;
    let suffix = if request.path().contains(".json") { "/api/activities.json" } else { "/api/activities/" };
    let body = place.envelope(&app.url(suffix), &query, &rows, super::write);
    Ok(json::tagged(body))
}

/// `POST`: a new one.
///
/// # Errors
/// 400 with everything that is wrong.
pub async fn post(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    request: HttpRequest,
    sent: Sent,
) -> Result<HttpResponse, ApiError> {
    let draft = Draft::read(&sent, Extent::Whole)?;
    retries::once(&app, caller.caller(), Retry::read(&request, &sent)?, move |conn, caller, stamp| {
        let activity = store::insert(conn, caller.workspace, draft, stamp)?;
        Ok(Ok(super::reply(&activity).created(format!("/api/activities/{}/", activity.id))))
    })
    .await
}

/// `OPTIONS`: what may be sent.
pub async fn options(caller: Allowed) -> HttpResponse {
    super::description("Activity List", "POST", may_write(&caller))
}

pub(super) fn may_write(caller: &Caller) -> bool {
    caller.may(Scope::ActivitiesWrite)
}
