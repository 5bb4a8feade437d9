//! `/api/tracks/`.

use std::borrow::Cow;

use actix_web::web::ThinData;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::change;
use super::described::MEMBERS;
use super::form::Draft;
use super::source::Source;
use super::store::pages::{self, Filter, Key};
use crate::auth::Caller;
use crate::auth::allowed::Allowed;
use crate::auth::scopes::Scope;
use crate::id::ActivityId;
use crate::retries::{self, Retry};
use crate::wire::error::ApiError;
use crate::wire::fields::{self, Extent, Given, Problems};
use crate::wire::filters::{self, NO_SUCH_CHOICE};
use crate::wire::listing::List;
use crate::wire::query::Parameters;
use crate::wire::sent::Sent;
use crate::{App, stored};

/// What can be asked of it.
static LIST: List<'static, Key> = List {
    path: "/api/tracks/",
    members: &MEMBERS,
    filters: &[
        "activity",
        "user",
        "tag",
        "start_after",
        "start_before",
        "end_after",
        "end_before",
        "running",
        "billable",
        "source",
    ],
    keys: &[("id", Key::Id), ("start", Key::Start), ("activity", Key::Activity)],
};

/// The most tags that are asked for at once.
const MOST_TAGS: usize = 20;

/// `GET`: a page of the caller's, by id ascending unless `ordering` says otherwise.
///
/// # Errors
/// 400 for a filter that makes no sense, 404 for a page that is not there.
pub async fn get(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (wanted, view) = LIST.read(&app, &request)?;
    let (filter, whose) = (filter(view.query(), &caller)?, caller.caller());
    let page = move |conn: &mut _| {
        Ok(pages::page(conn, &whose, &filter, &wanted)?.map(|page| view.write(&page, super::write)))
    };
    stored::answer(&app, &caller, &request, page).await
}

/// What narrows it. An interval is half open: `start_after` takes in the instant, `start_before` does not.
fn filter(query: &Parameters, caller: &Caller) -> Result<Filter, ApiError> {
    if query.is_empty() {
        return Ok(Filter::default());
    }
    let mut problems = Problems::default();
    let said = |name: &'static str| match query.said(name) {
        None => Given::Missing,
        Some(text) => Given::Value(Cow::Owned(Value::String(text.to_owned()))),
    };
    let key = |name: &'static str| match query.said(name).map(|text| text.trim().parse::<i64>()) {
        None => Ok(None),
        Some(Ok(id)) => Ok(Some(id)),
        Some(Err(_)) => Err(vec![NO_SUCH_CHOICE.into()]),
    };
    let activity = problems.take("activity", key("activity")).flatten().map(ActivityId);
    let user = key("user").and_then(|user| match user {
        // Somebody else is not there.
        Some(user) if user != caller.person.0 => Err(vec![NO_SUCH_CHOICE.into()]),
        _ => Ok(()),
    });
    problems.take("user", user);
    let tags: Vec<String> = query.all("tag").filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if tags.len() > MOST_TAGS {
        problems.note("tag", format!("Ensure this field has no more than {MOST_TAGS} elements."));
    } else if tags.iter().any(|name| name.contains('\0')) {
        problems.note("tag", "Null characters are not allowed.");
    }
    let mut instant = |name: &'static str| {
        let said = problems.take(name, fields::instant(&said(name)));
        said.and_then(|said| said.over(None))
    };
    let start = (instant("start_after"), instant("start_before"));
    let end = (instant("end_after"), instant("end_before"));
    let running = problems.take("running", fields::boolean(&said("running"))).flatten();
    let billable = problems.take("billable", fields::boolean(&said("billable"))).flatten();
    let source = problems.take("source", fields::named(&said("source"), Source::named)).flatten();
    problems.finish()?;
    let search = filters::search(query)?;
    Ok(Filter { activity, search, tags, start, end, running, billable, source })
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
