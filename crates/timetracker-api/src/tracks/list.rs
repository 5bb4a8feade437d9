//! `/api/tracks/`.

use actix_web::web::ThinData;
use actix_web::{HttpRequest, HttpResponse};

use super::change;
use super::form::Draft;
use super::store::{self, Filter, Key};
use crate::App;
use crate::auth::allowed::Allowed;
use crate::auth::scopes::Scope;
use crate::id::ActivityId;
use crate::retries::{self, Retry};
use crate::wire::error::ApiError;
use crate::wire::fields::Extent;
use crate::wire::paging::Wanted;
use crate::wire::query::Parameters;
use crate::wire::sent::Sent;
use crate::wire::{filters, json};

/// `GET`: a page of the caller's, by id ascending unless `ordering` says otherwise.
///
/// # Errors
/// 400 for a filter that makes no sense, 404 for a page that is not there.
pub async fn get(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = Parameters::parse(request.query_string())?;
    let wanted = Wanted::read(&query)?;
    let (place, rows) = match filter(&query)? {
        None => {
            let owner = caller.person;
            app.db().read(move |conn| store::page(conn, owner, wanted)).await??
        }
        Some(filter) => app.db().read(move |conn| store::filtered(conn, &caller, &filter, wanted)).await??,
    };
    let suffix = if request.path().contains(".json") { "/api/tracks.json" } else { "/api/tracks/" };
    let body = place.envelope(&app.url(suffix), &query, &rows, super::write);
    Ok(json::tagged(body))
}

/// What the query narrows or orders; `None` when it does neither.
fn filter(query: &Parameters) -> Result<Option<Filter>, ApiError> {
    if query.is_empty() {
        return Ok(None);
    }
    let activity = match query.said("activity").map(|text| text.trim().parse()) {
        None => None,
        Some(Ok(id)) => Some(ActivityId(id)),
        Some(Err(_)) => return Err(filters::no_such_choice("activity")),
    };
    let search = filters::search(query)?;
    let by = filters::ordering(query, |name| match name {
        "id" => Some(Key::Id),
        "start" => Some(Key::Start),
        "activity" => Some(Key::Activity),
        _ => None,
    });
    let plain = activity.is_none() && search.is_empty() && by.is_empty();
    Ok((!plain).then_some(Filter { activity, search, by }))
}

/// `POST`: a new one. Without an end it runs, and what ran stops when it begins.
///
/// # Errors
/// 400 with everything that is wrong.
pub async fn post(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    request: HttpRequest,
    sent: Sent,
) -> Result<HttpResponse, ApiError> {
    let (draft, policy) = (Draft::read(&sent, Extent::Whole)?, super::policy(request.query_string())?);
    retries::once(&app, caller.caller(), Retry::read(&request, &sent)?, move |conn, caller, stamp| {
        Ok(change::insert(conn, caller, draft, policy, stamp)?.map(|kept| super::created(&kept.track)))
    })
    .await
}

/// `OPTIONS`: what may be sent.
pub async fn options(caller: Allowed) -> HttpResponse {
    super::description("Track List", "POST", caller.may(Scope::TracksWrite))
}
