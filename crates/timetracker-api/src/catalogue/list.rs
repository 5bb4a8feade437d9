//! `/api/activities/` and the others' lists.

use actix_web::web::ThinData;
use actix_web::{HttpRequest, HttpResponse};

use super::form::Draft;
use super::item;
use super::store::{self, Filter, Key};
use super::{Collection, Kind};
use crate::App;
use crate::auth::Caller;
use crate::auth::allowed::Allowed;
use crate::id::ItemId;
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
pub async fn get<C: Collection>(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = Parameters::parse(request.query_string())?;
    let filter = filter(C::KIND, &query)?;
    let (wanted, workspace, with_rate) = (Wanted::read(&query)?, caller.workspace, caller.sees_rates());
    let page = move |conn: &mut _| store::page(conn, workspace, C::KIND, &filter, wanted);
    let (place, rows) = app.db().read(page).await??;
    let path = C::KIND.path();
    let bare = path.trim_end_matches('/');
    let url = app.url(&if request.path().contains(".json") { format!("{bare}.json") } else { path.clone() });
    let body = place.envelope(&url, &query, &rows, |out, row| item::write(out, C::KIND, row, with_rate));
    Ok(json::tagged(body))
}

fn filter(kind: Kind, query: &Parameters) -> Result<Filter, ApiError> {
    let by = filters::ordering(query, |name| match name {
        "id" => Some(Key::Id),
        "name" => Some(Key::Name),
        "created_at" => Some(Key::Created),
        "updated_at" => Some(Key::Updated),
        _ => None,
    });
    let mut above = Vec::new();
    let mut parent = kind.parent();
    while let Some(kind) = parent {
        if let Some(said) = query.said(kind.name()) {
            let id = said.trim().parse().map_err(|_| filters::no_such_choice(kind.name()))?;
            above.push((kind, ItemId(id)));
        }
        parent = kind.parent();
    }
    Ok(Filter { search: filters::search(query)?, archived: filters::boolean(query, "archived")?, above, by })
}

/// `POST`: a new one.
///
/// # Errors
/// 400 with everything that is wrong.
pub async fn post<C: Collection>(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    request: HttpRequest,
    sent: Sent,
) -> Result<HttpResponse, ApiError> {
    let draft = Draft::read(C::KIND, &sent, Extent::Whole, caller.sets_rates())?;
    let with_rate = caller.sees_rates();
    let retry = Retry::read(&request, &sent)?.map(|retry| retry.shown(with_rate));
    let made = retries::once(&app, caller.caller(), retry, move |conn, caller, stamp| {
        let made = store::insert(conn, caller.workspace, C::KIND, draft, stamp)?;
        Ok(made.map(|item| {
            let path = format!("{}{}/", C::KIND.path(), item.id);
            super::reply(C::KIND, &item, with_rate).created(path)
        }))
    });
    Ok(super::tagged(C::KIND, with_rate, made.await?))
}

/// `OPTIONS`: what may be sent.
pub async fn options<C: Collection>(caller: Allowed) -> HttpResponse {
    C::KIND.options("List", may_write::<C>(&caller).then_some("POST"), caller.sees_rates())
}

pub(super) fn may_write<C: Collection>(caller: &Caller) -> bool {
    C::KIND.writes().iter().any(|scope| caller.may(*scope))
}
