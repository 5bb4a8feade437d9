//! `/time/`: what runs, today, and this week, of whoever is signed in. What is changed here is changed as at the API: by the same
//! functions, in their turn, once.

mod change;
mod view;
mod week;

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::ThinData;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use change::Change;
use chrono::{Days, NaiveTime};
use diesel::QueryResult;
use model::db::Conn;
use model::time::Timestamp;
use view::{Seen, Typed};

use super::again::Again;
use super::error::{Kind, PageError};
use super::form::Sender;
use super::frame::Frame;
use super::secret::BrowserSecret;
use super::sessions::{self, SignedIn, Visitor, cookie};
use super::sign_out::Unread;
use super::{HOME, form, page, see_other, store};
use crate::App;
use crate::auth::Caller;
use crate::auth::scopes::Scope;
use crate::me;
use crate::me::store::Settings;
use crate::reports::book::Book;
use crate::reports::group::Key;
use crate::reports::sum::{Midnight, Rules};
use crate::reports::{days, store as reports, sum};
use crate::tracks::schedule;
use crate::wire::challenge::Scheme;
use crate::wire::error::ApiError;
use crate::wire::query::Parameters;

/// The most activities that can be chosen from, and the most entries of a day.
const MOST_ACTIVITIES: i64 = 200;
const MOST_ENTRIES: i64 = 100;

/// What it takes to see the page.
const LOOKS: [Scope; 3] = [Scope::ActivitiesRead, Scope::TracksRead, Scope::ReportsRead];

#[derive(Template)]
#[template(path = "pages/home/welcome.html")]
struct Welcome {
    frame: Frame,
    /// Whether somebody was signed in until now.
    has_ended: bool,
    /// What they typed.
    again: Option<Again>,
}

/// `GET`.
///
/// # Errors
/// A page for what cannot be shown.
pub async fn get(ThinData(app): ThinData<App>, request: HttpRequest) -> Result<HttpResponse, PageError> {
    match sessions::visitor(&app, &request).await? {
        Visitor::SignedIn(person) => match admit(&app, &person).await? {
            Some(caller) => show(&app, &person, &caller, None).await,
            None => welcome(&app, true, None),
        },
        Visitor::Stranger => welcome(&app, false, None),
        Visitor::Ended => welcome(&app, true, None),
    }
}

/// `GET /`, where nothing else is: here.
pub async fn front(ThinData(app): ThinData<App>) -> HttpResponse {
    see_other(&app.url(HOME))
}

/// `POST`: starts, switches, stops or goes on, and comes back here.
///
/// # Errors
/// A page for what cannot be done; what was refused stands beside the form.
pub async fn post(
    ThinData(app): ThinData<App>,
    request: HttpRequest,
    body: Unread,
) -> Result<HttpResponse, PageError> {
    // Who it is comes first: of strangers nothing large is read.
    let Visitor::SignedIn(person) = sessions::visitor(&app, &request).await? else {
        let form = form::read(&app, &request, body.0, Sender::Stranger).await?;
        return welcome(&app, true, Some(&form));
    };
    let form = form::read(&app, &request, body.0, Sender::Page).await?;
    let change = Change::read(&form).ok_or(PageError::new(Kind::StaleForm))?;
    let Some(caller) = admit(&app, &person).await? else { return welcome(&app, true, Some(&form)) };
    if !person.secret.has_shown(form.get("_csrf").unwrap_or_default()) {
        return match change {
            Change::Start { .. } => show(&app, &person, &caller, Some(Typed::unsent(&form))).await,
            _ => Err(PageError::new(Kind::StaleForm)),
        };
    }
    let done = if change.needs().are_met_by(caller.scopes) {
        change.make(&app, caller.clone(), form.get("_key").unwrap_or_default()).await
    } else {
        Err(ApiError::LacksScope(Scheme::Bearer, change.needs()))
    };
    match done {
        Ok(()) => Ok(see_other(&app.url(HOME))),
        Err(error @ (ApiError::Unavailable(_) | ApiError::Internal(_))) => Err(error.into()),
        Err(error) => show(&app, &person, &caller, Some(Typed::new(&form, &error))).await,
    }
}

