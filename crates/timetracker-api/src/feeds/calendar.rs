//! `/api/feeds/{token}.ics`: somebody's tracks as a calendar (RFC 5545), for whoever has the address.
//!
//! Nothing is asked about the person: the authorization server is asked about tokens, and there is none here. So a feed goes on
//! when its person can no longer sign in, until it is ended or the person is gone from this database.

use std::time::Duration;

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Path, ThinData};
use actix_web::{HttpRequest, HttpResponse};
use model::time::Timestamp;

use super::store::{self, Feed, Opened};
use super::token;
use crate::App;
use crate::reports::detailed::store::{Directory, names};
use crate::tracks::row::Track;
use crate::wire::error::ApiError;
use crate::wire::ical::Calendar;
use crate::wire::{conditional, ical};

/// The most events, the newest ones.
const MOST: usize = 10_000;
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// `GET`. Whether somebody has it already is known before it is made.
///
/// # Errors
/// 404, whatever is wrong with the token; 429 when it was made too often.
pub async fn get(
    ThinData(app): ThinData<App>,
    token: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let hash = token::hash(&token).ok_or(ApiError::NotFound)?;
    let now = app.clock().now();
    let opened = app.db().read(move |conn| store::open(conn, hash)).await?.ok_or(ApiError::NotFound)?;
    note_reading(&app, &opened.feed, now).await;
    let today = beginning_of(DAY, now);
    // All there is in it changes with the workspace, or with the day.
    let tag = conditional::of_view(&[opened.last_change, today.unix_seconds()]);
    let body = if conditional::is_held(request.headers(), &tag) {
        Vec::new()
    } else {
        let _turn = app.calendars().take(opened.feed.id, app.clock().steady()).await?;
        make(&app, opened, today).await?
    };
    let mut response = HttpResponse::Ok().content_type(ical::MEDIA_TYPE).body(body);
    response.headers_mut().insert(header::ETAG, tag);
    let name = HeaderValue::from_static("inline; filename=\"tracks.ics\"");
    response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}

/// So that its person sees whether anybody looks at it: to the hour, which is a write an hour at most. A calendar is shown
/// whether that can be written or not.
async fn note_reading(app: &App, feed: &Feed, now: Timestamp) {
    let (id, hour) = (feed.id, beginning_of(HOUR, now));
    if feed.last_read_at.is_none_or(|at| at < hour)
        && let Err(error) = app.db().write(move |conn| store::note_reading(conn, id, hour)).await
    {
        tracing::warn!(%error, "a look at a calendar was not noted");
    }
}

/// The beginning of the hour, or of the day in UTC.
fn beginning_of(span: Duration, at: Timestamp) -> Timestamp {
    let span = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(at.micros() - at.micros().rem_euclid(span))
}

async fn make(app: &App, Opened { feed, person, .. }: Opened, today: Timestamp) -> Result<Vec<u8>, ApiError> {
    let since = today.minus(DAY * u32::try_from(feed.days).unwrap_or(1));
    let look = app.db().read(move |conn| {
        let tracks = store::recent(conn, person, since, MOST)?;
        let names = names(conn, tracks.iter().map(|track| track.activity))?;
        Ok((tracks, names))
    });
    let (tracks, names) = look.await?;
    Ok(write(&feed, &tracks, &names))
}

fn write(feed: &Feed, tracks: &[Track], names: &Directory) -> Vec<u8> {
    let mut calendar = Calendar::new(if feed.name.is_empty() { "Timetracker" } else { &feed.name });
    for track in tracks {
        event(&mut calendar, track, names.get(&track.activity).map_or("", |names| &names.activity));
    }
    calendar.end()
}

/// What runs has no end, and is only a moment for calendar programs: an end that is always now would make the feed
/// another one each time.
fn event(calendar: &mut Calendar, track: &Track, activity: &str) {
    let Some(start) = track.start else { return };
    let whole = |end| Timestamp::unix_seconds(end) > start.unix_seconds();
    calendar.begin("VEVENT");
    calendar.plain("UID", &track.uid.0.hyphenated().to_string());
    calendar.instant("DTSTAMP", track.updated_at);
    calendar.instant("CREATED", track.created_at);
    calendar.instant("LAST-MODIFIED", track.updated_at);
    calendar.plain("SEQUENCE", &(track.version - 1).to_string());
    calendar.instant("DTSTART", start);
    // It has to be later than the start.
    if let Some(end) = track.end.filter(|end| whole(*end)) {
        calendar.instant("DTEND", end);
    }
    match track.description.lines().next().filter(|line| !line.is_empty()) {
        Some(line) => calendar.text("SUMMARY", &format!("{activity}: {line}")),
        None => calendar.text("SUMMARY", activity),
    }
    if track.description.lines().count() > 1 {
        calendar.text("DESCRIPTION", &track.description);
    }
    calendar.list("CATEGORIES", track.tags());
    calendar.plain("TRANSP", "TRANSPARENT");
    if track.is_running() {
        calendar.plain("STATUS", "TENTATIVE");
    }
    calendar.close("VEVENT");
}
