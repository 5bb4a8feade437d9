//! `/api/feeds/{token}.ics`: somebody's tracks as a calendar (RFC 5545), for whoever has the address.
//!
//! Nothing is asked about the person: the authorization server is asked about tokens, and there is none here. So a feed goes on
//! when its person can no longer sign in, until it is ended or the person is gone from this database.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Path, ThinData};

use super::store::{self, Feed};
use super::token;
use crate::App;
use crate::reports::detailed::store::{Directory, names};
use crate::tracks::row::Track;
use crate::wire::error::ApiError;
use crate::wire::ical::Calendar;
use crate::wire::{conditional, ical};

/// The most events, the newest ones.
const MOST: i64 = 10_000;
const DAY: Duration = Duration::from_secs(86_400);

/// `GET`.
///
/// # Errors
/// 404, whatever is wrong with the token.
pub async fn get(ThinData(app): ThinData<App>, token: Path<String>) -> Result<HttpResponse, ApiError> {
    let hash = token::hash(&token).ok_or(ApiError::NotFound)?;
    let now = app.clock().now();
    let found = app.db().read(move |conn| {
        let Some((feed, person)) = store::open(conn, hash)? else { return Ok(None) };
        let since = now.minus(DAY * u32::try_from(feed.days).unwrap_or(1));
        let tracks = store::recent(conn, person, since, MOST)?;
        let names = names(conn, &tracks)?;
        Ok(Some((feed, tracks, names)))
    });
    let (feed, tracks, names) = found.await?.ok_or(ApiError::NotFound)?;
    let body = write(&feed, &tracks, &names);
    let tag = conditional::of_body(&body);
    let mut response = HttpResponse::Ok().content_type(ical::MEDIA_TYPE).body(body);
    response.headers_mut().insert(header::ETAG, tag);
    let name = HeaderValue::from_static("inline; filename=\"tracks.ics\"");
    response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
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
    let whole = |end| model::time::Timestamp::unix_seconds(end) > start.unix_seconds();
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
