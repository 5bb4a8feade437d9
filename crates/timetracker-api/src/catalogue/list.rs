//! `/api/activities/` and the others' lists.

use actix_web::web::ThinData;
use actix_web::{HttpRequest, HttpResponse};

use super::form::Draft;
use super::item::{self, Field};
use super::store::{self, Filter, Key};
use super::{Collection, Kind};
use crate::auth::Caller;
use crate::auth::allowed::Allowed;
use crate::id::ItemId;
use crate::retries::{self, Retry};
use crate::wire::error::ApiError;
use crate::wire::fields::Extent;
use crate::wire::filters;
use crate::wire::listing::List;
use crate::wire::query::Parameters;
use crate::wire::sent::Sent;
use crate::{App, stored};

const KEYS: [(&str, Key); 4] =
    [("id", Key::Id), ("name", Key::Name), ("created_at", Key::Created), ("updated_at", Key::Updated)];

/// `GET`: a page of them, by id ascending unless `ordering` says otherwise.
///
/// # Errors
/// 400 for a filter that makes no sense, 404 for a page that is not there.
pub async fn get<C: Collection>(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (workspace, with_rate) = (caller.workspace, caller.sees_rates());
    let members: Vec<&str> = item::shown(C::KIND, with_rate).map(Field::name).collect();
    let narrowed: Vec<&str> = above(C::KIND).map(Kind::name).chain(["archived"]).collect();
    let list = List { path: &C::KIND.path(), members: &members, filters: &narrowed, keys: &KEYS };
    let (wanted, view) = list.read(&app, &request)?;
    let filter = filter(C::KIND, view.query())?;
    let page = move |conn: &mut _| {
        let page = store::page(conn, workspace, C::KIND, &filter, &wanted)?;
        Ok(page.map(|page| view.write(&page, |out, row| item::write(out, C::KIND, row, with_rate))))
    };
    stored::answer(&app, &caller, &request, page).await
}

/// What one belongs to, nearer kinds first.
fn above(kind: Kind) -> impl Iterator<Item = Kind> {
    std::iter::successors(kind.parent(), |above| above.parent())
}

fn filter(kind: Kind, query: &Parameters) -> Result<Filter, ApiError> {
    let mut belongs = Vec::new();
    for kind in above(kind) {
        if let Some(said) = query.said(kind.name()) {
            let id = said.trim().parse().map_err(|_| filters::no_such_choice(kind.name()))?;
            belongs.push((kind, ItemId(id)));
        }
    }
    Ok(Filter {
        search: filters::search(query)?,
        archived: filters::boolean(query, "archived")?,
        above: belongs,
    })
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
        Ok(made.map(|item| super::created(C::KIND, &item, with_rate)))
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