/// Whom the token speaks for; `None` when it is not good any more, and then nobody is signed in. The page takes one of their quota,
/// as an address of the API does.
async fn admit(app: &App, person: &SignedIn) -> Result<Option<Arc<Caller>>, PageError> {
    match app.gate().admit(Scheme::Bearer, person.access.expose(), None).await {
        Ok(caller) if LOOKS.iter().all(|scope| caller.may(*scope)) => {
            if let Some(limit) = app.limit() {
                let spent = caller.meter.asked.spend(limit.quota, app.clock().steady());
                spent.map_err(PageError::throttled)?;
            }
            Ok(Some(caller))
        }
        Ok(_) => Err(PageError::new(Kind::UselessToken)),
        Err(ApiError::Unauthenticated(..)) => {
            sessions::end(app, &person.secret).await?;
            Ok(None)
        }
        Err(ApiError::Unavailable(cause)) => Err(PageError::because(Kind::Unreachable, cause)),
        Err(error) => Err(PageError::because(Kind::UselessToken, error)),
    }
}

/// What a stranger sees; whoever sent a form sees it again, and is told by the status that it was in vain.
fn welcome(app: &App, has_ended: bool, form: Option<&Parameters>) -> Result<HttpResponse, PageError> {
    let status = if form.is_some() { StatusCode::FORBIDDEN } else { StatusCode::OK };
    let again = form.and_then(|form| Again::of(app, HOME, form));
    let frame = Frame::stranger(app, HOME);
    let mut response = page(status, &Welcome { frame, has_ended, again })?;
    if has_ended {
        let taken = cookie::Kind::Session.taken(app);
        response.add_cookie(&taken).map_err(|error| PageError::internal(error.to_string()))?;
    }
    Ok(response)
}

async fn show(
    app: &App,
    person: &SignedIn,
    caller: &Arc<Caller>,
    typed: Option<Typed>,
) -> Result<HttpResponse, PageError> {
    let now = app.clock().now();
    let whose = caller.clone();
    let seen = app.db().read(move |conn| look(conn, &whose, now)).await?;
    let frame = Frame::of(app, person);
    let key = BrowserSecret::new().ok_or_else(|| PageError::internal("there is no randomness"))?;
    let status = typed.as_ref().map_or(StatusCode::OK, |typed| typed.status);
    page(status, &view::page(frame, &seen, typed, key.text()))
}

/// Everything on the page, as of one moment.
fn look(conn: &mut Conn, caller: &Caller, now: Timestamp) -> QueryResult<Seen> {
    let Settings { timezone: zone, week_start, day_start, .. } = me::store::settings(conn, caller.person)?;
    let local = now.to_utc().unwrap_or_default().with_timezone(&zone).naive_local();
    // Before the day begins it is still yesterday.
    let today = (local - (day_start - NaiveTime::MIN)).date();
    let first = week::first_day(today, week_start);
    let last = first.checked_add_days(Days::new(6)).unwrap_or(first);
    let this_week = days::days(zone, first, last, day_start);
    let this_day = days::days(zone, today, today, day_start);
    let within = |days: &[days::Day]| {
        let (first, last) =
            (days.first().map_or(now, |day| day.begins), days.last().map_or(now, |day| day.begins));
        (first, last)
    };
    let rules =
        Rules { keys: vec![Key::Day, Key::Activity], midnight: Midnight::Split, week_start, rounding: None };
    let running = schedule::running(conn, caller.person)?;
    let spent = reports::within(conn, caller.person, within(&this_week), false)?;
    let running_part = spent.running_until(now);
    let spent = running_part.iter().chain(&spent.ended);
    let week = week::days(first, today, &sum::sum(&rules, &this_week, &Book::default(), spent));
    let entries = store::newest(conn, caller.person, within(&this_day), MOST_ENTRIES)?;
    let mut activities = store::choices(conn, caller.workspace, MOST_ACTIVITIES + 1)?;
    let most = usize::try_from(MOST_ACTIVITIES).unwrap_or(usize::MAX);
    let has_more = activities.len() > most;
    activities.truncate(most);
    let used = week.iter().flat_map(|day| &day.parts).map(|part| part.activity);
    let used = used
        .chain(entries.iter().map(|track| track.activity))
        .chain(running.iter().map(|track| track.activity));
    let used: Vec<_> = used.collect();
    let colours = week::colours(&used);
    let names = store::names(conn, caller.workspace, colours.iter().map(|(id, _)| *id).collect())?;
    Ok(Seen { now, zone, running, week, entries, activities, has_more, names, colours })
}
